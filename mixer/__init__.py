"""The conference itself: its rules, who is called when, and the bridge that mixes."""
