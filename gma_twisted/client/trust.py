"""Whom a program without a node believes, and what it shows: certificates over TLS, and a bearer token."""

import ssl
from collections.abc import Callable

import attrs

from gma_twisted.errors import ConfigError

__all__ = ["Trust"]


def _nothing(url: str) -> str:
    return ""


@attrs.frozen(slots=True)
class Trust:
    """
    Names of files of PEM, and a way to a token.

    @ivar ca: authorities whose certificates are believed; C{None}: those this machine trusts
    @ivar certificate: shown to nodes; C{None}: nothing is shown
    @ivar key: of the certificate; C{None}: it is in the same file
    @ivar token: the bearer token that is shown at a URL; empty for none. It raises L{ConfigError} where there should be
        one that cannot be used, or that others could read on the way
    """

    ca: str | None = None
    certificate: str | None = None
    key: str | None = None
    token: Callable[[str], str] = _nothing

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
