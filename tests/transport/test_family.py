"""Services that are rows, behind an Exchange: a role a request, nothing kept of the row."""

import gc
import weakref
from collections.abc import Awaitable

import attrs
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from gma_twisted.errors import GMAError, Refused, ServiceHasTerminated, UnknownId
from gma_twisted.interfaces import IServiceFamily, IUnreadCounter, Reply, Request
from gma_twisted.markup import DEFAULT_LIMITS, XMLGate
from gma_twisted.model import Handle, Whose
from gma_twisted.soap import PortType, openEnvelope, readFault
from gma_twisted.timing import NodeClock, Ready, toDeferred
from gma_twisted.transport import Exchange
from gma_twisted.transport.family import RowDocuments
from tests.transport.probe import PROBE, Guard, Role, envelope, service

_PATH = "/services/probe/rows"
_HANDLE = Handle("http://gate" + _PATH)


class _Row(Role):
    """A role of one row; it knows which."""

    def __init__(self, id: str) -> None:
        super().__init__()
        self.id = id

    def ask(self, word: str) -> Awaitable[str]:
        """See L{IProbe}."""
        return Ready(f"{self.id}-{word}")


@implementer(IServiceFamily)
@attrs.define(eq=False)
class _Family:
    """Rows by id; C{made} counts roles."""

    rows: set[str]
    ended: set[str] = attrs.field(factory=set)
    made: "list[weakref.ref[_Row]]" = attrs.field(factory=list)
    path: str = _PATH
    handle: Handle = _HANDLE
    portTypes: tuple[PortType, ...] = (PROBE,)

    def role(self, id: str) -> object:
        """See L{IServiceFamily}."""
        if id in self.ended:
            raise ServiceHasTerminated(f"{id} is over")
        if id not in self.rows:
            raise UnknownId(f"there is no {id}")
        role = _Row(id)
        self.made.append(weakref.ref(role))
        return role

    def owner(self, id: str) -> str | None:
        """See L{IServiceFamily}."""
        self.role(id)
        return "anne"


@implementer(IUnreadCounter)
@attrs.define(eq=False)
class _CountingFamily(_Family):
    """It keeps the ids of what could not be read."""

    unreadIds: list[str] = attrs.field(factory=list)

    def unread(self, id: str) -> None:
        """See L{IUnreadCounter}."""
        self.unreadIds.append(id)


