"""Place-holders of jobs that are not there."""

import math
from typing import Any

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.markup import XMLGate
from gma_twisted.markup.jobs import JOB, QUEUE
from gma_twisted.markup.namespaces import GMA, OGSI, RIPS
from gma_twisted.markup.values import readValues, writeValue
from gma_twisted.model import (
    Added,
    Declare,
    ElementKey,
    Handle,
    Lifetime,
    MoveSubscription,
    NameQuery,
    NameSelector,
    Put,
    QName,
    Remove,
    Removed,
    Replaced,
    ServiceDataElement,
    Subscribe,
    Subscription,
    Topic,
    Unsubscribe,
)
from gma_twisted.notify.placeholders import Placeholders
from gma_twisted.stores import MemoryStore, StoreLimits
from gma_twisted.stores.recording import Forgetful, Recorder
from gma_twisted.stores.subscriptions import SubscriptionStore
from gma_twisted.timing import NodeClock, spawn, toDeferred
from tests.notify.stand import Stand
from tests.stores.registry.recorders import Scripted

HERE, ELSEWHERE = "http://here:8482/services/rips", "http://there:8482/services/rips"
EMPTY = f'<rips:Job xmlns:rips="{RIPS}"/>'.encode()


def job(key: str = "101.srv", originator: str = HERE, status: str = "Active") -> ServiceDataElement:
    """A job as a provider or another service tells it."""
    tail = f"><rips:gramStatus>{status}</rips:gramStatus></rips:Job>".encode()
    path = () if originator == HERE else ("node",)
    identity = ElementKey(JOB, originator, key)
    return ServiceDataElement(identity, EMPTY[:-2], tail, Lifetime(0.0, 1e6, 1e6), 0.0, path)


def wanting(
    id: str,
    *keys: str | None,
    until: float = 60.0,
    name: QName = JOB,
    originator: str | None = None,
    snapshot: bool = False,
    owner: str = "me",
) -> Subscription:
    """A subscription to jobs by their keys."""
    topic = Topic(tuple(NameSelector(name, originator, key) for key in keys))
    return Subscription(
        id, topic, Handle(f"http://{id}:1/sink"), owner, 0.0, until, 0.0, math.inf, snapshot
    )


class PlaceholderCase(SynchronousTestCase):
    """A service with jobs."""

    limits = StoreLimits()
    most = 10
    perOwner = 10

    def setUp(self) -> None:
        """Start it."""
        self.time = Clock()
        self.clock = NodeClock(self.time, lambda: 1.7e9 + self.time.seconds())
        self.store = MemoryStore(self.clock, self.limits, self.recorder())
        self.subscriptions = SubscriptionStore(self.clock)
        self.placeholders = Placeholders(
            self.store, self.subscriptions, self.clock, HERE, self.most, self.perOwner
        )
        self.done(self.store.start())
        self.done(self.store.commit([Declare([JOB])]))
        self.done(self.subscriptions.start())
        self.placeholders.start()

    def recorder(self) -> Recorder:
        """Of the store."""
        return Forgetful()

    def done(self, awaitable: Any) -> None:
        """It is done."""
        self.successResultOf(toDeferred(awaitable))

    def put(self, *elements: ServiceDataElement) -> None:
        """Somebody tells of jobs."""
        self.done(self.store.commit([Put(one) for one in elements]))

    def subscribe(self, subscription: Subscription) -> None:
        """Somebody subscribes."""
        self.done(self.subscriptions.commit([Subscribe(subscription)]))

    def unsubscribe(self, id: str) -> None:
        """And ends it."""
        self.done(self.subscriptions.commit([Unsubscribe(id)]))

    def found(self, key: str = "101.srv") -> list[tuple[str, bytes]]:
        """What there is of a job: whose value, and what it says."""
        answer = self.store.find(NameQuery((NameSelector(JOB, key=key),)))
        return [(one.key.originator, one.content) for one in answer.elements]

    def until(self, key: str = "101.srv") -> float:
        """How long its place-holder holds."""
        element = self.store.get(ElementKey(JOB, HERE, key))
        assert element is not None
        self.assertEqual(element.content, EMPTY)
        self.assertEqual(element.lifetime.goodUntil, element.lifetime.availableUntil)
        return element.lifetime.availableUntil


