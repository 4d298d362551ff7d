"""The rules of a conference: what follows from each event; values in, values out, no I/O and no clock.

``step`` is the way in; the rest is what it knows of calls, acts, recordings and so on, each in a file of its own.
"""
