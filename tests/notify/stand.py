"""A service that tells, with sinks that keep what they hear, on a clock turned by hand."""

from collections.abc import Awaitable, Iterator, Sequence

import attrs
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from gma_twisted.markup import Element, XMLGate
from gma_twisted.model import (
    Command,
    Delivery,
    ElementKey,
    Handle,
    Language,
    Lifetime,
    NameSelector,
    Put,
    QName,
    Question,
    ServiceDataElement,
    Subscribe,
    Subscription,
    Topic,
    Unsubscribe,
)
from gma_twisted.notify import NoticeWriter, Notifier
from gma_twisted.notify.deliverer import Deliverer
from gma_twisted.notify.standing import StandingQuestions
from gma_twisted.soap import openEnvelope
from gma_twisted.soap.notices import ReceivedNotice, readDelivery, readNotice
from gma_twisted.stores import MemoryStore
from gma_twisted.stores.subscriptions import SubscriptionStore
from gma_twisted.timing import NodeClock, Ready, toDeferred
from tests.notify.asked import Standing
from tests.notify.sinks import Network

__all__ = ["HOST", "JOB", "NAMESPACE", "WALL", "Heard", "Stand", "key"]

NAMESPACE = "urn:test"
HOST = QName(NAMESPACE, "Host")
JOB = QName(NAMESPACE, "Job")
WALL = 1_700_000_000.0
ORIGINATOR = "http://site:8480/services/index"


def key(text: str = "", name: QName = HOST, originator: str = ORIGINATOR) -> ElementKey:
    """Identity of a value."""
    return ElementKey(name, originator, text)


@attrs.frozen
class Heard:
    """
    One notice as it arrived.

    @ivar at: instant on the clock of the test
    @ivar delivery: its header
    @ivar notice: what it says
    @ivar message: the bytes of the message, without the header
    """

    at: float
    delivery: Delivery
    notice: ReceivedNotice
    message: bytes

    @property
    def puts(self) -> list[str]:
        """Keys of the values in it."""
        return [value.key for value in self.notice.put]

    @property
    def extends(self) -> list[str]:
        """Keys of those that hold longer."""
        return [one.key.key for one in self.notice.extend]

    @property
    def removes(self) -> list[str]:
        """Keys of those that are gone."""
        return [one.key for one in self.notice.remove]


