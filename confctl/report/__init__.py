"""What became of a conference, as its journal tells: for the terminal, for scripts, as a page, by mail."""
