"""A whole RIPS: what it runs, when its values go, place-holders, and executeProvider; on a virtual clock."""

import math
from typing import Any

from zope.interface import implementer

from gma_twisted.configuration import Mistakes
from gma_twisted.errors import ModifiabilityViolation, ParameterError
from gma_twisted.interfaces import IDOMDataProvider
from gma_twisted.markup import Element, ReceivedValue, XMLGate, serialise
from gma_twisted.markup.jobs import JOB, QUEUE, SCHEDULER, schedulerTree
from gma_twisted.markup.namespaces import RIPS as RIPS_NAMESPACE
from gma_twisted.markup.namespaces import ogsi
from gma_twisted.markup.xsd import readQName
from gma_twisted.model import (
    ExecutionRequest,
    Handle,
    Locator,
    NameSelector,
    QName,
    Topic,
)
from gma_twisted.model.job import GramStatus, Job, Queue, Scheduler
from gma_twisted.nodes import INDEX, MMJFS, RIPS
from gma_twisted.soap.porttypes import (
    GRID_SERVICE,
    NOTIFICATION_SOURCE,
    NOTIFICATION_SUBSCRIPTION,
    PROVIDER_EXECUTION,
    RESOURCE_INFORMATION,
)
from gma_twisted.soap.subscribing import SubscribeExpression, writeSubscribeExpression
from tests.nodes.memorynode import MemoryNode
from tests.nodes.notifyings import Ear
from tests.nodes.plans import planOf
from tests.nodes.test_aggregating import AggregatingCase, url

EMPTY = b"/>"


@implementer(IDOMDataProvider)
class Batch:
    """
    A batch system in a few words.

    @cvar jobs: by scheduler: ids and states; a scheduler that is not there cannot be asked
    @cvar runs: how often each was asked
    """

    description = "a batch system"
    jobs: dict[str, dict[str, GramStatus]] = {}
    runs: dict[str, int] = {}

    def __init__(self, name: str) -> None:
        self.name = name

    async def provide(self) -> bytes:
        """As bytes."""
        return serialise(await self.provideDocument())

    async def provideDocument(self) -> Element:
        """As it is now."""
        self.runs[self.name] = self.runs.get(self.name, 0) + 1
        found = self.jobs[self.name]
        return schedulerTree(
            Scheduler(
                name=self.name,
                queues=[Queue(name="night")],
                jobs=[
                    Job(
                        jobID=id,
                        gramStatus=status,
                        status="R",
                        elapsedtime=str(self.runs[self.name]),
                    )
                    for id, status in found.items()
                ],
            )
        )


def batch(name: str, more: str = "interval = '2s'\n") -> str:
    """A section that asks one of them."""
    return (
        f"[providers.{name}]\nclass = 'tests.nodes.test_rips:Batch'\nhandler = 'jobDataHandler'\n"
        f"arguments = {{ name = '{name}' }}\n{more}"
    )


class JobCase(AggregatingCase):
    """Nodes that know of jobs."""

    def setUp(self) -> None:
        """Two batch systems, and a sink where the caller is."""
        super().setUp()
        Batch.jobs = {"pbs": {"101.srv": GramStatus.ACTIVE}, "slurm": {}}
        Batch.runs = {}
        self.ear = Ear()
        self.sink = self.ear.listen(self.network, "me")

    def jobs(self, kind: Any = RIPS, name: QName = JOB) -> dict[str, ReceivedValue]:
        """What a node has, by key."""
        return {one.key: one for one in self.values(kind, name)}

    def subscribe(
        self, kind: Any, key: str, snapshot: bool = True, seconds: float = 60.0
    ) -> Handle:
        """Subscribe to a job."""
        topic = Topic((NameSelector(JOB, key=key),))
        locator, _ = self.result(
            self.proxy(url(kind), NOTIFICATION_SOURCE).subscribe(
                writeSubscribeExpression(SubscribeExpression(topic, wantsSnapshot=snapshot)),
                Locator((self.sink,)),
                self.clock.wallTime() + seconds,
            )
        )
        handle: Handle = locator.handles[0]
        return handle

    def told(self, subscription: Handle) -> list[list[str]]:
        """What each notice to a subscriber says of jobs: the state, empty for a place-holder."""
        return [
            [_stateOf(value) for value in notice.put]
            for delivery, notice in self.ear.heard
            if delivery.subscription == subscription.url
        ]

    def news(self, subscription: Handle) -> list[list[str]]:
        """The same without those that say what the one before said."""
        told = self.told(subscription)
        return [one for at, one in enumerate(told) if told[at - 1 : at] != [one]]


