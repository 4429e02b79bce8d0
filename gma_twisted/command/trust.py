"""Whom C{gma} believes, and what it shows: options before the verb, or the environment."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import attrs
import click

from gma_twisted.errors import ConfigError

__all__ = ["Trust", "trustOf", "trustOptions"]

F = TypeVar("F", bound=Callable[..., Any])

_META = "gma_twisted.command.trust"


@attrs.frozen(slots=True)
class Trust:
    """
    Names of files: of PEM, and of one line.

    @ivar ca: authorities whose certificates are believed; C{None}: those this machine trusts
    @ivar certificate: shown to nodes; C{None}: nothing is shown
    @ivar key: of the certificate; C{None}: it is in the same file
    @ivar tokenFile: of the bearer token that is shown; C{None}: none is
    """

    ca: str | None = None
    certificate: str | None = None
    key: str | None = None
    tokenFile: str | None = None

    def token(self, url: str) -> str:
        """
        The bearer token; empty for none.

        @param url: where it is shown
        @raise ConfigError: the file cannot be used, or others could read the token on the way
        """
        if self.tokenFile is None:
            return ""
        # Here, because they bring more than a verb needs that shows nothing.
        from gma_twisted.configuration.tokens import isShielded  # noqa: PLC0415
        from gma_twisted.security import isToken, readSecret  # noqa: PLC0415

        if not isShielded(url):
            raise ConfigError(
                f"--token-file: everybody on the way to {url} could read the token",
                cure="call it by https://",
            )
        try:
            text = readSecret(Path(self.tokenFile)).text
        except ConfigError as error:
            raise ConfigError(f"--token-file: {error.what}", cure=error.cure) from None
        if not isToken(text):
            cure = "write into it what gma token new NAME prints first, at the node that is called"
            raise ConfigError(f"--token-file: {self.tokenFile} holds no bearer token", cure=cure)
        return text

    def context(self) -> ssl.SSLContext:
        """
        What connects to a node: TLS 1.2 at least, and the node's name is checked.

        @raise ConfigError: a file cannot be used
        """
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.ca is not None:
            # Nobody else is believed beside.
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            try:
                context.load_verify_locations(self.ca)
            except (OSError, ValueError) as error:
                raise _unfit("--ca", self.ca, error, "an authority's certificate in PEM") from None
        if self.certificate is not None:
            try:
                context.load_cert_chain(self.certificate, self.key, password="")
            except (OSError, ValueError) as error:
                names = " and ".join(one for one in (self.certificate, self.key) if one)
                what = "a certificate and its key in PEM, without a password"
                raise _unfit("--cert and --key", names, error, what) from None
        elif self.key is not None:
            raise ConfigError("--key names a key, and --cert no certificate", cure="name both")
        return context


def _unfit(option: str, name: str, error: Exception, what: str) -> ConfigError:
    isThere = isinstance(error, ssl.SSLError) or not isinstance(error, OSError)
    why = f"is not {what}" if isThere else f"cannot be read: {getattr(error, 'strerror', error)}"
    return ConfigError(f"{option}: {name} {why}")


def trustOptions(group: F) -> F:
    """Gives the command its options, and all verbs what they say."""

    def keep(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
        said = context.meta.get(_META, Trust())
        context.meta[_META] = attrs.evolve(said, **{str(parameter.name): value})
        return value

    for option, name, variable, words in (
        ("--token-file", "tokenFile", "GMA_TOKEN_FILE", "Bearer token to show to the node."),
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
