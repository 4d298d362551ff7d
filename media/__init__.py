"""Sound on the wire and in files: RTP, codecs, jitter, digits, sound files; arrays in, arrays out."""
