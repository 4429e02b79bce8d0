"""C{gma provider new}: a package with a provider to begin with."""

import keyword
import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import click

from gma_twisted.command.failures import Exit, Failure
from gma_twisted.command.output import say
from gma_twisted.command.packages import filesOf
from gma_twisted.command.parameters import Parameter
from gma_twisted.errors import ParameterError

__all__ = ["new"]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def _readName(text: str) -> str:
    if not _NAME.fullmatch(text) or keyword.iskeyword(text):
        raise ParameterError(
            f'"{text}" is no name of a package; write lower-case letters, digits and underscores, '
            "such as disk_space"
        )
    if find_spec(text) is not None:
        raise ParameterError(f'there is a module "{text}" already; choose another name')
    return text


_PACKAGE = Parameter("name", _readName)


@click.command()
@click.argument("name", type=_PACKAGE)
@click.option(
    "--directory",
    metavar="DIR",
    help="Where to write it; a new or empty one. Without it, NAME in the current one.",
)
def new(name: str, directory: str | None) -> None:
    """Write a package with a provider NAME.

    It has tests, a configuration, and a README.md that says what to try. NAME is that of a Python
    package: lower-case letters, digits, underscores. A directory that has anything in it is left
    alone.

    Example: gma provider new disk_space
    """
    target = Path(directory or name)
    _write(target, filesOf(name))
    say(f"{target} is written; its README.md says what to try")


def _write(target: Path, files: Mapping[str, str]) -> None:
    try:
        if target.exists() and any(target.iterdir()):
            raise Failure(f"{target} is not empty; it is left as it is", Exit.NO)
        for path, text in files.items():
            file = target / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
    except OSError as error:
        raise Failure(f"{target} cannot be written: {error.strerror}", Exit.NO) from None
