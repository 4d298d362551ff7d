"""``confctl completion``: TAB in the shell."""

import sys
from typing import Annotated

import typer

from confctl.terminal.shells import SCRIPTS, Shell


def register(app: typer.Typer) -> None:
    app.command()(completion)


def completion(
    shell: Annotated[Shell, typer.Argument(metavar="bash|zsh|fish", help="For which shell.")],
) -> None:
    """Print a script with which the shell completes commands, options, codes and people at TAB.

    \b
    Examples:
      eval "$(confctl completion bash)"       (in ~/.bashrc, or with zsh in ~/.zshrc after compinit)
      confctl completion bash > /etc/bash_completion.d/confctl
      confctl completion zsh > /usr/local/share/zsh/site-functions/_confctl
      confctl completion fish > ~/.config/fish/completions/confctl.fish
    """
    sys.stdout.write(SCRIPTS[shell])
