"""How a provider's status reads."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.execution import STATUS_NAME, ProviderStatus, RunState
from gma_twisted.markup import XMLGate, nameOf
from gma_twisted.markup.namespaces import GMA
from gma_twisted.model import ElementKey
from gma_twisted.timing.clock import NodeClock

BLANK = dict.fromkeys(("lastError", "lastDuration", "lastRun", "lastSuccess", "nextRun"), "")


class StatusTests(SynchronousTestCase):
    """ProviderStatus."""

    def setUp(self) -> None:
        """A clock that shows 100 s when it is 2027-01-15T08:00:00Z."""
        clock = Clock()
        clock.advance(100)
        self.clock = NodeClock(clock, lambda: 1_800_000_000.0)

    def test_new(self) -> None:
        """A provider that never ran is idle with counters of zero."""
        self.assertEqual(
            ProviderStatus("disk").row(self.clock),
            {"name": "disk", "state": "idle", "runs": "0", "failures": "0", "skips": "0", **BLANK},
        )

    def test_failed(self) -> None:
        """After a failure error, duration and both instants are told, on the wall clock."""
        status = ProviderStatus("disk")
        status.began(1_799_999_990.0)
        self.assertIs(status.state, RunState.RUNNING)
        status.failed("no disk", 1.5)
        status.nextRun = 130.0
        row = status.row(self.clock)
        self.assertEqual(
            (row["state"], row["lastError"], row["lastDuration"]), ("failed", "no disk", "1.5")
        )
        self.assertEqual(row["lastRun"], "2027-01-15T07:59:50Z")
        self.assertEqual(row["nextRun"], "2027-01-15T08:00:30Z")
        self.assertEqual((row["runs"], row["failures"], status.inRow), ("1", "1", 1))

    def test_recovered(self) -> None:
        """A good run clears the error; the failures stay counted."""
        status = ProviderStatus("disk")
        status.failed("no disk", 1.5)
        status.succeeded(0.25)
        row = status.row(self.clock)
        self.assertEqual((row["state"], row["lastError"], row["failures"]), ("idle", "", "1"))
        self.assertEqual(status.inRow, 0)

    def test_lastSuccess(self) -> None:
        """When the last good run began stays told while later ones fail."""
        status = ProviderStatus("disk")
        status.began(1_799_999_990.0)
        status.succeeded(0.25)
        status.began(1_799_999_995.0)
        status.failed("no disk", 1.5)
        row = status.row(self.clock)
        self.assertEqual(
            (row["lastSuccess"], row["lastRun"]), ("2027-01-15T07:59:50Z", "2027-01-15T07:59:55Z")
        )

    def test_element(self) -> None:
        """As service data each fact is a child, what there is none of is left out, and the key is the name."""
        status = ProviderStatus("disk & co", lastError="<no>\x00")
        element = status.element("http://h/s", self.clock)
        self.assertEqual(element.key, ElementKey(STATUS_NAME, "http://h/s", "disk & co"))
        self.assertEqual(element.created, 1_800_000_000.0)
        root = XMLGate().parse(element.content)
        self.assertEqual(nameOf(root), STATUS_NAME)
        self.assertEqual(
            [(nameOf(one).namespace, nameOf(one).localName, one.text) for one in root],
            [
                (GMA, "name", "disk & co"),
                (GMA, "state", "idle"),
                (GMA, "lastError", "<no>\ufffd"),
                (GMA, "runs", "0"),
                (GMA, "failures", "0"),
                (GMA, "skips", "0"),
            ],
        )
