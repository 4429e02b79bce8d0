"""What a head says of its request."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.markup.namespaces import OGSI
from gma_twisted.transport.head import Head
from gma_twisted.transport.urgency import Urgency, urgencyOf

_REG = "urn:gma-twisted:2026:registration"


def soap(action: str | None) -> Urgency:
    """Of a message."""
    return urgencyOf(
        Head(b"POST", b"/", "/services/x", b"HTTP/1.1", (), True, 0, False, False, action)
    )


class UrgencyTests(SynchronousTestCase):
    """L{urgencyOf}."""

    def test_actions(self) -> None:
        """Renewals, ends and notices go first, queries last; registrations, and what is not known, are between."""
        for action, urgency in (
            (f"{_REG}#renewServices", Urgency.KEEPING),
            (f"{_REG}#unregisterService", Urgency.KEEPING),
            (f"{OGSI}#requestTerminationAfter", Urgency.KEEPING),
            (f"{OGSI}#destroy", Urgency.KEEPING),
            (f"{OGSI}#deliverNotification", Urgency.KEEPING),
            (f"{_REG}#registerService", Urgency.WRITING),
            (f"{OGSI}#subscribe", Urgency.WRITING),
            ("urn:other#renewServices", Urgency.WRITING),
            ("", Urgency.WRITING),
            (None, Urgency.WRITING),
            (f"{OGSI}#findServiceData", Urgency.READING),
        ):
            self.assertIs(soap(action), urgency, action)

    def test_pages(self) -> None:
        """Whether the node is well is told before its pages."""
        for path, urgency in (
            ("/-/ready", Urgency.KEEPING),
            ("/metrics", Urgency.KEEPING),
            ("/", Urgency.PAGE),
        ):
            head = Head(b"GET", b"/", path, b"HTTP/1.1", (), True, 0, False, True)
            self.assertIs(urgencyOf(head), urgency, path)