def _stateOf(value: ReceivedValue) -> str:
    tree = XMLGate().parse(value.head + value.tail)
    return tree.findtext(f"{{{RIPS_NAMESPACE}}}gramStatus") or ""


class PlanTests(JobCase):
    """What the kind makes of a configuration."""

    def test_providers(self) -> None:
        """Without any it runs fork, with its handler, and system; with one of its own that alone."""
        fork, system = planOf("", kind=RIPS).setups
        self.assertEqual((fork.name, fork.interval, fork.grace), ("fork", 5.0, 60.0))
        self.assertTrue(fork.implementation.endswith(":ForkInfoProvider"))
        self.assertEqual(type(fork.handler).__name__, "JobDataHandler")
        self.assertEqual((system.name, system.interval, system.grace), ("system", 5.0, 60.0))
        self.assertEqual([one.name for one in planOf(batch("pbs"), kind=RIPS).setups], ["pbs"])

    def test_grace(self) -> None:
        """grace_period is the grace of each provider that has none, of those that stand in too."""
        text = "[rips]\ngrace_period = '7s'\n"
        self.assertEqual([one.grace for one in planOf(text, kind=RIPS).setups], [7.0, 7.0])
        both = text + batch("pbs") + batch("slurm", "interval = '1s'\ngrace = '3s'\n")
        self.assertEqual([one.grace for one in planOf(both, kind=RIPS).setups], [7.0, 3.0])
        self.assertEqual(planOf("", kind=RIPS).rips.sweeperDelay, 5.0)

    def test_otherKinds(self) -> None:
        """[rips] is of no use to any other kind, and told so."""
        for kind in (INDEX, MMJFS):
            text = "[rips]\nsweeper_delay = '1s'\n"
            error = self.assertRaises(Mistakes, planOf, text, kind=kind)
            self.assertIn(f"a {kind.command} is no RIPS, and has no use for [rips]", str(error))
            planOf("[rips]", kind=kind)

    def test_reload(self) -> None:
        """Another grace_period is another grace of the providers that are without: they run anew, at once."""
        node = self.node(RIPS, batch("pbs"))
        self.turn(1.0)
        node.configuration = "[rips]\ngrace_period = '5s'\n" + batch("pbs")
        reloaded = self.result(node.service.control.reloader.reload())
        self.assertEqual(
            (list(reloaded.changed), list(reloaded.later)), (["providers.pbs changed"], [])
        )
        node.configuration = "[rips]\nsweeper_delay = '1s'\ngrace_period = '5s'\n" + batch("pbs")
        reloaded = self.result(node.service.control.reloader.reload())
        self.assertEqual(
            (list(reloaded.changed), list(reloaded.later)), ([], ["rips.sweeper_delay"])
        )