class MadeTests(PlaceholderCase):
    """Who gets one."""

    def test_made(self) -> None:
        """Who subscribes to a job that is not there finds an empty one of the service's, for as long as the lease."""
        self.subscribe(wanting("a", "101.srv", "102.srv"))
        self.assertEqual(self.found(), [(HERE, EMPTY)])
        self.assertEqual((self.until(), self.until("102.srv")), (60.0, 60.0))
        self.assertEqual(len(self.placeholders), 2)

    def test_there(self) -> None:
        """A job that is there, whoever tells of it, good or stale, needs none."""
        for id, originator in (("a", HERE), ("b", ELSEWHERE)):
            one = job(originator=originator)
            self.put(attrs.evolve(one, lifetime=Lifetime(0.0, 0.0, 50.0)))
            self.subscribe(wanting(id, "101.srv"))
            self.assertEqual([whose for whose, _ in self.found()], [originator])
            self.done(self.store.commit([Remove(one.key)]))

    def test_others(self) -> None:
        """Nor has one who names no key, another name, or in whose name nothing can be said; nor is a key endless."""
        for number, one in enumerate(
            (
                wanting("n", None),
                wanting("e", ""),
                wanting("q", "101.srv", name=QUEUE),
                wanting("w", "101.srv", name=QName(RIPS, "*")),
                wanting("o", "101.srv", originator=ELSEWHERE),
                wanting("l", "x" * 257),
            )
        ):
            self.subscribe(one)
            self.assertEqual((len(self.store), len(self.placeholders)), (0, 0), number)
        self.subscribe(wanting("h", "x" * 256, originator=HERE))
        self.assertEqual(self.found("x" * 256), [(HERE, EMPTY)])

    def test_attributes(self) -> None:
        """A job that says all it has in attributes is no place-holder: it stays, whoever subscribes and ends that."""
        said = attrs.evolve(job(), head=EMPTY[:-2] + b' status="Active"', tail=b"/>")
        self.put(said)
        self.subscribe(wanting("a", "101.srv", "102.srv"))
        self.assertEqual(self.found(), [(HERE, said.content)])
        self.assertEqual(len(self.placeholders), 1)
        self.put(attrs.evolve(said, key=attrs.evolve(said.key, key="102.srv")))
        self.unsubscribe("a")
        for key in ("101.srv", "102.srv"):
            self.assertEqual(self.found(key), [(HERE, said.content)])

    def test_copied(self) -> None:
        """A place-holder is known as one after it has come in a message, whatever is declared around it there."""
        self.subscribe(wanting("a", "101.srv"))
        element = self.store.get(ElementKey(JOB, HERE, "101.srv"))
        assert element is not None
        written = writeValue(element, 0.0, 1.7e9)
        around = f'<v xmlns:ogsi="{OGSI}" xmlns:gma="{GMA}" xmlns="urn:other">'.encode()
        (copy,) = readValues(XMLGate().parse(around + written + b"</v>"))
        self.unsubscribe("a")
        self.put(attrs.evolve(job(originator=ELSEWHERE), head=copy.head, tail=copy.tail))
        self.subscribe(wanting("b", "101.srv"))
        self.assertEqual(len(self.placeholders), 1)

    def test_first(self) -> None:
        """It is in the first notice, and the job in the next."""
        stand = Stand()
        stand.commit([Declare([JOB])])
        placeholders = Placeholders(stand.store, stand.subscriptions, stand.clock, HERE)
        stand.notifier.stop()
        placeholders.start()
        stand.notifier.start()
        self.done(stand.subscriptions.commit([Subscribe(wanting("a", "101.srv", snapshot=True))]))
        stand.advance(1.0)
        stand.commit([Put(job())])
        stand.advance(1.0)
        told = [[value.tail for value in one.notice.put] for one in stand.heard("a")]
        self.assertEqual(told, [[b"/>"], [job().tail]])


