"""A machine that was off for a while: what is left of a lifetime goes on by the wall clock."""

import math
import shutil
from collections.abc import Mapping
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.model import Handle, Keep, Locator, Registration, Renew
from gma_twisted.stores.journal import Inline, Journal
from gma_twisted.stores.registry import RegistryStore
from gma_twisted.timing import NodeClock, toDeferred

HOUR = 3600.0
YEAR = 365 * 24 * HOUR
NOON = 1_800_000_000.0
LIVES = {"half": 0.5 * HOUR, "whole": HOUR, "double": 2 * HOUR, "ever": math.inf}


class Machine:
    """One start of a machine, with a registry node on its disk."""

    def __init__(self, case: SynchronousTestCase, disk: Path, boot: str, ran: float, wall: float):
        """
        @param boot: what tells this start from others
        @param ran: seconds it has run
        @param wall: what its wall clock says then
        """
        self.case, self.disk = case, disk
        self.turns = Clock()
        self.turns.advance(ran)
        self.ahead = wall - ran
        clock = NodeClock(self.turns, lambda: self.ahead + self.turns.seconds())
        journal = Journal(
            str(disk / "registrations.db"), "registrations", clock, Inline(), lambda: boot
        )
        self.store = RegistryStore(clock, recorder=journal)
        started = toDeferred(self.store.start())
        self.turns.pump([0.0] * 3)
        case.successResultOf(started)
        case.addCleanup(lambda: toDeferred(self.store.stop()))

    def commit(self, *commands: Keep | Renew) -> None:
        """Have it done."""
        self.case.successResultOf(toDeferred(self.store.commit(commands)))

    def register(self) -> None:
        """Entries with all the lifetimes."""
        now = self.turns.seconds()
        for name, seconds in LIVES.items():
            member = Locator((Handle(f"http://{name}/"),))
            self.commit(Keep(Registration(name, member, until=now + seconds)))

    def left(self) -> Mapping[str, float]:
        """Seconds left of what there is."""
        now = self.turns.seconds()
        return {row.entry: round(row.until - now, 3) for row in self.store.entries()}

    def crashed(self, boot: str, ran: float, wall: float) -> "Machine":
        """The same disk in another start, as this one leaves it without a word."""
        place = Path(self.case.mktemp())
        shutil.copytree(self.disk, place)
        return Machine(self.case, place, boot, ran, wall)


class RebootTests(SynchronousTestCase):
    """Entries of a machine that was switched off ten minutes after its start."""

    def setUp(self) -> None:
        """They come, and a hundred seconds later the power goes."""
        place = Path(self.mktemp())
        place.mkdir()
        self.machine = Machine(self, place, "one", 600.0, NOON)
        self.machine.register()
        self.machine.turns.advance(100.0)
        self.off = NOON + 100.0

    def test_hour(self) -> None:
        """After an hour, what had less than an hour is gone and everything else has an hour less."""
        after = self.machine.crashed("two", 20.0, self.off + HOUR)
        self.assertEqual(after.left(), {"double": HOUR - 100.0, "ever": math.inf})

    def test_edge(self) -> None:
        """An entry with a tenth of a second left is there for a tenth of a second."""
        after = self.machine.crashed("two", 20.0, NOON + HOUR - 0.1)
        self.assertEqual(after.left()["whole"], 0.1)
        after.turns.advance(0.09)
        self.assertIn("whole", after.left())
        after.turns.advance(0.011)
        self.assertNotIn("whole", after.left())

    def test_setBack(self) -> None:
        """A wall clock that comes back years earlier neither ends nor prolongs anything."""
        after = self.machine.crashed("two", 20.0, NOON - 10 * YEAR)
        self.assertEqual(after.left(), LIVES)

    def test_restart(self) -> None:
        """Without a reboot the wall clock counts for nothing, wherever it was set to."""
        for wall in (NOON - 10 * YEAR, NOON + 10 * YEAR):
            after = self.machine.crashed("one", 600.0 + HOUR, wall)
            self.assertEqual(after.left(), {"double": HOUR, "ever": math.inf})

    def test_renewed(self) -> None:
        """A renewal holds through a reboot as the lifetime it renewed would have."""
        self.machine.commit(Renew("half", self.machine.turns.seconds() + 3 * HOUR))
        after = self.machine.crashed("two", 5.0, self.off + HOUR)
        self.assertEqual(after.left()["half"], 2 * HOUR)

    @settings(max_examples=60)
    @given(st.lists(st.floats(0.0, 3000.0), min_size=1, max_size=3), st.booleans())
    def test_several(self, downs: list[float], renews: bool) -> None:
        """However often it is switched off, lifetimes are reckoned once for all the time that passed."""
        machine, wall, passed = self.machine, self.off, 100.0
        for number, down in enumerate(downs):
            wall += down
            passed += down
            machine = machine.crashed(f"boot {number}", 10.0 * number, wall)
            if renews:
                # Another record, so that instants of several starts are in the journal.
                machine.commit(Renew("ever", math.inf))
                machine.commit(Renew("ever", YEAR))
                machine.commit(Renew("ever", math.inf))
        expected = {name: seconds - passed for name, seconds in LIVES.items() if seconds > passed}
        found = machine.left()
        self.assertEqual(list(found), list(expected))
        wrong = {name: left for name, left in found.items() if left != expected[name]}
        self.assertFalse(
            [name for name, left in wrong.items() if abs(left - expected[name]) > 0.01]
        )
