"""``confctl rehearse``: who does what, as it is typed, and what comes of it, as it is shown."""
