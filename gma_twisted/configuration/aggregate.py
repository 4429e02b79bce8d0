"""C{[aggregate.NAME]}: services elsewhere whose service data a node copies."""

from collections.abc import Iterator, Sequence

import attrs

from gma_twisted.configuration.bareurl import bareURL
from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import DURATION, HANDLE, PATH, SELECTED, Kind, oneOf, severalOf
from gma_twisted.configuration.spelling import spellSeveral
from gma_twisted.configuration.tokens import TOKEN_FILE_DOC, unshielded
from gma_twisted.errors import ParameterError
from gma_twisted.model import Handle, QName, UpstreamMode

__all__ = ["AggregateSection"]

_MOST = 1000
_LEAST_INTERVAL = 0.1


def _readSources(value: object) -> Sequence[Handle]:
    asked = severalOf(value, _MOST, "URLs", "leave some to another section")
    return tuple(_readSource(one) for one in asked)


def _readSource(value: object) -> Handle:
    handle = HANDLE.read(value)
    if wrong := bareURL(handle.url, "/services/index"):
        why, cure = wrong
        raise ParameterError(why, cure=cure)
    return handle


SOURCES: Kind[Sequence[Handle]] = Kind(
    "URL, or array of them", _readSources, HANDLE.cure, spellSeveral
)


@attrs.frozen(slots=True)
class AggregateSection:
    """C{[aggregate.NAME]}: the same names of one source, or of several."""

    sources: Sequence[Handle] = key(
        SOURCES,
        "URLs of the services, `http://HOST:8480/services/index`; needed",
        (),
        name="from",
        shown="-",
    )
    names: Sequence[QName] = key(
        SELECTED,
        "service data to copy; `{uri}*` for every name of a namespace; needed, but on a `gma-mmjfs`",
        (),
        shown="-; of a `gma-mmjfs` `rips:*` and `glue:*`",
    )
    lifetime: float = key(
        DURATION,
        "lease asked of the source; the source may grant another, and it is renewed before half of it",
        600.0,
    )
    mode: UpstreamMode = key(  # noqa: RUF009 (it declares a field)
        oneOf(UpstreamMode),
        "be told of changes, or ask again every `interval`; a source that tells nobody is asked",
        UpstreamMode.SUBSCRIBE,
    )
    interval: float = key(
        DURATION,
        "between two questions; of a source that tells, after which it says that it lives",
        10.0,
    )

    tokenFile: str | None = key(PATH, TOKEN_FILE_DOC, name="token_file", shown="none")

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys. @return: a key, empty for the section, a message and a cure"""
        if not self.sources:
            yield "", "no source is named", 'write from = "http://HOST:8480/services/index"'
        if len(set(self.sources)) < len(self.sources):
            yield "from", "the same URL twice", "leave one of them out"
        if len(set(self.names)) < len(self.names):
            yield "names", "the same name twice", "leave one of them out"
        if self.lifetime == 0:
            yield "lifetime", "must be longer than nothing", 'write "10m", for example'
        if self.interval < _LEAST_INTERVAL:
            yield "interval", 'less than "100ms"', 'write "100ms" or more, "10s" for example'
        yield from unshielded(self.tokenFile, [one.url for one in self.sources])
