"""What tests with zeep alone have in common: a client for each service, typed faults, times."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from twisted.trial.unittest import SynchronousTestCase
from zeep.exceptions import Fault

from tests.integration.foreign.makers import makeZeep
from tests.integration.foreign.zeepclient import ZeepClient

__all__ = ["DAY", "ZeepCase", "fromNow"]

DAY = 86400.0
"""Seconds; the longest lifetime there is when nobody configured another."""

# A call on a busy machine, of a lifetime that was counted from before it.
_SLOWEST = 3.5
_AHEAD = 0.5
"""Seconds a call may take before a time that was asked is thought to be another."""


def fromNow(seconds: float) -> datetime:
    """The time in so many seconds."""
    return datetime.now(UTC) + timedelta(seconds=seconds)


class ZeepCase(SynchronousTestCase):
    """
    A subclass with C{isSoap12} proves the same with the other version.

    @cvar isSoap12: which one
    """

    isSoap12: ClassVar[bool] = False
    timeout = 60
    _clients: ClassVar[dict[tuple[str, bool], ZeepClient]] = {}

    def open(self, url: str) -> ZeepClient:
        """A client that has read the WSDL now. @param url: of the service"""
        return makeZeep(url, self.isSoap12)

    def shared(self, url: str) -> ZeepClient:
        """A client that other tests use too, for a service that stays."""
        key = (url, self.isSoap12)
        if key not in self._clients:
            self._clients[key] = self.open(url)
        return self._clients[key]

    def refused(
        self, client: ZeepClient, kind: str, call: Callable[..., Any], /, *words: Any, **parts: Any
    ) -> Any:
        """
        Call what is refused, and check that the fault is of the kind's own type and tells what every fault tells.

        @param client: whose service is called
        @param kind: the element in the detail
        @return: the detail
        """
        fault = self.assertRaises(Fault, call, *words, **parts)
        detail = client.detail(fault)
        self.assertEqual(type(detail).__name__, f"{kind[:1].upper()}{kind[1:]}Type")
        self.assertEqual(detail.faultcode._value_1, kind)
        self.assertEqual(detail.description, [fault.message])
        self.assertEqual(detail.originator.handle, [client.handle])
        self.assertLess(abs(datetime.now(UTC) - detail.timestamp), timedelta(seconds=60))
        side = "Sender" if self.isSoap12 else "Client"
        self.assertEqual(fault.code.rpartition(":")[2], side)
        return detail

    def assertEnds(self, time: Any, seconds: float) -> None:
        """A TerminationTime says that it ends so many seconds after it was written."""
        self.assertEqual(time.after, time.before)
        left = (datetime.fromisoformat(time.before) - time.timestamp).total_seconds()
        self.assertLessEqual(left, seconds + _AHEAD, time)
        self.assertGreaterEqual(left, seconds - _SLOWEST, time)
