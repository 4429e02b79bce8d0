"""The file of the bearer token that is shown to a node elsewhere, and where such a token may travel."""

from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

__all__ = ["TOKEN_FILE_DOC", "isShielded", "unshielded"]

TOKEN_FILE_DOC = (
    "file of one line, the bearer token this node shows there; it travels by `https`, or on this machine; "
    "paths are relative to the configuration's file"
)
"""What the key means, in every section that has it."""


def isShielded(url: str) -> bool:
    """Whether nobody reads on the way to a URL: it is C{https}, or of this machine."""
    split = urlsplit(url)
    if split.scheme == "https" or split.hostname == "localhost":
        return True
    try:
        return ip_address(split.hostname or "").is_loopback
    except ValueError:
        return False


def unshielded(tokenFile: str | None, urls: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """The mistake of a token that would travel in the open. @return: a key, a message and a cure"""
    if tokenFile is not None:
        for url in urls:
            if not isShielded(url):
                why = f'everybody on the way to "{url}" could read the token'
                yield "token_file", why, "write https://, and [tls] there, or leave token_file out"
                return