class BoundTests(PlaceholderCase):
    """How many there are, together and for one owner."""

    perOwner = 4

    def owned(self, owner: str, *keys: str) -> Subscription:
        """A subscription of somebody's."""
        self.serial += 1
        one = wanting(f"s{self.serial}", *keys, until=1e6, owner=owner)
        self.subscribe(one)
        return one

    def setUp(self) -> None:
        """Nobody has any."""
        super().setUp()
        self.serial = 0

    def held(self, *keys: str) -> list[str]:
        """Of which of them there is one."""
        return [key for key in keys if self.found(key)]

    def test_most(self) -> None:
        """Above the bound subscriptions are granted without; in time there is room again."""
        first = self.owned("a", *"abcd")
        self.owned("b", *"efgh")
        with capturedLogs() as events:
            self.owned("c", *"ijkl")
        self.assertEqual(self.held(*"abcdefghijkl"), [*"abcdefghij"])
        self.assertEqual(
            [formatEvent(event) for event in events],
            [
                "there are 10 place-holders of jobs, the bound placeholders: who subscribes to a job that is not"
                " there gets none"
            ],
        )
        self.unsubscribe(first.id)
        self.owned("c", "k")
        self.assertEqual(self.held("k"), ["k"])

    def test_perOwner(self) -> None:
        """One owner has few, however many subscriptions it has: the others find room."""
        with capturedLogs() as events:
            for number in range(20):
                self.owned("eve", *(f"invented-{number}-{one}" for one in range(50)))
        self.assertEqual(len(self.placeholders), 4)
        self.assertEqual(
            [formatEvent(event) for event in events],
            [
                "eve has 4 place-holders of jobs, the bound placeholders_per_owner: it gets no other one"
            ],
        )
        self.owned("bob", "42.srv")
        self.assertEqual(self.held("42.srv"), ["42.srv"])

    def test_network(self) -> None:
        """Those who show no identity count with their network: addresses come cheap."""
        for number in range(1, 6):
            self.owned(f"anonymous@192.0.2.{number}", f"{number}.srv")
            self.owned(f"anonymous@2001:db8:1:{number}::/64", f"six-{number}.srv")
        self.assertEqual(
            self.held("4.srv", "5.srv", "six-4.srv", "six-5.srv"), ["4.srv", "six-4.srv"]
        )
        self.owned("anonymous@198.51.100.1", "5.srv")
        self.assertEqual(self.held("5.srv"), ["5.srv"])

    def test_released(self) -> None:
        """What has ended, in whatever way, counts no more."""
        for end in (
            lambda one: self.unsubscribe(one.id),
            lambda one: self.done(self.subscriptions.commit([MoveSubscription(one.id, 0.0)])),
            lambda one: self.put(*(job(key) for key in "abcd")),
            lambda one: self.put(*(job(key, ELSEWHERE) for key in "abcd")),
            lambda one: self.done(
                self.store.commit([Remove(ElementKey(JOB, HERE, key)) for key in "abcd"])
            ),
        ):
            one = self.owned("a", *"abcd")
            self.assertEqual(len(self.placeholders), 4)
            end(one)
            self.time.advance(1.0)
            self.assertEqual(len(self.placeholders), 0)
            identities = [
                ElementKey(JOB, whose, key) for whose in (HERE, ELSEWHERE) for key in "abcd"
            ]
            self.done(self.store.commit([Remove(one) for one in identities]))
        self.owned("a", *"efgh")
        self.assertEqual(self.held(*"efgh"), [*"efgh"])

    def test_shared(self) -> None:
        """One counts once for an owner, and for each of its owners; who has its share keeps none of others' up."""
        first = self.owned("a", *"abcd")
        again = self.owned("a", *"abcd")
        self.owned("b", "a")
        self.owned("b", *"efg")
        self.owned("b", "b")
        self.unsubscribe(first.id)
        self.assertEqual(self.held(*"abcdefg"), [*"abcdefg"])
        self.unsubscribe(again.id)
        self.assertEqual(self.held(*"abcdefg"), [*"aefg"])
        self.owned("a", *"hijk")
        self.assertEqual(self.held(*"hijk"), [*"hijk"])

    def test_told(self) -> None:
        """However many people make them: who is told of all jobs by notices of all values is told on."""
        stand = Stand()
        stand.commit([Declare([JOB])])
        placeholders = Placeholders(stand.store, stand.subscriptions, stand.clock, HERE)
        placeholders.start()
        stand.subscribe("bob", JOB, changes=False)
        stand.advance(1.0)
        for number in range(40):
            keys = [f"invented-{number}-{one}" for one in range(300)]
            one = wanting(f"eve{number}", *keys, until=1e6, owner=f"eve{number}")
            self.done(stand.subscriptions.commit([Subscribe(one)]))
        stand.advance(1.0)
        before = len(stand.heard("bob"))
        stand.commit([Put(job())])
        stand.advance(1.0)
        self.assertEqual(len(stand.heard("bob")), before + 1)
        self.assertEqual(len(placeholders), 1000)

    def test_quiet(self) -> None:
        """At a bound each kind of line is logged once in a minute, whoever subscribes how often."""
        self.owned("a", *"abcd")
        self.owned("b", *"efgh")
        full = self.owned("c", *"ij")
        with capturedLogs() as events:
            for _ in range(120):
                self.unsubscribe(full.id)
                self.owned("a", "x")
                full = self.owned("c", *"ij")
                self.owned("d", "x")
                self.time.advance(1.0)
        lines = [
            formatEvent(event).partition(" the bound ")[2].partition(":")[0] for event in events
        ]
        self.assertEqual(sorted(lines), ["placeholders"] * 2 + ["placeholders_per_owner"] * 2)


