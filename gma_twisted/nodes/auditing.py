"""The audit of a node, as its configuration says."""

from collections.abc import Callable

from gma_twisted.configuration import WhenFull
from gma_twisted.nodes.plan import Plan
from gma_twisted.security import AUDIT_FILE, ChainFile, FileAudit, LogAudit
from gma_twisted.stores.journal import Worker
from gma_twisted.timing import NodeClock

__all__ = ["auditOf"]


def auditOf(
    plan: Plan, clock: NodeClock, workerOf: Callable[[str], Worker]
) -> FileAudit | LogAudit:
    """
    What writes down the calls of a node; nothing is opened.

    @param workerOf: makes, of a name, what brings lines to the disk
    """
    section = plan.configuration.audit
    if not section.enabled:
        return LogAudit()
    worker = workerOf("audit")
    return FileAudit(
        ChainFile(str(plan.stateDir / (section.file or AUDIT_FILE)), section.size, section.keep),
        clock,
        worker.run,
        worker.stop,
        section.sync,
        section.whenFull is WhenFull.REFUSE,
    )
