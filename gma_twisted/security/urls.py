"""The one way to write a URL that a peer may supply: whoever reads it, here or in a library, reads the same host."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address

from gma_twisted.errors import ParameterError
from gma_twisted.model.handle import MAX_HANDLE
from gma_twisted.security.networks import Address

__all__ = ["hostOf"]

_MOST_HOST = 253
_AUTHORITY = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?P<port>:.*)?")
_END = re.compile(r"[/?]")
_UNSAFE = re.compile(r"[<>\"\\^`{|}]")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0[Xx][0-9A-Fa-f]*")
_PORT = re.compile(r":[1-9][0-9]{0,4}")
_LAST_PORT = 65535
_NO_HOST = "its host is neither a plain name nor an address"


def hostOf(url: str, schemes: Sequence[str]) -> str | Address:
    """
    Read a URL strictly: what different readers could take for different hosts is no URL here (WHATWG URL, RFC 3986
    and C{inet_aton} differ about all of it).

    Not allowed: other schemes; user information; a fragment; blanks, control characters and all that is not ASCII;
    percent signs, empty labels and a dot at the end of the host; IPv4 addresses in any form but four decimal numbers
    without leading zeros; IPv6 addresses with a zone, or not in their shortest form (RFC 5952; letters of both cases
    are equal); ports that are not 1 to 65535, or empty.

    @return: the host's name in lower case, or its address
    @raise ParameterError: why it is not read, to follow on the words "the URL is refused:"
    """
    if len(url) > MAX_HANDLE:
        raise ParameterError(f"it is longer than {MAX_HANDLE} characters")
    if not (url.isascii() and url.isprintable()) or " " in url or _UNSAFE.search(url):
        raise ParameterError("it holds characters that no URL holds")
    scheme, _, rest = url.partition("://")
    if scheme.lower() not in schemes:
        raise ParameterError(f"its scheme is none of {', '.join(schemes)}")
    authority = _END.split(rest, maxsplit=1)[0]
    if "@" in authority or "#" in url:
        raise ParameterError("it has user information or a fragment")
    found = _AUTHORITY.fullmatch(authority)
    if found is None:
        raise ParameterError(_NO_HOST)
    port = found["port"]
    if port is not None and not (_PORT.fullmatch(port) and int(port[1:]) <= _LAST_PORT):
        raise ParameterError(f"its port is not a number from 1 to {_LAST_PORT}")
    host = found["host"].lower()
    return _ipv6(host[1:-1]) if host.startswith("[") else _nameOrIPv4(host)


def _nameOrIPv4(host: str) -> str | IPv4Address:
    labels = host.split(".")
    # What ends in a number is taken for an address by inet_aton and by browsers, with a dot after it too.
    if _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
        return _ipv4(host)
    if len(host) > _MOST_HOST or not all(_LABEL.fullmatch(one) for one in labels):
        raise ParameterError(_NO_HOST)
    return host


def _ipv4(text: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except ValueError:
        raise ParameterError(
            "its host is a number, and not an IPv4 address of four decimal numbers"
        ) from None


def _ipv6(text: str) -> IPv6Address:
    try:
        address = IPv6Address(text)
    except ValueError:
        raise ParameterError("its host is no IPv6 address") from None
    if address.scope_id is not None:
        raise ParameterError("its address has a zone, which only one machine understands")
    if str(address) != text:
        raise ParameterError(f"its address is not in its shortest form, {address}")
    return address