class EndTests(PlaceholderCase):
    """How it ends."""

    def test_unsubscribed(self) -> None:
        """With the last of those it is there for, also of those who came later."""
        self.subscribe(wanting("a", "101.srv"))
        self.subscribe(wanting("b", "101.srv"))
        self.unsubscribe("a")
        self.assertEqual(self.found(), [(HERE, EMPTY)])
        self.unsubscribe("b")
        self.assertEqual((self.found(), len(self.placeholders)), ([], 0))

    def test_expired(self) -> None:
        """With the last lease; a renewal is one of its own too, and a shorter one leaves it to the others."""
        self.subscribe(wanting("a", "101.srv", until=60.0))
        self.subscribe(wanting("b", "101.srv", until=40.0))
        self.assertEqual(self.until(), 60.0)
        self.done(self.subscriptions.commit([MoveSubscription("b", 90.0)]))
        self.assertEqual(self.until(), 90.0)
        self.time.pump([1.0] * 89)
        self.assertEqual(self.found(), [(HERE, EMPTY)])
        self.time.pump([1.0] * 2)
        self.assertEqual((self.found(), len(self.store), len(self.placeholders)), ([], 0, 0))

    def test_replaced(self) -> None:
        """When the service itself tells of the job, which stays when the subscription ends."""
        self.subscribe(wanting("a", "101.srv"))
        self.put(job())
        self.assertEqual(self.found(), [(HERE, job().content)])
        self.unsubscribe("a")
        self.assertEqual(self.found(), [(HERE, job().content)])

    def test_elsewhere(self) -> None:
        """When another service does: the place-holder is another value, and goes in the same turn."""
        self.subscribe(wanting("a", "101.srv"))
        self.put(job(originator=ELSEWHERE))
        self.assertEqual(self.found(), [(ELSEWHERE, job(originator=ELSEWHERE).content)])
        self.assertEqual(len(self.placeholders), 0)

    def test_emptyElsewhere(self) -> None:
        """A place-holder of another service, which is copied as any value, is no job."""
        empty = attrs.evolve(job(originator=ELSEWHERE), tail=b"/>")
        self.put(empty)
        self.subscribe(wanting("a", "101.srv"))
        self.assertEqual(sorted(whose for whose, _ in self.found()), [HERE, ELSEWHERE])
        self.put(attrs.evolve(empty, created=1.0))
        self.assertEqual(len(self.placeholders), 1)
        self.put(job(originator=ELSEWHERE))
        self.assertEqual([whose for whose, _ in self.found()], [ELSEWHERE])

    def test_gone(self) -> None:
        """It is not made again when the job has gone; who subscribes then gets another one."""
        self.subscribe(wanting("a", "101.srv"))
        self.put(job())
        self.done(self.store.commit([Remove(job().key)]))
        self.done(self.subscriptions.commit([MoveSubscription("a", 90.0)]))
        self.assertEqual(self.found(), [])
        self.subscribe(wanting("b", "101.srv"))
        self.assertEqual(self.found(), [(HERE, EMPTY)])

    def test_removed(self) -> None:
        """Whoever removes it ends it."""
        self.subscribe(wanting("a", "101.srv"))
        self.done(self.store.commit([Remove(job().key)]))
        self.assertEqual(len(self.placeholders), 0)

    def test_stopped(self) -> None:
        """A service that stops leaves them alone."""
        self.subscribe(wanting("a", "101.srv"))
        self.placeholders.stop()
        self.unsubscribe("a")
        self.assertEqual(self.found(), [(HERE, EMPTY)])

    @settings(max_examples=60)
    @given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(0, 2))))
    def test_anyHistory(self, steps: list[tuple[int, int, int]]) -> None:
        """After any history: none beside a job, none that nobody wants, and none is forgotten."""
        self.setUp()
        lives: set[str] = set()
        serial = 0
        for what, key, which in steps:
            text = f"{key}.srv"
            if what == 0:
                serial += 1
                id = f"s{serial}"
                self.subscribe(wanting(id, text, until=1000.0))
                lives.add(id)
            elif what == 1 and lives:
                id = sorted(lives)[which % len(lives)]
                self.unsubscribe(id)
                lives.discard(id)
            elif what == 2:
                self.put(job(text, (HERE, ELSEWHERE)[which % 2]))
            elif what == 3:
                originator = (HERE, ELSEWHERE)[which % 2]
                self.done(self.store.commit([Remove(ElementKey(JOB, originator, text))]))
            else:
                self.time.advance(1.0)
            wanted = {one.key for each in self.subscriptions.all() for one in each.topic.selectors}
            held = 0
            for each in range(3):
                found = self.found(f"{each}.srv")
                empty = [content for _, content in found if content == EMPTY]
                held += len(empty)
                self.assertTrue(len(empty) <= 1 and (not empty or len(found) == 1), found)
                self.assertTrue(not empty or f"{each}.srv" in wanted)
            self.assertEqual(held, len(self.placeholders))


