"""Recordings: the child process that writes what the bridge hears, and the one that makes it small afterwards."""
