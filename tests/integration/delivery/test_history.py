"""The judge itself: it accepts every true history and finds every kind of wrong one."""

from collections.abc import Sequence

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.integration.delivery.history import History, Notice, WrongKind

KEYS = ("a", "b", "c", "d")
Came = tuple[Notice, bool]


@attrs.define
class Truth:
    """
    A sender with one subscriber that does as it promised, with a notice under way at a time.

    @ivar came: what came at the sink so far, and whether it was taken; C{None} where a sender began
    """

    isWhole: bool
    epoch: int = 0
    sequence: int = 0
    number: int = 0
    values: dict[str, int] = attrs.field(factory=dict)
    changed: set[str] = attrs.field(factory=set)
    page: list[str] | None = None
    dropped: int = 0
    under: Notice | None = None
    came: list[Came | None] = attrs.field(factory=list)

    def begin(self) -> None:
        """A sender begins its life with two values."""
        self.epoch += 5
        self.sequence = self.dropped = 0
        self.values.clear()
        self.changed.clear()
        self.page, self.under = list(KEYS), None
        self.came.append(None)
        for key in KEYS[:2]:
            self.change(key)

    def change(self, key: str, isRemoval: bool = False) -> None:
        """A value changes."""
        self.number += 1
        self.changed.add(key)
        if isRemoval:
            self.values.pop(key, None)
        else:
            self.values[key] = self.number

    def drop(self) -> None:
        """What is under way is given up, and everything told anew."""
        if self.under is not None:
            self.under = None
            self.dropped += 1
            self.page = list(KEYS)

    def send(self, isTaken: bool, isAnswered: bool) -> bool:
        """Send what is to be sent. @return: whether there was anything"""
        if self.under is None:
            self.under = self._next()
        if self.under is None:
            return False
        self.came.append((self.under, isTaken))
        if isTaken and isAnswered:
            self.under, self.dropped = None, 0
        return True

    def _next(self) -> Notice | None:
        isSnapshot = self.page is not None
        keys: set[str]
        if self.page is not None:
            if len(self.page) == len(KEYS):
                self.changed.clear()
            keys = {self.page.pop(0), self.page.pop(0)}
            self.page = self.page or None
        elif self.changed:
            keys = {self.changed.pop()}
        else:
            return None
        if self.isWhole:
            keys, self.page = set(KEYS), None
            self.changed.clear()
        self.sequence += 1
        put = {key: (self.epoch, self.values[key]) for key in keys & self.values.keys()}
        remove = () if isSnapshot or self.isWhole else tuple(keys - self.values.keys())
        return Notice(
            "s",
            self.epoch,
            self.sequence,
            put,
            (),
            remove,
            self.isWhole,
            isSnapshot,
            isSnapshot and self.page is None,
            self.dropped,
            b"%d" % self.sequence,
        )

    def settle(self) -> None:
        """Everything arrives."""
        while self.send(True, True):
            pass


_STEP = st.one_of(
    st.tuples(st.just("change"), st.sampled_from(KEYS), st.booleans()),
    st.tuples(st.just("send"), st.booleans(), st.booleans()),
    st.tuples(st.just("send"), st.just(True), st.just(True)),
    st.sampled_from((("begin",), ("drop",))),
)


@st.composite
def truths(draw: st.DrawFn) -> Truth:
    """A history of some lives, after which everything was told."""
    truth = Truth(draw(st.booleans()))
    truth.begin()
    for name, *arguments in draw(st.lists(_STEP, max_size=40)):
        getattr(truth, name)(*arguments)
    truth.settle()
    return truth


def judge(came: Sequence[Came | None]) -> History:
    """What the judge finds."""
    history = History()
    history.subscribed("s")
    for one in came:
        if one is None:
            history.began()
        else:
            history.came(*one)
    return history


class TrueHistoryTests(SynchronousTestCase):
    """What a good sender does is always right."""

    @settings(max_examples=300)
    @given(truths())
    def test_right(self, truth: Truth) -> None:
        """Repeated, refused and dropped notices, and lives that end anywhere, give no complaint."""
        history = judge(truth.came)
        history.settled("s", truth.epoch, truth.values)
        self.assertEqual(history.wrongs, [])

    @settings(max_examples=200)
    @given(truths(), st.sampled_from(KEYS))
    def test_untold(self, truth: Truth, key: str) -> None:
        """A change that is told to nobody is always found."""
        history = judge(truth.came)
        truth.change(key)
        history.settled("s", truth.epoch, truth.values)
        self.assertEqual([wrong.kind for wrong in history.wrongs], [WrongKind.LOST])

    @settings(max_examples=200)
    @given(truths(), st.data())
    def test_leftOut(self, truth: Truth, data: st.DataObject) -> None:
        """A notice of the last life that never came, with another one after it, is always found."""
        first = max(index for index, one in enumerate(truth.came) if one is None) + 1
        for _ in range(2):
            truth.change("a")
            truth.settle()
        numbers = {one[0].sequence for one in truth.came[first:] if one is not None}
        last = max(numbers)
        number = data.draw(st.sampled_from(sorted(numbers - {last})))
        after = [
            one[0] for one in truth.came[first:] if one and one[0].sequence > number and one[1]
        ]
        if after[0].dropped:
            # That it may be missing is said then.
            return
        left = [one for one in truth.came[first:] if one and one[0].sequence != number]
        self.assertNotEqual(judge([*truth.came[:first], *left]).wrongs, [])


def snapshot(sequence: int = 1, epoch: int = 7, **more: object) -> Notice:
    """Everything there is: one value."""
    told = {"put": {"a": (epoch, 1)}, "isSnapshot": True, "isSnapshotEnd": True, **more}
    return Notice("s", epoch, sequence, **told)  # type: ignore[arg-type]


