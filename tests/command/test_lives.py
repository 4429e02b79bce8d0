"""A value's life, fresh, stale and gone, seen by every way to see it, at the same instants of a virtual clock."""

import json
import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence

import attrs
from lxml import etree

from gma_twisted.client import Proxy
from gma_twisted.markup.namespaces import GMA, OGSI
from gma_twisted.model import (
    ElementKey,
    Freshness,
    Handle,
    Language,
    Lifetime,
    Locator,
    NameSelector,
    Put,
    QName,
    Question,
    Remove,
    ServiceDataElement,
    Topic,
)
from gma_twisted.nodes import AGGREGATOR_NODE, INDEX
from gma_twisted.soap.porttypes import NOTIFICATION_SOURCE
from gma_twisted.soap.subscribing import SubscribeExpression, writeSubscribeExpression
from gma_twisted.testing.queries import openAnswer
from gma_twisted.timing import toDeferred
from gma_twisted.transport.caller import PooledCaller
from gma_twisted.transport.memory import MemoryEndpoint
from tests.command.stand import NodesCase, run
from tests.nodes.memorynode import MemoryNode
from tests.nodes.notifyings import Ear
from tests.nodes.topologies import storeOf
from tests.queries.evaluating import evaluatingPool
from tests.queries.fakeworker import STEP

LOAD = QName("urn:life", "Load")
SOURCE = "http://127.0.0.1:8480/services/index"

FRESH, STALE, GONE = "fresh", "stale", "gone"
JUST = 10.0 * STEP
"""Seconds: all have looked before it is over."""

WAY = 0.1
"""Seconds in which a copy has heard."""

_KNOWN = f"[sde.'{LOAD.clark}']\n"
_QUIET = f"[providers.good]\nclass = 'tests.nodes.components:Good'\n{_KNOWN}"
_ASK = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    f'<findServiceData xmlns="{OGSI}" xmlns:gma="{GMA}"><queryExpression>'
    '<queryByServiceDataNames gma:freshness="%s"><name>{urn:life}Load</name></queryByServiceDataNames>'
    "</queryExpression></findServiceData></e:Body></e:Envelope>"
)


@attrs.frozen
class Said:
    """
    What the source says at an instant.

    @ivar at: seconds
    @ivar content: of the value; C{None} takes it back
    @ivar good: seconds it is good
    @ivar grace: seconds it is readable after that
    """

    at: float
    content: str | None = "1"
    good: float = 10.0
    grace: float = 5.0


@attrs.frozen
class Life:
    """
    What is said, and what the value is then.

    @ivar states: each from an instant on
    """

    title: str
    said: Sequence[Said]
    states: Sequence[tuple[float, str]]

    def state(self, at: float) -> str:
        """At an instant."""
        return [state for begins, state in self.states if begins <= at][-1]


LIVES = (
    Life("said once", [Said(0)], [(0, FRESH), (10, STALE), (15, GONE)]),
    Life("held up", [Said(0), Said(8)], [(0, FRESH), (18, STALE), (23, GONE)]),
    Life("held up early", [Said(0), Said(1)], [(0, FRESH), (11, STALE), (16, GONE)]),
    Life(
        "again when stale",
        [Said(0), Said(12)],
        [(0, FRESH), (10, STALE), (12, FRESH), (22, STALE), (27, GONE)],
    ),
    Life(
        "another one when stale",
        [Said(0), Said(12, "2")],
        [(0, FRESH), (10, STALE), (12, FRESH), (22, STALE), (27, GONE)],
    ),
    Life(
        "again when gone",
        [Said(0), Said(20)],
        [(0, FRESH), (10, STALE), (15, GONE), (20, FRESH), (30, STALE), (35, GONE)],
    ),
    Life("without grace", [Said(0, grace=0)], [(0, FRESH), (10, GONE)]),
    Life("never good", [Said(0, good=0)], [(0, STALE), (5, GONE)]),
    Life("taken back", [Said(0), Said(4, None)], [(0, FRESH), (4, GONE)]),
    Life("taken back when stale", [Said(0), Said(12, None)], [(0, FRESH), (10, STALE), (12, GONE)]),
    Life("shorter", [Said(0, good=100), Said(3, "2", 2, 1)], [(0, FRESH), (5, STALE), (6, GONE)]),
    Life("for ever", [Said(0, good=math.inf)], [(0, FRESH)]),
)


