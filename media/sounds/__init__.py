"""The sounds that we ship, as FLAC of 16 kHz, and the programs that made them; `python -m media.sounds.make` runs all.

Nothing here is imported when the product runs: :mod:`media.prompts` reads the files.
"""
