"""What a running mixer tells of its conferences, and how people are shown it."""
