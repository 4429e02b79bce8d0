"""What subscribers are granted, and what they may ask with."""

import math
from collections.abc import Awaitable, Callable

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import (
    Busy,
    ExtensibilityNotSupported,
    ExtensibilityTypeError,
    GMAError,
    Refused,
    TargetInvalid,
    TooLarge,
)
from gma_twisted.markup import XMLGate, nameOf
from gma_twisted.markup.namespaces import GMA, ogsi
from gma_twisted.model import (
    Caller,
    Expression,
    Handle,
    Language,
    Locator,
    NameSelector,
    QName,
    Question,
    Subscription,
    TerminationTime,
    Topic,
)
from gma_twisted.notify.source import NotificationSource, SubscriptionGrants
from gma_twisted.notify.standing import StandingQuestions
from gma_twisted.soap.questions import QuestionLimits
from gma_twisted.soap.subscribing import SubscribeExpression, writeSubscribeExpression
from gma_twisted.stores import MemoryStore
from gma_twisted.stores.subscriptions import SubscriptionStore
from gma_twisted.timing import NodeClock, Ready, toDeferred
from tests.notify.asked import Standing

_TOPIC = Topic((NameSelector(QName("urn:a", "b")),))
_QUESTION = Question(Language.XPATH, "//x", _TOPIC.selectors)


class GrantTests(SynchronousTestCase):
    """Within bounds."""

    def test_lease(self) -> None:
        """Not shorter and not longer than the bounds."""
        grants = SubscriptionGrants(10.0, 30.0)
        asked = (-math.inf, -1.0, 10.0, 20.0, 31.0, math.inf)
        self.assertEqual([grants.lease(one) for one in asked], [10.0, 10.0, 10.0, 20.0, 30.0, 30.0])

    def test_longInterval(self) -> None:
        """The pause between two notices is not longer than a lease can be, unless the operator wants it."""
        for interval, granted in ((0.0, 30.0), (40.0, 40.0)):
            grants = SubscriptionGrants(10.0, 30.0, interval=interval)
            asked = SubscribeExpression(_TOPIC, 1e26, math.inf)
            self.assertEqual(grants.intervals(asked), (granted, math.inf))

    def test_intervals(self) -> None:
        """Not shorter than the bounds, and still in their order; a repetition that is not asked does not come."""
        for least, repeat, asked, granted in (
            (0.0, 1.0, (0.0, math.inf), (0.0, math.inf)),
            (0.0, 1.0, (0.0, 0.001), (0.0, 1.0)),
            (2.0, 1.0, (0.0, 0.001), (2.0, 2.0)),
            (2.0, 1.0, (3.0, 4.0), (3.0, 4.0)),
            (5.0, 1.0, (3.0, 4.0), (5.0, 5.0)),
        ):
            grants = SubscriptionGrants(interval=least, repeat=repeat)
            expression = SubscribeExpression(_TOPIC, *asked)
            self.assertEqual(grants.intervals(expression), granted)


