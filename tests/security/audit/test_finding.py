"""Lines that somebody looks for."""

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ConfigError
from gma_twisted.security.audit.finding import Sought, lastLines
from tests.security.audit import written

_FIELDS = {
    "time": "2026-01-31T12:00:00.500Z",
    "who": "bob",
    "from": "192.0.2.1",
    "operation": "{urn:x}renew",
    "result": "Refused",
}


class FindingTests(SynchronousTestCase):
    """Which lines are as sought."""

    def test_met(self) -> None:
        """Each of these is met by the line."""
        for sought in (
            Sought(),
            Sought(who="bob"),
            Sought(peer="192.0.2.1"),
            Sought(operation="renew"),
            Sought(operation="{urn:x}renew"),
            Sought(result="Refused"),
            Sought(result="fault"),
            Sought(since="2026-01-31T12:00:00Z", until="2026-01-31T12:00:01Z"),
            Sought(since="2026-01-31T12:00:00.500Z"),
        ):
            self.assertTrue(sought.isMet(_FIELDS), sought)

    def test_unmet(self) -> None:
        """None of these is."""
        for sought in (
            Sought(who="alice"),
            Sought(who="bob", peer="192.0.2.2"),
            Sought(operation="{urn:y}renew"),
            Sought(operation="new"),
            Sought(result="ok"),
            Sought(until="2026-01-31T12:00:00.500Z"),
            Sought(since="2026-01-31T12:00:01Z"),
        ):
            self.assertFalse(sought.isMet(_FIELDS), sought)

    def test_last(self) -> None:
        """The last ones of all files, in their order."""
        home = Path(self.mktemp())
        home.mkdir()
        path = home / "audit.jsonl"
        written(path, 12, 1300)
        found = lastLines(str(path), Sought(), 5)
        self.assertEqual([one["sequence"] for one in found], [8, 9, 10, 11, 12])

    def test_none(self) -> None:
        """Without a file there is nothing to look for."""
        with self.assertRaises(ConfigError):
            lastLines(str(Path(self.mktemp()) / "audit.jsonl"), Sought(), 5)
