"""NotificationSource: subscriptions are asked for here and become rows (OGSI 1.0, 11.1; WIRE 3)."""

from collections.abc import Awaitable, Callable, Sequence

import attrs
from zope.interface import implementer

from gma_twisted.errors import ExtensibilityNotSupported, ParameterError, cut
from gma_twisted.interfaces import INotificationSource, IServiceDataStore, ISubscriptionStore
from gma_twisted.markup import Element
from gma_twisted.markup.namespaces import ogsi
from gma_twisted.model import (
    OURSELVES,
    Caller,
    Expression,
    Handle,
    Locator,
    NameQuery,
    QName,
    Subscribe,
    Subscription,
    TerminationTime,
)
from gma_twisted.notify.standing import StandingQuestions
from gma_twisted.soap.questions import QuestionLimits
from gma_twisted.soap.subscribing import DIALECTS, SubscribeExpression, readSubscribeExpression
from gma_twisted.timing import NodeClock

__all__ = ["NotificationSource", "SubscriptionGrants"]

_BY_NAMES = ogsi("subscribeByServiceDataNames")
_SUBSCRIPTION = ogsi("NotificationSubscription")
_ID_BYTES = 10


@attrs.frozen(slots=True)
class SubscriptionGrants:
    """
    What subscribers are granted.

    @ivar least: shortest lease, seconds
    @ivar most: longest lease, seconds, also for who asks for ever; and longest C{minInterval}
    @ivar names: most names of one subscription by names
    @ivar interval: seconds between two notices at least
    @ivar repeat: seconds after which a notice is sent although nothing changed, at least
    @ivar expressions: bounds of a question
    """

    least: float = 5.0
    most: float = 86400.0
    names: int = 1000
    interval: float = 0.0
    repeat: float = 1.0
    expressions: QuestionLimits = attrs.field(factory=QuestionLimits)

    def lease(self, asked: float) -> float:
        """Seconds granted. @param asked: seconds, negative ones too, C{inf} for ever"""
        return min(max(asked, self.least), self.most)

    def intervals(self, asked: SubscribeExpression) -> tuple[float, float]:
        """
        Seconds granted as C{minInterval} and C{maxInterval}. Nobody is told less often than once in the longest lease.
        """
        least = max(min(asked.minInterval, self.most), self.interval)
        return least, max(asked.maxInterval, self.repeat, least)


@implementer(INotificationSource)
@attrs.frozen(slots=True, eq=False)
class NotificationSource:
    """
    The subscriptions of one service.

    @ivar store: what can be subscribed to
    @ivar subscriptions: keeps them
    @ivar clock: the node's
    @ivar handle: of the service; subscriptions are below it
    @ivar random: gives so many random bytes; ids are made of them, so that none is guessed or comes twice
    @ivar admit: asked whether notices may go to a sink; gives the C{peer} of the subscription, raises C{Refused}
    @ivar grants: leases and bounds
    @ivar questions: whose answers can be subscribed to
    """

    store: IServiceDataStore
    subscriptions: ISubscriptionStore
    clock: NodeClock
    handle: Handle
    random: Callable[[int], bytes]
    admit: Callable[[Handle, Caller], Awaitable[str]]
    grants: SubscriptionGrants = attrs.field(factory=SubscriptionGrants)
    questions: StandingQuestions = attrs.field(
        default=attrs.Factory(lambda self: StandingQuestions(self.clock), takes_self=True)
    )

    @property
    def dialects(self) -> Sequence[QName]:
        """Expressions it is asked with, each once: what C{subscribeExtensibility} says."""
        return (_BY_NAMES, *self.questions.dialects)

    @property
    def below(self) -> Handle:
        """What handles of subscriptions begin with."""
        return self.handle.child("subscriptions")

    def handleOf(self, id: str) -> Handle:
        """The handle of a subscription."""
        return self.below.child(id)

    async def subscribe(
        self,
        subscriptionExpression: Expression,
        sink: Locator,
        expirationTime: float,
        caller: Caller = OURSELVES,
    ) -> tuple[Locator, TerminationTime]:
        """
        See L{INotificationSource}.

        An expiration in the past counts as the shortest lease, so that a caller whose clock is late learns ours from
        the answer.
        """
        self._checkDialect(subscriptionExpression.name)
        asked = subscriptionExpression.read(self._read)
        question = asked.topic.question
        if question is None:
            # Raises for a name that is not known; one value is enough to see that.
            self.store.find(NameQuery(asked.topic.selectors, limit=1))
        if not sink.handles:
            raise ParameterError("the sink of a subscription needs a handle", parameter="sink")
        peer = await self.admit(sink.handles[0], caller)
        try:
            if question is not None:
                # What it asks for may come later; an expression that is wrong stays so.
                await self.questions.check(question, caller)
            now, wall = self.clock.seconds(), self.clock.wallTime()
            seconds = self.grants.lease(expirationTime - wall)
            subscription = Subscription(
                self.random(_ID_BYTES).hex(),
                asked.topic,
                sink.handles[0],
                caller.owner,
                wall,
                now + seconds,
                *self.grants.intervals(asked),
                asked.wantsSnapshot,
                peer,
            )
            await self.subscriptions.commit([Subscribe(subscription)])
        finally:
            if question is not None:
                self.questions.settled(question)
        end = self.clock.toWall(subscription.until)
        locator = Locator((self.handleOf(subscription.id),), (_SUBSCRIPTION,))
        return locator, TerminationTime(end, end, self.clock.wallTime())

    def _checkDialect(self, name: QName) -> None:
        language = DIALECTS.get(name)
        if name == _BY_NAMES or language in self.questions.engines:
            return
        known = ", ".join(one.clark for one in self.dialects)
        raise ExtensibilityNotSupported(f'"{cut(name)}" is no subscription here; there is {known}')

    def _read(self, expression: Element) -> SubscribeExpression:
        return readSubscribeExpression(expression, self.grants.names, self.grants.expressions)
