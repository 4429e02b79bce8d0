"""Everything a source has, asked for by a query."""

from typing import Any

import attrs

from gma_twisted.aggregation import AggregateSource, Inflow, Intake
from gma_twisted.aggregation.polling import PAGE, poll
from gma_twisted.errors import ParameterError, PeerError, PeerUnreachable, TooLarge
from gma_twisted.markup import XMLGate
from gma_twisted.model import ElementKey, Expression
from gma_twisted.soap.notices import MOST_VALUES
from gma_twisted.soap.porttypes import NOTIFICATION_SOURCE
from gma_twisted.timing import toDeferred
from tests.aggregation.source import HOST, SOURCE, SourceCase, value


class PollCase(SourceCase):
    """A source with three values."""

    def setUp(self) -> None:
        """Nothing has been asked."""
        super().setUp()
        self.what = AggregateSource(SOURCE, (HOST,))
        self.inflow: Inflow = self.intake.open(SOURCE, [HOST])
        self.service: Any = self.connect(SOURCE, [NOTIFICATION_SOURCE], True)
        for name in "abc":
            self.source.values[name] = value(name.upper(), name)

    def poll(self) -> Any:
        """Ask."""
        isOurs = bool(self.source.instance)
        return toDeferred(poll(self.service, self.what, self.inflow, isOurs))


class OursTests(PollCase):
    """The source is one of our nodes."""

    def test_everything(self) -> None:
        """All values are taken, and the next time those that are gone are removed."""
        self.successResultOf(self.poll())
        self.assertEqual(self.contents(), {"a": "A", "b": "B", "c": "C"})
        del self.source.values["b"]
        self.successResultOf(self.poll())
        self.assertEqual(self.contents(), {"a": "A", "c": "C"})
        self.assertEqual(self.source.pages, [(PAGE, None), (PAGE, None)])

    def test_pages(self) -> None:
        """A page is asked for after the other until there is no cursor; nothing of an earlier page is removed."""
        for number in range(PAGE):
            self.source.values[str(number)] = value(str(number), str(number))
        self.successResultOf(self.poll())
        self.assertEqual(self.source.pages, [(PAGE, None), (PAGE, str(PAGE))])
        self.assertEqual(self.inflow.values, PAGE + 3)

    def test_pagesTooLarge(self) -> None:
        """Pages that are too large are asked for in halves."""
        page = self.source.page

        def small(limit: int | None, cursor: str | None) -> bytes:
            if limit is None or limit > 2:
                raise TooLarge("the answer is too large")
            return page(limit, cursor)

        self.source.page = small  # type: ignore[method-assign]
        self.successResultOf(self.poll())
        self.assertEqual(self.contents(), {"a": "A", "b": "B", "c": "C"})

    def test_valueTooLarge(self) -> None:
        """A single value that is too large is an error."""
        self.source.errors["find"] = TooLarge("the answer is too large")
        self.failureResultOf(self.poll(), TooLarge)

    def test_placeLost(self) -> None:
        """When the source has lost the place of a cursor the same may be asked again later."""
        page = self.source.page

        def forgetful(limit: int | None, cursor: str | None) -> bytes:
            if cursor is not None:
                raise ParameterError("the cursor is too old")
            return page(2, None)

        self.source.page = forgetful  # type: ignore[method-assign]
        self.failureResultOf(self.poll(), PeerError)
        self.assertEqual(self.contents(), {"a": "A", "b": "B"})
        del self.source.values["a"]
        self.source.page = page  # type: ignore[method-assign]
        self.successResultOf(self.poll())
        self.assertEqual(self.contents(), {"b": "B", "c": "C"})

    def test_relative(self) -> None:
        """Lifetimes are relative to the source's clock, however wrong it is."""
        self.source.ahead = 86400.0
        self.source.values["a"] = value("A", "a", until=1060.0)
        self.successResultOf(self.poll())
        element = self.store.get(ElementKey(HOST, SOURCE.url, "a"))
        assert element is not None
        self.assertAlmostEqual(element.lifetime.availableUntil, 1060.0, 2)

    def endless(self, count: int, *cursors: str) -> None:
        """The source always has a cursor, one of these in turn, or a new one; with so many values."""
        page = self.source.page
        values = [value(str(each), f"x{each}") for each in range(count)]

        def answer(limit: int | None, cursor: str | None) -> bytes:
            number = len(self.source.pages)
            if number > 20_000:
                raise AssertionError("asked for ever")
            self.source.values = {
                one.key.key: one for one in (values if limit is None else values[:limit])
            }
            said = cursors[number % len(cursors)] if cursors else str(number)
            return page(None, None).replace(
                b" gma:sent", b' gma:cursor="%b" gma:sent' % said.encode(), 1
            )

        self.source.page = answer  # type: ignore[method-assign]

    def assertEndless(self, why: str, pages: int) -> None:
        """The answer is given up after so many pages, and may be asked for again."""
        error = self.failureResultOf(self.poll(), PeerError).value
        self.assertEqual(error.message, f"the answer of {SOURCE} does not end: {why}")
        self.assertEqual(len(self.source.pages), pages)

    def test_sameCursor(self) -> None:
        """A source that gives the cursor it was asked with is not asked for ever."""
        self.endless(0, "again")
        self.assertEndless("the same cursor again", 2)

    def test_emptyPages(self) -> None:
        """Pages without a value may come, for there may be much to pass over, but not for ever."""
        self.endless(0)
        self.assertEndless("more than 1000 pages that are not full", 1001)

    def test_sameValues(self) -> None:
        """A source that says the same values again and again, by cursors in turn, is not asked for ever."""
        self.intake = Intake(self.store, self.clock, "me", "http://me:8480/", mostValues=5 * PAGE)
        self.inflow = self.intake.open(SOURCE, [HOST])
        self.endless(PAGE, "a", "b")
        self.assertEndless(f"more than {5 * PAGE} values, the bound aggregated_values", 6)

    def test_tooManyValues(self) -> None:
        """Of a source that has more than are taken of one, no more pages are asked for; the rest is as it was."""
        self.intake = Intake(self.store, self.clock, "me", "http://me:8480/", mostValues=PAGE + 500)
        self.inflow = self.intake.open(SOURCE, [HOST])
        for number in range(4 * PAGE):
            self.source.values[str(number)] = value(str(number), str(number))
        self.successResultOf(self.poll())
        self.assertEqual(len(self.source.pages), 2)
        self.assertIn("the bound aggregated_values", self.inflow.leftOut)
        self.assertEqual((self.inflow.values, self.contents()["a"]), (PAGE + 500, "A"))

    def test_unreachable(self) -> None:
        """No answer is an error, and takes nothing away."""
        self.successResultOf(self.poll())
        self.net.way = "cut"
        self.failureResultOf(self.poll(), PeerUnreachable)
        self.assertEqual(len(self.contents()), 3)


