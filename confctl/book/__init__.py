"""The stored conferences: their files, the two lists, drafts of new ones, greetings."""
