"""``confctl watch``: a conference while it runs, on a full screen.

What is known and chosen is :mod:`~confctl.watch.scene`, how it looks :mod:`~confctl.watch.picture`; neither knows of a
terminal or a clock.
"""