class Stand:
    """
    A store, its subscriptions and what is sent.

    @ivar time: turned by hand
    @ivar network: where notices go; answers 202 unless told otherwise
    @ivar standing: answers questions in XPath
    """

    def __init__(
        self,
        mostKeys: int = 10_000,
        epoch: int = 7,
        mostAnswerBytes: int = 1024**2,
        **bounds: int,
    ) -> None:
        """@param bounds: of the writer"""
        self.time = Clock()
        self.clock = NodeClock(self.time, lambda: WALL + self.time.seconds())
        self.store = MemoryStore(self.clock)
        self.subscriptions = SubscriptionStore(self.clock)
        self.network = Network()
        self.standing = Standing()
        self.deliverer = Deliverer(self.network, self.clock, lambda: 0.5)
        self.bounds = bounds
        self.mostKeys = mostKeys
        self.mostAnswerBytes = mostAnswerBytes
        self._instants: list[float] = []
        _now(self.store.start())
        _now(self.subscriptions.start())
        self.notifier = self.makeNotifier(epoch)
        self.notifier.start()

    def makeNotifier(self, epoch: int) -> Notifier:
        """Another life of the notifier."""
        self.questions = StandingQuestions(self.clock, {Language.XPATH: self.standing})
        return Notifier(
            self.store,
            self.subscriptions,
            self.deliverer,
            self.clock,
            lambda id: Handle(f"{ORIGINATOR}/subscriptions/{id}"),
            epoch,
            NoticeWriter(self.store, self.clock, **self.bounds),
            self.mostKeys,
            mostAnswerBytes=self.mostAnswerBytes,
            questions=self.questions,
        )

    def subscribe(
        self,
        id: str,
        *names: QName | NameSelector,
        changes: bool = True,
        snapshot: bool = False,
        until: float = 1e9,
        minInterval: float = 0.0,
        maxInterval: float = float("inf"),
    ) -> Subscription:
        """A subscription of HOST, or of these names, whose sink is at a peer of its own name."""
        selectors = tuple(
            one if isinstance(one, NameSelector) else NameSelector(one) for one in names or (HOST,)
        )
        topic = Topic(selectors, changes)
        return self._subscribe(id, topic, snapshot, until, minInterval, maxInterval)

    def ask(
        self,
        id: str,
        question: Question,
        snapshot: bool = False,
        until: float = 1e9,
        minInterval: float = 0.0,
        maxInterval: float = float("inf"),
        owner: str = "tester",
    ) -> Subscription:
        """A subscription to the answer to a question, as L{subscribe}."""
        topic = Topic.asking(question)
        return self._subscribe(id, topic, snapshot, until, minInterval, maxInterval, owner)

    def _subscribe(
        self,
        id: str,
        topic: Topic,
        snapshot: bool,
        until: float,
        minInterval: float,
        maxInterval: float,
        owner: str = "tester",
    ) -> Subscription:
        subscription = Subscription(
            id,
            topic,
            Handle(f"http://{id}:1/sink"),
            owner,
            WALL,
            until,
            minInterval,
            maxInterval,
            snapshot,
        )
        _now(self.subscriptions.commit([Subscribe(subscription)]))
        return subscription

    def unsubscribe(self, id: str) -> None:
        """End a subscription."""
        _now(self.subscriptions.commit([Unsubscribe(id)]))

    def put(
        self,
        text: str = "",
        content: str = "1",
        name: QName = HOST,
        good: float = 100.0,
        grace: float = 100.0,
        originator: str = ORIGINATOR,
        isQuiet: bool = False,
    ) -> None:
        """Put one value."""
        self.commit([Put(self.element(text, content, name, good, grace, originator), isQuiet)])

    def element(
        self,
        text: str = "",
        content: str = "1",
        name: QName = HOST,
        good: float = 100.0,
        grace: float = 100.0,
        originator: str = ORIGINATOR,
    ) -> ServiceDataElement:
        """A value made now."""
        local = name.localName
        return ServiceDataElement(
            key(text, name, originator),
            f'<t:{local} xmlns:t="{NAMESPACE}"'.encode(),
            f">{content}</t:{local}>".encode(),
            Lifetime.lasting(self.time.seconds(), good, grace),
            WALL + self.time.seconds(),
        )

    def commit(self, commands: Sequence[Command]) -> None:
        """Change the store."""
        _now(self.store.commit(commands))
        self._stamp()

    def advance(self, seconds: float) -> None:
        """Let time pass, from one timer to the next."""
        end = self.time.seconds() + seconds
        while True:
            due = min((call.getTime() for call in self.time.getDelayedCalls()), default=end + 1)
            if due > end:
                break
            self.time.advance(max(0.0, due - self.time.seconds()))
            self._stamp()
        self.time.advance(end - self.time.seconds())

    def _stamp(self) -> None:
        while len(self._instants) < len(self.network.arrived):
            self._instants.append(self.time.seconds())

    def heard(self, id: str) -> list[Heard]:
        """Every notice that arrived at the sink of a subscription, in order."""
        return [
            Heard(at, delivery, readNotice(message), whole)
            for at, delivery, message, whole in self._arrived(id)
        ]

    def answers(self, id: str) -> list[tuple[Delivery, str]]:
        """The same of a subscription to the answer to a question: header, and what the message says."""
        return [
            (delivery, whole[len("<ogsi:message>") : whole.index(b"</ogsi:message>")].decode())
            for _, delivery, _, whole in self._arrived(id)
        ]

    def _arrived(self, id: str) -> Iterator[tuple[float, Delivery, Element, bytes]]:
        self._stamp()
        for (peer, envelope), at in zip(self.network.arrived, self._instants, strict=True):
            if peer != f"{id}:1":
                continue
            opened = openEnvelope(XMLGate().parse(envelope))
            assert opened.header is not None
            delivery = readDelivery(opened.header)
            assert delivery is not None
            message = envelope[envelope.index(b"<ogsi:message>") :]
            yield at, delivery, opened.content[0][0], message


def _now(awaitable: Awaitable[object]) -> None:
    if not isinstance(awaitable, Ready):
        outcome: list[object] = []
        done = toDeferred(awaitable).addBoth(outcome.append)
        assert done.called and not isinstance(outcome[0], Failure), outcome
