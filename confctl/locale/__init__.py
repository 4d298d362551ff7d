"""The catalogues: ``confctl.pot`` is all that the program can say, ``ru/`` says it in Russian (``make catalogues``)."""
