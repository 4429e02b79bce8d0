"""What the Exchange tells the audit, and what it does when that cannot write."""

import re
from typing import Any

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import (
    Busy,
    FailedAuthentication,
    GMAError,
    PartialFailure,
    Refused,
    ServiceError,
)
from gma_twisted.interfaces import Reply
from gma_twisted.markup import DEFAULT_LIMITS
from gma_twisted.model import Access, Deed, Handle, Locator
from gma_twisted.model.deed import DONE
from gma_twisted.model.event import Event
from gma_twisted.model.gma import GMAEntry, GMARole
from gma_twisted.soap.porttypes.gma import CONSUMER, DIRECTORY, PRODUCER
from gma_twisted.timing import NodeClock, Ready, toDeferred
from gma_twisted.transport import Exchange
from gma_twisted.transport.deeds import Deeds, _madeOf, _targetOf
from gma_twisted.transport.service import BoundOperation
from tests.transport.probe import Guard, Role, service
from tests.transport.test_exchange import request


@attrs.define(eq=False)
class Audit(Guard):
    """
    An audit that keeps what it is told, and may not be able to.

    @ivar deeds: told
    @ivar isFull: whether writes are to be refused
    @ivar isTorn: whether what was done cannot be written down
    """

    deeds: list[Deed] = attrs.field(factory=list)
    isFull: bool = False
    isTorn: bool = False

    def admit(self) -> None:
        """See L{IAudit}."""
        if self.isFull:
            raise Busy("the audit is full")

    def record(self, deed: Deed) -> None:
        """See L{IAudit}."""
        self.deeds.append(deed)
        if self.isTorn and deed.result in DONE:
            raise Busy("done, but not written down")