def change(sequence: int, number: int, epoch: int = 7, **more: object) -> Notice:
    """The value changed."""
    return Notice("s", epoch, sequence, {"a": (epoch, number)}, **more)  # type: ignore[arg-type]


def removal(sequence: int, key: str = "a") -> Notice:
    """A value is gone."""
    return Notice("s", 7, sequence, remove=(key,))


WRONG: Sequence[tuple[str, WrongKind, Sequence[Notice | None]]] = (
    ("a number left out", WrongKind.MISSED, [snapshot(), change(3, 2)]),
    ("a snapshot that does not say why", WrongKind.MISSED, [snapshot(), snapshot(3)]),
    ("more left out than is said", WrongKind.MISSED, [snapshot(), snapshot(5, dropped=2)]),
    ("more left out at first", WrongKind.MISSED, [snapshot(3, dropped=1)]),
    ("an extension of nothing", WrongKind.MISSED, [snapshot(), Notice("s", 7, 2, extend=("b",))]),
    (
        "an extension of what is gone",
        WrongKind.MISSED,
        [snapshot(), removal(2), Notice("s", 7, 3, extend=("a",))],
    ),
    (
        "an earlier number",
        WrongKind.REORDERED,
        [snapshot(), change(2, 2), snapshot()],
    ),
    ("an earlier value", WrongKind.REORDERED, [snapshot(), change(2, 5), change(3, 4)]),
    (
        "what was removed comes back",
        WrongKind.REORDERED,
        [snapshot(), removal(2), change(3, 1)],
    ),
    (
        "what a snapshot has not comes back",
        WrongKind.REORDERED,
        [snapshot(), snapshot(2, put={}, dropped=1), change(3, 1)],
    ),
    (
        "the same number, other content",
        WrongKind.CHANGED,
        [snapshot(content=b"1"), snapshot(content=b"2")],
    ),
    ("the epoch before", WrongKind.EPOCH, [snapshot(), None, snapshot(epoch=6)]),
    ("the same epoch", WrongKind.EPOCH, [snapshot(), None, change(2, 2)]),
    ("two epochs in a life", WrongKind.EPOCH, [snapshot(), snapshot(epoch=8)]),
    ("an epoch without a beginning", WrongKind.UNBEGUN, [snapshot(), None, change(1, 2, 8)]),
    ("an epoch without its first", WrongKind.UNBEGUN, [snapshot(2)]),
    ("a value of another epoch", WrongKind.INVENTED, [snapshot(put={"a": (6, 1)})]),
    ("another subscription", WrongKind.INVENTED, [attrs.evolve(snapshot(), subscription="t")]),
)

RIGHT: Sequence[tuple[str, Sequence[Notice | None]]] = (
    ("an announced gap", [snapshot(), snapshot(5, dropped=3), change(6, 2)]),
    ("an epoch whose first was given up", [snapshot(2, dropped=1)]),
    ("an announced gap before the snapshot", [snapshot(), change(3, 2, dropped=1), change(4, 3)]),
    ("a part of a snapshot again", [snapshot(isSnapshotEnd=False)] * 2),
    ("a later value under an old key", [snapshot(), removal(2), change(3, 2)]),
    (
        "a higher epoch, numbers from the beginning",
        [snapshot(), change(2, 9), None, snapshot(1, 8)],
    ),
    ("a removal of what is not there", [snapshot(), removal(2, "b")]),
)


class KnownHistoryTests(SynchronousTestCase):
    """Histories written by hand."""

    def test_wrong(self) -> None:
        """Each wrong history is found, once and as what it is."""
        for name, kind, notices in WRONG:
            came = [None if one is None else (one, True) for one in (None, *notices)]
            found = [wrong.kind for wrong in judge(came).wrongs]
            self.assertEqual(found, [kind], name)

    def test_right(self) -> None:
        """What is announced or allowed is accepted."""
        for name, notices in RIGHT:
            came = [None if one is None else (one, True) for one in (None, *notices)]
            self.assertEqual(judge(came).wrongs, [], name)

    def test_refused(self) -> None:
        """A notice that was not taken is still to come."""
        history = judge([None, (snapshot(), True), (change(2, 2), False), (change(3, 3), True)])
        self.assertEqual([wrong.kind for wrong in history.wrongs], [WrongKind.MISSED])
        self.assertEqual((history.taken, history.refused, history.repeated), (2, 1, 0))

    def test_kept(self) -> None:
        """A subscription that its sender does not know any more is lost."""
        history = judge([None, (snapshot(), True)])
        history.kept(["s"])
        self.assertEqual(history.wrongs, [])
        history.kept([])
        found = [(wrong.kind, wrong.subscription) for wrong in history.wrongs]
        self.assertEqual(found, [(WrongKind.LOST, "s")])

    def test_counts(self) -> None:
        """Epochs, and notices of all values, are counted."""
        whole = snapshot(epoch=8, isWhole=True)
        history = judge([None, (snapshot(), True), None, (whole, True), (whole, True)])
        self.assertEqual((history.epochs, history.taken, history.whole), (2, 2, 1))

    def test_unsettled(self) -> None:
        """What is missing, too much, older, of another epoch or not all is not the last state."""
        whole, part = snapshot(), snapshot(isSnapshotEnd=False)
        for notice, epoch, values in (
            (whole, 7, {"a": 2}),
            (whole, 7, {}),
            (whole, 7, {"a": 1, "b": 2}),
            (whole, 8, {"a": 1}),
            (part, 7, {"a": 1}),
        ):
            history = judge([None, (notice, True)])
            history.settled("s", epoch, values)
            self.assertEqual([wrong.kind for wrong in history.wrongs], [WrongKind.LOST])
