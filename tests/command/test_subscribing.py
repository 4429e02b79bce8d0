"""C{gma subscribe} and C{gma unsubscribe}."""

import json

import attrs
from lxml import etree

from gma_twisted.interfaces import Reply
from gma_twisted.markup import XMLGate
from gma_twisted.markup.namespaces import GMA, OGSI
from gma_twisted.markup.xsd import readDateTime
from gma_twisted.model import Handle, Language, NameSelector, QName, Question, Topic
from gma_twisted.nodes import INDEX
from gma_twisted.soap import openEnvelope
from gma_twisted.soap.subscribing import SubscribeExpression, readSubscribeExpression
from tests.command.stand import NODE, NodesCase, Peer, run
from tests.nodes.notifyings import Ear

_GOOD = "[providers.good]\nclass = 'tests.nodes.components:Good'\ninterval = '5s'\n"
_NAME = "{urn:example}Good"
_SINK = "http://127.0.0.1/services/ear"
_ANSWER = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    f'<o:subscribeResponse xmlns:o="{OGSI}"><o:subscriptionInstanceLocator>%s'
    "</o:subscriptionInstanceLocator><o:currentTerminationTime %s/></o:subscribeResponse>"
    "</e:Body></e:Envelope>"
)


class SubscribingCase(NodesCase):
    """An index, and a sink where the caller is."""

    def setUp(self) -> None:
        """Start both."""
        super().setUp()
        self.index = self.node(_GOOD, kind=INDEX)
        self.ear = Ear()
        self.ear.listen(self.network, "127.0.0.1")
        self.words = ("subscribe", NODE, _NAME, "--sink", _SINK)

    def count(self) -> int:
        """How many subscriptions there are."""
        self.reactor.advance(1.1)
        return int(self.status(self.index)["subscriptions"])


class SubscribeTests(SubscribingCase):
    """Once."""

    def test_formats(self) -> None:
        """The subscription's handle and when it ends, a lifetime from now."""
        now = self.caller.wallTime()
        told = json.loads(self.gma(*self.words, "--lifetime", "1h", "-o", "json"))
        self.assertEqual(told.keys(), {"subscription", "terminationTime"})
        self.assertIn("/services/index/subscriptions/", told["subscription"])
        self.assertAlmostEqual(readDateTime(told["terminationTime"]), now + 3600, delta=0.5)
        head, row = self.gma(*self.words).splitlines()
        self.assertEqual(head.split(), ["SUBSCRIPTION", "UNTIL"])
        self.assertEqual(len(row.split()), 2)
        root = etree.fromstring(self.gma(*self.words, "-o", "xml"))
        self.assertIn("/subscriptions/", str(root.findtext(f"{{{GMA}}}subscription")))
        self.assertEqual(self.count(), 3)

    def test_told(self) -> None:
        """The sink hears: with --snapshot at once, and with --max-interval though nothing changes."""
        self.gma(*self.words, "--snapshot", "--max-interval", "20s", "--min-interval", "1s")
        self.reactor.pump([0.1] * 20)
        self.assertGreaterEqual(len(self.ear.heard), 1)
        heard = len(self.ear.heard)
        self.reactor.pump([1.0] * 45)
        self.assertGreater(len(self.ear.heard), heard)

    def test_unsubscribe(self) -> None:
        """It ends; a second time there is nothing: exit status 1."""
        handle = json.loads(self.gma(*self.words, "-o", "json"))["subscription"]
        self.gma("unsubscribe", handle)
        self.assertEqual(self.count(), 0)
        self.fails(1, "unsubscribe", handle)

    def test_refused(self) -> None:
        """A name that is unknown is not found; a sink of somebody else is refused."""
        said = self.fails(1, "subscribe", NODE, "{urn:nix}nix", "--sink", _SINK)
        self.assertIn("(targetInvalidFault)", said)
        said = self.fails(4, "subscribe", NODE, _NAME, "--sink", "http://192.0.2.7/sink")
        self.assertIn("(Refused)", said)

    def test_unreachable(self) -> None:
        """Exit status 3."""
        self.fails(3, "subscribe", "nobody:1", _NAME, "--sink", _SINK)
        self.fails(3, "unsubscribe", "http://nobody:1/services/x")

    def test_usage(self) -> None:
        """Intervals that cannot be kept, no name, no sink."""
        ended = run(self.caller, *self.words, "--min-interval", "2s", "--max-interval", "1s")
        self.assertEqual(ended.exit_code, 2)
        self.assertIn("longer than", ended.stderr)
        self.assertEqual(run(self.caller, "subscribe", NODE, "--sink", _SINK).exit_code, 2)
        self.assertEqual(run(self.caller, "subscribe", NODE, _NAME).exit_code, 2)


