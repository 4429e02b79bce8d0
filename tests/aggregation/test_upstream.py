"""What is asked of a source, and what it may answer."""

import math
from typing import Any

import attrs

from gma_twisted.aggregation import AggregateSource
from gma_twisted.aggregation.upstream import (
    Lease,
    SourceIdentity,
    grantedInterval,
    identify,
    subscribe,
)
from gma_twisted.errors import (
    ExtensibilityNotSupported,
    GMAError,
    PeerError,
    PeerUnreachable,
    ServiceHasTerminated,
    UnknownId,
)
from gma_twisted.model import OURSELVES, Caller, Expression, Handle, Locator, TerminationTime
from gma_twisted.soap.porttypes import GRID_SERVICE, NOTIFICATION_SOURCE
from gma_twisted.timing import toDeferred
from tests.aggregation.source import HOST, SOURCE, SourceCase

SINK = Handle("http://me:8480/services/index/sinks/1")


class UpstreamCase(SourceCase):
    """A source, and a proxy of it."""

    def setUp(self) -> None:
        """Nothing has been asked."""
        super().setUp()
        self.service: Any = self.connect(SOURCE, [NOTIFICATION_SOURCE], True)
        self.lost: list[GMAError] = []

    def subscribe(self, isOurs: bool = True) -> Any:
        """Subscribe for 600 s."""
        return toDeferred(
            subscribe(
                self.service,
                AggregateSource(SOURCE, (HOST,)),
                SINK,
                isOurs,
                self.clock,
                lambda handle: self.connect(handle, [GRID_SERVICE], True),
                self.lost.append,
            )
        )

    def lease(self) -> Lease:
        """A subscription that was granted."""
        return self.successResultOf(self.subscribe())[0]  # type: ignore[no-any-return]


class IdentifyTests(UpstreamCase):
    """Who a source is."""

    def test_ours(self) -> None:
        """One of our nodes says its instance; those it has from others do not count."""
        found = self.successResultOf(toDeferred(identify(self.service, SOURCE)))
        self.assertEqual(found, SourceIdentity("life-1", True))
        self.assertTrue(found.isOurs)

    def test_foreign(self) -> None:
        """Other software does not know the name, in whatever words it says so."""
        self.source.instance = ""
        for isSource in (True, False):
            self.source.isNotificationSource = isSource
            found = self.successResultOf(toDeferred(identify(self.service, SOURCE)))
            self.assertEqual(found, SourceIdentity("", isSource))
            self.assertFalse(found.isOurs)

    def test_noAnswer(self) -> None:
        """A service out of reach is not taken for one of other software."""
        self.net.way = "cut"
        self.failureResultOf(toDeferred(identify(self.service, SOURCE)), PeerUnreachable)

    def test_refuses(self) -> None:
        """A service that answers to neither is an error."""
        self.source.errors["identify"] = ExtensibilityNotSupported("no queries here")
        self.failureResultOf(toDeferred(identify(self.service, SOURCE)), ExtensibilityNotSupported)
        self.assertEqual(self.source.count("identify"), 2)

    def test_malformed(self) -> None:
        """What is no answer to a query by name, or names an unknown prefix, is the source's fault."""
        for answer in (
            b"<t:odd xmlns:t='urn:t'/>",
            b"<sd:serviceDataValues><ogsi:interface>no:Thing</ogsi:interface></sd:serviceDataValues>",
        ):

            def find(
                queryExpression: Expression, caller: Caller = OURSELVES, answer: bytes = answer
            ) -> bytes:
                return answer

            self.source.findServiceData = find  # type: ignore[method-assign]
            self.failureResultOf(toDeferred(identify(self.service, SOURCE)), PeerError)


class LeaseTests(UpstreamCase):
    """A subscription and its time."""

    def test_granted(self) -> None:
        """What is granted is reckoned by the source's own clock."""
        self.source.ahead = -5000.0
        lease, granted = self.successResultOf(self.subscribe())
        self.assertAlmostEqual(granted, 600.0, 2)
        self.assertAlmostEqual(lease.ahead, -5000.0, 2)
        self.assertAlmostEqual(self.successResultOf(toDeferred(lease.renew())), 600.0, 2)
        self.assertAlmostEqual(self.source.asked, self.source.wall() + 600.0, 2)

    def test_says(self) -> None:
        """A source that says nothing of times has granted what was asked; one that grants nothing is at fault."""
        self.source.time = TerminationTime  # type: ignore[method-assign]
        self.assertEqual(self.successResultOf(self.subscribe())[1], 600.0)
        end = self.clock.wallTime() - 1.0
        self.source.time = lambda: TerminationTime(end, end)  # type: ignore[method-assign]
        self.failureResultOf(self.subscribe(), PeerError)

    def test_noHandle(self) -> None:
        """A subscription without a handle is none."""
        self.source.subscribe = lambda **_: (Locator(()), self.source.time())  # type: ignore[method-assign]
        self.failureResultOf(self.subscribe(), PeerError)

    def test_forgotten(self) -> None:
        """A subscription that is not known, or that refuses, is over."""
        for error in (None, ServiceHasTerminated("over"), ExtensibilityNotSupported("no")):
            lease = self.lease()
            self.source.subscriptions.clear()
            self.source.errors = {} if error is None else {"renew": error}
            self.failureResultOf(toDeferred(lease.renew()), UnknownId)
            self.assertTrue(lease.isOver)

    def test_unanswered(self) -> None:
        """A subscription out of reach is not over."""
        lease = self.lease()
        self.net.way = "cut"
        self.failureResultOf(toDeferred(lease.renew()), PeerUnreachable)
        self.assertFalse(lease.isOver)

    def test_lost(self) -> None:
        """That it was lost is told once, to whom it concerns."""
        lease = self.lease()
        error = UnknownId("gone")
        lease.wasLost(error)
        self.assertEqual((self.lost, lease.isOver), ([error], True))

    def test_end(self) -> None:
        """It is ended at the source."""
        lease = self.lease()
        self.successResultOf(toDeferred(lease.end()))
        self.assertEqual((self.source.subscriptions, lease.isOver), ({}, True))


class IntervalTests(UpstreamCase):
    """What the source granted."""

    def interval(self) -> Any:
        """Ask."""
        return toDeferred(grantedInterval(self.lease(), AggregateSource(SOURCE, (HOST,))))

    def test_granted(self) -> None:
        """It is what the subscription says, not what was asked for."""
        self.assertEqual(self.successResultOf(self.interval()), 10.0)
        self.source.leastRepeat = 90.0
        self.assertEqual(self.successResultOf(self.interval()), 90.0)
        self.source.leastRepeat = math.inf
        self.assertEqual(self.successResultOf(self.interval()), math.inf)

    def test_unsaid(self) -> None:
        """A subscription that answers something else is an error."""
        lease = attrs.evolve(self.lease(), service=self.service)
        asked = grantedInterval(lease, AggregateSource(SOURCE, (HOST,)))
        self.failureResultOf(toDeferred(asked), PeerError)