class FamilyTests(SynchronousTestCase):
    """Of two rows, below a service of the same port type."""

    def setUp(self) -> None:
        """Publish them."""
        self.guard = Guard()
        self.exchange = Exchange(
            NodeClock(Clock(), lambda: 1_700_000_000.0),
            self.guard,
            self.guard,
            self.guard,
            DEFAULT_LIMITS,
        )
        self.family = _Family({"a", "b"})
        self.exchange.publish(service(Role()))
        self.exchange.publishFamily(self.family)

    def _reply(self, path: str, operation: str = "ask", isSoap12: bool = False) -> Reply:
        body = envelope(operation, "w", isSoap12)
        asked = Request(path, None, isSoap12, body, "192.0.2.1")
        reply: Reply = self.successResultOf(toDeferred(self.exchange.receive(asked)))
        return reply

    def test_unread(self) -> None:
        """A family that counts what cannot be read is told of it, of others nobody asks; all get the fault."""
        counting = _CountingFamily({"a"}, path="/services/counting")
        self.exchange.publishFamily(counting)
        for path in (f"{_PATH}/a", "/services/counting/a", "/services/counting/z"):
            for body in (b"<e:Envelope", envelope("nothing", "w", False)):
                asked = Request(path, None, False, body, "192.0.2.1")
                reply = self.successResultOf(toDeferred(self.exchange.receive(asked)))
                self.assertEqual(reply.status, 500)
        self.assertEqual(counting.unreadIds, ["a", "a", "z", "z"])
        self.assertEqual(self._reply("/services/counting/a").status, 200)
        self.assertEqual(len(counting.unreadIds), 4)

    def _error(self, reply: Reply) -> GMAError:
        return readFault(openEnvelope(XMLGate().parse(reply.body)).content)

    def test_interface(self) -> None:
        """The family of this test is one."""
        self.assertTrue(verifyObject(IServiceFamily, self.family))

    def test_answers(self) -> None:
        """Each row answers for itself, in the version asked; the service above it is not disturbed."""
        for id in ("a", "b"):
            for isSoap12 in (False, True):
                reply = self._reply(f"{_PATH}/{id}", isSoap12=isSoap12)
                self.assertEqual((reply.status, reply.isSoap12), (200, isSoap12))
                self.assertIn(f">{id}-w<".encode(), reply.body)
        self.assertIn(b">w<", self._reply("/services/probe").body)

    def test_ready(self) -> None:
        """A ready answer stays ready."""
        asked = Request(f"{_PATH}/a", None, False, envelope("ask"), "192.0.2.1")
        self.assertIsInstance(self.exchange.receive(asked), Ready)

    def test_forgotten(self) -> None:
        """A role is made for each request and nothing keeps it, however often the same bytes come."""
        for _ in range(5):
            self._reply(f"{_PATH}/a")
        gc.collect()
        self.assertEqual([ref() for ref in self.family.made], [None] * 5)

    def test_ended(self) -> None:
        """A row that has ended answers no more, though the same bytes were answered before."""
        for _ in range(3):
            self.assertEqual(self._reply(f"{_PATH}/a").status, 200)
        self.family.ended.add("a")
        reply = self._reply(f"{_PATH}/a")
        self.assertEqual(reply.status, 500)
        self.assertIsInstance(self._error(reply), ServiceHasTerminated)
        self.assertIn(b"<ogsi:handle>http://gate/services/probe/rows/a</ogsi:handle>", reply.body)
        self.assertEqual(self._reply(f"{_PATH}/a", isSoap12=True).status, 400)

    def test_unknown(self) -> None:
        """A row that never was is 404, as is what is no row at all."""
        for path in (f"{_PATH}/never", _PATH, f"{_PATH}/", f"{_PATH}/a/b", "/services/rows/a"):
            reply = self._reply(path)
            self.assertEqual(reply.status, 404, path)
            self.assertIsInstance(self._error(reply), UnknownId)

    def test_owner(self) -> None:
        """Whom the policy lets change their own rows only is told that a row is its owner's, and not whose."""
        for whose, status in ((Whose.OWN, 400), (Whose.HELD, 200), (Whose.ANY, 200)):
            self.guard.whose = whose
            reply = self._reply(f"{_PATH}/a", "change", isSoap12=True)
            self.assertEqual(reply.status, status, whose)
        self.guard.whose = Whose.OWN
        error = self._error(self._reply(f"{_PATH}/a", "change"))
        self.assertIsInstance(error, Refused)
        self.assertEqual(error.message, f"{_PATH}/a is not nobody's: change is for its owner")
        self.assertEqual(self._reply(f"{_PATH}/a", "ask").status, 200)
        self.assertIsInstance(self._error(self._reply(f"{_PATH}/never", "change")), UnknownId)

    def test_policy(self) -> None:
        """Policy is asked with the row's path, before its role is made; every time."""
        for _ in range(3):
            self._reply(f"{_PATH}/a")
        self.assertEqual({asked[2] for asked in self.guard.asked}, {f"{_PATH}/a"})
        self.assertEqual(len(self.guard.asked), 3)
        self.family.made.clear()
        self.guard.refuses.add("ask")
        self.assertIsInstance(self._error(self._reply(f"{_PATH}/a")), Refused)
        self.assertEqual(self.family.made, [])

    def test_audit(self) -> None:
        """Writes are written down with the row's path, failed ones too."""
        self._reply(f"{_PATH}/a", "change")
        self._reply(f"{_PATH}/never", "change")
        self.assertEqual(
            [(record[3], record[4]) for record in self.guard.recorded],
            [(f"{_PATH}/a", "ok"), (f"{_PATH}/never", "UnknownId")],
        )

    def test_missing(self) -> None:
        """An operation the roles lack answers so; a one-way one is 202."""
        reply = self._reply(f"{_PATH}/a", "missing")
        self.assertIn("does not implement missing", str(self._error(reply)))
        self.assertEqual(self._reply(f"{_PATH}/a", "tell").status, 202)

    def test_wsdl(self) -> None:
        """A row is described with its own address; there is no other difference."""
        documents = [self.exchange.service(f"{_PATH}/{id}") for id in ("a", "b")]
        one, other = documents
        assert one is not None and other is not None
        for withSoap12 in (False, True):
            self.assertIn(b'location="http://gate/services/probe/rows/a"', one.wsdl(withSoap12))
            self.assertEqual(
                one.wsdl(withSoap12).replace(b"/rows/a", b"/rows/b"), other.wsdl(withSoap12)
            )
        self.assertEqual(one.gwsdl(), other.gwsdl())
        for path in (f"{_PATH}/never", _PATH):
            self.assertIsNone(self.exchange.service(path))

    def test_endedDocuments(self) -> None:
        """Of a row whose life is over the documents say that; of one that lives they say nothing of the kind."""
        self.family.ended.add("a")
        said = []
        for id in ("a", "b"):
            found = self.exchange.service(f"{_PATH}/{id}")
            assert isinstance(found, RowDocuments)
            said.append(found.ended)
        self.assertEqual(said, ["a is over", ""])

    def test_shared(self) -> None:
        """A service published at a row's path comes first."""
        self.exchange.publish(service(Role(), f"{_PATH}/a"))
        self.assertIn(b">w<", self._reply(f"{_PATH}/a").body)

    def test_withdrawn(self) -> None:
        """A family withdrawn answers no more; families are not among the paths."""
        self.assertEqual(self.exchange.paths(), ("/services/probe",))
        for _ in range(3):
            self._reply(f"{_PATH}/a")
        self.exchange.withdraw(_PATH)
        self.assertEqual(self._reply(f"{_PATH}/a").status, 404)
