"""Decisions are pure: what is to be changed, told apart from changing it."""

from collections.abc import Sequence
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError, TooLarge
from gma_twisted.model import (
    Added,
    Command,
    Declare,
    Extend,
    Extended,
    Lifetime,
    Put,
    QName,
    Remove,
    Removed,
    ReplaceAll,
    Replaced,
)
from gma_twisted.stores import Decision, ElementTable, StoreLimits, decide
from gma_twisted.stores.decision import Expire, Reset, Work, burden
from gma_twisted.stores.view import Overlay
from gma_twisted.testing.storemodel import makeElement, randomCommands

ONE = QName("urn:a", "one")

# One bound is low, as a rule: what several values of about 105 bytes pass, or one.
_LIMITS = st.one_of(
    st.builds(StoreLimits, elements=st.integers(1, 4)),
    st.builds(StoreLimits, names=st.integers(1, 3)),
    st.builds(StoreLimits, bytes=st.integers(100, 500)),
    st.builds(StoreLimits, elementSize=st.integers(103, 108)),
)


def outcome(work: Sequence[Work], table: ElementTable, limits: StoreLimits) -> Decision | str:
    """What is decided at instant 0.5, or why nothing is."""
    try:
        return decide(work, table, 0.5, limits)
    except TooLarge as error:
        return error.message


