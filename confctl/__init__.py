"""The scheduled voice conferences of a company, on the command line."""
