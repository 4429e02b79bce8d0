"""The values of a worker as Saxon has them: each in a document of its own, in order, and as they are now."""

import math
from collections.abc import Callable, Sequence
from functools import partial

import attrs

from gma_twisted.evaluation.columns import Columns
from gma_twisted.evaluation.fieldtexts import textsOf
from gma_twisted.evaluation.narrowings import Narrowings
from gma_twisted.evaluation.needs import Need
from gma_twisted.evaluation.replica import Copy, Replica
from gma_twisted.evaluation.saxon import Saxon, SaxonError, Value
from gma_twisted.evaluation.shards import Plan, Run, Shard, Shards
from gma_twisted.markup import writeValue
from gma_twisted.markup.namespaces import GMA, OGSI
from gma_twisted.model import Freshness, NameSelector, Question

__all__ = ["Seen", "XQueryValues"]

_OPEN = f'<values xmlns:ogsi="{OGSI}" xmlns:gma="{GMA}">'.encode()
_CLOSE = b"</values>"

# The values of a document, as the only member of an array: what can be joined. Each comes into a document of its own:
# nothing leads from it to what was read with it, which may be gone, or not be selected. With it what they are called.
_WHOLE = """\
function($document) {
  let $values := $document/*/* ! document { . }/*
  return ([$values], string-join($values ! generate-id(), ' '))
}"""
# Of such arrays and of lists of runs: an array of arrays, each with the values of one list as its only member. Three
# characters are a run, a line is a list: to read the same in JSON takes as long as all else.
_PICK = """\
function($wholes, $lists) {
  let $sources := array:join($wholes?*)
  return array:join(
    for $list in tail(tokenize($lists, '\n'))
    let $numbers := string-to-codepoints($list)
    return [[
      for $run in 1 to count($numbers) idiv 3
      return subsequence($sources($numbers[3 * $run - 2] - ZERO), $numbers[3 * $run - 1] - ZERO,
        $numbers[3 * $run] - ZERO)
    ]])
}"""
# All characters from this one on are in texts as they are; there are a million of them.
_ZERO = 0x10000
_JOIN = "function($arrays) { array:join($arrays?*) }"
_ALL = "function($array) { $array?* }"
_PUT = "function($arrays, $number, $array) { array:put($arrays, $number, $array(1)) }"

# Members and arrays for so many selections are kept as long as nothing changes.
_SELECTIONS = 32
# Less does the wall clock move by itself; lifetimes are written with one distance, so that their differences are exact.
_STEP = 0.5
# As many are read at a time while nobody asks: who asks then does not wait long.
_TOGETHER = 100
# So many are read before anybody asks: they may be others by then.
_AHEAD = 5000
# Of fewer all are asked.
_FEWEST = 64
# Members are replaced one by one up to so many.
_SINGLY = 8


@attrs.define(slots=True, eq=False)
class Seen:
    """
    What a question sees.

    @ivar context: the context item
    @ivar count: of the values in it, and of those that were left out because they change nothing
    @ivar candidates: of the values in it
    @ivar values: all of them as one sequence, once a query asked for it
    """

    context: Value = None
    count: int = 0
    candidates: int = 0
    values: Value = None


@attrs.define(slots=True, eq=False)
class _Some(Seen):
    """
    What is selected and may make a difference.

    @ivar found: these values
    """

    found: Sequence[Copy] = ()


@attrs.define(slots=True, eq=False)
class _Whole(Seen):
    """
    All that is selected: a member for each shard.

    @ivar layout: of the shards
    @ivar counts: of the values in each
    @ivar outdated: the shards that changed
    """

    layout: int = 0
    counts: list[int] = attrs.field(factory=list)
    outdated: set[int] = attrs.field(factory=set)


