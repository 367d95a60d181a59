"""Print the completion script of a shell."""

import click
from click.shell_completion import get_completion_class

_EPILOG = """\b
bash: add to ~/.bashrc:  eval "$(tocsin completion bash)"
zsh:  add to ~/.zshrc:   eval "$(tocsin completion zsh)"
fish: tocsin completion fish > ~/.config/fish/completions/tocsin.fish
"""


@click.command(epilog=_EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of SHELL, to be read when the shell starts."""
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - click has all three
    click.echo(kind(ctx.find_root().command, {}, "tocsin", "_TOCSIN_COMPLETE").source())
