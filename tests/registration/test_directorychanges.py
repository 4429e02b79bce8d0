"""A directory under random changes: whatever comes between, each watcher knows what was done, and so do searches."""

from random import Random

import attrs

from bench.directorychurn import Churn, Watcher, WatcherPlane
from gma_twisted.registration import GrantLimits
from gma_twisted.registration.directory import Directory
from gma_twisted.registration.directorylimits import DirectoryLimits
from tests.registration.directorystand import DirectoryCase

_WATCHER = "http://watcher.example/services/consumer"


class _AtOnce:
    """The operations of a directory whose answers are there at once."""

    def __init__(self, case: DirectoryCase) -> None:
        self._case = case

    def __getattr__(self, name: str) -> object:
        operation = getattr(self._case.directory, name)
        return lambda *arguments: self._case.done(operation(*arguments))


class ChangesCase(DirectoryCase):
    """Hundreds of steps, each time others."""

    grants = GrantLimits(5.0, 60.0, 600.0)
    watchGrants = GrantLimits(5.0, 100_000.0, 100_000.0)

    def makeDirectory(self) -> Directory:
        """With watchers instead of consumers."""
        self.watchers = WatcherPlane()
        return attrs.evolve(super().makeDirectory(), plane=self.watchers)

    def play(self, seed: int, steps: int, failing: float, numbers: int = 30) -> Churn:
        """
        Play one story, and compare at times.

        @param failing: how often watchers do
        """
        random = Random(seed)
        churn = Churn(
            _AtOnce(self),  # type: ignore[arg-type]
            random,
            self.clock.seconds,
            (5.0, 20.0, 100.0),
            numbers,
            8,
        )
        watchers = self.watchers.watchers
        for _ in range(steps):
            churn.step()
            if random.random() < 0.02 and len(watchers) < 8:
                conditions = churn.conditions()
                watchers.append(Watcher(conditions, random, failing))
                self.watchAs(len(watchers) - 1, watchers[-1])
            if random.random() < 0.3:
                self.pass_(random.choice((0.05, 0.25, 2.0)))
            if random.random() < 0.2:
                for watcher in watchers:
                    watcher.goOn()
            if random.random() < 0.02:
                self.compare(churn, watchers)
        self.compare(churn, watchers)
        return churn

    def watchAs(self, number: int, watcher: Watcher) -> None:
        """Have somebody watch."""
        asked = watcher.conditions
        self.watch(asked.role, asked.template, asked.attributes, number, consumer=_WATCHER)

    def compare(self, churn: Churn, watchers: list[Watcher]) -> None:
        """Let everybody be told, then compare what they know with what was done."""
        failing = [watcher.failing for watcher in watchers]
        for watcher in watchers:
            watcher.failing = 0.0
        # The longest pause after failures, and a notification for each.
        for _ in range(4):
            for watcher in watchers:
                watcher.goOn()
            self.pass_(16.0)
        self.assertEqual(self.flushLoggedErrors(), [])
        churn.passed()
        for number, watcher in enumerate(watchers):
            churn.model.checkMirror(watcher.conditions, watcher.mirror, f"watcher {number}")
            watcher.failing = failing[number]
        for _ in range(3):
            churn.search(churn.conditions(), 7)


class ChangesTests(ChangesCase):
    """Of a directory with as much room as usual."""

    def test_good(self) -> None:
        """Watchers that take everything miss nothing, and nothing is told anew."""
        for seed in range(3):
            self.setUp()
            self.play(seed, 300, 0.0)
            self.assertEqual({one.mirror.resets for one in self.watchers.watchers}, {0})
            self.assertGreater(sum(one.events for one in self.watchers.watchers), 50)

    def test_failing(self) -> None:
        """Watchers that are away, slow, or whose answers get lost, know everything in the end."""
        for seed in range(4):
            self.setUp()
            churn = self.play(100 + seed, 400, 0.6)
            self.assertGreater(churn.counts["ended by their leases"], 10)
            self.assertGreater(churn.counts["matches told"], 100)


class NarrowTests(ChangesCase):
    """Of one that keeps few changes."""

    directoryLimits = DirectoryLimits(changes=12)

    def test_failing(self) -> None:
        """Watchers that were told everything anew, again and again, know everything in the end."""
        resets = 0
        for seed in range(2):
            self.setUp()
            self.play(200 + seed, 300, 0.8)
            resets += sum(one.mirror.resets for one in self.watchers.watchers)
        self.assertGreater(resets, 3)
