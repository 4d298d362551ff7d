"""The bridge: a process of its own that owns the 20 ms tick and every leg's sound."""
