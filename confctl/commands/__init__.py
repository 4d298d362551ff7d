"""The commands by what they concern; each parses, calls, and gives what came of it to the screen."""
