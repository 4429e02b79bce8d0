"""Grid Service Handles: the URL that names one service instance for ever."""

import re
from typing import Self
from urllib.parse import urlsplit

import attrs

from gma_twisted.errors import ParameterError, cut

__all__ = ["MAX_HANDLE", "Handle"]

MAX_HANDLE = 2048
"""Most characters of a handle."""

# What nearly every handle looks like; all others are read at length.
_PLAIN = re.compile(
    r"https?://[a-z0-9][a-z0-9.-]*(?::[1-9][0-9]{0,3})?(?:/[A-Za-z0-9._~!$&'()*+,;=:/-]*)?\Z"
)
_UNSAFE = re.compile(r"[\x00-\x20\x7f<>\"\\^`{|}]")


@attrs.frozen(slots=True, order=True, cache_hash=True, repr=False)
class Handle:
    """
    A Grid Service Handle (OGSI 1.0, 7.5.1); equal handles name the same instance.

    @ivar url: absolute URI, as published
    """

    url: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read a handle from a message or a configuration.

        @raise ParameterError: not an absolute URI with scheme and authority, unsafe characters, a fragment,
            user information, or longer than L{MAX_HANDLE}
        """
        url = text.strip()
        if len(url) > MAX_HANDLE:
            raise ParameterError(f"handle longer than {MAX_HANDLE} characters: {cut(url, 60)}")
        if _PLAIN.match(url):
            return cls(url)
        try:
            parts = urlsplit(url)
            parts.port  # noqa: B018 - the property checks the number
        except ValueError:
            raise ParameterError(f'"{cut(url)}" is not a URL') from None
        if _UNSAFE.search(url) or not parts.scheme or not parts.hostname:
            raise ParameterError(
                f'"{cut(url)}" is not an absolute URL such as http://host:8480/services/index'
            )
        if parts.fragment or "@" in parts.netloc:
            raise ParameterError(
                f'handle "{cut(url)}" may have neither a fragment nor user information'
            )
        return cls(url)

    @property
    def path(self) -> str:
        """The path part, C{/services/index}."""
        return urlsplit(self.url).path or "/"

    def child(self, *segments: str) -> "Handle":
        """The handle below this one, C{<service>/entries/ID}."""
        return Handle("/".join((self.url.rstrip("/"), *segments)))

    def __str__(self) -> str:
        return self.url

    def __repr__(self) -> str:
        return f"Handle({self.url!r})"
