"""``python -m confctl``."""

from confctl.cli import main

main()