class ServiceTests(JobCase):
    """What it is."""

    def test_interfaces(self) -> None:
        """Its port types are those of GT3's service, and the one it was called by."""
        self.node(RIPS, batch("pbs"))
        values = self.values(RIPS, ogsi("interface"))
        found = {_name(one).localName for one in values}
        self.assertEqual(
            found,
            {
                "GridService",
                "NotificationSource",
                PROVIDER_EXECUTION.name.localName,
                RESOURCE_INFORMATION.name.localName,
            },
        )

    def test_known(self) -> None:
        """Jobs, queues and schedulers are known before there are any, and no client sets them."""
        node = self.node(RIPS, batch("pbs", ""))
        for name in (JOB, QUEUE, SCHEDULER):
            self.assertEqual(self.values(RIPS, name), [])
        self.assertEqual(self.status(node)["elements"] > 0, True)
        update = (
            b"<ogsi:setByServiceDataNames><rips:Job xmlns:rips='%b'/></ogsi:setByServiceDataNames>"
            % RIPS_NAMESPACE.encode()
        )
        asked = self.proxy(url(RIPS), GRID_SERVICE).setServiceData(update)
        self.refused(asked, ModifiabilityViolation)

    def test_values(self) -> None:
        """One value for each job, queue and scheduler, with its key."""
        self.node(RIPS, batch("pbs"))
        self.turn(1.0)
        self.assertEqual(list(self.jobs()), ["101.srv"])
        self.assertEqual(list(self.jobs(name=QUEUE)), ["pbs/night"])
        self.assertEqual(list(self.jobs(name=SCHEDULER)), ["pbs"])


class LifeTests(JobCase):
    """When a value is stale, when it is gone, and when that is told."""

    def test_life(self) -> None:
        """Past goodUntil stale; past availableUntil gone for every read at once; told at the next sweep."""
        node = self.node(
            RIPS, "[rips]\ngrace_period = '3s'\nsweeper_delay = '10s'\n" + batch("pbs")
        )
        self.turn(1.0)
        # Something else goes, so that the next sweep is ten seconds away.
        self.subscribe(RIPS, "early", seconds=5.0)
        self.turn(5.0)
        mine = self.subscribe(RIPS, "101.srv")
        self.turn(0.2)
        del Batch.jobs["pbs"]
        start = self.clock.seconds()
        isStale = gone = told = math.inf
        while told == math.inf and self.clock.seconds() < start + 20.0:
            self.turn(0.1)
            now = self.clock.seconds() - start
            found = self.jobs().get("101.srv")
            if found is None:
                gone = min(gone, now)
            elif found.goodUntil is not None and found.goodUntil <= self.clock.wallTime():
                isStale = min(isStale, now)
            if self.told(mine)[-1] == [] and told == math.inf:
                told = now
        self.assertLessEqual(isStale, 2.2)
        self.assertAlmostEqual(gone - isStale, 3.0, delta=0.15)
        self.assertGreater(told - gone, 1.0)
        self.assertLessEqual(told - gone, 10.1)
        self.assertEqual(self.told(mine)[0], ["Active"])
        self.assertEqual(self.status(node)["subscriptions"], 1)


class ExecutionTests(JobCase):
    """A provider that is installed only."""

    def test_first(self) -> None:
        """The first executeProvider fixes how often it runs; later ones run it once more, and move nothing of it."""
        self.node(RIPS, batch("pbs", ""))
        execution = self.proxy(url(RIPS), PROVIDER_EXECUTION)
        self.turn(5.0)
        self.assertEqual((Batch.runs, self.jobs()), ({}, {}))
        self.result(execution.executeProvider(ExecutionRequest("pbs", refreshFrequency=4.0)))
        self.turn(1.0)
        self.assertEqual((Batch.runs["pbs"], list(self.jobs())), (1, ["101.srv"]))
        self.turn(8.0)
        self.assertEqual(Batch.runs["pbs"], 3)
        self.result(execution.executeProvider(ExecutionRequest("pbs", refreshFrequency=1.0)))
        self.turn(0.5)
        self.assertEqual(Batch.runs["pbs"], 4)
        self.turn(8.0)
        self.assertEqual(Batch.runs["pbs"], 6)

    def test_fixed(self) -> None:
        """Nor does a later one bring arguments that the configuration has given."""
        self.node(RIPS, batch("pbs", ""))
        execution = self.proxy(url(RIPS), PROVIDER_EXECUTION)
        self.result(execution.executeProvider(ExecutionRequest("pbs", refreshFrequency=4.0)))
        asked = execution.executeProvider(ExecutionRequest("pbs", arguments="name=slurm"))
        self.assertIn("fixed by the configuration", self.refused(asked, ParameterError))

    def test_lifetime(self) -> None:
        """Values live as long as the frequency that was fixed, and the grace."""
        self.node(RIPS, "[rips]\ngrace_period = '6s'\n" + batch("pbs", ""))
        execution = self.proxy(url(RIPS), PROVIDER_EXECUTION)
        self.result(execution.executeProvider(ExecutionRequest("pbs", refreshFrequency=4.0)))
        self.turn(0.5)
        one = self.jobs()["101.srv"]
        assert one.goodFrom is not None and one.goodUntil is not None
        assert one.availableUntil is not None
        self.assertAlmostEqual(one.goodUntil - one.goodFrom, 4.0, delta=0.01)
        self.assertAlmostEqual(one.availableUntil - one.goodUntil, 6.0, delta=0.01)