class FullTests(PlaceholderCase):
    """A store without room."""

    limits = StoreLimits(elements=1)

    def test_full(self) -> None:
        """What cannot be kept is logged; the subscription stays, and nothing is left of the place-holder."""
        self.put(job("other"))
        with capturedLogs() as events:
            self.subscribe(wanting("a", "101.srv"))
        (line,) = [formatEvent(event) for event in events]
        self.assertIn("place-holders of jobs are not kept: ", line)
        self.assertEqual((self.found(), len(self.placeholders)), ([], 0))
        self.put(job("other", status="Done"))
        self.unsubscribe("a")
        self.assertEqual(len(self.store), 1)

    def test_quiet(self) -> None:
        """Which is logged once in a minute; what was not kept counts for nobody."""
        self.put(job("other"))
        with capturedLogs() as events:
            for number in range(30):
                self.subscribe(wanting(f"s{number}", f"{number}.srv", until=1e6))
        self.assertEqual(len(events), 1)
        self.time.advance(60.0)
        with capturedLogs() as events:
            self.subscribe(wanting("a", "101.srv", until=1e6))
        self.assertEqual(len(events), 1)
        self.done(self.store.commit([Remove(job("other").key)]))
        self.subscribe(wanting("b", "101.srv", until=1e6))
        self.assertEqual(self.found(), [(HERE, EMPTY)])


