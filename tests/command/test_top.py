"""C{gma top}."""

import json
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.command.pulse import Pulse
from gma_twisted.errors import PeerUnreachable
from gma_twisted.nodes import INDEX
from tests.command.stand import NODE, CommandCase, NodesCase, Peer, run

_GOOD = "[providers.good]\nclass = 'tests.nodes.components:Good'\ninterval = '5s'\n"


def _status(uptime: float, soap: int = 0, **more: Any) -> dict[str, Any]:
    return {"name": "n", "uptime": uptime, "elements": 3, "requests": {"soap": soap}, **more}


class NodeTests(NodesCase):
    """At a node."""

    def test_once(self) -> None:
        """The tables once."""
        self.node(_GOOD, kind=INDEX)
        tables = [part.splitlines() for part in self.gma("top", NODE, "--once").split("\n\n")]
        self.assertEqual([table[0].split()[0] for table in tables], ["NODE", "PROVIDER"])
        self.assertEqual(tables[0][1].split()[0], "index-8480")
        self.assertEqual(tables[1][1].split()[:3], ["good", "idle", "1"])
        self.assertEqual(self.pauses, [])

    def test_lines(self) -> None:
        """Where there is no terminal, a line a look, as often as was said, until Ctrl-C."""
        self.node(_GOOD, kind=INDEX)

        def during(count: int) -> None:
            if count == 3:
                raise KeyboardInterrupt

        self.during = during
        lines = self.gma("top", NODE, "--interval", "2s").splitlines()
        self.assertEqual((len(lines), self.pauses), (3, [2.0] * 3))
        self.assertIn("  soap -/s  ", lines[0])
        # The looks themselves.
        self.assertIn("  web 0.5/s  ", lines[1])
        self.assertTrue(lines[1].endswith("  1 providers, 0 failing  0 sources, 0 not live"))

    def test_often(self) -> None:
        """More than four looks a second are of no use."""
        self.node("", kind=INDEX)
        self.gma("top", NODE, "--interval", "1ms")
        self.assertEqual(self.pauses, [0.25])

    def test_unreachable(self) -> None:
        """Nobody there at first ends it."""
        self.fails(3, "top", "nobody:1")


class AwayTests(CommandCase):
    """A node that goes away."""

    def test_away(self) -> None:
        """It is told once, and asked until it is back; after a restart there is no rate."""
        looks: list[Any] = [_status(10.0, 5), None, None, _status(1.0, 0), _status(3.0, 6)]

        def answer(method: str, url: str, body: bytes) -> bytes:
            if not looks:
                raise KeyboardInterrupt
            if (look := looks.pop(0)) is None:
                raise PeerUnreachable("nobody listens")
            return json.dumps(look).encode()

        self.caller = Peer(answer=answer, pause=lambda seconds: None)
        ended = run(self.caller, "top", "n:1")
        self.assertEqual(ended.exit_code, 0)
        self.assertEqual(ended.stderr, "nobody listens; it is tried again\n")
        lines = ended.stdout.splitlines()
        self.assertEqual(["soap -/s" in line for line in lines], [True, True, False])
        self.assertIn("soap 3.0/s", lines[2])


class PulseTests(SynchronousTestCase):
    """What is shown."""

    def test_order(self) -> None:
        """What is wrong comes first, and no more than 20 rows."""
        providers = [{"name": str(n), "lastError": "bad" if n == 29 else ""} for n in range(30)]
        sources = [{"source": "a", "state": "live"}, {"source": "b", "state": "stale"}]
        pulse = Pulse.of(_status(1.0, providers=providers, sources=sources), None, 0.0)
        _, first, second = pulse.tables()
        self.assertEqual(first.rows[0][0], "29")
        self.assertEqual((len(first.rows), first.rows[-1][0]), (21, "and 10 more"))
        self.assertEqual([row[0] for row in second.rows], ["b", "a"])
        self.assertIn("  30 providers, 1 failing  2 sources, 1 not live", pulse.line())

    def test_odd(self) -> None:
        """A node that says other things is shown as far as it can be."""
        odd = {"uptime": "long", "providers": 7, "sources": [1, {}], "requests": []}
        pulse = Pulse.of(odd, odd, 0.0)
        self.assertEqual(len(pulse.tables()), 2)
        self.assertIn("1 sources, 1 not live", pulse.line())
