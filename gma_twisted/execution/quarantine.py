"""Documents that could not be used, kept as files with the reason: for whoever wants to know what a tool printed.

All of it is bounded, nothing of it keeps the reactor, and what goes wrong here is a line in the log.
"""

import hashlib
import os
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import attrs
from twisted.logger import Logger

from gma_twisted.errors import GMAError
from gma_twisted.markup.build import serialise
from gma_twisted.markup.parse import Element
from gma_twisted.timing.clock import NodeClock
from gma_twisted.timing.ready import Ready
from gma_twisted.timing.tasks import spawn

__all__ = ["Quarantine", "QuarantineLimits"]

log = Logger()

_AT_ONCE = Ready(None)
# Seconds between two documents of one provider: one that delivers by itself could come a thousand times a second.
_PAUSE = 10.0
_LONGEST_NAME = 64
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_KEPT = re.compile(r"(?P<provider>.+)-(?P<at>[0-9]{8}T[0-9]{6}Z)\.xml\Z")
_OPENED = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW


@attrs.frozen(slots=True)
class QuarantineLimits:
    """
    How much is kept.

    @ivar documents: most of one provider; the newest stay
    @ivar document: most bytes of one; of a larger one the beginning is kept, which the reason says
    @ivar size: most bytes of all together; the oldest go
    """

    documents: int = 5
    document: int = 1024**2
    size: int = 64 * 1024**2


@attrs.define(slots=True)
class _Seen:
    # By the digest of what failed, its file.
    files: OrderedDict[bytes, str] = attrs.field(factory=OrderedDict)
    next: float = 0.0


@attrs.define(eq=False, slots=True)
class Quarantine:
    """
    A directory of documents that failed, C{PROVIDER-YYYYMMDDTHHMMSSZ.xml}, each with a C{.txt} that says why.

    @ivar directory: made when the first one comes
    @ivar clock: the node's
    @ivar run: has a function called where it may block, or raises when too much waits
    @ivar end: ends what C{run} uses
    @ivar limits: how much is kept
    """

    directory: Path
    clock: NodeClock
    run: Callable[[Callable[[], None]], Awaitable[None]]
    end: Callable[[], Awaitable[None]]
    limits: QuarantineLimits = attrs.field(factory=QuarantineLimits)
    _seen: dict[str, _Seen] = attrs.field(factory=dict, init=False, repr=False)

    def start(self) -> Awaitable[None]:
        """Nothing is opened before there is something to keep."""
        return _AT_ONCE

    async def stop(self) -> None:
        """Finish what is being written."""
        await self.end()

    def keep(self, provider: str, document: bytes | Element, reason: str) -> str:
        """
        Keep a document. It is written soon after, and not again as long as it is the same one that fails.

        @param provider: the configured name
        @param document: as it came, or as far as a handler has left it
        @param reason: why it could not be used
        @return: its file, relative to the directory above; empty when it is not kept, because one was a moment ago
        """
        if not self.limits.documents:
            return ""
        data = document if isinstance(document, bytes) else serialise(document)
        seen = self._seen.setdefault(provider, _Seen())
        digest = hashlib.blake2b(data, digest_size=16).digest()
        now = self.clock.seconds()
        if digest in seen.files:
            seen.files.move_to_end(digest)
        elif now < seen.next:
            return ""
        else:
            seen.next = now + _PAUSE
            seen.files[digest] = self._write(provider, data, reason)
            if len(seen.files) > self.limits.documents:
                seen.files.popitem(last=False)
        return f"{self.directory.name}/{seen.files[digest]}"

    def forget(self, provider: str) -> None:
        """It is no more; its files stay, and are the first to go."""
        self._seen.pop(provider, None)

    def _write(self, provider: str, data: bytes, reason: str) -> str:
        at = datetime.fromtimestamp(self.clock.wallTime(), UTC)
        safe = _UNSAFE.sub("_", provider)[:_LONGEST_NAME]
        name = f"{safe}-{at:%Y%m%dT%H%M%SZ}.xml"
        kept = data[: self.limits.document]
        size = f"{len(data)} bytes"
        if len(kept) < len(data):
            size += f", of which the first {len(kept)} are kept"
        text = (
            f"provider: {provider}\nat: {at:%Y-%m-%dT%H:%M:%SZ}\nsize: {size}\nreason: {reason}\n"
        )
        job = partial(_keep, self.directory, name, kept, text, self.limits)
        spawn(self._written(job, name), f"quarantine of provider {provider}")
        return name

    async def _written(self, job: Callable[[], None], name: str) -> None:
        try:
            await self.run(job)
        except (OSError, GMAError) as error:
            log.warn(
                "{path} cannot be written: {error}",
                path=str(self.directory / name),
                error=str(error),
            )


def _keep(directory: Path, name: str, data: bytes, text: str, limits: QuarantineLimits) -> None:
    directory.mkdir(mode=0o700, exist_ok=True)
    path = directory / name
    _put(path, data)
    _put(path.with_suffix(".txt"), text.encode("utf-8", "replace"))
    _tidy(directory, limits)


def _put(path: Path, data: bytes) -> None:
    # What a tool prints may be nobody else's business.
    with os.fdopen(os.open(path, _OPENED, 0o600), "wb") as file:
        file.write(data)


def _tidy(directory: Path, limits: QuarantineLimits) -> None:
    """Remove what is too much; files that are not ours stay."""
    found = [(one["at"], one["provider"]) for one in map(_KEPT.match, os.listdir(directory)) if one]
    found.sort(reverse=True)
    counts: dict[str, int] = {}
    total = 0
    for number, (at, provider) in enumerate(found):
        path = directory / f"{provider}-{at}.xml"
        counts[provider] = counts.get(provider, 0) + 1
        isSurplus = counts[provider] > limits.documents
        if not isSurplus:
            total += path.stat().st_size
        # The newest stays, whatever its size.
        if isSurplus or (total > limits.size and number):
            path.unlink(missing_ok=True)
            path.with_suffix(".txt").unlink(missing_ok=True)
