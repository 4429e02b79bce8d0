"""[limits] and the engines it bounds."""

from collections.abc import Sequence
from typing import Any

import attrs
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.aggregation import AggregateSource, AggregatorLimits, Intake
from gma_twisted.client.membership import Membership
from gma_twisted.configuration import (
    AggregateSection,
    ConsumerSection,
    DirectorySection,
    LimitsSection,
    NotifySection,
    ProducerSection,
    ProviderSection,
    RegisterSection,
    RegistrySection,
    RIPSSection,
    StreamsSection,
)
from gma_twisted.configuration.declaration import keys
from gma_twisted.errors import Busy, TooLarge
from gma_twisted.events.limits import EngineLimits, EventValueLimits, PlaneLimits
from gma_twisted.execution import DEFAULT_GRACE, DEFAULT_TIMEOUT, MIN_INTERVAL, QuarantineLimits
from gma_twisted.hosting.instances import FactoryLimits
from gma_twisted.markup import XMLLimits
from gma_twisted.model import Handle, Keep, Put, Subscribe
from gma_twisted.nodes.candidates import SubscribingLimits
from gma_twisted.nodes.consuming import ConsumingLimits
from gma_twisted.notify import NoticeWriter, Notifier
from gma_twisted.notify.deliverer import DeliveryLimits
from gma_twisted.notify.placeholders import Placeholders
from gma_twisted.notify.source import SubscriptionGrants
from gma_twisted.queries import NameQueryLimits
from gma_twisted.queries.poollimits import PoolLimits
from gma_twisted.registration import GrantLimits
from gma_twisted.registration.directorylimits import DirectoryLimits
from gma_twisted.roles.place import RoleLimits
from gma_twisted.soap.questions import QuestionLimits
from gma_twisted.stores import MemoryStore, StoreLimits
from gma_twisted.stores.registry import RegistryLimits, RegistryStore
from gma_twisted.stores.subscriptions import SubscriptionLimits, SubscriptionStore
from gma_twisted.streams.limits import StreamLimits
from gma_twisted.streams.listenlimits import ListenLimits, OrderLimits
from gma_twisted.testing.registry.model import makeRegistration
from gma_twisted.testing.storemodel import makeElement
from gma_twisted.testing.subscriptions.model import makeSubscription
from gma_twisted.timing import NodeClock, Tombstones, toDeferred
from gma_twisted.transport import GateLimits
from tests.stores.registry.recorders import Scripted


