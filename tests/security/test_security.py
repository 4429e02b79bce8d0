"""Policy, identity and audit of a node without authentication."""

from twisted.logger import ILogObserver, LogEvent, Logger, formatEvent
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from gma_twisted.interfaces import IAudit, IIdentify, IPolicy, Request
from gma_twisted.model import Access, Deed, Whose
from gma_twisted.security import AllowAll, Anonymous, LogAudit, NoAudit


@implementer(ILogObserver)
class Watcher:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[LogEvent] = []

    def __call__(self, event: LogEvent) -> None:
        """Keep it."""
        self.events.append(event)


class OpenNodeTests(SynchronousTestCase):
    """A node that does not know anybody."""

    def test_interfaces(self) -> None:
        """Each has every member of its interface."""
        self.assertTrue(verifyObject(IPolicy, AllowAll()))
        self.assertTrue(verifyObject(IIdentify, Anonymous()))
        self.assertTrue(verifyObject(IAudit, LogAudit()))
        self.assertTrue(verifyObject(IAudit, NoAudit()))

    def test_allowed(self) -> None:
        """Everybody may do everything, and end what they hold."""
        for access in Access:
            whose = AllowAll().check("anybody", "{urn:x}destroy", "/services/index", access)
            self.assertIs(whose, Whose.HELD)

    def test_anonymous(self) -> None:
        """A header that was shown gives nobody a name here."""
        request = Request("/services/index", None, False, b"", "127.0.0.1", b"Bearer root")
        self.assertEqual(Anonymous().identify(request), "anonymous")

    def test_logged(self) -> None:
        """A write is one event with its facts as fields."""
        watcher = Watcher()
        LogAudit(Logger(observer=watcher)).record(Deed("bob", "::1", "{urn:x}set", "/s", "ok"))
        (event,) = watcher.events
        facts = {key: event[key] for key in ("identity", "peer", "operation", "path", "result")}
        self.assertEqual(
            facts,
            {
                "identity": "bob",
                "peer": "::1",
                "operation": "{urn:x}set",
                "path": "/s",
                "result": "ok",
            },
        )

    def test_line(self) -> None:
        """The event is what the Logger itself would have told its observer."""
        watcher = Watcher()
        log = Logger(namespace="audit", source=self, observer=watcher)
        LogAudit(log).record(Deed("bob", "::1", "{urn:x}set", "/s", "Refused"))
        log.info("other")
        event, other = watcher.events
        own = ("log_logger", "log_level", "log_namespace", "log_source")
        self.assertEqual([event[key] for key in own], [other[key] for key in own])
        self.assertEqual(formatEvent(event), "bob at ::1 called {urn:x}set of /s: Refused")
        self.assertLessEqual(event["log_time"], other["log_time"])
        self.assertLess(other["log_time"] - event["log_time"], 60.0)

    def test_forgedLine(self) -> None:
        """A caller cannot write lines of its own into the log."""
        watcher = Watcher()
        LogAudit(Logger(observer=watcher)).record(Deed("a\nb", "", "", "/\r", "ok"))
        self.assertEqual(
            (watcher.events[0]["identity"], watcher.events[0]["path"]), ("a\\nb", "/\\r")
        )
