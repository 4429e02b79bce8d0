"""What an aggregator knows of the sources it copies (WIRE 4, 5)."""

import enum
from collections.abc import Sequence

import attrs

from gma_twisted.model.handle import Handle
from gma_twisted.model.message import Expression
from gma_twisted.model.qname import QName

__all__ = ["DataAggregation", "UpstreamMode", "UpstreamState", "UpstreamStatus"]


class UpstreamMode(enum.Enum):
    """How values come."""

    SUBSCRIBE = "subscribe"
    POLL = "poll"


class UpstreamState(enum.Enum):
    """Where a session with a source stands."""

    CONNECTING = "connecting"
    """What the source has is not all here yet: since the session began, or since the source began anew."""
    LIVE = "live"
    """What the source had is here, and what changes there comes."""
    STALE = "stale"
    """The source does not answer; its values stay until their lifetime ends."""
    FAILED = "failed"
    """The source refuses; it is asked again, but an operator should look."""


@attrs.frozen(slots=True)
class UpstreamStatus:
    """
    One session, as C{listSubscriptions} tells it.

    @ivar subscriptionId: its id here
    @ivar source: handle of the source
    @ivar names: what is copied; local name C{*} for every name of a namespace
    @ivar state: where it stands
    @ivar reason: why it is not live; empty when it is
    @ivar lastNotice: wall time of the last notice or answer, seconds since 1970; C{None} before the first
    @ivar values: how many values it offered when it was last heard; those whose lifetime is over are not here any more
    @ivar refused: how many others are not taken by rule, and why; empty when there are none
    """

    subscriptionId: str
    source: Handle
    names: Sequence[QName]
    state: UpstreamState
    reason: str = ""
    lastNotice: float | None = None
    values: int = 0
    refused: str = ""


@attrs.frozen(slots=True)
class DataAggregation:
    """
    What GT 3.2 asks an aggregator for (agg32).

    @ivar source: handle of the source
    @ivar sink: handle of the service that shall have the copies; C{None} for the one that is asked
    @ivar params: how, one element; whoever asks elsewhere gives its bytes
    """

    source: Handle
    sink: Handle | None
    params: Expression | bytes