class LimitsTests(SynchronousTestCase):
    """Every bound can be configured, and the defaults are the engines' own."""

    def check(self, engine: str, limits: Any) -> None:
        """Names and defaults agree."""
        self.assertEqual(LimitsSection().of(engine), attrs.asdict(limits))

    def test_gate(self) -> None:
        """The Gate's."""
        self.check("gate", GateLimits())

    def test_xml(self) -> None:
        """The XML gate's."""
        self.check("xml", XMLLimits())

    def test_quarantine(self) -> None:
        """That of documents that could not be used."""
        self.check("quarantine", QuarantineLimits())

    def test_store(self) -> None:
        """The store's."""
        self.check("store", StoreLimits())

    def test_registry(self) -> None:
        """The registry's, and its lifetimes under [registry]."""
        self.check("registry", RegistryLimits())
        section = RegistrySection()
        self.assertEqual(
            GrantLimits(section.minLifetime, section.defaultLifetime, section.maxLifetime),
            GrantLimits(),
        )

    def test_tombstones(self) -> None:
        """Those of its entries."""
        stones: Tombstones[None] = Tombstones(NodeClock(Clock()))
        self.assertEqual(LimitsSection().of("tombstones"), {"most": stones.most})
        self.assertEqual(RegistrySection().tombstones, stones.seconds)

    def test_register(self) -> None:
        """What is asked of a registry elsewhere."""
        handle = Handle("http://vo/r")
        asked = Membership(handle, handle)
        self.assertEqual(RegisterSection(handle).lifetime, asked.lifetime)

    def test_events(self) -> None:
        """Those of events, and of who takes them; their leases under [producer] and its like."""
        self.check("events", EngineLimits())
        self.check("eventplane", PlaneLimits())
        self.check("eventvalues", EventValueLimits())
        self.check("consuming", ConsumingLimits())
        self.check("subscribing", SubscribingLimits())
        # How long lines are gathered is said under [streams].
        streams = attrs.asdict(StreamLimits())
        self.assertEqual(streams.pop("linger"), StreamsSection().linger)
        self.assertEqual(LimitsSection().of("streams"), streams)
        self.check("listening", ListenLimits())
        self.check("order", OrderLimits())
        # What a producer sends of itself is taken.
        self.assertLessEqual(EngineLimits().batchEvents, ConsumingLimits().events)
        self.assertLessEqual(2 * EngineLimits().eventBytes, ConsumingLimits().message)
        self.check("directory", DirectoryLimits())
        bounds = attrs.asdict(RoleLimits())
        leases = [bounds.pop(name) for name in ("least", "usual", "most")]
        self.assertEqual(LimitsSection().of("roles"), bounds)
        for section in (ProducerSection(), ConsumerSection(), DirectorySection()):
            self.assertEqual(
                [section.minLifetime, section.defaultLifetime, section.maxLifetime], leases
            )

    def test_factory(self) -> None:
        """The Factory's."""
        self.check("factory", FactoryLimits())

    def test_notification(self) -> None:
        """Those of subscriptions, and of what is sent to them; their grants under [notify]."""
        self.check("subscriptions", SubscriptionLimits())
        self.check("delivery", DeliveryLimits())
        clock = NodeClock(Clock())
        store = MemoryStore(clock)
        writer = NoticeWriter(store, clock)
        told = attrs.asdict(writer, recurse=False)
        self.assertEqual(
            LimitsSection().of("notices"),
            {name: bound for name, bound in told.items() if isinstance(bound, int)},
        )
        fields = attrs.fields_dict(Notifier)
        own = {name: fields[name].default for name in ("mostKeys", "mostAnswerBytes")}
        self.assertEqual(LimitsSection().of("notifier"), own)
        stones: Tombstones[None] = Tombstones(clock)
        self.assertEqual(LimitsSection().of("ends"), {"most": stones.most})
        fields = attrs.fields_dict(Placeholders)
        own = {name: fields[name].default for name in ("most", "perOwner")}
        self.assertEqual(LimitsSection().of("placeholders"), own)
        # Whoever subscribes makes them; they are in the notices of who is told of all jobs.
        self.assertLess(LimitsSection().placeholders, LimitsSection().wholeValues / 5)
        section = NotifySection()
        self.assertEqual(section.tombstones, stones.seconds)
        self.assertEqual(
            SubscriptionGrants(
                section.minLifetime,
                section.maxLifetime,
                LimitsSection().subscriptionNames,
                section.minInterval,
                section.minRepeat,
            ),
            SubscriptionGrants(),
        )

    def test_aggregation(self) -> None:
        """Those of what is copied."""
        self.check("aggregator", AggregatorLimits())
        fields = attrs.fields_dict(Intake)
        own = {
            name: fields[name].default
            for name in ("good", "grace", "mostValues", "batch", "mostBytes")
        }
        self.assertEqual(LimitsSection().of("intake"), own)
        handle = Handle("http://h/s")
        source = AggregateSource(handle, ())
        section = AggregateSection([handle])
        self.assertEqual(
            (section.mode, section.lifetime, section.interval),
            (source.mode, source.lifetime, source.interval),
        )

    def test_query(self) -> None:
        """Those of queries by names and by expressions; an expression has its names from the one and its text."""
        self.check("query", NameQueryLimits())
        pool, read = attrs.asdict(PoolLimits()), attrs.asdict(QuestionLimits())
        limits = LimitsSection()
        self.assertEqual(limits.of("pool"), {name: pool[name] for name in limits.of("pool")})
        self.assertEqual(set(pool) - set(limits.of("pool")), {"maxExpression"})
        self.assertEqual(limits.of("question"), {"maxExpression": read["maxExpression"]})
        self.assertEqual(pool["maxExpression"], read["maxExpression"])
        self.assertEqual(limits.maxQueryNames, read["maxNames"])

    def test_providers(self) -> None:
        """A provider's time limit and grace."""
        section = ProviderSection(implementation="m:C", interval=MIN_INTERVAL)
        self.assertEqual((section.timeout, section.grace), (DEFAULT_TIMEOUT, None))
        self.assertEqual(RIPSSection().gracePeriod, DEFAULT_GRACE)
        self.assertEqual(list(section.mistakes()), [])


