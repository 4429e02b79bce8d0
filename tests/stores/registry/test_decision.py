"""The pure half of a commit: what it says is the same by every way, and its sums are right."""

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

import attrs
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import GMAError, ParameterError, ServiceAlreadyExists, TooLarge
from gma_twisted.model import End, Ended, Keep, Kept, Registration, RegistryCommand, Renew, Renewed
from gma_twisted.stores.registry.decision import Decision, Reset, Work, decide
from gma_twisted.stores.registry.limits import RegistryLimits
from gma_twisted.stores.registry.sharing import Pool
from gma_twisted.stores.registry.table import RegistryTable
from gma_twisted.stores.registry.view import Overlay, View, weight
from gma_twisted.testing.registry.model import RegistryModel, makeRegistration, randomCommands

_NOTHING = Renew("never there", 1.0)


def _history(random: Random) -> Iterator[tuple[float, list[RegistryCommand]]]:
    """Instants and commits about few members, ids that were used before among them."""
    model = RegistryModel()
    for step in range(40):
        commands = randomCommands(random, model, step / 4)
        for number, command in enumerate(commands):
            if isinstance(command, Keep):
                row = attrs.evolve(command.row, content=b"<c/>" * random.randint(1, 20))
                commands[number] = Keep(row, command.known)
                model.history[row.entry] = []
        yield step / 4, commands


class DecisionTests(SynchronousTestCase):
    """On a table that is changed as decided."""

    def setUp(self) -> None:
        """Make it."""
        self.table = RegistryTable(100)
        self.limits = RegistryLimits()
        self.pool = Pool()

    def decide(self, now: float, *work: Work) -> Decision:
        """What the work changes."""
        return decide(work, self.table, now, self.limits, self.pool)

    def apply(self, decision: Decision) -> None:
        """Change the table."""
        for change in decision.changes:
            if isinstance(change, Ended):
                self.table.remove(change.row.entry)
            elif isinstance(change, Renewed):
                self.table.renew(change.row)
            else:
                self.table.put(change.row, 0)
        self.table.size += decision.size

    def test_single(self) -> None:
        """A command alone does what it does in company, on the table and on decisions under way."""
        self.limits = RegistryLimits(entries=6, perOwner=4, bytes=6 * 680)
        outcomes: Counter[str] = Counter()
        for seed in range(30):
            for now, commands in _history(Random(seed)):
                for command in commands:
                    outcomes[self._compared(self.table, now, command)] += 1
                    self._compared(Overlay(self.table), now, command)
                    try:
                        self.apply(self.decide(now, command))
                    except GMAError:
                        continue
            self.apply(self.decide(0.0, Reset(())))
        # Nothing changed, one entry touched in each way, entries met past their time, and refusals.
        often = {"", "Kept", "Updated", "Renewed", "Ended", "Ended Kept", "Ended Ended"}
        often |= {error.code for error in (TooLarge, ServiceAlreadyExists, ParameterError)}
        self.assertEqual({one for one in often if outcomes[one] > 2}, often)

    def _compared(self, view: View, now: float, command: RegistryCommand) -> str:
        alone = self._said(view, now, command)
        self.assertEqual(alone, self._said(view, now, command, _NOTHING))
        return alone[0]

    def _said(self, view: View, now: float, *work: Work) -> tuple[str, object]:
        try:
            decision = decide(work, view, now, self.limits, self.pool)
        except GMAError as error:
            return error.code, error.message
        changes = list(decision.changes)
        kinds = " ".join(type(change).__name__ for change in changes)
        return kinds, (changes, decision.rows[0], decision.size)

    def test_size(self) -> None:
        """The sums of decisions are what the entries weigh, whatever came, passed or was put in their place."""
        for seed in range(30):
            random = Random(seed)
            for now, commands in _history(random):
                work: Sequence[Work] = commands
                if random.random() < 0.1:
                    work = [Reset([makeRegistration(f"e{n}", until=now + n) for n in range(3)])]
                try:
                    self.apply(self.decide(now, *work))
                except GMAError:
                    continue
                weights = [weight(row) for row in self.table.everything()]
                self.assertEqual(self.table.size, sum(weights))

    def test_passedAndAgain(self) -> None:
        """An id that a commit let pass and keeps again comes as the last, and is counted once."""
        passed = makeRegistration(until=0.0)
        other, again = makeRegistration("e2", "http://b/"), makeRegistration("e1", "http://c/")
        decision = self.decide(1.0, Keep(passed), Keep(other), Keep(again))
        self.assertEqual(list(decision.changes), [Kept(other), Kept(again)])
        self.assertEqual(decision.size, weight(other) + weight(again))
        self.limits = RegistryLimits(entries=1)
        self.assertRaises(TooLarge, self.decide, 1.0, Keep(passed), Keep(other), Keep(again))

    def test_shared(self) -> None:
        """A member that comes again as it was shares everything with its entry."""
        row = makeRegistration(until=5.0)
        self.apply(self.decide(0.0, Keep(row)))
        before = self.table.get("e1")
        again = makeRegistration("new", until=9.0, since=1.0)
        after = self.decide(0.0, Keep(again)).rows[0]
        assert before is not None
        assert after is not None
        self.assertEqual(after, makeRegistration(until=9.0))
        self.assertIs(after.member, before.member)
        self.assertIs(after.attributes, before.attributes)

    def test_shrinking(self) -> None:
        """Above a bound that was lowered entries may be renewed, shortened and ended, and none may grow or come."""
        rows = [makeRegistration(f"e{n}", f"http://{n}/") for n in range(3)]
        self.apply(self.decide(0.0, *[Keep(row) for row in rows]))
        self.limits = RegistryLimits(entries=2, perOwner=2, bytes=1000)
        grown = makeRegistration("new", "http://0/", content=b"<c>more</c>")
        for row in (grown, makeRegistration("e9", "http://9/")):
            self.assertRaises(TooLarge, self.decide, 0.0, Keep(row))
        shorter = Registration("new", rows[0].member, owner="ann")
        for command in (Keep(shorter), Renew("e1", 9.0), End("e2")):
            self.assertEqual(len(self.decide(0.0, command).changes), 1)
