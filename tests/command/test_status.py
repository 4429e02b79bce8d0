"""C{gma status}."""

import json

from lxml import etree

from gma_twisted.interfaces import Reply
from gma_twisted.markup.namespaces import GMA
from gma_twisted.nodes import INDEX, REGISTRY
from tests.command.stand import NODE, CommandCase, NodesCase, Peer

_GOOD = "[providers.good]\nclass = 'tests.nodes.components:Good'\ninterval = '5s'\n"
_AT = "[register.vo]\nat = 'http://127.0.0.1:8481/services/registry'\n"


class NodeTests(NodesCase):
    """Of a node."""

    def test_table(self) -> None:
        """A table each for what there is: the node, services, providers, registrations."""
        self.node("", name="registry", kind=REGISTRY)
        self.node(_GOOD + _AT, kind=INDEX)
        self.reactor.pump([0.1] * 20)
        tables = [part.splitlines() for part in self.gma("status", NODE).split("\n\n")]
        heads = [table[0].split()[0] for table in tables]
        self.assertEqual(heads, ["NODE", "SERVICE", "PROVIDER", "REGISTERED"])
        self.assertEqual(tables[0][1].split()[:3], ["index-8480", "gma-index", "index"])
        self.assertEqual(tables[2][1].split()[:4], ["good", "idle", "1", "0"])
        self.assertIn(" registered ", tables[3][1])

    def test_sources(self) -> None:
        """A node that copies another: a table of its sources."""
        self.node(
            "[aggregate.a]\nfrom = 'http://nobody:1/services/index'\nnames = ['glue:*']\n" + _GOOD,
            kind=INDEX,
        )
        last = self.gma("status", NODE).split("\n\n")[-1].splitlines()
        self.assertEqual(last[0].split()[0], "SOURCE")
        self.assertTrue(last[1].startswith("http://nobody:1/services/index"))

    def test_documents(self) -> None:
        """JSON is what the node says, XML the same."""
        node = self.node(_GOOD, kind=INDEX)
        said = self.status(node)
        told = json.loads(self.gma("status", NODE, "-o", "json"))
        self.assertEqual(told["providers"], said["providers"])
        self.assertEqual(told.keys(), said.keys())
        root = etree.fromstring(self.gma("status", NODE, "-o", "xml"))
        self.assertEqual(root.tag, f"{{{GMA}}}status")
        self.assertEqual(root.findtext(f"{{{GMA}}}providers/{{{GMA}}}name"), "good")

    def test_unreachable(self) -> None:
        """Exit status 3."""
        self.assertIn("http://nobody:1/", self.fails(3, "status", "nobody:1"))


class PeerTests(CommandCase):
    """Of something else."""

    def says(self, status: object) -> None:  # type: ignore[override]
        """Be a node that says this."""
        said = json.dumps(status).encode()
        self.caller = Peer(answer=lambda method, url, body: said)

    def test_other(self) -> None:
        """What is missing or of another shape is left out; the rest is told."""
        self.says(
            {"name": "x", "providers": 7, "sources": ["a", {"source": "s"}], "uptime": "long"}
        )
        first, second = self.gma("status", "h").split("\n\n")
        self.assertEqual(first.splitlines()[1].split(), ["x", "-", "-", "-", "long", "-", "-"])
        self.assertEqual(second.splitlines()[1].split(), ["s", "-", "-", "-", "-"])

    def test_hostile(self) -> None:
        """Nothing in it steers the terminal, not even half a character."""
        bad = "\x1b[2J\x9b\u202e\ud800\n"
        self.says({"name": bad, bad: bad, "providers": [{"name": bad, "lastError": bad}]})
        for format in ("table", "json", "xml"):
            told = self.gma("status", "h", "-o", format)
            self.assertTrue(told.replace("\n", "").isprintable(), format)

    def test_noNode(self) -> None:
        """A page that is none: exit status 4."""
        self.caller = Peer(answer=lambda method, url, body: b"<html/>")
        self.assertIn("is it a node?", self.fails(4, "status", "h"))
        self.caller = Peer(answer=lambda method, url, body: Reply(404, b""))
        self.assertIn("HTTP status 404", self.fails(4, "status", "h"))
