"""A conference played in fast time against phones of our own: the real mixer in a world without network and clock."""