class AuditedTests(SynchronousTestCase):
    """One service whose role a test scripts."""

    def setUp(self) -> None:
        """An Exchange."""
        self.time = Clock()
        self.audit = Audit()
        self.role = Role()
        clock = NodeClock(self.time, lambda: 1.7e9)
        self.exchange = Exchange(clock, self.audit, self.audit, self.audit, DEFAULT_LIMITS)
        self.exchange.publish(service(self.role))

    def reply(self, **asked: Any) -> Reply:
        """To a call."""
        reply: Reply = self.successResultOf(toDeferred(self.exchange.receive(request(**asked))))
        return reply

    def correlation(self, reply: Reply) -> str:
        """Of a fault."""
        found = re.search(rb'correlation="([0-9a-f]{12})"', reply.body)
        assert found is not None, reply.body
        return found[1].decode()

    def test_correlation(self) -> None:
        """A fault and its line have one id, at once and later; of what is done each line has an id of its own."""
        self.role.does = lambda word: (_ for _ in ()).throw(Refused("no"))
        at = self.correlation(self.reply(operation="change"))
        later: Deferred[str] = Deferred()
        self.role.does = lambda word: later
        waiting = toDeferred(self.exchange.receive(request("change")))
        later.errback(Busy("no"))
        after = self.correlation(self.successResultOf(waiting))
        self.role.does = Ready
        self.reply(operation="change")
        self.reply(operation="change")
        ids = [deed.correlation for deed in self.audit.deeds]
        self.assertEqual(ids[:2], [at, after])
        self.assertEqual([len(one) for one in ids], [12] * 4)
        self.assertEqual(len(set(ids)), 4)

    def test_turnedAway(self) -> None:
        """Who is turned away in the handshake is nobody, has done nothing, and has a line."""
        self.exchange.turnedAway("192.0.2.1", FailedAuthentication("it was revoked"))
        (deed,) = self.audit.deeds
        self.assertEqual(
            (deed.identity, deed.peer, deed.operation, deed.result, deed.mayBeDone),
            ("", "192.0.2.1", "handshake", "FailedAuthentication", False),
        )

    def test_full(self) -> None:
        """While the audit cannot write no write reaches its role; reads are answered."""
        self.audit.isFull = True
        self.assertIn(b"the audit is full", self.reply(operation="change").body)
        self.assertEqual(self.role.called, [])
        self.assertEqual(self.reply(operation="ask").status, 200)

    def test_torn(self) -> None:
        """What was done and is not written down is not acknowledged, at once or later, and is told once."""
        self.audit.isTorn = True
        self.assertIn(b"done, but not written down", self.reply(operation="change").body)
        later: Deferred[str] = Deferred()
        self.role.does = lambda word: later
        waiting = toDeferred(self.exchange.receive(request("change")))
        later.callback("w")
        self.assertIn(b"done, but not written down", self.successResultOf(waiting).body)
        self.assertEqual([deed.result for deed in self.audit.deeds], ["ok", "ok"])

    def test_refused(self) -> None:
        """Who is refused by identity or policy is told of, as somebody who changed nothing."""
        self.audit.refuses = {"change"}
        self.reply(operation="change")
        self.reply(operation="change", authorization=b"wrong")
        self.reply(operation="ask", authorization=b"wrong")
        told = [(deed.identity, deed.result, deed.mayBeDone) for deed in self.audit.deeds]
        self.assertEqual(told, [("nobody", "Refused", False), ("", "Refused", False)])

    def test_mayBeDone(self) -> None:
        """What failed on the way, or in part, may be done; what the caller got wrong is not."""
        failures: list[tuple[Exception, bool]] = [
            (Refused("no"), False),
            (Busy("no"), False),
            (PartialFailure("no"), True),
            (ServiceError("no"), True),
            (ValueError("no"), True),
        ]
        for error, mayBeDone in failures:
            later: Deferred[str] = Deferred()
            self.role.does = lambda word, later=later: later  # type: ignore[misc]
            waiting = toDeferred(self.exchange.receive(request("change")))
            later.errback(error)
            self.successResultOf(waiting)
            self.assertEqual(self.audit.deeds[-1].mayBeDone, mayBeDone, error)
            if not isinstance(error, GMAError):
                self.flushLoggedErrors(type(error))

    def test_made(self) -> None:
        """Only what makes something with an id has one in its line; what a write answers is not told."""
        self.reply(operation="change")
        self.assertEqual(self.audit.deeds[-1].made, "")
        deeds = Deeds(self.audit)
        for access in Access:
            bound = next(
                one for one in service(Role()).bound.values() if one.name.endswith("change")
            )
            bound.access = access
            deeds.done(request("change"), bound, "someone", {}, "id-1")
        made = [
            access.value
            for access, deed in zip(Access, self.audit.deeds[1:], strict=True)
            if deed.made
        ]
        self.assertEqual(made, ["register", "subscribe", "aggregate", "create"])

    def test_targets(self) -> None:
        """The target is the first service an argument names, what was made the one the answer begins with."""
        a, b = Handle("http://a/"), Handle("http://b/")
        for values, target in (
            (["text", a, b], "http://a/"),
            ([None, Locator((b,))], "http://b/"),
            ([(a,)], "http://a/"),
            ([[a, b, b]], "http://a/ and 2 more"),
            ([("name", "value")], ""),
            ([Locator(())], ""),
            ([], ""),
        ):
            arguments = {str(number): one for number, one in enumerate(values)}
            self.assertEqual(_targetOf("", arguments), target)
        for value, made in (
            ((a, 5.0), "http://a/"),
            (("id-1", 5.0), "id-1"),
            (Locator((b,)), "http://b/"),
        ):
            self.assertEqual(_madeOf(value), made)
        self.assertEqual((_madeOf(None), _madeOf(()), _madeOf(5.0)), ("", "", ""))

    def test_declared(self) -> None:
        """Where an operation says which part of it is the target, that is in its line, an id or another's URL too."""
        entry = GMAEntry(GMARole.PRODUCER, "http://p/")
        event = Event("x")
        for portType, name, arguments, value, told in (
            (
                PRODUCER,
                "subscribe",
                {"template": event, "dataUrl": "http://c/", "callerId": 7},
                (5, 60.0, 1),
                ("http://c/", "5"),
            ),
            (PRODUCER, "renew", {"producerId": 5, "lease": None}, 60.0, ("5", "")),
            (PRODUCER, "unsubscribe", {"producerId": 5}, 5, ("5", "")),
            (CONSUMER, "subscribe", {"callerId": 7}, (8, "http://c/", "xml", 60.0), ("", "8")),
            (CONSUMER, "unsubscribe", {"consumerId": 8}, 8, ("8", "")),
            (DIRECTORY, "add", {"entry": entry}, ("id-1", 60.0, ()), ("http://p/", "id-1")),
            (DIRECTORY, "renewMany", {"entryId": ["a", "b"]}, [], ("a and 1 more", "")),
            (DIRECTORY, "remove", {"entryId": "id-1"}, None, ("id-1", "")),
            (DIRECTORY, "watch", {"consumer": "http://c/"}, (9, 60.0), ("http://c/", "9")),
            (DIRECTORY, "unwatch", {"watchId": 9}, 9, ("9", "")),
        ):
            operation = next(one for one in portType.operations if one.name == name)
            bound = BoundOperation(operation, object(), "/x", operation.access, None)
            deeds = Deeds(self.audit)
            deeds.done(request("change"), bound, "someone", arguments, value)
            done = self.audit.deeds[-1]
            self.assertEqual((done.target, done.made), told, name)
            deeds.failed(request("change"), bound, "someone", arguments, Refused("no"), "")
            self.assertEqual(self.audit.deeds[-1].target, told[0], name)

    def test_parts(self) -> None:
        """What an operation says is its target is a part of its request."""
        for portType in (PRODUCER, CONSUMER, DIRECTORY):
            for one in portType.operations:
                self.assertIn(one.target, ["", *(part.name for part in one.request)], one.name)