class LivesCase(NodesCase):
    """An index whose value a test says, and an aggregator that copies it."""

    def setUp(self) -> None:
        """Start both, and everything that looks at them."""
        super().setUp()
        self.source = self.node(_QUIET, name="source", kind=INDEX, host="127.0.0.1")
        copying = f"{_KNOWN}[aggregate.source]\nfrom = '{SOURCE}'\nnames = '{LOAD.clark}'\n"
        self.copy = self.node(copying, name="copy", kind=AGGREGATOR_NODE, host="127.0.0.1")
        self.reactor.pump([0.05] * 40)
        self.views = [View(self, node) for node in (self.source, self.copy)]
        for view in self.views:
            view.begin()
            self.addCleanup(view.end)

    def say(self, said: Said) -> None:
        """Let the source say something."""
        key = ElementKey(LOAD, SOURCE)
        store = storeOf(self.source)
        if said.content is None:
            self.successResultOf(toDeferred(store.commit([Remove(key)])))
            return
        lifetime = Lifetime.lasting(self.clock.seconds(), said.good, said.grace)
        head, tail = b'<l:Load xmlns:l="urn:life"', f">{said.content}</l:Load>".encode()
        element = ServiceDataElement(key, head, tail, lifetime, self.clock.wallTime())
        self.successResultOf(toDeferred(store.commit([Put(element)])))

    def subscribe(self, url: str, asked: bytes, sink: Handle) -> None:
        """Subscribe, as whoever is at the sink, for an hour."""
        caller = PooledCaller(
            self.clock,
            lambda host, port, tls: MemoryEndpoint(
                self.network, sink.url.split("/")[2], host, port
            ),
        )
        proxy = Proxy((NOTIFICATION_SOURCE,), Handle(url), caller)
        self.result(proxy.subscribe(asked, Locator((sink,)), self.clock.wallTime() + 3600.0))
        self.result(caller.close())

    def agreed(self, found: Mapping[Freshness, list[bool]]) -> str:
        """
        What the answers come to that were asked for whatever there is, for fresh and for stale values: they agree.

        @param found: of each, whether the values in it are called stale
        """
        states = {(): GONE, (False,): FRESH, (True,): STALE}
        state = states[tuple(found[Freshness.ANY])]
        expected = {
            Freshness.ANY: found[Freshness.ANY],
            Freshness.FRESH: [False] if state == FRESH else [],
            Freshness.STALE: [True] if state == STALE else [],
        }
        self.assertEqual(dict(found), expected)
        return state

    def instants(self, life: Life, near: Sequence[float]) -> Sequence[float]:
        """When to look: near each change of what is said or seen, and between. @param near: seconds from it"""
        edges = {one.at for one in life.said} | {begins for begins, _ in life.states}
        last = max(edges) + 40.0
        found = {edge + by for edge in edges for by in near}
        return sorted(
            one for one in found | {0.5 + 3.0 * step for step in range(20)} if 0.0 <= one < last
        )

    def live(self, life: Life, near: Sequence[float]) -> Iterator[float]:
        """Let a life pass. @return: the seconds since it began, whenever it is time to look; see L{instants}"""
        began = self.clock.seconds()
        said = deque(sorted(life.said, key=lambda one: one.at))
        for at in self.instants(life, near):
            while said and said[0].at <= at:
                self.advanceTo(began + said[0].at)
                self.say(said.popleft())
            self.advanceTo(began + at)
            yield at
        self.say(Said(0, None))
        self.advanceTo(self.clock.seconds() + 10.0)

    def advanceTo(self, instant: float) -> None:
        """From timer to timer."""
        while (left := instant - self.clock.seconds()) > 0:
            self.reactor.advance(min(left, 0.05))