class AskingTests(SynchronousTestCase):
    """Subscriptions to the answers to questions."""

    def setUp(self) -> None:
        """A source that answers XPath."""
        self.clock = NodeClock(Clock())
        self.subscriptions = SubscriptionStore(self.clock)
        self.successResultOf(toDeferred(self.subscriptions.start()))
        self.standing = Standing()
        self.questions = StandingQuestions(self.clock, {Language.XPATH: self.standing})
        self.source = self.sourceOf(self.questions)

    def sourceOf(
        self,
        questions: StandingQuestions,
        admit: Callable[[Handle, Caller], Awaitable[str]] = lambda sink, caller: Ready(""),
    ) -> NotificationSource:
        """A source over a store without data."""
        store = MemoryStore(self.clock)
        self.successResultOf(toDeferred(store.start()))
        return NotificationSource(
            store,
            self.subscriptions,
            self.clock,
            Handle("http://h/services/index"),
            lambda count: bytes(count - 1) + bytes([len(self.subscriptions)]),
            admit,
            SubscriptionGrants(expressions=QuestionLimits(maxExpression=20)),
            questions,
        )

    def asking(
        self,
        topic: Topic,
        source: NotificationSource | None = None,
        least: float = 0.0,
        most: float = math.inf,
    ) -> "Deferred[tuple[Locator, TerminationTime]]":
        """The call."""
        root = XMLGate().parse(writeSubscribeExpression(SubscribeExpression(topic, least, most)))
        expression = Expression(nameOf(root), root)
        return toDeferred(
            (source or self.source).subscribe(
                expression, Locator((Handle("http://sink/"),)), math.inf, Caller("carol")
            )
        )

    def refused(
        self, error: type[GMAError], topic: Topic, source: NotificationSource | None = None
    ) -> str:
        """What is said when nothing is made of it."""
        failure = self.failureResultOf(self.asking(topic, source), error)
        self.assertEqual(len(self.subscriptions), 0)
        return str(failure.value)

    def rows(self) -> list[Subscription]:
        """Subscriptions there are."""
        return list(self.subscriptions.all())

    def test_asked(self) -> None:
        """The question is tried for who subscribes, then kept with the intervals; its names need not be known."""
        self.successResultOf(self.asking(Topic.asking(_QUESTION), least=2.0, most=9.0))
        (row,) = self.rows()
        self.assertEqual(row.topic, Topic.asking(_QUESTION))
        self.assertEqual((row.minInterval, row.maxInterval, row.owner), (2.0, 9.0, "carol"))
        self.assertEqual(self.standing.log, ["check //x carol"])

    def test_names(self) -> None:
        """Values of names that are not known cannot be subscribed to."""
        failure = self.failureResultOf(self.asking(_TOPIC), TargetInvalid)
        self.assertIn("urn:a", str(failure.value))

    def test_known(self) -> None:
        """One that is told already is not tried again, until it is not told any more."""
        end = self.questions.watch(_QUESTION, lambda message: None, lambda error: None)
        self.successResultOf(self.asking(Topic.asking(_QUESTION)))
        self.assertEqual(self.standing.log, ["watch //x"])
        end()
        self.successResultOf(self.asking(Topic.asking(_QUESTION)))
        self.assertEqual(self.standing.log, ["watch //x", "end //x", "check //x carol"])

    def test_wrong(self) -> None:
        """An expression that is wrong is refused at once, and why is told; so is what cannot be answered now."""
        for wrong in (ExtensibilityTypeError("XPath, line 1"), TooLarge("the answer is")):
            self.standing.wrong = wrong
            self.assertEqual(self.refused(type(wrong), Topic.asking(_QUESTION)), wrong.message)

    def test_tooLong(self) -> None:
        """The bounds of an expression are those of the node."""
        long = Question(Language.XPATH, "1" * 21, _TOPIC.selectors)
        self.assertIn("21 bytes", self.refused(TooLarge, Topic.asking(long)))
        self.assertEqual(self.standing.log, [])

    def test_settled(self) -> None:
        """What the answer was is known until the subscription is there, or is refused."""
        known: list[bytes | None] = []
        self.subscriptions.observe(lambda changes: known.append(self.questions.answerTo(_QUESTION)))
        self.successResultOf(self.asking(Topic.asking(_QUESTION)))
        self.assertEqual((known, self.questions.answerTo(_QUESTION)), ([b"<r/>"], None))
        self.successResultOf(toDeferred(self.subscriptions.stop()))
        self.failureResultOf(self.asking(Topic.asking(_QUESTION)), Busy)
        self.assertIsNone(self.questions.answerTo(_QUESTION))

    def test_sinkFirst(self) -> None:
        """Nothing is evaluated for who may not have notices sent there."""

        def admit(sink: Handle, caller: Caller) -> Awaitable[str]:
            raise Refused("not there")

        self.refused(Refused, Topic.asking(_QUESTION), self.sourceOf(self.questions, admit))
        self.assertEqual(self.standing.log, [])

    def test_otherLanguage(self) -> None:
        """A language that is not there is refused by name, and what is there is told."""
        xquery = Topic.asking(Question(Language.XQUERY, "1"))
        names, xpath = ogsi("subscribeByServiceDataNames"), QName(GMA, "subscribeByXPath")
        self.assertEqual(self.source.dialects, (names, xpath))
        self.assertEqual(
            self.refused(ExtensibilityNotSupported, xquery),
            f'"{{{GMA}}}subscribeByXQuery" is no subscription here; there is {names}, {xpath}',
        )
        byNames = self.sourceOf(StandingQuestions(self.clock))
        self.assertEqual(byNames.dialects, (names,))
        told = self.refused(ExtensibilityNotSupported, Topic.asking(_QUESTION), byNames)
        self.assertIn(f"is no subscription here; there is {names}", told)

    def test_lacking(self) -> None:
        """One that lacks something is not listed, and says what it lacks."""
        self.standing.subscribeDialects = ()
        self.standing.wrong = ExtensibilityNotSupported("install something")
        self.assertEqual(self.source.dialects, (ogsi("subscribeByServiceDataNames"),))
        told = self.refused(ExtensibilityNotSupported, Topic.asking(_QUESTION))
        self.assertEqual(told, "install something")
