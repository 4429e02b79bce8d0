"""How a provider does, as C{gma:providerStatus} tells it to clients and the console shows it (WIRE 4)."""

import enum
from collections.abc import Mapping

import attrs

from gma_twisted.markup.build import escapeText
from gma_twisted.markup.namespaces import GMA
from gma_twisted.markup.xsd import writeDateTime, writeSeconds
from gma_twisted.model import ElementKey, Lifetime, QName, ServiceDataElement
from gma_twisted.timing.clock import NodeClock

__all__ = ["STATUS_NAME", "ProviderStatus", "RunState"]

STATUS_NAME = QName(GMA, "providerStatus")
"""Name of the service data; the key of each value is the provider's name."""

_HEAD = f'<gma:providerStatus xmlns:gma="{GMA}"'.encode()


class RunState(enum.Enum):
    """
    What a provider does now.

    C{HUNG}: its time is over, it was cancelled, and it goes on. C{BACKOFF}: after failures it waits longer than
    its interval. C{RESTING}: it runs on demand, and nobody wants what it gives.
    """

    IDLE = "idle"
    RUNNING = "running"
    FAILED = "failed"
    BACKOFF = "backoff"
    HUNG = "hung"
    RESTING = "resting"
    STOPPED = "stopped"


@attrs.define(slots=True)
class ProviderStatus:
    """
    The counters and last facts of one provider.

    @ivar name: the configured name
    @ivar state: what it does now
    @ivar lastError: why the last run failed, empty after a good one
    @ivar lastDuration: seconds of the last run
    @ivar lastRun: wall time at which the last run began
    @ivar lastSuccess: wall time at which the last run that was good began
    @ivar nextRun: instant on the node's clock of the next one, C{None} when none is planned
    @ivar runs: runs begun
    @ivar failures: runs that failed
    @ivar skips: due runs that fell into another one, or into a pause of the machine
    @ivar inRow: failures of the schedule's runs since the last good one
    @ivar isBeside: whether the last run was asked for beside the schedule
    """

    name: str
    state: RunState = RunState.IDLE
    lastError: str = ""
    lastDuration: float | None = None
    lastRun: float | None = None
    lastSuccess: float | None = None
    nextRun: float | None = None
    runs: int = 0
    failures: int = 0
    skips: int = 0
    inRow: int = 0
    isBeside: bool = False
    _isPausing: bool = attrs.field(default=False, init=False)

    def began(self, wallTime: float, isBeside: bool = False) -> None:
        """A run begins. @param isBeside: whatever becomes of it, the schedule and its pauses stay"""
        self.isBeside = isBeside
        self._isPausing = isBeside and self.state is RunState.BACKOFF
        self.state = RunState.RUNNING
        self.lastRun = wallTime
        self.runs += 1

    def succeeded(self, duration: float) -> None:
        """The run gave a usable document."""
        self.state = RunState.BACKOFF if self._isPausing else RunState.IDLE
        self.lastError = ""
        self.lastDuration = duration
        self.lastSuccess = self.lastRun
        if not self.isBeside:
            self.inRow = 0

    def failed(self, error: str, duration: float) -> None:
        """The run gave none."""
        self.state = RunState.BACKOFF if self._isPausing else RunState.FAILED
        self.lastError = error
        self.lastDuration = duration
        self.failures += 1
        if not self.isBeside:
            self.inRow += 1

    def row(self, clock: NodeClock) -> Mapping[str, str]:
        """The facts as text, empty where there is none; instants are dateTimes, durations seconds."""
        return {
            "name": self.name,
            "state": self.state.value,
            "lastError": self.lastError,
            "lastDuration": "" if self.lastDuration is None else writeSeconds(self.lastDuration),
            "lastRun": "" if self.lastRun is None else writeDateTime(self.lastRun),
            "lastSuccess": "" if self.lastSuccess is None else writeDateTime(self.lastSuccess),
            "nextRun": "" if self.nextRun is None else writeDateTime(clock.toWall(self.nextRun)),
            "runs": str(self.runs),
            "failures": str(self.failures),
            "skips": str(self.skips),
        }

    def element(self, originator: str, clock: NodeClock) -> ServiceDataElement:
        """The facts as a value; what there is none of is left out."""
        children = "".join(
            f"<gma:{fact}>{escapeText(text)}</gma:{fact}>"
            for fact, text in self.row(clock).items()
            if text
        )
        return ServiceDataElement(
            ElementKey(STATUS_NAME, originator, self.name),
            _HEAD,
            f">{children}</gma:providerStatus>".encode(),
            Lifetime(clock.seconds()),
            clock.wallTime(),
        )
