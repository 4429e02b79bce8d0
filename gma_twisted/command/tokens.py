"""C{gma token}: bearer tokens for callers of a node."""

import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from gma_twisted.command.configuring import kindOption, refusing
from gma_twisted.command.failures import Exit, Failure
from gma_twisted.command.output import say
from gma_twisted.command.parameters import Parameter
from gma_twisted.command.verbs import Verbs
from gma_twisted.configuration import checkName
from gma_twisted.configuration.identity import TAKEN
from gma_twisted.configuration.spelling import spellKey
from gma_twisted.errors import ParameterError
from gma_twisted.security.identity import isToken, tokenDigest

__all__ = ["VERBS", "check", "new", "token"]

VERBS: Mapping[str, str] = {
    "check": "gma_twisted.command.tokens:check",
    "new": "gma_twisted.command.tokens:new",
}
"""By name: where each is."""

_BYTES = 32
# So that programs that look for secrets in files know one.
_START = "gma_"
_MOST = 1024


def _readName(text: str) -> str:
    checkName(text)
    if text in TAKEN:
        raise ParameterError(f'"{text}" is there already: who shows nothing, or the node itself')
    return text


_WHO = Parameter("who", _readName)


@click.group(cls=Verbs, verbs=VERBS)
def token() -> None:
    """Make bearer tokens, and tell whose they are.

    A node keeps only what a token is compared with, its SHA-256.

    Example: gma token new alice
    """


@click.command()
@click.argument("who", type=_WHO)
@click.option(
    "--to",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the token into a new FILE that only you can read, instead of printing it.",
)
def new(who: str, to: Path | None) -> None:
    """Make a token for WHO.

    It is printed once, first; then the lines for the configuration of the node. A node takes two
    tokens of one identity: write the new one beside the old one, reload, give the new one out, and
    take the old one away when nobody uses it any more.

    Example: gma token new alice --to alice.token
    """
    made = _START + secrets.token_urlsafe(_BYTES)
    if to is None:
        click.echo(f"{made}\n")
    else:
        _write(to, made)
    click.echo(f'[identity.{spellKey(who)}]\ntokens = ["{tokenDigest(made)}"]')
    kept = "it is not kept anywhere" if to is None else f"it is in {to} alone"
    say(f"{who} shows the token; the lines are for the node, which never needs it: {kept}")


def _write(to: Path, made: str) -> None:
    try:
        file = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise Failure(f"{to} is there already; choose another name", Exit.NO) from None
    except OSError as error:
        raise Failure(f"{to} cannot be written: {error.strerror}", Exit.NO) from None
    with os.fdopen(file, "w", encoding="ascii") as opened:
        opened.write(f"{made}\n")


@click.command()
@click.option("-c", "file", metavar="FILE", required=True, help="The configuration of the node.")
@kindOption
def check(file: str, kind: str) -> None:
    """Read a token from the standard input, and print whose it is.

    Exit status 1 when it is nobody's, or the configuration has mistakes.

    Example: gma token check -c vo.toml < alice.token
    """
    # Here, because they bring every engine of a node.
    from gma_twisted.command.planning import planOf  # noqa: PLC0415

    with refusing():
        known = planOf(file, kind).identified.known
    shown = sys.stdin.read(_MOST + 1).strip()
    if not isToken(shown):
        # Not shown: it may be a password.
        raise Failure("what was read is no bearer token", Exit.NO)
    digest = tokenDigest(shown)
    for one in known:
        if digest in one.tokens:
            click.echo(one.name)
            return
    raise Failure(f"{file} has nobody with this token", Exit.NO)