class ForeignTests(PollCase):
    """The source is of other software."""

    def setUp(self) -> None:
        """It knows nothing of ours."""
        super().setUp()
        self.source.instance = ""

    def test_everything(self) -> None:
        """It is asked without an attribute of ours, and what it does not tell any more is removed."""
        self.successResultOf(self.poll())
        del self.source.values["a"]
        self.successResultOf(self.poll())
        self.assertEqual(self.contents(), {"b": "B", "c": "C"})
        self.assertEqual(self.source.pages, [(None, None), (None, None)])

    def test_tooMany(self) -> None:
        """More values than can be read at once are refused, and why is said."""
        self.source.values.update((str(each), value("v", str(each))) for each in range(MOST_VALUES))
        error = self.failureResultOf(self.poll(), TooLarge).value
        self.assertIn(f"may speak of {MOST_VALUES} values", error.message)
        self.assertEqual(self.contents(), {})

    def test_malformed(self) -> None:
        """Another answer is the source's fault."""

        @attrs.frozen
        class Odd:
            async def findServiceData(self, expression: bytes) -> Expression:
                return Expression(HOST, XMLGate().parse(b"<t:Host xmlns:t='urn:t'/>"))

        self.service = Odd()
        self.failureResultOf(self.poll(), PeerError)
        self.assertEqual(self.contents(), {})