class SlowTests(PlaceholderCase):
    """A store that takes its time, and a job that is on its way into it."""

    def recorder(self) -> Recorder:
        """One that waits."""
        self.slow = Scripted()
        return self.slow

    def work(self) -> None:
        """Let it do all of it, with what that brings."""
        while self.slow.waiting:
            self.slow.waiting.pop(0).callback(0)

    def done(self, awaitable: Any) -> None:
        """Let it work until it is."""
        waiting = toDeferred(awaitable)
        self.work()
        self.successResultOf(waiting)

    def begin(self, awaitable: Any) -> None:
        """Do not wait."""
        spawn(awaitable, "a commit of a test")

    def onItsWay(self, *commands: Any) -> None:
        """Ask, and do not wait."""
        self.begin(self.store.commit(commands))

    def test_taken(self) -> None:
        """Its place is given back when the place-holder was put into it."""
        self.onItsWay(Put(job()))
        self.begin(self.subscriptions.commit([Subscribe(wanting("a", "101.srv"))]))
        self.work()
        self.assertEqual(self.found(), [(HERE, job().content)])
        self.assertEqual(len(self.placeholders), 0)

    def test_removed(self) -> None:
        """So it is when the place-holder was to be removed."""
        self.subscribe(wanting("a", "101.srv"))
        self.work()
        self.assertEqual(self.found(), [(HERE, EMPTY)])
        self.onItsWay(Put(job()))
        self.begin(self.subscriptions.commit([Unsubscribe("a")]))
        self.work()
        self.assertEqual(self.found(), [(HERE, job().content)])

    def test_newer(self) -> None:
        """What was told of the job meanwhile is newer."""
        self.onItsWay(Put(job()))
        self.begin(self.subscriptions.commit([Subscribe(wanting("a", "101.srv"))]))
        self.onItsWay(Put(job(status="Done")))
        self.work()
        self.assertEqual(self.found(), [(HERE, job(status="Done").content)])

    def test_gone(self) -> None:
        """A job that its provider takes back is not given back."""
        self.put(job())
        self.onItsWay(Remove(job().key))
        self.work()
        self.assertEqual(self.found(), [])

    def test_removedToo(self) -> None:
        """A job that its provider removes while both wait is not given back, not even for a moment."""
        told: list[type] = []
        self.store.observe(lambda changes: told.extend(type(one) for one in changes.changes))
        self.onItsWay(Put(job()))
        self.begin(self.subscriptions.commit([Subscribe(wanting("a", "101.srv"))]))
        self.onItsWay(Remove(job().key))
        self.work()
        self.assertEqual((self.found(), len(self.placeholders)), ([], 0))
        self.assertEqual(told, [Added, Replaced, Removed])

    def test_removedLate(self) -> None:
        """Nor does one stay that its provider removes just before it is back."""
        self.onItsWay(Put(job()))
        self.begin(self.subscriptions.commit([Subscribe(wanting("a", "101.srv"))]))
        self.slow.waiting.pop(0).callback(0)
        self.onItsWay(Put(job("other")))
        self.slow.waiting.pop(0).callback(0)
        self.onItsWay(Remove(job().key))
        self.work()
        self.assertEqual(self.found(), [])

    def test_removedSoon(self) -> None:
        """Nor is one that its provider removes at any later moment of that."""
        for wait in range(4):
            self.setUp()
            self.onItsWay(Put(job()))
            self.begin(self.subscriptions.commit([Subscribe(wanting("a", "101.srv"))]))
            for _ in range(wait):
                self.slow.waiting.pop(0).callback(0)
            self.onItsWay(Remove(job().key))
            self.work()
            self.assertEqual((wait, self.found(), len(self.placeholders)), (wait, [], 0))

    def test_removedBefore(self) -> None:
        """A job that came and went before the place-holder did is no job that this took away."""
        self.onItsWay(Put(job()))
        self.onItsWay(Remove(job().key))
        self.begin(self.subscriptions.commit([Subscribe(wanting("a", "101.srv"))]))
        self.work()
        self.assertNotIn((HERE, job().content), self.found())

    def test_removedAtEnd(self) -> None:
        """Nor is one given back that its provider removes while the end of the place-holder waits."""
        self.subscribe(wanting("a", "101.srv"))
        self.work()
        self.onItsWay(Put(job()))
        self.begin(self.subscriptions.commit([Unsubscribe("a")]))
        self.onItsWay(Remove(job().key))
        self.work()
        self.assertEqual(self.found(), [])

    def test_turns(self) -> None:
        """Whoever asks in turn: the job stays when it was put last, and nothing else does when nobody is subscribed."""
        for steps in (
            "psu",
            "pspu",
            "psups",
            "pspus",
            "prsu",
            "psru",
            "purs",
            "prs",
            "supr",
            "sups",
        ):
            self.setUp()
            lives: list[str] = []
            for number, step in enumerate(steps):
                if step == "s":
                    lives.append(str(number))
                    one = wanting(lives[-1], "101.srv")
                    self.begin(self.subscriptions.commit([Subscribe(one)]))
                elif step == "u" and lives:
                    self.begin(self.subscriptions.commit([Unsubscribe(lives.pop())]))
                elif step in "pr":
                    self.onItsWay(
                        Put(job(status=str(number))) if step == "p" else Remove(job().key)
                    )
            self.work()
            told = steps.strip("su")
            expected = []
            if told.endswith("p"):
                expected = [(HERE, job(status=str(steps.rindex("p"))).content)]
            self.assertEqual((steps, self.found()), (steps, expected))
            self.assertEqual((steps, len(self.placeholders)), (steps, 0))

    def test_again(self) -> None:
        """Who subscribes while it is being removed gets another one, which ends as any."""
        self.subscribe(wanting("a", "101.srv"))
        self.work()
        self.begin(self.subscriptions.commit([Unsubscribe("a")]))
        self.begin(self.subscriptions.commit([Subscribe(wanting("b", "101.srv"))]))
        self.work()
        self.assertEqual((self.found(), len(self.placeholders)), ([(HERE, EMPTY)], 1))
        self.unsubscribe("b")
        self.work()
        self.assertEqual((self.found(), len(self.placeholders)), ([], 0))

    def test_elsewhere(self) -> None:
        """A job of another service that comes meanwhile is alone in the end."""
        self.onItsWay(Put(job(originator=ELSEWHERE)))
        self.begin(self.subscriptions.commit([Subscribe(wanting("a", "101.srv"))]))
        self.work()
        self.assertEqual([whose for whose, _ in self.found()], [ELSEWHERE])


class AgainTests(PlaceholderCase):
    """Another life of the service, with what the stores have kept."""

    def again(self) -> None:
        """Begin anew."""
        self.placeholders.stop()
        self.placeholders = Placeholders(self.store, self.subscriptions, self.clock, HERE)
        self.placeholders.start()

    def test_kept(self) -> None:
        """What is kept is known again, with those it is there for, and ends as it would have."""
        self.subscribe(wanting("a", "101.srv"))
        self.again()
        self.assertEqual(len(self.placeholders), 1)
        self.unsubscribe("a")
        self.assertEqual(self.found(), [])

    def test_come(self) -> None:
        """Beside a job it goes."""
        self.subscribe(wanting("a", "101.srv"))
        self.placeholders.stop()
        self.put(job(originator=ELSEWHERE))
        self.again()
        self.assertEqual([whose for whose, _ in self.found()], [ELSEWHERE])

    def test_forgotten(self) -> None:
        """For a subscription from before none is made: its job may have come and gone."""
        self.subscribe(wanting("a", "101.srv"))
        self.done(self.store.commit([Remove(job().key)]))
        self.again()
        self.assertEqual((self.found(), len(self.placeholders)), ([], 0))


del PlaceholderCase
