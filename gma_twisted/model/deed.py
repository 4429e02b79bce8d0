"""A call that may have changed something, as the audit is told of it."""

import attrs

__all__ = ["DONE", "PARTIAL", "UNKNOWN", "Deed"]

PARTIAL = "partial"
"""Result of a call that names several things, of which some are not there or are another's."""

UNKNOWN = "unknown"
"""Result of a call that names several things, none of which is there; or of a page nobody waited for."""

DONE = frozenset(("ok", PARTIAL))
"""Results of what was done."""


@attrs.define(slots=True)
class Deed:
    """
    Who did what to what, and what became of it.

    @ivar identity: who; empty when that is not known
    @ivar peer: from which address; empty for the node itself
    @ivar operation: Clark notation of the request element; of a page of the node its path; C{handshake}, when a
        certificate was shown that is not believed
    @ivar path: of the service
    @ivar result: C{"ok"}, L{PARTIAL}, L{UNKNOWN}, the fault's code, or the HTTP status of a page that refused
    @ivar correlation: the id under which the fault, if there is one, and the log speak of it
    @ivar target: URL or id the request names; empty when it names none
    @ivar made: URL or id of what there is now because of it; empty when there is none
    @ivar mayBeDone: whether something may be different now, so that it must not be left out
    """

    identity: str
    peer: str
    operation: str
    path: str
    result: str
    correlation: str = ""
    target: str = ""
    made: str = ""
    mayBeDone: bool = True
