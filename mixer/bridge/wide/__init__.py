"""Legs whose codec is not G.711: wideband, with a memory in both directions.  Nothing of it exists until one comes."""
