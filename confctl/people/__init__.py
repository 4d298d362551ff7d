"""The directory: whom a conference can call, how somebody is found in it, and how it is changed."""
