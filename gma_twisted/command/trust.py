"""Whom C{gma} believes, and what it shows: options before the verb, or the environment."""

from collections.abc import Callable
from typing import Any, TypeVar

import attrs
import click

from gma_twisted.client.trust import Trust

__all__ = ["TokenFile", "trustOf", "trustOptions"]

F = TypeVar("F", bound=Callable[..., Any])

_META = "gma_twisted.command.trust"


@attrs.frozen(slots=True)
class TokenFile:
    """
    The bearer token in a file, as L{Trust.token <gma_twisted.client.trust.Trust>}.

    @ivar name: of the file; one line
    """

    name: str

    def __call__(self, url: str) -> str:
        """The token. @raise ConfigError: as L{readToken <gma_twisted.security.tokenfile.readToken>}"""
        # Here, because it brings more than a verb needs that shows nothing.
        from gma_twisted.security.tokenfile import readToken  # noqa: PLC0415

        return readToken(self.name, url, "--token-file")


def trustOptions(group: F) -> F:
    """Gives the command its options, and all verbs what they say."""

    def keep(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
        said = context.meta.get(_META, Trust())
        name = str(parameter.name)
        if name != "token":
            context.meta[_META] = attrs.evolve(said, **{name: value})
        elif value is not None:
            context.meta[_META] = attrs.evolve(said, token=TokenFile(value))
        return value

    for option, name, variable, words in (
        ("--token-file", "token", "GMA_TOKEN_FILE", "Bearer token to show to the node."),
        ("--key", "key", "GMA_KEY", "Private key of --cert."),
        ("--cert", "certificate", "GMA_CERT", "Certificate to show to https nodes."),
        ("--ca", "ca", "GMA_CA", "Authorities whose https nodes are believed."),
    ):
        group = click.option(
            option,
            name,
            metavar="FILE",
            envvar=variable,
            show_envvar=True,
            callback=keep,
            expose_value=False,
            help=words,
        )(group)
    return group


def trustOf(context: click.Context) -> Trust:
    """What the options said."""
    found: Trust = context.meta.get(_META, Trust())
    return found
