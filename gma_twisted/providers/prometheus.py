"""Any page of metrics that Prometheus could read, as a document."""

import re
from collections.abc import Callable, Iterator, Sequence
from fnmatch import translate
from itertools import islice
from typing import ClassVar
from urllib.parse import urlsplit

from zope.interface import implementer

from gma_twisted.errors import ParameterError, cut
from gma_twisted.interfaces import ISimpleDataProvider
from gma_twisted.markup.build import escapeAttribute
from gma_twisted.markup.namespaces import METRICS
from gma_twisted.markup.xsd import writeDateTime
from gma_twisted.model import Handle
from gma_twisted.processes import DEFAULT_OUTPUT, ProviderRuntime
from gma_twisted.providers.expositions import ExpositionReader, Family, Sample
from gma_twisted.providers.scraping import checkBounds, fetcherOf
from gma_twisted.timing.turns import Turns

__all__ = ["MAX_NAMES", "MAX_SAMPLES", "PrometheusScrapeProvider"]

MAX_NAMES = 1000
"""Most C{names} that may be configured."""

MAX_SAMPLES = 1_000_000
"""Highest C{most} that may be configured."""

_PORTS = {"http": 80, "https": 443}
_STEP = 64


@implementer(ISimpleDataProvider)
class PrometheusScrapeProvider:
    """
    Reads a page of metrics, and gives C{metrics:metrics}: a C{family} for each, with a C{sample} for each line and a
    C{label} for each label.

    @cvar operatorOnly: arguments C{executeProvider} cannot give: who calls does not say where the node connects
    """

    operatorOnly: ClassVar[frozenset[str]] = frozenset(
        {"url", "names", "most", "timeout", "maxSize"}
    )
    name = "prometheus"

    def __init__(
        self,
        url: str,
        names: Sequence[str] = (),
        most: int = 10_000,
        timeout: float = 10.0,
        maxSize: int = DEFAULT_OUTPUT,
        *,
        runtime: ProviderRuntime,
    ) -> None:
        """
        @param url: of the page, http or https
        @param names: of the families that are kept, C{*}, C{?} and C{[...]} standing for others; all when there is none
        @param most: samples that are kept
        @param timeout: seconds until the page is whole
        @param maxSize: bytes of the page
        @param runtime: the node's means
        @raise ParameterError: no such URL, a bound out of range, or nothing to read it with
        """
        parts = urlsplit(Handle.parse(url).url)
        if parts.scheme not in _PORTS or not url.isascii():
            raise ParameterError(f'"{cut(url)}" is no http or https URL in ASCII')
        if len(names) > MAX_NAMES:
            raise ParameterError(f"{len(names)} names are more than {MAX_NAMES}")
        if not 0 < most <= MAX_SAMPLES:
            raise ParameterError(f"most {most} is not between 1 and {MAX_SAMPLES}")
        checkBounds(maxSize, timeout)
        self.description = f"metrics of {cut(url)}"
        self._url = url.strip()
        self._instance = parts.netloc if parts.port else f"{parts.netloc}:{_PORTS[parts.scheme]}"
        self._keeps = _globs(names)
        self._most = most
        self._timeout = timeout
        self._maxSize = maxSize
        self._clock = runtime.clock
        self._fetcher = fetcherOf(runtime, type(self).__name__)

    async def provide(self) -> bytes:
        """
        Read the page.

        @return: its families that are kept and have samples
        @raise ProviderFailed: it is no such page; the message says in which line and why
        @raise PeerError, TooLarge: as L{IFetcher.fetch}; or there are more than C{most} samples
        """
        page = await self._fetcher.fetch(self._url, self._maxSize, self._timeout)
        turns = Turns(self._clock)
        reader = ExpositionReader(cut(self._url), self._most, self._keeps)
        for _ in reader.steps(page):
            await turns.breathe()
        pieces = [f'<metrics xmlns="{METRICS}" instance="{escapeAttribute(self._instance)}">']
        for family in reader.families.values():
            if family.samples:
                for piece in _written(family):
                    pieces.append(piece)
                    await turns.breathe()
        pieces.append("</metrics>")
        return "".join(pieces).encode("utf-8")


def _keepsAll(name: str) -> bool:
    return True


def _globs(names: Sequence[str]) -> Callable[[str], bool]:
    if not names:
        return _keepsAll
    pattern = re.compile("|".join(map(translate, names)))
    return lambda name: pattern.match(name) is not None


def _written(family: Family) -> Iterator[str]:
    """A family, some samples in each piece."""
    more = "".join(
        f' {name}="{escapeAttribute(text)}"'
        for name, text in (("unit", family.unit), ("help", family.help))
        if text
    )
    yield f'<family name="{family.name}" type="{family.kind}"{more}>'
    samples = iter(family.samples)
    while piece := "".join(map(_line, islice(samples, _STEP))):
        yield piece
    yield "</family>"


def _line(sample: Sample) -> str:
    head = f'<sample name="{sample.name}" value="{sample.value}"'
    if sample.timestamp is not None:
        head = f'{head} timestamp="{writeDateTime(sample.timestamp)}"'
    if not sample.labels:
        return f"{head}/>"
    labels = "".join(
        f'<label name="{name}" value="{escapeAttribute(value)}"/>' for name, value in sample.labels
    )
    return f"{head}>{labels}</sample>"