class DecideTests(SynchronousTestCase):
    """One commit over a table."""

    def setUp(self) -> None:
        """An empty table."""
        self.table = ElementTable()

    def decide(self, *work: Work, now: float = 0.0) -> Decision:
        """Decide with the usual bounds."""
        return decide(work, self.table, now, StoreLimits())

    def test_pure(self) -> None:
        """The table stays as it was."""
        self.decide(Put(makeElement()), Declare([ONE]))
        self.assertEqual((self.table.elements, self.table.names, self.table.size), (0, 0, 0))

    def test_expiredFirst(self) -> None:
        """A value met past its end is told apart from what the commit does."""
        old = makeElement(lifetime=Lifetime(0.0, 1.0, 1.0))
        self.table.put(old)
        decision = self.decide(Put(makeElement()), now=1.0)
        self.assertEqual(list(decision.expired), [Removed(old, expired=True)])
        self.assertEqual(list(decision.changes), [Added(makeElement())])

    def test_expire(self) -> None:
        """Expiry takes only what is gone."""
        gone = makeElement(key="1", lifetime=Lifetime(0.0, 1.0, 1.0))
        live = makeElement(key="2", lifetime=Lifetime(0.0, 1.0, 2.0))
        self.table.put(gone)
        self.table.put(live)
        decision = self.decide(Expire([gone.key, live.key, makeElement().key]), now=1.0)
        self.assertEqual(decision, Decision([Removed(gone, expired=True)], [], []))

    def test_goneIsNotThere(self) -> None:
        """Extending or removing what is gone does nothing; the sweeper will tell of it."""
        old = makeElement(lifetime=Lifetime(0.0, 1.0, 1.0))
        self.table.put(old)
        decision = self.decide(Remove(old.key), Extend(old.key, Lifetime(0.0)), now=1.0)
        self.assertEqual(decision, Decision([], [], []))

    def test_sameContentOtherFacts(self) -> None:
        """The same content made anew, with the same lifetime, is an extension that carries the new facts."""
        old = makeElement()
        self.table.put(old)
        new = type(old)(old.key, old.head, old.tail, old.lifetime, created=5.0, sequence=2)
        self.assertEqual(list(self.decide(Put(new)).changes), [Extended(new, old.lifetime)])

    def test_quietAlone(self) -> None:
        """A value put quietly is told when the commit does something else with it, too."""
        old, new = makeElement(), makeElement(text="2")
        self.table.put(old)
        longer = Lifetime(0.0, 5.0, 9.0)
        for others, isQuiet in (([Declare([ONE])], True), ([Extend(old.key, longer)], False)):
            (change,) = self.decide(Put(new, isQuiet=True), *others).changes
            assert isinstance(change, Replaced)
            self.assertEqual((change.element.content, change.isQuiet), (new.content, isQuiet))

    def test_declarations(self) -> None:
        """Only declarations that change something are in a decision."""
        self.table.declare(ONE, True)
        two = QName("urn:a", "two")
        decision = self.decide(Declare([ONE, two]), Declare([two], known=False))
        self.assertEqual(list(decision.declared), [])
        self.assertEqual(list(self.decide(Declare([two])).declared), [(two, True)])

    def test_replaceAllSeesTheCommit(self) -> None:
        """ReplaceAll takes away what an earlier command of its commit put there."""
        put = makeElement(key="1")
        decision = self.decide(Put(put), ReplaceAll(ONE, "http://a/", []))
        self.assertEqual(decision, Decision([], [], []))

    def test_replaceAllOfOthers(self) -> None:
        """A value of another name or originator is in nobody's place; an equal name is the same name."""
        self.decide(ReplaceAll(QName("urn:a", "one"), "http://a/", [makeElement()]))
        for other in (makeElement("{urn:a}two"), makeElement(originator="http://b/")):
            with self.assertRaises(ParameterError) as caught:
                self.decide(ReplaceAll(ONE, "http://a/", [makeElement(), other]))
            self.assertEqual(
                caught.exception.message,
                f"a value of {other.key.name} from {other.key.originator} cannot replace"
                " the values of {urn:a}one from http://a/",
            )

    def test_reset(self) -> None:
        """A reset takes away everything else, what its commit put there too."""
        old = makeElement("{urn:b}x")
        self.table.put(old)
        decision = self.decide(Put(makeElement()), Reset([makeElement(key="2")]))
        self.assertEqual(list(decision.changes), [Added(makeElement(key="2")), Removed(old)])

    @settings(max_examples=300)
    @given(st.randoms(use_true_random=False), _LIMITS)
    def test_alone(self, random: Random, limits: StoreLimits) -> None:
        """A command decides the same alone as in a commit with others, the bounds it passes included."""
        table = ElementTable()
        for command in [one for _ in range(4) for one in randomCommands(random, 0.0)]:
            if isinstance(command, Put):
                table.put(command.element)
            elif isinstance(command, Declare):
                table.declare(command.names[0], command.known)
        for command in [one for _ in range(4) for one in randomCommands(random, 0.5)]:
            alone = outcome([command], table, limits)
            self.assertEqual(alone, outcome([command, Declare([])], table, limits))

    @settings(max_examples=300)
    @given(st.randoms(use_true_random=False), _LIMITS)
    def test_puts(self, random: Random, limits: StoreLimits) -> None:
        """Values put together decide the same as in a commit with others, the bounds they pass included."""
        table = ElementTable()
        commands = [one for _ in range(40) for one in randomCommands(random, 0.0)]
        puts = [one for one in commands if isinstance(one, Put)]
        for one in puts[: len(puts) // 2]:
            table.put(one.element)
        for size in (2, 3, 4):
            work: Sequence[Work] = puts[-size:]
            together = outcome(work, table, limits)
            self.assertEqual(together, outcome([*work, Declare([])], table, limits))

    def test_burden(self) -> None:
        """Every value and name a commit names counts; an empty ReplaceAll counts one."""
        commands: list[Command] = [
            Put(makeElement()),
            Remove(makeElement().key),
            Declare([ONE, ONE]),
            ReplaceAll(ONE, "http://a/", []),
            ReplaceAll(ONE, "http://a/", [makeElement()] * 3),
        ]
        self.assertEqual(burden(commands), 8)


class OverlayTests(SynchronousTestCase):
    """Counts of a view over a view."""

    def test_counts(self) -> None:
        """Whatever is written, elements, names and size are those of a table with the same values."""
        base = ElementTable()
        base.put(makeElement(key="1"))
        base.put(makeElement("{urn:b}x"))
        overlay = Overlay(base)
        writes = [
            makeElement(key="2", text="long" * 9),
            makeElement("{urn:c}y"),
            makeElement(key="1", text="22"),
        ]
        for element in writes:
            overlay.write(element.key, element)
        for key in (makeElement("{urn:b}x").key, makeElement("{urn:c}y").key):
            overlay.write(key, None)
        overlay.write(makeElement("{urn:b}x").key, makeElement("{urn:b}x"))
        overlay.declare(QName("urn:c", "y"), True)
        overlay.declare(ONE, True)
        overlay.declare(ONE, False)
        same = ElementTable()
        for element in (writes[0], writes[2], makeElement("{urn:b}x")):
            same.put(element)
        same.declare(QName("urn:c", "y"), True)
        self.assertEqual(
            (overlay.elements, overlay.names, overlay.size), (same.elements, same.names, same.size)
        )
        self.assertEqual(set(overlay.everything()), set(same.everything()))
        self.assertEqual(
            list(overlay.originated(ONE, "http://a/")),
            [makeElement(key="1").key, makeElement(key="2").key],
        )

    def test_keysWhileWriting(self) -> None:
        """The keys of a name and an originator are there in the order they came, however often they are asked for."""
        base = ElementTable()
        base.put(makeElement(key="0"))
        overlay = Overlay(base)
        seen = []
        for key, isThere in (("1", True), ("2", True), ("1", False), ("0", False), ("1", True)):
            element = makeElement(key=key)
            overlay.write(element.key, element if isThere else None)
            overlay.write(makeElement(key=key, originator="http://b/").key, None)
            seen.append([one.key for one in overlay.originated(ONE, "http://a/")])
            self.assertEqual([one.key for one in overlay.everything()], seen[-1])
        self.assertEqual(seen, [["0", "1"], ["0", "1", "2"], ["0", "2"], ["2"], ["1", "2"]])
