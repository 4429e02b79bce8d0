"""Which values a question may find something in, kept from one question to the next."""

from collections.abc import Iterable, Iterator, Sequence

import attrs

from gma_twisted.evaluation.columns import Columns
from gma_twisted.evaluation.needs import Field, Need, comparisonsOf
from gma_twisted.evaluation.replica import Copy, Place, Replica
from gma_twisted.model import Freshness, Question

__all__ = ["Narrowings"]

# Changes that are remembered for a question that nobody asks; with more it begins anew.
_REMEMBERED = 20_000
_NAMES = 64
# With more than this part of the values it takes as long to put them together as to ask all.
_FEW = 0.05
# Values of a step that looks ahead: who asks then does not wait long.
_TOGETHER = 1_000


@attrs.define(slots=True, eq=False)
class _Kept:
    """
    What is known of a question.

    @ivar count: all values there were when it was asked first
    @ivar most: values it pays to choose
    @ivar chosen: the values that may have what it needs
    @ivar touched: those that changed since; some of them are gone
    @ivar found: C{chosen}, in order; C{None} when that is to be found out
    """

    count: int
    most: float
    chosen: set[Copy]
    touched: set[Copy] = attrs.field(factory=set)
    found: Sequence[Copy] | None = None

    def inOrder(self) -> Sequence[Copy]:
        """Those that were chosen."""
        if self.found is None:
            self.found = sorted(self.chosen, key=_placeOf)
        return self.found


@attrs.define(slots=True, eq=False)
class Narrowings:
    """
    Looks at all values when something is compared repeatedly, and later at those that changed.

    @ivar replica: has the values
    @ivar columns: what they have of what is compared; whoever changes values tells only this
    @ivar most: questions that are kept; the one not asked for longest gives way
    @ivar times: how often something has to be compared: to find out what all values have of it takes several times as
        long as to ask them
    """

    replica: Replica
    columns: Columns
    most: int = 16
    times: int = 3
    # The one asked last is at the end.
    _kept: dict[object, _Kept] = attrs.field(factory=dict, init=False, repr=False)
    # Each looks ahead for one question, some values a step.
    _ahead: list[Iterator[None]] = attrs.field(factory=list, init=False, repr=False)
    # How often these names were compared.
    _asked: dict[frozenset[Field], int] = attrs.field(factory=dict, init=False, repr=False)

    def change(self, copies: Sequence[Copy]) -> None:
        """Values have another lifetime, turned stale or are gone."""
        for key, kept in list(self._kept.items()):
            kept.touched.update(copies)
            if len(kept.touched) > _REMEMBERED:
                del self._kept[key]

    def renew(self, copies: Sequence[Copy]) -> None:
        """Values are new, have other content, or were dropped."""
        self.columns.forget(copies)
        self.change(copies)

    def candidates(self, question: Question, need: Need) -> Sequence[Copy] | None:
        """
        The values a question sees at the instant of the replica that may have what it needs.

        @return: in order; C{None} when it does not pay to know them
        """
        key = question.selectors, question.freshness, need
        kept = self._kept.pop(key, None)
        if kept is None or self.replica.count > 2 * kept.count:
            kept = self._begin(question, need)
            if kept is None:
                return None
        elif len(kept.chosen) - len(kept.touched) > kept.most:
            # They are too many, whatever those that changed have.
            self._kept[key] = kept
            return None
        else:
            self._bring(kept, question, need)
        self._kept[key] = kept
        return kept.inOrder() if len(kept.chosen) <= kept.most else None

    def sift(self, question: Question, need: Need, copies: Sequence[Copy]) -> Sequence[Copy]:
        """
        The same, for who wants to know them however many they are, from the first time on; many are not kept.

        @param copies: all values the question sees
        @return: in order; C{copies} when it does not pay to look
        """
        key = question.selectors, question.freshness, need
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._bring(kept, question, need)
            if len(kept.chosen) <= kept.most:
                self._kept[key] = kept
                return kept.inOrder()
        found = self.columns.candidates(need, copies)
        most = _FEW * len(copies)
        if len(found) <= most:
            self._makeRoom()
            self._kept[key] = _Kept(self.replica.count, most, set(found), found=found)
        return found

    def prepare(self) -> bool:
        """
        While nobody asks: find out of some values what would have to be found out of all if a question came once more.

        @return: whether there may be more of them
        """
        while self._ahead:
            if next(self._ahead[0], self) is None:
                return True
            del self._ahead[0]
        return False

    def _prepare(self, question: Question, need: Need) -> Iterator[None]:
        copies = self.replica.select(question)
        for start in range(0, len(copies), _TOGETHER):
            some = [copy for copy in copies[start : start + _TOGETHER] if not copy.isGone]
            self.columns.prepare(need, some)
            yield

    def _bring(self, kept: _Kept, question: Question, need: Need) -> None:
        """Let what is known of a question be so as values are now."""
        if kept.touched:
            changed = list(_seen(kept.touched, question))
            kept.chosen -= kept.touched
            kept.chosen.update(self.columns.candidates(need, changed))
            kept.touched = set()
            kept.found = None

    def _makeRoom(self) -> None:
        while len(self._kept) >= self.most:
            del self._kept[next(iter(self._kept))]

    def _begin(self, question: Question, need: Need) -> _Kept | None:
        names = frozenset([one.field for one in comparisonsOf(need)])
        times = self._asked.pop(names, 0) + 1
        while len(self._asked) >= _NAMES:
            del self._asked[next(iter(self._asked))]
        self._asked[names] = times
        if times < self.times:
            if times == self.times - 1:
                self._ahead = [*self._ahead[1 - self.most :], self._prepare(question, need)]
            return None
        self._makeRoom()
        copies = self.replica.select(question)
        found = self.columns.candidates(need, copies)
        if copies and found is copies:
            return None
        return _Kept(self.replica.count, _FEW * len(copies), set(found))


def _seen(copies: Iterable[Copy], question: Question) -> Iterable[Copy]:
    """Those of some values that a question sees."""
    selectors, freshness = question.selectors, question.freshness
    for copy in copies:
        key = copy.element.key
        if (
            not copy.isGone
            and (freshness is Freshness.ANY or copy.isStale is (freshness is Freshness.STALE))
            and (
                not selectors
                or any(
                    one.covers(key.name)
                    and one.originator in (None, key.originator)
                    and one.key in (None, key.key)
                    for one in selectors
                )
            )
        ):
            yield copy


def _placeOf(copy: Copy) -> Place:
    return copy.place
