"""C{gma provider ls}, and the list of its verbs."""

import json

from lxml import etree

from gma_twisted.client.blocking import BlockingCaller
from gma_twisted.command.providing import VERBS
from gma_twisted.interfaces import Reply
from gma_twisted.markup.namespaces import GMA
from gma_twisted.nodes import INDEX, REGISTRY
from tests.command.stand import NODE, CommandCase, NodesCase, Peer, run

_GOOD = "[providers.good]\nclass = 'tests.nodes.components:Good'\ninterval = '5s'\n"
_ANSWER = b"""<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>
<p:enumProvidersResponse xmlns:p="http://www.globus.org/namespaces/2003/04/service_data_provider_execution">
%b</p:enumProvidersResponse></e:Body></e:Envelope>"""


class NodeTests(NodesCase):
    """Of a node."""

    def test_table(self) -> None:
        """A row for each: how it does, its class, its arguments."""
        self.node(_GOOD + "[providers.idle]\nclass = 'tests.nodes.components:Good'\n", kind=INDEX)
        self.reactor.pump([0.1] * 20)
        head, good, idle = (line.split() for line in self.gma("provider", "ls", NODE).splitlines())
        self.assertEqual(head[:5], ["PROVIDER", "STATE", "RUNS", "FAILURES", "CLASS"])
        self.assertEqual(good[:5], ["good", "idle", "1", "0", "tests.nodes.components:Good"])
        self.assertEqual(idle[:4], ["idle", "idle", "0", "0"])

    def test_documents(self) -> None:
        """JSON and XML have everything that is told of each."""
        self.node(_GOOD, kind=INDEX)
        self.reactor.pump([0.1] * 20)
        (told,) = json.loads(self.gma("provider", "ls", NODE, "-o", "json"))
        self.assertEqual(
            (told["name"], told["async"], told["runs"], told["lastError"]), ("good", False, "1", "")
        )
        self.assertIn("path=", told["arguments"])
        root = etree.fromstring(self.gma("provider", "ls", NODE, "-o", "xml"))
        self.assertEqual(root.findtext(f"{{{GMA}}}provider/{{{GMA}}}name"), "good")

    def test_none(self) -> None:
        """A node that runs none says so with a fault."""
        self.node("", kind=REGISTRY)
        self.fails(4, "provider", "ls", "127.0.0.1:8481")
        self.fails(3, "provider", "ls", "nobody:1")


class PeerTests(CommandCase):
    """Of another software."""

    def test_noStatus(self) -> None:
        """A service that tells its providers and has no status page: how they do is not known."""

        def answer(method: str, url: str, body: bytes) -> bytes | Reply:
            if method == "GET":
                return Reply(404, b"")
            names = ("providerName", "providerDesc", "providerImpl", "providerArgs")
            members = "".join(f"<p:{name}>x</p:{name}>" for name in names)
            described = (
                f"<p:ServiceDataProviders>{members}<p:async>true</p:async></p:ServiceDataProviders>"
            )
            return _ANSWER % described.encode()

        self.caller = Peer(answer=answer)
        self.assertEqual(
            self.gma("provider", "ls", "http://h:1/ogsa/services/x").splitlines()[1].split(),
            ["x", "-", "-", "-", "x", "x", "-"],
        )


class GroupTests(CommandCase):
    """The verbs of it."""

    def test_help(self) -> None:
        """Every verb has an example on one line, and what it does in full in the list."""
        self.caller = BlockingCaller()
        told = run(self.caller, "provider", "-h").stdout
        for verb in VERBS:
            (line,) = (one for one in told.splitlines() if one.split()[:1] == [verb])
            self.assertFalse(line.endswith("..."), line)
            paragraphs = run(self.caller, "provider", verb, "-h").stdout.split("\n\n")
            (example,) = (one for one in paragraphs if "Example: " in one)
            self.assertEqual(len(example.splitlines()), 1)
            self.assertIn(f"gma provider {verb} ", example)
