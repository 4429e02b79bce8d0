"""C{gma reload}."""

import json

from gma_twisted.interfaces import Reply
from gma_twisted.nodes import INDEX
from tests.command.stand import NODE, CommandCase, NodesCase, Peer, run

GOOD = "[providers.{}]\nclass = 'tests.nodes.components:Good'\ninterval = '5s'\n"


class NodeTests(NodesCase):
    """Of a node."""

    def test_changed(self) -> None:
        """What was changed is printed, what waits is said; exit status 0."""
        node = self.node(GOOD.format("a"), kind=INDEX)
        node.configuration = GOOD.format("b") + "[node]\nname = 'other'\n"
        ended = run(self.caller, "reload", NODE)
        self.assertEqual(ended.exit_code, 0)
        self.assertEqual(ended.stdout, "providers.a removed\nproviders.b added\n")
        self.assertEqual(ended.stderr, "node.name: takes effect when the node is started again\n")

    def test_nothing(self) -> None:
        """That there was nothing to change is said."""
        self.node(GOOD.format("a"), kind=INDEX)
        self.assertEqual(self.says("reload", NODE), "nothing was changed\n")

    def test_bad(self) -> None:
        """The mistakes, a line each; exit status 1."""
        node = self.node(GOOD.format("a"), kind=INDEX)
        node.configuration = "[nod]\n[limit]\n"
        lines = self.fails(1, "reload", f"http://{NODE}/services/index").splitlines()
        self.assertEqual(len(lines), 3)
        self.assertTrue(lines[0].startswith("vo.toml:1:2: unknown section"))
        self.assertEqual(lines[2], "gma: the configuration is not used, and nothing was changed")


class PeerTests(CommandCase):
    """Of something else."""

    def answers(self, status: int, body: object) -> None:
        """Be a node that answers so."""
        said = body if isinstance(body, bytes) else json.dumps(body).encode()
        asked: list[tuple[str, str]] = []
        self.asked = asked

        def answer(method: str, url: str, sent: bytes) -> Reply:
            asked.append((method, url))
            return Reply(status, said)

        self.caller = Peer(answer=answer)

    def test_partial(self) -> None:
        """Exit status 5; what was changed is printed, what was not said with the reason."""
        self.answers(500, {"changed": ["providers.a added"], "failed": ["aggregate.b: full"]})
        ended = run(self.caller, "reload", "h")
        self.assertEqual((ended.exit_code, ended.stdout), (5, "providers.a added\n"))
        self.assertEqual(ended.stderr, "aggregate.b: full\ngma: a part could not be applied\n")
        self.assertEqual(self.asked, [("POST", "http://h:8480/-/reload")])

    def test_busy(self) -> None:
        """Exit status 4 while another one runs."""
        self.answers(409, {"mistakes": ["it is being read already"]})
        self.assertIn("it is being read already", self.fails(4, "reload", "h"))

    def test_refused(self) -> None:
        """Exit status 4, and why."""
        self.answers(403, b"on the machine the node runs on\n")
        self.assertIn("on the machine the node runs on", self.fails(4, "reload", "h"))

    def test_noNode(self) -> None:
        """A page that is none: exit status 4."""
        for status, body in ((404, b"<html/>"), (200, b"<html/>"), (200, b"[]"), (500, b"failed")):
            self.answers(status, body)
            self.assertIn(f"HTTP status {status}", self.fails(4, "reload", "h"))
        for lists in ({"changed": 7}, {"mistakes": "no"}):
            self.answers(200, lists)
            self.assertIn("no word of a reload", self.fails(4, "reload", "h"))

    def test_hostile(self) -> None:
        """Nothing in it steers the terminal."""
        bad = ["\x1b[2J\x9b\u202e"]
        self.answers(400, {"changed": bad, "later": bad, "failed": bad, "mistakes": bad})
        ended = run(self.caller, "reload", "h")
        self.assertTrue((ended.stdout + ended.stderr).replace("\n", "").isprintable())