class PlaceholderTests(JobCase):
    """A job that is subscribed to before it is there."""

    def test_comes(self) -> None:
        """First it is empty, then the job, then its states, then nothing; and nothing stays."""
        self.node(RIPS, "[rips]\ngrace_period = '1s'\nsweeper_delay = '1s'\n" + batch("slurm"))
        self.turn(0.5)
        mine = self.subscribe(RIPS, "77")
        self.assertEqual([one.tail for one in self.jobs().values()], [EMPTY])
        Batch.jobs["slurm"]["77"] = GramStatus.PENDING
        self.turn(2.0)
        Batch.jobs["slurm"]["77"] = GramStatus.ACTIVE
        self.turn(4.0)
        del Batch.jobs["slurm"]["77"]
        self.turn(8.0)
        self.assertEqual(self.news(mine), [[""], ["Pending"], ["Active"], []])
        self.assertEqual(self.jobs(), {})

    def test_ends(self) -> None:
        """It ends with the lease, and when the subscription is ended."""
        self.node(RIPS, batch("slurm"))
        self.turn(0.5)
        self.subscribe(RIPS, "77", seconds=10.0)
        handle = self.subscribe(RIPS, "78")
        self.assertEqual(sorted(self.jobs()), ["77", "78"])
        self.result(self.proxy(handle.url, NOTIFICATION_SUBSCRIPTION).destroy())
        self.assertEqual(sorted(self.jobs()), ["77"])
        self.turn(12.0)
        self.assertEqual(self.jobs(), {})

    def test_again(self) -> None:
        """A job that was gone and comes back as it was takes the place of the empty one for all to hear."""
        self.node(RIPS, batch("pbs", "interval = '2s'\ngrace = '3s'\n"))
        self.turn(5.0)
        jobs = Batch.jobs.pop("pbs")
        self.turn(30.0)
        self.assertEqual(self.jobs(), {})
        topic = Topic((NameSelector(JOB, key="101.srv"),), wantsChanges=True)
        locator, _ = self.result(
            self.proxy(url(RIPS), NOTIFICATION_SOURCE).subscribe(
                writeSubscribeExpression(SubscribeExpression(topic, wantsSnapshot=True)),
                Locator((self.sink,)),
                self.clock.wallTime() + 3600.0,
            )
        )
        self.turn(2.0)
        Batch.jobs["pbs"] = jobs
        self.turn(60.0)
        told = [one for one in self.told(locator.handles[0]) if one]
        self.assertEqual(told, [[""], ["Active"]])

    def test_bound(self) -> None:
        """How many there may be is configured."""
        self.node(RIPS, "[limits]\nplaceholders = 1\n" + batch("slurm"))
        self.turn(0.5)
        self.subscribe(RIPS, "77")
        self.subscribe(RIPS, "78")
        self.assertEqual(list(self.jobs()), ["77"])

    def test_perOwner(self) -> None:
        """So is how many there may be of one owner, who gets another one when one has ended."""
        self.node(RIPS, "[limits]\nplaceholders_per_owner = 2\n" + batch("slurm"))
        self.turn(0.5)
        handle = self.subscribe(RIPS, "77")
        self.subscribe(RIPS, "78")
        self.subscribe(RIPS, "79")
        self.assertEqual(sorted(self.jobs()), ["77", "78"])
        self.result(self.proxy(handle.url, NOTIFICATION_SUBSCRIPTION).destroy())
        self.subscribe(RIPS, "80")
        self.assertEqual(sorted(self.jobs()), ["78", "80"])


