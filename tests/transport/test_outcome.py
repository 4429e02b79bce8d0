"""What the audit says that became of a call without a fault, and of a page."""

from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.http import Request as WebRequest
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from gma_twisted.markup import DEFAULT_LIMITS
from gma_twisted.model import Access, Handle, RenewalResult
from gma_twisted.timing import NodeClock
from gma_twisted.transport import Admission, Exchange, QuietSite, gated
from gma_twisted.transport.deeds import Deeds
from gma_twisted.transport.outcome import resultOf
from tests.transport.probe import Role, service
from tests.transport.stand import get
from tests.transport.test_audited import Audit
from tests.transport.test_exchange import request

_ENTRY = Handle("http://a/entries/1")


class OperationTests(SynchronousTestCase):
    """Operations."""

    def test_renewals(self) -> None:
        """Some entries that are not there, all of them, none."""
        there, gone = RenewalResult(_ENTRY, 60.0), RenewalResult(_ENTRY, None)
        for value, said in (
            ([there, there], "ok"),
            ([there, gone], "partial"),
            ([gone, gone], "unknown"),
            ([], "ok"),
            ([_ENTRY], "ok"),
            (None, "ok"),
        ):
            self.assertEqual(resultOf(value), said)

    def test_recorded(self) -> None:
        """The line has it, and whether something may be different now."""
        audit = Audit()
        bound = service(Role()).bound["change"]
        for values in (
            [RenewalResult(_ENTRY, 1.0), RenewalResult(_ENTRY, None)],
            [RenewalResult(_ENTRY, None)],
        ):
            Deeds(audit).done(request("change"), bound, "bob", {}, values)
        self.assertEqual(
            [(deed.result, deed.mayBeDone) for deed in audit.deeds],
            [("partial", True), ("unknown", False)],
        )


class _Scripted(Resource):
    """Answers when a test says so."""

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[WebRequest] = []

    def render_POST(self, request: WebRequest) -> int:
        """Wait."""
        self.waiting.append(request)
        return NOT_DONE_YET

    def render_GET(self, request: WebRequest) -> bytes:
        """Refuse."""
        request.setResponseCode(405)
        return b"no"


class PageTests(SynchronousTestCase):
    """Pages that do something."""

    def setUp(self) -> None:
        """One behind a Gate."""
        clock = NodeClock(Clock(), lambda: 0.0)
        self.audit = Audit()
        exchange = Exchange(clock, self.audit, self.audit, self.audit, DEFAULT_LIMITS)
        self.page = _Scripted()
        site = QuietSite(self.page, Admission(exchange, lambda request: Access.ADMIN))
        self.factory = gated(site, clock)

    def ask(self, method: bytes) -> StringTransport:
        """Begin a request."""
        gate = self.factory.buildProtocol(None)
        assert gate is not None
        transport = StringTransport()
        gate.makeConnection(transport)
        self.gate = gate
        head = get("/page").replace(b"GET", method, 1)
        gate.dataReceived(head.replace(b"\r\n\r\n", b"\r\nContent-Length: 0\r\n\r\n"))
        return transport

    @property
    def told(self) -> list[tuple[str, bool]]:
        """What the audit heard."""
        return [(deed.result, deed.mayBeDone) for deed in self.audit.deeds]

    def test_refused(self) -> None:
        """A page that refuses by itself has not done it."""
        self.ask(b"GET")
        self.assertEqual(self.told, [("405", False)])

    def test_later(self) -> None:
        """There is no line before the page has answered, and then what it answered."""
        for status, told in ((200, ("ok", True)), (400, ("400", False)), (500, ("500", True))):
            self.audit.deeds.clear()
            self.ask(b"POST")
            self.assertEqual(self.told, [])
            waiting = self.page.waiting.pop()
            waiting.setResponseCode(status)
            waiting.finish()
            self.assertEqual(self.told, [told])

    def test_gone(self) -> None:
        """Of one whose caller went away nobody can say."""
        self.ask(b"POST")
        self.gate.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.told, [("unknown", True)])
