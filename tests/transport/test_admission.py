"""Pages ask who asks, and the policy, before anything of them is made."""

from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.http import Request as WebRequest
from twisted.web.resource import Resource

from gma_twisted.errors import GMAError, Refused, Throttled
from gma_twisted.interfaces import Request
from gma_twisted.markup import DEFAULT_LIMITS
from gma_twisted.model import Access, SecurityHeader
from gma_twisted.timing import NodeClock
from gma_twisted.transport import Admission, Exchange, QuietSite, gated
from tests.transport.probe import Guard
from tests.transport.stand import get


class _Page(Resource):
    """Counts how often it is shown."""

    isLeaf = True
    shown = 0

    def render_GET(self, request: WebRequest) -> bytes:
        """Show it."""
        self.shown += 1
        return b"the page"


class _Wary(Guard):
    """Raises what a test wants."""

    raised: GMAError | None = None

    def identify(self, request: Request, security: SecurityHeader | None = None) -> str:
        """See L{IIdentify}."""
        if self.raised is not None:
            raise self.raised
        return "anonymous" if request.authorization is None else "ann"


class AdmissionTests(SynchronousTestCase):
    """One page behind a Gate."""

    def setUp(self) -> None:
        """Make it; it counts as admin."""
        self.clock = NodeClock(Clock(), lambda: 0.0)
        self.guard = _Wary()
        self.exchange = Exchange(self.clock, self.guard, self.guard, self.guard, DEFAULT_LIMITS)
        self.access: Access | None = Access.ADMIN
        self.page = _Page()
        site = QuietSite(self.page, Admission(self.exchange, lambda request: self.access))
        self.factory = gated(site, self.clock)

    def ask(self, *fields: str) -> bytes:
        """What is answered."""
        gate = self.factory.buildProtocol(None)
        assert gate is not None
        transport = StringTransport()
        gate.makeConnection(transport)
        gate.dataReceived(get("/page", *fields))
        answer: bytes = transport.value()
        return answer

    def test_asked(self) -> None:
        """The policy is asked with the method and the path; what it allows is shown."""
        self.assertIn(b"the page", self.ask("Authorization: x"))
        self.assertEqual(self.guard.asked, [("ann", "GET", "/page")])

    def test_refused(self) -> None:
        """401 tells who shows nothing what to show, 403 the others; nothing is made of the page."""
        self.guard.refuses.add("GET")
        for fields, status in (((), b"401"), (("Authorization: x",), b"403")):
            answer = self.ask(*fields)
            self.assertEqual(answer.split()[1], status)
            self.assertEqual(b'WWW-Authenticate: Bearer realm="gma"' in answer, status == b"401")
            self.assertIn(b"X-Content-Type-Options: nosniff", answer)
        self.assertEqual(self.page.shown, 0)

    def test_wrong(self) -> None:
        """What is shown and wrong is 401; who comes too often is told when to come again."""
        for error, status, field in (
            (Refused("who is that?"), b"401", b"WWW-Authenticate"),
            (Throttled("slowly", 7), b"503", b"Retry-After: 7"),
        ):
            self.guard.raised = error
            answer = self.ask("Authorization: x")
            self.assertEqual(answer.split()[1], status)
            self.assertIn(field, answer)
            self.assertIn(error.message.encode(), answer)
        self.assertEqual((self.page.shown, self.guard.asked), (0, []))

    def test_nobody(self) -> None:
        """What counts as nothing is shown to everybody, and nobody is asked."""
        self.access = None
        self.guard.raised = Refused("who is that?")
        self.assertIn(b"the page", self.ask())
        self.assertEqual(self.guard.asked, [])
