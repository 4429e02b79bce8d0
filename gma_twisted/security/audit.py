"""What is written down of calls that change something."""

import attrs
from twisted.logger import Logger
from zope.interface import implementer

from gma_twisted.errors import cut
from gma_twisted.interfaces import IAudit

__all__ = ["LogAudit", "NoAudit"]


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
        self.log.info(
            "{identity} at {peer} called {operation} of {path}: {result}",
            identity=cut(identity),
            peer=cut(peer),
            operation=cut(operation),
            path=cut(path),
            result=cut(result),
        )


@implementer(IAudit)
@attrs.frozen(slots=True)
class NoAudit:
    """Writes nothing down: for benchmarks and tests."""

    def record(self, identity: str, peer: str, operation: str, path: str, result: str) -> None:
        """Forget it."""
