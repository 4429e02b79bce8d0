"""C{[streams]}: where lines of events may go, and the data URLs an operator writes."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_address

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import DURATION, PATH, Kind, severalOf
from gma_twisted.configuration.mistakes import quoted
from gma_twisted.configuration.spelling import spellSeveral
from gma_twisted.errors import ParameterError, TooLarge
from gma_twisted.netlogger.dataurl import DEFAULT_PORT, FILE, TCP, UDP, DataUrl

__all__ = ["LISTEN_URLS", "PLACES", "StreamsSection"]

_MOST_PLACES = 256
_MOST_LISTENED = 16
_LONGEST_LINGER = 10.0
_PLACE_CURE = f'write scheme and host, with or without a port, "{TCP}://host:{DEFAULT_PORT}"'
_LISTEN_CURE = f'write "{TCP}://127.0.0.1:{DEFAULT_PORT}"'


def _readPlace(value: object) -> DataUrl:
    try:
        url = DataUrl.parse(value if isinstance(value, str) else "")
    except (ParameterError, TooLarge):
        raise ParameterError(f"{quoted(value)} is no place of lines") from None
    if url.scheme == FILE or str(url) != url.place:
        raise ParameterError(f"{quoted(value)} says more, or something else, than host and port")
    return url


def _readPlaces(value: object) -> Sequence[DataUrl]:
    asked = severalOf(value, _MOST_PLACES, "places", "leave the ports out")
    return tuple(_readPlace(one) for one in asked)


def _readListen(value: object) -> Sequence[DataUrl]:
    asked = severalOf(value, _MOST_LISTENED, "addresses")
    if not asked:
        raise ParameterError("an empty array says nothing", cure="leave the key out")
    return tuple(_checkedListen(value, _readPlace(value)) for value in asked)


def _checkedListen(value: object, url: DataUrl) -> DataUrl:
    try:
        ip_address("127.0.0.1" if url.host == "localhost" else url.host)
    except ValueError:
        raise ParameterError(f"{quoted(value)} names no address of this machine") from None
    return url


PLACES: Kind[Sequence[DataUrl]] = Kind(
    "data URL, or array of them", _readPlaces, _PLACE_CURE, spellSeveral
)
LISTEN_URLS: Kind[Sequence[DataUrl]] = Kind(
    "data URL, or array of them", _readListen, _LISTEN_CURE, spellSeveral
)


@attrs.frozen(slots=True)
class StreamsSection:
    """C{[streams]}: at a producer, where lines of events may go that somebody asks for, and how they are gathered."""

    to: Sequence[DataUrl] = key(
        PLACES,
        f"where lines may be sent though who asks is elsewhere: `{TCP}://host:{DEFAULT_PORT}`, `{UDP}://host`; "
        "without a port, to every port of the host",
        (),
        shown="nowhere: lines go to the address of who asks",
    )
    files: str | None = key(
        PATH,
        "directory below which lines may be appended to files, by `file:` URLs; its whole path. It neither holds "
        "nor is in the state directory, and holds no other file that is named here",
        shown="none: `file:` URLs are refused",
    )
    linger: float = key(
        DURATION,
        "how long lines are gathered before they are sent; what comes after a quiet time is sent at once",
        0.05,
    )

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys. @return: a key, a message and a cure"""
        if len(set(self.to)) < len(self.to):
            yield "to", "the same place twice", "leave one of them out"
        if self.files is not None and (self.files[0] != "/" or "\0" in self.files):
            yield "files", "is no whole path", 'write "/var/lib/gma-lines", for example'
        if self.linger > _LONGEST_LINGER:
            yield "linger", "more than 10s, after which nobody waits", 'write "50ms", for example'