@attrs.define(slots=True, eq=False)
class XQueryValues:
    """
    Reads many values together, and gives those that a question sees.

    A value that is no XML to Saxon, which has fewer names than the node's own parser, is left out.

    @ivar saxon: reads them
    @ivar replica: has them
    @ivar unread: copies that Saxon cannot read, as they are now
    @ivar narrowings: which of them questions may find something in
    """

    saxon: Saxon
    replica: Replica
    unread: set[Copy] = attrs.field(factory=set, init=False, repr=False)
    narrowings: Narrowings = attrs.field(init=False, repr=False)
    _whole: Callable[..., Value] = attrs.field(init=False, repr=False)
    _nothing: Value = attrs.field(init=False, repr=False)
    _picked: Callable[..., Value] = attrs.field(init=False, repr=False)
    _join: Callable[..., Value] = attrs.field(init=False, repr=False)
    _all: Callable[..., Value] = attrs.field(init=False, repr=False)
    _put: Callable[..., Value] = attrs.field(init=False, repr=False)
    _shards: Shards = attrs.field(factory=Shards, init=False, repr=False)
    # What was read and is in no shard yet.
    _read: list[Value] = attrs.field(factory=list, init=False, repr=False)
    # Whether the last question saw a few values only.
    _isNarrow: bool = attrs.field(default=False, init=False)
    # How many values were read since a question came.
    _ahead: int = attrs.field(default=0, init=False)
    # By what is selected; by that and what is needed.
    _wholes: dict[object, _Whole] = attrs.field(factory=dict, init=False, repr=False)
    _some: dict[object, _Some] = attrs.field(factory=dict, init=False, repr=False)
    _now: float = attrs.field(default=-math.inf, init=False)
    _offset: float = attrs.field(default=-math.inf, init=False)

    def __attrs_post_init__(self) -> None:
        saxon = self.saxon
        self._whole = saxon.function(_WHOLE)
        self._picked = saxon.function(_PICK.replace("ZERO", str(_ZERO)))
        self._nothing = saxon.evaluate("[()]").head
        self._join = saxon.function(_JOIN)
        self._all = saxon.function(_ALL)
        self._put = saxon.function(_PUT)
        # A few of those that changed are looked at as all are: what is chosen once is chosen ever after.
        columns = Columns(textsOf, isStrict=True, fewest=1)
        self.narrowings = Narrowings(self.replica, columns)

    def warm(self, copy: Copy) -> None:
        """Read a value, and forget it. @param copy: of nobody"""
        self.saxon.read(self._text([copy]))

    # -- what changes

    def renew(self, copies: Sequence[Copy]) -> None:
        """Values are new or have another content."""
        self.narrowings.renew(copies)
        self._change(copies)

    def change(self, copies: Sequence[Copy]) -> None:
        """Values have another lifetime."""
        self.narrowings.change(copies)
        self._change(copies)

    def drop(self, copies: Sequence[Copy]) -> None:
        """Values are gone."""
        self.narrowings.renew(copies)
        self._change(copies)

    def advance(self, now: float, offset: float) -> None:
        """See L{Evaluator.advance <gma_twisted.evaluation.evaluator.Evaluator.advance>}."""
        self._now = now
        turned = self.replica.advance(now)
        if abs(offset - self._offset) > _STEP:
            self._offset = offset
            turned = [*turned, *self.replica]
        if turned:
            self.narrowings.change(turned)
            self._change(turned)

    def _change(self, copies: Sequence[Copy]) -> None:
        self._shards.change(copies)
        if self.unread:
            self.unread.difference_update(copies)

    def idle(self, isQuiet: bool = True) -> bool:
        """
        See L{Evaluator.idle <gma_twisted.evaluation.evaluator.Evaluator.idle>}: some of what waits is read. To arrange
        it takes as long for few as for many; and who asks for a few values mostly asks for these again. Then what a
        question compares is looked up, before it has to wait for that.
        """
        return self._readAhead(isQuiet) or (isQuiet and self.narrowings.prepare())

    def _readAhead(self, isQuiet: bool) -> bool:
        if self._offset == -math.inf or self._ahead >= _AHEAD:
            return False
        if not isQuiet and (self._isNarrow or self._shards.waiting < _TOGETHER):
            return False
        documents = self._shards.takeFirst(_TOGETHER)
        if not documents and not self._read:
            return False
        self._ahead += sum(map(len, documents))
        if documents:
            self._readAll(documents)
        else:
            self._arrange(())
        return True

    # -- into shards

    def settle(self, selectors: Sequence[NameSelector] = ()) -> None:
        """Bring into the shards what a question may see."""
        self._ahead = 0
        self._arrange(self._shards.take(selectors))

    def _arrange(self, documents: Sequence[Sequence[Copy]]) -> None:
        self._readAll(documents)
        plans = self._shards.arrange()
        read, self._read = self._read, []
        for plan, form in zip(plans, self._formsOf(plans, read), strict=True):
            plan.shard.form = form
        changed = [plan.number for plan in plans]
        for whole in self._wholes.values():
            whole.outdated.update(changed)

    def _formsOf(self, plans: Sequence[Plan], read: Sequence[Value]) -> Sequence[Value]:
        # Each list of runs has a source of its own, then come those they share.
        lists = [
            [
                (source + len(plans) - 1 if source > 1 else number, first, count)
                for source, first, count in plan.runs
            ]
            for number, plan in enumerate(plans, 1)
        ]
        sources = [self._nothing if plan.source is None else plan.source for plan in plans]
        return self._pick([*sources, *read], lists)

    def _readAll(self, documents: Sequence[Sequence[Copy]]) -> None:
        for copies in documents:
            self._readSome(copies)

    def _readSome(self, copies: Sequence[Copy]) -> None:
        """Make a document of values, without those that Saxon cannot read."""
        try:
            document = self.saxon.read(self._text(copies))
        except SaxonError:
            if len(copies) == 1:
                self.unread.update(copies)
                return
            middle = len(copies) // 2
            self._readSome(copies[:middle])
            self._readSome(copies[middle:])
        else:
            whole = self._whole(document)
            self._shards.add(copies, str(whole.item_at(1)).split(" "))
            self._read.append(whole.item_at(0))

    def _text(self, copies: Sequence[Copy]) -> str:
        now, offset = self._now, self._offset
        values = [writeValue(copy.element, now, offset) for copy in copies]
        return b"".join((_OPEN, *values, _CLOSE)).decode()

    # -- what a question sees

    def see(self, question: Question, need: Need | None = None) -> Seen:
        """
        What a question sees, at the instant of L{advance}.

        @param need: what values need to make a difference: of the others some or all may be left out
        """
        seen = None
        if need is not None and self.replica.count >= _FEWEST:
            seen = self._seeSome(question, need)
        self._isNarrow = seen is not None
        return self._seeWhole(question) if seen is None else seen

    def allOf(self, seen: Seen) -> Value:
        """All values of a context."""
        if seen.values is None:
            found = self._all(seen.context)
            seen.values = self.saxon.nothing() if found is None else found
        return seen.values

    def find(self, name: str) -> Callable[[], bytes] | None:
        """
        The very value that Saxon calls so, as it is written.

        @param name: what C{generate-id} gives: no two nodes have the same, but views of them that C{transform} makes
        @return: writes it; C{None} when it is no value
        """
        copy = self._shards.find(name)
        if copy is None:
            return None
        return partial(writeValue, copy.element, self._now, self._offset)

    def _seeSome(self, question: Question, need: Need) -> Seen | None:
        """What it sees without what makes no difference, C{None} when that is not much."""
        selection = question.selectors, question.freshness, need
        candidates = self.narrowings.candidates(question, need)
        if candidates is None:
            self._some.pop(selection, None)
            return None
        seen = self._some.get(selection)
        # It is another list as soon as one of them may have changed.
        if seen is not None and seen.found is candidates:
            return seen
        # The others may wait.
        self._ahead = 0
        self._arrange(self._shards.takeSome(candidates))
        copies = self.replica.select(question)
        runs = self._shards.locate(candidates)
        (context,) = self._pick([shard.form for shard in self._shards.shards], [runs])
        count = len(copies)
        if self.unread:
            count -= len(self.unread.intersection(copies))
        seen = _Some(context.head, count, sum([count for _, _, count in runs]), found=candidates)
        if len(self._some) > _SELECTIONS:
            self._some.clear()
        self._some[selection] = seen
        return seen

    def _seeWhole(self, question: Question) -> _Whole:
        self.settle(question.selectors)
        shards = self._shards.shards
        selection = question.selectors, question.freshness
        whole = self._wholes.get(selection)
        if whole is None or whole.layout != self._shards.layout:
            if len(self._wholes) > _SELECTIONS:
                self._wholes.clear()
            count = len(shards)
            outdated = set(range(count))
            whole = _Whole(layout=self._shards.layout, counts=[0] * count, outdated=outdated)
            self._wholes[selection] = whole
        if whole.outdated or whole.context is None:
            self._bring(whole, question)
        return whole

    def _bring(self, whole: _Whole, question: Question) -> None:
        """Bring what is selected up to date."""
        shards, numbers = self._shards.shards, sorted(whole.outdated)
        isLittle = whole.context is not None and len(numbers) <= _SINGLY
        if not isLittle:
            numbers = list(range(len(shards)))
        parts = self._partsOf(question, [shards[number] for number in numbers])
        if isLittle:
            context = whole.context
            for number, (part, _) in zip(numbers, parts, strict=True):
                context = self._put(context, self.saxon.number(number + 1), part).head
        else:
            context = self._join(self.saxon.array([part for part, _ in parts])).head
        for number, (_, count) in zip(numbers, parts, strict=True):
            whole.counts[number] = count
        whole.context, whole.values = context, None
        whole.count = whole.candidates = sum(whole.counts)
        whole.outdated.clear()

    def _partsOf(self, question: Question, shards: Sequence[Shard]) -> Sequence[tuple[Value, int]]:
        """What a question sees of some shards, and how many values that is."""
        if not question.selectors and question.freshness is Freshness.ANY:
            return [(shard.form, len(shard.copies)) for shard in shards]
        selection = question.selectors, question.freshness
        missing = [shard for shard in shards if selection not in shard.parts]
        cut: list[Shard] = []
        lists: list[list[Run]] = []
        for shard in missing:
            runs = shard.select(question.selectors, question.freshness)
            count = sum([count for _, _, count in runs])
            if len(shard.parts) > _SELECTIONS:
                shard.parts.clear()
            shard.parts[selection] = shard.form, count
            if count < len(shard.copies):
                cut.append(shard)
                lists.append([(len(cut), first, count) for _, first, count in runs])
        found = self._pick([shard.form for shard in cut], lists)
        for shard, part in zip(cut, found, strict=True):
            shard.parts[selection] = part, shard.parts[selection][1]
        return [shard.parts[selection] for shard in shards]

    def _pick(self, sources: Sequence[Value], lists: Sequence[Sequence[Run]]) -> Sequence[Value]:
        """For each list of runs an array whose only member are the values at these places of the sources."""
        if not lists:
            return ()
        lines = ["".join([chr(_ZERO + number) for run in runs for number in run]) for runs in lists]
        written = self.saxon.text("\n".join(["", *lines]))
        parts: list[Value] = self._picked(self.saxon.array(sources), written).head.as_list()
        return parts