class MMJFSTests(JobCase):
    """A node that copies two of them."""

    def site(self, more: str = "") -> MemoryNode:
        """One RIPS, and a MMJFS that copies it; what it copies is not said."""
        self.node(RIPS, batch("pbs") + batch("slurm") + more)
        return self.node(MMJFS, f"[aggregate.a]\nfrom = '{url(RIPS)}'\ninterval = '2s'\n")

    def test_copied(self) -> None:
        """It has jobs, queues, schedulers, of all schedulers, and the host; and no names of the RIPS besides."""
        self.site(
            "[providers.system]\nclass = 'SimpleSystemInformationProvider'\ninterval = '5s'\n"
        )
        self.turn(3.0)
        self.assertEqual(list(self.jobs(MMJFS)), ["101.srv"])
        self.assertEqual(sorted(self.jobs(MMJFS, QUEUE)), ["pbs/night", "slurm/night"])
        self.assertEqual(sorted(self.jobs(MMJFS, SCHEDULER)), ["pbs", "slurm"])
        host = QName("http://glue.base.ogsa.globus.org/ce/1.1", "Host")
        self.assertEqual([one.originator for one in self.values(MMJFS, host)], [url(RIPS)])
        self.assertEqual(
            planOf("[aggregate.a]\nfrom = 'http://h/s'\nnames = 'rips:Job'\n", kind=MMJFS)
            .aggregate["a"]
            .names,
            (JOB,),
        )

    def test_known(self) -> None:
        """Without anything to copy jobs can be subscribed to: it waits for who asks it to aggregate."""
        self.node(MMJFS, "")
        self.assertEqual(self.values(MMJFS, JOB), [])
        self.subscribe(MMJFS, "101.srv")
        self.assertEqual([one.tail for one in self.jobs(MMJFS).values()], [EMPTY])

    def test_placeholder(self) -> None:
        """The empty value of a job goes when a RIPS tells of it: no query sees both, and the last notice has one."""
        self.site()
        self.turn(3.0)
        mine = self.subscribe(MMJFS, "77")
        self.turn(0.5)
        self.assertEqual(self.jobs(MMJFS)["77"].originator, url(MMJFS))
        Batch.jobs["slurm"]["77"] = GramStatus.ACTIVE
        for _ in range(60):
            self.turn(0.05)
            found = [one for one in self.values(MMJFS, JOB) if one.key == "77"]
            self.assertEqual(len(found), 1)
        self.assertEqual((found[0].originator, _stateOf(found[0])), (url(RIPS), "Active"))
        # The notice that tells of the job leaves before the place-holder is gone.
        self.assertEqual(
            [sorted(one) for one in self.news(mine)], [[""], ["", "Active"], ["Active"]]
        )

    def test_perJob(self) -> None:
        """Who subscribes to one job hears of its states, and of no other job."""
        self.site()
        self.turn(3.0)
        mine = self.subscribe(MMJFS, "101.srv")
        self.turn(0.5)
        Batch.jobs["pbs"]["102.srv"] = GramStatus.ACTIVE
        self.turn(4.0)
        Batch.jobs["pbs"]["101.srv"] = GramStatus.DONE
        self.turn(3.0)
        self.assertEqual(self.news(mine), [["Active"], ["Done"]])


def _name(value: ReceivedValue) -> QName:
    tree = XMLGate().parse(value.head + value.tail)
    return readQName(tree.text or "", tree.nsmap)


del AggregatingCase, JobCase