class KeepTests(SubscribingCase):
    """C{--keep}."""

    def test_kept(self) -> None:
        """It is renewed whenever half of it is over, and ended at Ctrl-C."""
        seen = []

        def during(count: int) -> None:
            seen.append(self.count())
            if count == 4:
                raise KeyboardInterrupt

        self.during = during
        self.gma(*self.words, "--lifetime", "100", "--keep")
        self.assertEqual([round(pause) for pause in self.pauses], [50] * 4)
        self.assertEqual(seen, [1] * 4)
        self.assertEqual(self.count(), 0)

    def test_lost(self) -> None:
        """One that is gone is made anew, which is told."""
        handles: list[str] = []

        def during(count: int) -> None:
            if count == 1:
                (row,) = self.listed()
                handles.append(row)
                self.gma("unsubscribe", row)
            elif count == 3:
                (row,) = self.listed()
                handles.append(row)
                raise KeyboardInterrupt

        self.during = during
        first, second = self.says(*self.words, "--keep").splitlines()
        self.assertIn("cannot be renewed", first)
        self.assertEqual(second, f"again: {handles[1]}")
        self.assertNotEqual(*handles)
        self.assertEqual(self.count(), 0)

    def listed(self) -> list[str]:
        """The handles of the subscriptions, as the sink hears of them."""
        self.reactor.pump([1.0] * 12)
        return list(dict.fromkeys(str(one.subscription) for one, _ in self.ear.heard[-1:]))


class ExpressionTests(NodesCase):
    """C{--xpath} and C{--xquery}."""

    def asked(self, *words: str) -> SubscribeExpression:
        """What the node is asked with."""
        bodies: list[bytes] = []
        said = (_ANSWER % ("<o:handle>http://h:1/s</o:handle>", "")).encode()

        def answer(method: str, url: str, body: bytes) -> bytes:
            bodies.append(body)
            return said

        self.caller = Peer(answer=answer, wallTime=lambda: 1000.0)
        self.gma("subscribe", "http://h:1/x", "--sink", _SINK, *words)
        call = openEnvelope(XMLGate().parse(bodies[0])).content
        (expression,) = call[0]
        return readSubscribeExpression(expression, 10)

    def test_xpath(self) -> None:
        """It is put to the values of the names, with prefixes of its own."""
        read = self.asked("glue:Host", "*:Job", "--xpath", "//a:x > 1", "--ns", "a=urn:a")
        names = (QName("http://glue.base.ogsa.globus.org/ce/1.1", "Host"), QName("*", "Job"))
        question = Question(
            Language.XPATH, "//a:x > 1", tuple(map(NameSelector, names)), (("a", "urn:a"),)
        )
        self.assertEqual(read, SubscribeExpression(Topic.asking(question)))

    def test_xquery(self) -> None:
        """Without a name it is put to everything; intervals and snapshot are as for values."""
        read = self.asked("--xquery", "count(?*)", "--snapshot", "--min-interval", "2s")
        topic = Topic.asking(Question(Language.XQUERY, "count(?*)"))
        self.assertEqual(read, SubscribeExpression(topic, 2.0, wantsSnapshot=True))

    def test_usage(self) -> None:
        """What makes no sense together is refused before anything is asked."""
        for said, words in (
            ("give one of them", ("--xpath", "1", "--xquery", "1")),
            ("--ns is for", ("glue:Host", "--ns", "a=urn:a")),
            ("gma:changes", ("--xpath", "1", "--changes")),
            ("with a namespace", ("*",)),
            ("with a namespace", ("glue:Host", "*:Host")),
        ):
            ended = run(self.caller, "subscribe", NODE, *words, "--sink", _SINK)
            self.assertEqual(ended.exit_code, 2, ended.output)
            self.assertIn(said, ended.stderr)


class OddTests(NodesCase):
    """Peers with another clock, and without sense."""

    def answers(self, handle: str, times: str) -> None:
        """Subscribe so."""
        said = (_ANSWER % (handle, times)).encode()
        self.caller = Peer(answer=lambda method, url, body: said, wallTime=lambda: 1000.0)
        self.words = ("subscribe", "http://h:1/x", "a", "--sink", _SINK, "-o", "json")

    def test_skew(self) -> None:
        """A clock that is wrong is told, and when it ends is by the peer's clock."""
        self.answers(
            "<o:handle>http://h:1/s</o:handle>",
            'timestamp="1970-01-01T01:00:00Z" before="1970-01-01T01:10:00Z"',
        )
        ended = run(self.caller, *self.words)
        self.assertEqual(ended.stderr, "the clock of http://h:1/x is +2600 s from the one here\n")
        self.assertEqual(json.loads(ended.stdout)["terminationTime"], "1970-01-01T01:10:00Z")

    def test_forever(self) -> None:
        """One without an end is kept all the same."""
        self.answers("<o:handle>http://h:1/s</o:handle>", 'before="infinity"')
        ended = run(attrs.evolve(self.caller, pause=self.pause), *self.words, "--keep")
        self.assertEqual(json.loads(ended.stdout)["terminationTime"], "infinity")
        self.assertEqual(self.pauses, [3600.0])

    def test_silent(self) -> None:
        """A peer that tells no times is taken at what was asked for."""
        self.answers("<o:handle>http://h:1/s</o:handle>", "")
        told = json.loads(self.gma(*self.words, "--lifetime", "1m"))
        self.assertEqual(told["terminationTime"], "1970-01-01T00:17:40Z")

    def test_senseless(self) -> None:
        """No handle, or an end before the beginning: exit status 4."""
        self.answers("", "")
        self.assertIn("without a handle", self.fails(4, *self.words))
        self.answers(
            "<o:handle>http://h:1/s</o:handle>",
            'after="1970-01-01T01:00:00Z" before="1970-01-01T00:10:00Z"',
        )
        self.assertIn("times that cannot be", self.fails(4, *self.words))
        self.caller = Peer(answer=lambda method, url, body: Reply(500, b""))
        self.fails(4, *self.words)
        self.assertEqual(Handle("http://h:1/s").path, "/s")
