"""The store of subscriptions on a journal: the contract, and the same history as in memory."""

from random import Random

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import GMAError
from gma_twisted.interfaces import ISubscriptionStore
from gma_twisted.model import SubscriptionChanges
from gma_twisted.stores.recording import Forgetful, Recorder
from gma_twisted.stores.subscriptions import SubscriptionStore
from gma_twisted.testing.subscriptions import (
    SubscriptionRestartContract,
    SubscriptionStoreContract,
)
from gma_twisted.testing.subscriptions.model import SubscriptionModel, randomCommands
from gma_twisted.timing import NodeClock, toDeferred
from tests.stores.journal.stand import quickJournal


class DurableContract(SubscriptionStoreContract, SynchronousTestCase):
    """A store with a journal keeps the contract."""

    def makeStore(self, clock: NodeClock) -> ISubscriptionStore:
        """A store on a new journal."""
        return SubscriptionStore(
            clock, recorder=quickJournal(self.mktemp(), "subscriptions", clock)
        )


class RestartContract(SubscriptionRestartContract, SynchronousTestCase):
    """A store with a journal outlives its process."""

    path = ""

    def makeStore(self, clock: NodeClock) -> ISubscriptionStore:
        """A store on the journal of this case."""
        self.path = self.path or self.mktemp()
        return SubscriptionStore(clock, recorder=quickJournal(self.path, "subscriptions", clock))


class SameHistoryTests(SynchronousTestCase):
    """What makes a store durable changes nothing of what it tells."""

    def told(self, recorderOf: type[Forgetful] | None) -> list[SubscriptionChanges | str]:
        """Everything a store tells and answers in one random history."""
        time = Clock()
        clock = NodeClock(time, lambda: 1.7e9 + time.seconds())
        recorder: Recorder
        if recorderOf is None:
            recorder = quickJournal(self.mktemp(), "subscriptions", clock)
        else:
            recorder = recorderOf()
        store = SubscriptionStore(clock, recorder=recorder)
        told: list[SubscriptionChanges | str] = []
        store.observe(told.append)
        self.successResultOf(toDeferred(store.start()))
        random, model = Random(23), SubscriptionModel()
        for _ in range(300):
            commands = randomCommands(random, model, time.seconds())
            model.commit(commands, time.seconds())
            try:
                answer = toDeferred(store.commit(commands))
                told.append(self.successResultOf(answer))
            except GMAError as error:
                told.append(str(error))
            time.advance(random.choice((0.0, 0.125, 0.5)))
        self.successResultOf(toDeferred(store.stop()))
        return told

    def test_sameHistory(self) -> None:
        """In memory and on a journal the same commits are answered and told alike, to the last change."""
        told = self.told(Forgetful)
        self.assertEqual(self.told(None), told)
        self.assertGreater(len(told), 400)