class View:
    """
    All that look at the value at one node.

    @ivar node: it
    @ivar url: of its main service
    @ivar told: hears whole values
    @ivar changed: hears changes
    """

    def __init__(self, case: LivesCase, node: MemoryNode) -> None:
        self.case = case
        self.node = node
        self.url = f"http://127.0.0.1:{node.kind.port}{node.kind.path}"
        self.told, self.changed = Ear(), Ear()
        self.pool = evaluatingPool(Language.XPATH, storeOf(node), case.clock, case.reactor)

    def begin(self) -> None:
        """Subscribe, and have a worker that knows the name."""
        for ear, host in ((self.told, "told"), (self.changed, "changed")):
            sink = ear.listen(self.case.network, f"{host}{self.node.kind.port}")
            topic = Topic((NameSelector(LOAD),), wantsChanges=ear is self.changed)
            asked = writeSubscribeExpression(SubscribeExpression(topic, wantsSnapshot=True))
            self.case.subscribe(self.url, asked, sink)
        self.case.successResultOf(toDeferred(self.pool.start()))
        self.case.result(self.pool.ask(Question(Language.XPATH, ".", (NameSelector(LOAD),)), "me"))

    def end(self) -> None:
        """End the worker."""
        self.case.result(self.pool.stop())

    def states(self) -> dict[str, str]:
        """What the value is now, by who looks; all look at one instant."""
        now = self.case.clock.seconds()
        # What left at this instant arrives at it, too.
        for _ in range(20):
            self.case.reactor.advance(0.0)
        wall = self.case.clock.wallTime()
        asked = {
            freshness: toDeferred(self.pool.ask(_question(freshness), "me"))
            for freshness in Freshness
        }
        found = {
            "name": self._byName(),
            "gma ls": self._listed(),
            "told": heardBy(self.told, wall),
            "changes": heardBy(self.changed, wall),
        }
        self.case.assertEqual(self.case.clock.seconds(), now)
        # A worker answers one after the other.
        for _ in range(2 * len(asked)):
            self.case.reactor.advance(STEP)
        found["XPath"] = self.case.agreed(
            {
                freshness: _isFound(self.case.successResultOf(answer).body)
                for freshness, answer in asked.items()
            }
        )
        return found

    def _byName(self) -> str:
        found = {}
        for freshness in Freshness:
            body = (_ASK % freshness.value).encode()
            path = self.node.kind.path
            answer = self.node.connect().ask(
                f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml; charset=utf-8\r\n"
                f"Content-Length: {len(body)}\r\n\r\n".encode()
                + body
            )
            tree = etree.fromstring(answer.partition(b"\r\n\r\n")[2])
            (told,) = [one[0] for one in tree.iter(f"{{{OGSI}}}result")]
            values = list(told)
            found[freshness] = [one.get(f"{{{GMA}}}freshness") == "stale" for one in values]
        return self.case.agreed(found)

    def _listed(self) -> str:
        at = f"127.0.0.1:{self.node.kind.port}"
        ended = run(self.case.caller, "ls", at, LOAD.clark, "-o", "json")
        if ended.exit_code:
            self.case.assertIn("no value of", ended.stderr)
            return GONE
        (value,) = json.loads(ended.stdout)
        return STALE if value["isStale"] else FRESH


def _question(freshness: Freshness) -> Question:
    return Question(Language.XPATH, ".", (NameSelector(LOAD),), freshness=freshness)


def _isFound(answer: bytes) -> list[bool]:
    """Whether each value in an answer is called stale."""
    return [one.get(f"{{{GMA}}}freshness") == "stale" for one in openAnswer(answer)]


def heardBy(ear: Ear, now: float) -> str:
    """What a subscriber takes the value for, by what it was told last. @param now: wall time"""
    ends: tuple[float | None, float | None] | None = None
    for _, notice in ear.heard:
        if notice.isWhole or notice.remove:
            ends = None
        for put in notice.put:
            ends = put.goodUntil, put.availableUntil
        for extended in notice.extend:
            ends = extended.goodUntil, extended.availableUntil
    if ends is None or _isPast(ends[1], now):
        return GONE
    return STALE if _isPast(ends[0], now) else FRESH


def _isPast(instant: float | None, now: float) -> bool:
    return instant is not None and instant <= now


class LivesTests(LivesCase):
    """Of values that are said in several ways."""

    def test_source(self) -> None:
        """Where it is said every view says the same at every instant, and what it is."""
        self.look(self.views[0], (-JUST, 0.0, JUST))

    def test_copy(self) -> None:
        """So it is where it is copied to, but for the time a notice is on its way."""
        self.look(self.views[1], (-JUST, WAY, WAY + JUST))

    def look(self, view: View, near: Sequence[float]) -> None:
        """Let each life pass, and compare. @param near: seconds from the edges, see L{instants}"""
        for life in LIVES:
            for at in self.live(life, near):
                seen = view.states()
                expected = dict.fromkeys(seen, life.state(at))
                self.assertEqual(seen, expected, f"{life.title}, after {at:g} s")


del LivesCase, NodesCase
