"""The four transactions of RFC 3261 §17 and RFC 6026, each a table; ``layer`` holds all those of an agent."""
