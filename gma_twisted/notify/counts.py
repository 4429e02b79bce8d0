"""What became of the notices that were sent: for the status page and for metrics."""

import attrs

__all__ = ["DeliveryCounts"]


@attrs.define(slots=True, eq=False)
class DeliveryCounts:
    """
    Counts since the start, of all services of one node. An attempt counts once, when it has ended; what was forgotten
    while it was under way counts only when nobody answered.

    @ivar delivered: notices their sinks took
    @ivar refused: attempts a sink answered with an error; the same notice is sent again
    @ivar unanswered: attempts without an answer, the peer was not reached or too late; the same notice is sent again
    @ivar dropped: notices left out, because their sink is gone for ever or refused them again and again
    """

    delivered: int = 0
    refused: int = 0
    unanswered: int = 0
    dropped: int = 0
