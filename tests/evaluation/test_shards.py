"""Values in shards: in order, as they are now, and not written again with every change."""

import random
from collections.abc import Sequence
from typing import cast

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.evaluation.replica import Copy, Replica
from gma_twisted.evaluation.shards import Run, Shards
from gma_twisted.model import (
    FOREVER,
    ElementKey,
    Freshness,
    Language,
    Lifetime,
    NameSelector,
    QName,
    Question,
    ServiceDataElement,
)
from tests.evaluation.values import LIFETIMES, SELECTORS, elements

Written = tuple[ServiceDataElement, bool]


def asked(*selectors: NameSelector, freshness: Freshness = Freshness.ANY) -> Question:
    """A question to that."""
    return Question(Language.XQUERY, "", selectors, (), freshness)


@attrs.define(eq=False)
class Reader:
    """A language whose documents are lists, over a replica; values that C{cannotRead} says are no XML to it."""

    shards: Shards
    unread: bytes = b""
    replica: Replica = attrs.field(factory=Replica)
    written: int = 0

    def change(self, copies: Sequence[Copy]) -> None:
        """Tell the shards."""
        self.shards.change(copies)

    def load(self, question: Question) -> None:
        """Bring the shards up to date for a question."""
        sources = []
        for copies in self.shards.take(question.selectors):
            good = [
                copy for copy in copies if not self.unread or self.unread not in copy.element.head
            ]
            self.written += len(copies)
            if good:
                self.shards.add(good, [f"{self.written} {each}" for each in range(len(good))])
                sources.append([(copy.element, copy.isStale) for copy in good])
        for plan in self.shards.arrange():
            old = cast(list[Written], plan.source)
            plan.shard.form = picked([old, *sources], plan.runs)

    def see(self, question: Question) -> list[Written]:
        """What a question sees, in order."""
        self.load(question)
        return [
            one
            for shard in self.shards.shards
            for one in picked(
                [cast(list[Written], shard.form)],
                shard.select(question.selectors, question.freshness),
            )
        ]


def picked(sources: Sequence[list[Written]], runs: Sequence[Run]) -> list[Written]:
    """The values of runs."""
    return [
        sources[source - 1][first - 1 + each]
        for source, first, count in runs
        for each in range(count)
    ]


def host(number: int, version: int = 0) -> ServiceDataElement:
    """One of many values of one name."""
    key = ElementKey(QName("urn:a", "Host"), f"http://{number % 7}/", f"{number:05}")
    return ServiceDataElement(key, b'<Host v="%d"' % version, b"/>", FOREVER)


_CHANGES = st.one_of(
    st.tuples(st.just("put"), st.lists(elements(), min_size=1, max_size=6)),
    st.tuples(st.just("extend"), LIFETIMES),
    st.tuples(st.just("remove"), st.integers(0, 5)),
    st.tuples(st.just("forget"), st.integers(0, 3)),
    st.tuples(st.just("advance"), st.sampled_from([1.0, 2.0, 4.0, 6.0, 9.0])),
)
_QUESTIONS = st.builds(
    lambda selectors, freshness: asked(*selectors, freshness=freshness),
    SELECTORS,
    st.sampled_from(Freshness),
)


class OrderTests(SynchronousTestCase):
    """What a question sees."""

    @settings(max_examples=150)
    @given(st.lists(st.tuples(_CHANGES, st.none() | _QUESTIONS), max_size=12), st.integers(1, 4))
    def test_anything(
        self, steps: list[tuple[tuple[str, object], Question | None]], most: int
    ) -> None:
        """After any changes it sees what a replica selects: in the same order, as it is now, and nothing else."""
        reader = Reader(Shards(most))
        for (kind, what), question in [*steps, (("advance", 3.0), asked())]:
            reader.change(changed(reader.replica, kind, what))
            if question is None:
                continue
            expected = [(copy.element, copy.isStale) for copy in reader.replica.select(question)]
            self.assertEqual(reader.see(question), expected)
            for shard in reader.shards.shards:
                self.assertTrue(0 < len(shard.copies) <= 1.5 * most)

    def test_waiting(self) -> None:
        """What a question cannot see is not written for it, and is for the first that can."""
        reader = Reader(Shards())
        other = ElementKey(QName("urn:b", "Job"), "http://1/")
        job = ServiceDataElement(other, b"<Job", b"/>", FOREVER)
        reader.change(reader.replica.put([host(1), job]))
        reader.see(asked(NameSelector(QName("urn:a", "Host"))))
        self.assertEqual(reader.written, 1)
        self.assertEqual(reader.see(asked()), [(host(1), False), (job, False)])

    def test_once(self) -> None:
        """What is extended many times before a question is written once for it."""
        reader = Reader(Shards())
        reader.change(reader.replica.put([host(1)]))
        reader.see(asked())
        for until in range(10):
            lifetime = Lifetime(0.0, 100.0 + until)
            reader.change(reader.replica.extend([(host(1).key, lifetime)]))
        self.assertEqual(reader.written, 1)
        self.assertEqual([one.lifetime.goodUntil for one, _ in reader.see(asked())], [109.0])
        self.assertEqual(reader.written, 2)

    def test_unread(self) -> None:
        """What the language cannot read is not seen, not even as it was before."""
        reader = Reader(Shards(), unread=b'v="2"')
        reader.change(reader.replica.put([host(1, 1), host(2, 1)]))
        self.assertEqual(len(reader.see(asked())), 2)
        reader.change(reader.replica.put([host(1, 2)]))
        self.assertEqual(reader.see(asked()), [(host(2, 1), False)])
        reader.change(reader.replica.put([host(1, 3)]))
        self.assertEqual(reader.see(asked()), [(host(1, 3), False), (host(2, 1), False)])

    @settings(max_examples=30, deadline=None)
    @given(st.randoms(use_true_random=False))
    def test_few(self, chosen: random.Random) -> None:
        """So it is after a few changes in shards of many: values come, become others and go."""
        reader = Reader(Shards(50))
        reader.change(reader.replica.put([host(each) for each in range(0, 600, 2)]))
        reader.see(asked())
        for version in range(1, 30):
            reader.change(reader.replica.put([host(chosen.randrange(600), version)]))
            reader.change(reader.replica.remove([host(chosen.randrange(600)).key]))
            expected = [(copy.element, False) for copy in reader.replica.select(asked())]
            self.assertEqual(reader.see(asked()), expected)
            some = NameSelector(QName("urn:a", "Host"), f"http://{version % 7}/")
            expected = [(copy.element, False) for copy in reader.replica.select(asked(some))]
            self.assertEqual(reader.see(asked(some)), expected)

    def test_again(self) -> None:
        """A value that was removed and came again is the new one, also to who asks for fresh ones."""
        reader = Reader(Shards())
        reader.change(reader.replica.put([host(each) for each in range(100)]))
        stale = host(5).withLifetime(Lifetime(0.0, 1.0))
        reader.change(reader.replica.put([stale]))
        reader.change(reader.replica.advance(2.0))
        fresh = asked(freshness=Freshness.FRESH)
        self.assertEqual(len(reader.see(fresh)), 99)
        reader.change(reader.replica.remove([stale.key]))
        reader.change(reader.replica.put([host(5, 7)]))
        self.assertIn((host(5, 7), False), reader.see(fresh))


