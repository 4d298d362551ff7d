"""Files on disk: written whole or not at all; TOML read with the line of each mistake, changed with comments kept."""
