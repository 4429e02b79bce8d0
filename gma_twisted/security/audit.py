"""What is written down of calls that change something."""

from time import time

import attrs
from twisted.logger import Logger, LogLevel
from zope.interface import implementer

from gma_twisted.errors import cut
from gma_twisted.interfaces import IAudit

__all__ = ["LogAudit", "NoAudit"]

_LINE = "{identity} at {peer} called {operation} of {path}: {result}"


@implementer(IAudit)
@attrs.frozen(slots=True)
class LogAudit:
    """
    One line of the node's log for every call that may have changed something.

    @ivar log: gets the lines, with the fields C{identity}, C{peer}, C{operation}, C{path}, C{result}
    """

    log: Logger = attrs.field(factory=Logger)

    def record(self, identity: str, peer: str, operation: str, path: str, result: str) -> None:
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
                "identity": cut(identity),
                "peer": cut(peer),
                "operation": cut(operation),
                "path": cut(path),
                "result": cut(result),
            }
        )


@implementer(IAudit)
@attrs.frozen(slots=True)
class NoAudit:
    """Writes nothing down: for benchmarks and tests."""

    def record(self, identity: str, peer: str, operation: str, path: str, result: str) -> None:
        """Forget it."""
