"""Bugs put in on purpose, to see that the judge finds them: each replaces a part of the package by a worse one.

They sit at the borders of the parts, where a call goes out, a notice is written, a place is found: what is inside a
part may change without a bug ceasing to be one.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import attrs

from gma_twisted.errors import PeerUnreachable
from gma_twisted.interfaces import Reply
from gma_twisted.model import Handle
from gma_twisted.nodes.state import StateDirectory
from gma_twisted.nodes.storage import FileStorage
from gma_twisted.notify.channel import ChangeChannel
from gma_twisted.notify.feed import Feed
from gma_twisted.notify.writing import NoticeWriter
from gma_twisted.stores.recording import Forgetful
from gma_twisted.transport.caller import PooledCaller

__all__ = ["PLANTS", "Patch", "plant"]

Patch = Callable[[object, str, object], object]
"""Sets an attribute: C{setattr}, or a test case's C{patch}, which sets it back."""

Call = Callable[[bytes], Awaitable[Reply]]

_OK, _GONE, _REFUSED = 202, 410, 300
_WHOSE = re.compile(rb"<gma:subscription>[^<]*</gma:subscription>")
_NUMBER = re.compile(rb"<gma:sequence>[0-9]*</gma:sequence>")
_PUT = re.compile(rb"<gma:put>.*</gma:put>", re.DOTALL)
# As many change together now and then; more are told together only to who was behind.
_TOGETHER = 8


def _calling(patch: Patch, worse: Callable[[Call, bytes], Awaitable[Reply]]) -> None:
    """Have every call go through C{worse}, which is given what calls and the envelope."""
    call = PooledCaller.call

    def through(
        caller: PooledCaller, handle: Handle, envelope: bytes, action: str, timeout: float
    ) -> Awaitable[Reply]:
        return worse(lambda sent: call(caller, handle, sent, action, timeout), envelope)

    patch(PooledCaller, "call", through)


def _ahead(patch: Patch) -> None:
    """A notice counts as delivered whatever becomes of it."""

    async def always(call: Call, envelope: bytes) -> Reply:
        try:
            return attrs.evolve(await call(envelope), status=_OK)
        except PeerUnreachable:
            return Reply(_OK, b"")

    _calling(patch, always)


def _impatient(patch: Patch) -> None:
    """The first refusal ends a subscription."""

    async def ended(call: Call, envelope: bytes) -> Reply:
        reply = await call(envelope)
        return reply if reply.status < _REFUSED else attrs.evolve(reply, status=_GONE)

    _calling(patch, ended)


def _reordered(patch: Patch) -> None:
    """What failed is sent after what comes next."""
    aside: dict[bytes, bytes] = {}

    async def later(call: Call, envelope: bytes) -> Reply:
        found = _WHOSE.search(envelope)
        whose = found[0] if found else b""
        before = aside.pop(whose, None)
        try:
            reply = await call(envelope)
        except PeerUnreachable:
            if before is not None:
                raise
            aside[whose] = envelope
            return Reply(_OK, b"")
        return reply if before is None else await call(before)

    _calling(patch, later)


def _rewritten(patch: Patch) -> None:
    """What is sent again has lost what it said."""
    last: dict[bytes, bytes] = {}

    async def emptied(call: Call, envelope: bytes) -> Reply:
        whose, number = _WHOSE.search(envelope), _NUMBER.search(envelope)
        if whose is not None and number is not None:
            isAgain = last.get(whose[0]) == number[0]
            last[whose[0]] = number[0]
            if isAgain:
                envelope = _PUT.sub(b"", envelope)
        return await call(envelope)

    _calling(patch, emptied)


def _silent(patch: Patch) -> None:
    """Who is too far behind goes on with what is known, and is not told so."""
    lost, following = ChangeChannel.lost, ChangeChannel.next

    def skipping(channel: ChangeChannel, place: int, shown: int) -> Any:
        if lost(channel, place):
            return channel.nothing(), channel.end, channel.end
        return following(channel, place, shown)

    patch(ChangeChannel, "lost", lambda channel, place: 0)
    patch(ChangeChannel, "next", skipping)


def _coalesced(patch: Patch) -> None:
    """Of many changes told together the last one is left out."""
    changes = NoticeWriter.changes

    def fewer(writer: NoticeWriter, keys: Mapping[Any, Any]) -> Any:
        body, count = changes(writer, dict(list(keys.items())[: max(_TOGETHER, len(keys) - 1)]))
        return body, count + (len(keys) > _TOGETHER and count == len(keys) - 1)

    patch(NoticeWriter, "changes", fewer)


def _sameEpoch(patch: Patch) -> None:
    """Every life has the same epoch."""
    patch(StateDirectory, "nextEpoch", lambda state, wallTime: 7)


def _unbegun(patch: Patch) -> None:
    """What there is already is never told, only what changes."""
    begin = Feed.__init__

    def withoutSnapshot(
        feed: Feed, subscription: Any, channel: Any, owner: Any, isAnew: bool
    ) -> None:
        begin(feed, subscription, channel, owner, False)

    patch(Feed, "__init__", withoutSnapshot)


def _forgotten(patch: Patch) -> None:
    """Subscriptions are acknowledged, and not on the disk."""
    patch(FileStorage, "recorder", lambda storage, name: Forgetful())


PLANTS: Mapping[str, Callable[[Patch], None]] = {
    "ahead": _ahead,
    "coalesced": _coalesced,
    "forgotten": _forgotten,
    "impatient": _impatient,
    "reordered": _reordered,
    "rewritten": _rewritten,
    "sameEpoch": _sameEpoch,
    "silent": _silent,
    "unbegun": _unbegun,
}
"""By name."""


def plant(name: str, patch: Patch) -> None:
    """Put a bug in."""
    PLANTS[name](patch)
