"""The audit of nodes that keep no file: lines of the log, or nothing."""

from collections.abc import Mapping
from time import time

import attrs
from twisted.logger import Logger, LogLevel
from zope.interface import implementer

from gma_twisted.errors import cut
from gma_twisted.interfaces import IAudit
from gma_twisted.model import Deed

__all__ = ["LogAudit", "NoAudit"]

_LINE = "{identity} at {peer} called {operation} of {path}: {result}"


@implementer(IAudit)
@attrs.frozen(slots=True)
class LogAudit:
    """
    One line of the node's log for every call that may have changed something: for a node without an audit file.

    @ivar log: gets the lines, with the fields C{identity}, C{peer}, C{operation}, C{path}, C{result}
    """

    log: Logger = attrs.field(factory=Logger)

    def admit(self) -> None:
        """See L{IAudit.admit}; it always is."""

    def counts(self) -> Mapping[str, int]:
        """See L{IAudit.counts}; nothing is counted."""
        return {}

    def record(self, deed: Deed) -> None:
        """See L{IAudit.record}; what comes from outside is cut, and its control characters are escaped."""
        log = self.log
        # The event of Logger.info, given to its observer at once: info sorts all levels there are for every line.
        log.observer(
            {
                "log_logger": log,
                "log_level": LogLevel.info,
                "log_namespace": log.namespace,
                "log_source": log.source,
                "log_format": _LINE,
                "log_time": time(),
                "identity": cut(deed.identity),
                "peer": cut(deed.peer),
                "operation": cut(deed.operation),
                "path": cut(deed.path),
                "result": cut(deed.result),
            }
        )


@implementer(IAudit)
@attrs.frozen(slots=True)
class NoAudit:
    """Writes nothing down: for benchmarks and tests."""

    def admit(self) -> None:
        """See L{IAudit.admit}; it always is."""

    def counts(self) -> Mapping[str, int]:
        """See L{IAudit.counts}; nothing is counted."""
        return {}

    def record(self, deed: Deed) -> None:
        """Forget it."""
