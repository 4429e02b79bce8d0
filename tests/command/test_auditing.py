"""C{gma audit}."""

import json
from pathlib import Path

from gma_twisted.client.blocking import BlockingCaller
from tests.command.stand import CommandCase, run
from tests.security.audit import TIME, written


class AuditCase(CommandCase):
    """Three files of twelve lines."""

    caller = BlockingCaller()

    def setUp(self) -> None:
        """Write them."""
        self.home = Path(self.mktemp())
        self.home.mkdir()
        self.files = written(self.home / "audit.jsonl", 12, 1300)


class VerifyTests(AuditCase):
    """C{gma audit verify}."""

    def test_good(self) -> None:
        """A chain that is right is told with its numbers, by its directory and by its file."""
        for place in (self.home, self.files[-1]):
            told = json.loads(self.gma("audit", "verify", str(place), "-o", "json"))
            facts = {name: told[name] for name in ("isGood", "files", "lines", "first", "last")}
            self.assertEqual(
                facts, {"isGood": True, "files": 3, "lines": 12, "first": 1, "last": 12}
            )
            self.assertRegex(
                self.gma("audit", "verify", str(place)), r"(?m)^ok +3 +12 +1 +12 +[0-9a-f]{64}$"
            )
        self.assertEqual((told["broken"], told["notes"]), (None, []))

    def test_broken(self) -> None:
        """A break is a table of its own, and a status of 1."""
        self.files[1].unlink()
        ended = run(self.caller, "audit", "verify", str(self.home))
        self.assertEqual(ended.exit_code, 1)
        self.assertIn("WRONG", ended.stdout)
        self.assertRegex(ended.stdout, r"audit\.jsonl +1 +removed +lines 5 to 8 are not there")

    def test_none(self) -> None:
        """A directory without an audit is told so."""
        said = self.fails(1, "audit", "verify", str(self.home / "none"))
        self.assertIn("none", said)


class ShowTests(AuditCase):
    """C{gma audit show}."""

    def test_last(self) -> None:
        """The last lines, as tables or as they are."""
        told = json.loads(self.gma("audit", "show", str(self.home), "-n", "2", "-o", "json"))
        self.assertEqual([one["sequence"] for one in told], [11, 12])
        (_, line) = self.gma("audit", "show", str(self.home), "-n", "1").splitlines()
        words = ["12", TIME, "bob", "192.0.2.1", "renew", "/s", "http://h/services/11", "ok"]
        self.assertEqual(line.split(), words)

    def test_sought(self) -> None:
        """Those that are as is said; none is a status of 1."""
        sought = ("--who", "bob", "--from", "192.0.2.1", "--operation", "renew", "--result", "ok")
        times = ("--since", "2026-01-31T13:00:00+01:00", "--until", "2026-01-31T12:00:01Z")
        found = self.gma("audit", "show", str(self.home), *sought, *times, "-o", "json")
        self.assertEqual(len(json.loads(found)), 12)
        self.assertEqual(
            run(self.caller, "audit", "show", str(self.home), "--who", "eve").exit_code, 1
        )

    def test_time(self) -> None:
        """What is no time is a command line that makes no sense."""
        self.assertIn(
            "is not a dateTime", self.fails(2, "audit", "show", str(self.home), "--since", "noon")
        )