class PlaceTests(SynchronousTestCase):
    """Where values are."""

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.tuples(_CHANGES, st.booleans()), max_size=10), st.integers(1, 4))
    def test_locate(self, steps: list[tuple[tuple[str, object], bool]], most: int) -> None:
        """Any of them is found in its place after any changes; what was not read, or is gone, is nowhere."""
        reader = Reader(Shards(most), unread=b'v="1"')
        chosen = random.Random(most)
        for (kind, what), isAsked in [*steps, (("advance", 3.0), True)]:
            reader.change(changed(reader.replica, kind, what))
            if not isAsked:
                continue
            reader.load(asked())
            copies = [copy for copy in reader.replica.select(asked()) if chosen.random() < 0.7]
            expected = [
                (copy.element, copy.isStale)
                for copy in copies
                if reader.unread not in copy.element.head
            ]
            forms = [cast(list[Written], shard.form) for shard in reader.shards.shards]
            self.assertEqual(picked(forms, reader.shards.locate(copies)), expected)

    def test_find(self) -> None:
        """A value has one name, from when it is read until it is read anew or gone."""
        reader = Reader(Shards())
        reader.change(reader.replica.put([host(1), host(2)]))
        self.assertIsNone(reader.shards.find("2 0"))
        reader.load(asked())
        names = [f"2 {each}" for each in range(2)]
        found = [reader.shards.find(name) for name in names]
        self.assertEqual([copy and copy.element for copy in found], [host(1), host(2)])
        reader.change(reader.replica.put([host(1, 1)]))
        reader.load(asked())
        self.assertIsNone(reader.shards.find(names[0]))
        reader.change(reader.replica.remove([host(2).key]))
        self.assertEqual([reader.shards.find(name) for name in names], [None, None])
        self.assertEqual(len(reader.shards._named), 1)

    def test_layout(self) -> None:
        """Who keeps something for each shard is told which of them changed, and when there are others."""
        reader = Reader(Shards(50))
        shards = reader.shards
        reader.change(reader.replica.put([host(each) for each in range(200)]))
        reader.load(asked())
        for count, isKept in ((1, True), (200, False)):
            layout = shards.layout
            reader.change(reader.replica.put([host(50 + each, 1) for each in range(count)]))
            for copies in shards.take():
                shards.add(copies, [f"{count} {copy.place}" for copy in copies])
            plans = shards.arrange()
            self.assertEqual(shards.layout == layout, isKept)
            if isKept:
                (plan,) = plans
                self.assertIs(shards.shards[plan.number], plan.shard)


class CostTests(SynchronousTestCase):
    """How much is written."""

    def test_changes(self) -> None:
        """What changes is written, once, and nothing else; no shard becomes large by it."""
        reader = Reader(Shards(100))
        reader.change(reader.replica.put([host(each) for each in range(2000)]))
        reader.see(asked())
        self.assertEqual(reader.written, 2000)
        chosen = random.Random(1)
        for version in range(1, 301):
            some = chosen.sample(range(2000), chosen.choice((1, 1, 20, 200)))
            reader.change(reader.replica.put([host(each, version) for each in some]))
            before = reader.written
            reader.load(asked())
            self.assertEqual(reader.written - before, len(some))
        self.assertLessEqual(max(len(shard.copies) for shard in reader.shards.shards), 150)


def changed(replica: Replica, kind: str, what: object) -> Sequence[Copy]:
    """Make one change. @return: the copies it touched"""
    keys = [copy.element.key for copy in replica]
    if kind == "put":
        return replica.put(cast(list[ServiceDataElement], what))
    if kind == "extend":
        return replica.extend([(key, cast(Lifetime, what)) for key in keys[::2]])
    if kind == "remove":
        return replica.remove(keys[cast(int, what) :: 3])
    if kind == "forget":
        return replica.forget({key.name for key in keys[cast(int, what) :: 4]})
    return replica.advance(cast(float, what))
