"""C{gma check}."""

import json
from typing import Any

from lxml import etree

from gma_twisted.client.blocking import BlockingCaller
from gma_twisted.interfaces import Reply
from gma_twisted.markup.namespaces import GMA
from gma_twisted.nodes import INDEX, REGISTRY
from gma_twisted.nodes.kind import CONSUMER, PRODUCER
from tests.command.stand import CommandCase, NodesCase, Peer, run

_TICKING = "[providers.tick]\nclass = 'tests.nodes.gmaservers:Ticking'\ninterval = '1s'\n"


class CheckTests(NodesCase):
    """Of nodes."""

    def test_table(self) -> None:
        """A line an operation; a node that has a producer is enough to name."""
        self.node(_TICKING, name="producer", kind=PRODUCER)
        lines = self.gma("check", "127.0.0.1:8490").splitlines()
        self.assertEqual(lines[0].split(), ["OPERATION", "WHY"])
        self.assertEqual(
            [line.split()[0] for line in lines[1:]],
            [
                *("getFeatures", "ping", "query", "estimate", "subscribe", "renew"),
                *("modify", "pause", "resume", "unsubscribe"),
            ],
        )
        self.assertEqual({line.split()[1] for line in lines[1:]}, {"ok"})

    def test_documents(self) -> None:
        """The same as JSON and as XML."""
        self.node("", name="registry", kind=REGISTRY)
        told = json.loads(self.gma("check", "127.0.0.1:8481", "-o", "json"))
        self.assertEqual(told["roles"], ["registry"])
        self.assertEqual({one["verdict"] for one in told["operations"]}, {"works"})
        root = etree.fromstring(
            self.gma("check", "http://127.0.0.1:8481/services/directory", "-o", "xml")
        )
        self.assertEqual(len(root.findall(f"{{{GMA}}}operations")), len(told["operations"]))

    def test_missing(self) -> None:
        """What is not implemented is told, and exit status 0."""
        self.node(
            "[consumer]\nclass = 'gma_twisted.roles.consumer:ConsumerServer'\n",
            name="consumer",
            kind=CONSUMER,
        )
        told = json.loads(self.gma("check", "127.0.0.1:8491", "-o", "json"))
        verdicts = {one["operation"]: one["verdict"] for one in told["operations"]}
        self.assertEqual(verdicts.pop("getFeatures"), "works")
        self.assertEqual(verdicts.pop("ping"), "works")
        self.assertEqual(set(verdicts.values()), {"not implemented"})

    def test_none(self) -> None:
        """A node or a service that is none of the three: exit status 4."""
        self.node("", kind=INDEX)
        self.assertIn("has no producer", self.fails(4, "check", "127.0.0.1:8480"))
        self.assertIn(
            "is no producer, consumer or directory",
            self.fails(4, "check", "http://127.0.0.1:8480/services/index"),
        )

    def test_wrong(self) -> None:
        """A server whose features lie, and that knows an id nobody has: exit status 1, and why."""
        self.node(
            "[producer]\nclass = 'tests.nodes.gmaservers:Counting'\n", name="one", kind=PRODUCER
        )
        asked = self.caller.exchange

        class Lying(BlockingCaller):
            """Says of another operation that it is implemented."""

            def exchange(self, *words: Any, **more: Any) -> Reply:
                """See L{BlockingCaller.exchange}."""
                reply = asked(*words, **more)
                return Reply(reply.status, reply.body.replace(b">query<", b">pause<"))

        ended = run(Lying(), "check", "127.0.0.1:8490")
        self.assertEqual(ended.exit_code, 1)
        told = dict(line.split(None, 1) for line in ended.stdout.splitlines())
        self.assertIn("WRONG", told["query"])
        self.assertIn("WRONG", told["pause"])
        self.assertIn("not implemented", told["subscribe"])


class PeerTests(CommandCase):
    """Of nobody."""

    def test_unreachable(self) -> None:
        """Exit status 3."""
        self.caller = Peer(answer=lambda method, url, body: Reply(503, b""))
        self.assertTrue(self.fails(4, "check", "http://h/services/producer"))
