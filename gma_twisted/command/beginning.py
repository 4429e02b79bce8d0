"""C{gma provider new}: a package to begin with."""

import keyword
import re
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import click

from gma_twisted.command.failures import Exit, Failure
from gma_twisted.command.output import say
from gma_twisted.command.packages import PARTS, filesOf
from gma_twisted.command.parameters import Parameter
from gma_twisted.configuration.mistakes import quoted
from gma_twisted.errors import ParameterError

__all__ = ["new"]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def _readName(text: str) -> str:
    if keyword.iskeyword(text):
        raise ParameterError(
            f"{quoted(text)} is a word of Python, no package can have it for a name; write another one, "
            f"such as my_{text.lower()}"
        )
    if not _NAME.fullmatch(text):
        raise ParameterError(f"{quoted(text)} is no name of a package; {_cure(text)}")
    if find_spec(text) is not None:
        raise ParameterError(
            f'there is a module "{text}" already; choose another name, such as my_{text}'
        )
    return text


def _cure(text: str) -> str:
    """What to write instead."""
    near = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    if _NAME.fullmatch(near) and not keyword.iskeyword(near):
        return f'write lower-case letters, digits and underscores; did you mean "{near}"?'
    return (
        "write up to 40 lower-case letters, digits and underscores, a letter first, such as my_site"
    )


_PACKAGE = Parameter("name", _readName)


@click.command()
@click.argument("name", type=_PACKAGE)
@click.option(
    "--only",
    "only",
    multiple=True,
    metavar="PART",
    type=click.Choice(list(PARTS)),
    help="Only this part: provider, handler (with its provider), service or store; may be given "
    "several times. Without it, all of them.",
)
@click.option(
    "--directory",
    metavar="DIR",
    help="Where to write it; a new or empty one. Without it, NAME in the current one.",
)
def new(name: str, only: Sequence[str], directory: str | None) -> None:
    """Write a package NAME with a provider, a handler, a service and a store.

    Each part is a small file with tests of its own. They make a node that works, with a
    configuration and a README.md that says what to try. NAME is that of a Python package:
    lower-case letters, digits, underscores. A directory that has anything in it is left alone.

    Example: gma provider new my_site --only provider
    """
    target = Path(directory or name)
    _write(target, filesOf(name, only or PARTS))
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