class NameTests(SynchronousTestCase):
    """The fault of a bound names the key that sets it, so that the operator knows what to change."""

    def setUp(self) -> None:
        """A clock that stands still."""
        self.clock = NodeClock(Clock())

    def check(self, engine: str, store: Any, bound: str, commands: Sequence[Any]) -> None:
        """Of commands that pass a bound of 1: all in one commit, or one in each where it is those that wait."""
        (key,) = (one.name for one in keys(LimitsSection) if one.bound == f"{engine}.{bound}")
        self.successResultOf(toDeferred(store.start()))
        commits = [[one] for one in commands] if bound == "queued" else [commands]
        for commit in commits[:-1]:
            _ = store.commit(commit)
        error = self.assertRaises((TooLarge, Busy), store.commit, commits[-1])
        self.assertRegex(error.message, rf"\bthe bound {key}\b")

    def test_registry(self) -> None:
        """Of every bound of a registry; what is remembered is forgotten in time, and refuses nothing."""
        row = makeRegistration()
        member = attrs.evolve(row.member, interfaces=[*row.member.interfaces] * 2)
        one = Keep(row)
        two = [one, Keep(makeRegistration("e2", "http://b/"))]
        passing = {
            "entries": two,
            "perOwner": two,
            "contentSize": [one],
            "size": [one],
            "attributes": [Keep(attrs.evolve(row, attributes=(("a", "b"), ("c", "d"))))],
            "interfaces": [Keep(attrs.evolve(row, member=member))],
            "bytes": [one],
            "batch": two,
            "queued": [one, *two],
        }
        self.assertEqual({*passing, "remembered"}, {*attrs.asdict(RegistryLimits())})
        for bound, commands in passing.items():
            limits = RegistryLimits(**{bound: 1})
            self.check("registry", RegistryStore(self.clock, limits, Scripted()), bound, commands)

    def test_subscriptions(self) -> None:
        """Of every bound of the subscriptions of a service."""
        row = makeSubscription()
        one = Subscribe(row)
        two = [one, Subscribe(makeSubscription("other"))]
        twice = attrs.evolve(row.topic, selectors=tuple(row.topic.selectors) * 2)
        passing = {
            "subscriptions": two,
            "perOwner": two,
            "names": [Subscribe(attrs.evolve(row, topic=twice))],
            "size": [one],
            "bytes": [one],
            "batch": two,
            "queued": [one, *two],
        }
        self.assertEqual({*passing}, {*attrs.asdict(SubscriptionLimits())})
        for bound, commands in passing.items():
            limits = SubscriptionLimits(**{bound: 1})
            store = SubscriptionStore(self.clock, limits, Scripted())
            self.check("subscriptions", store, bound, commands)

    def test_store(self) -> None:
        """Of every bound of the service data."""
        one = Put(makeElement())
        two = [one, Put(makeElement(key="2"))]
        passing = {
            "elements": two,
            "bytes": [one],
            "elementSize": [one],
            "names": [one, Put(makeElement("{urn:a}two"))],
            "batch": two,
            "queued": [one, *two],
        }
        self.assertEqual({*passing}, {*attrs.asdict(StoreLimits())})
        for bound, commands in passing.items():
            limits = StoreLimits(**{bound: 1})
            self.check("store", MemoryStore(self.clock, limits, Scripted()), bound, commands)
