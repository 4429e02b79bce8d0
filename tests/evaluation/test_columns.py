"""What is kept of values, and which of them it makes candidates."""

from collections.abc import Sequence

import attrs
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.evaluation.columns import MOST_TEXT, MOST_TEXTS, Columns
from gma_twisted.evaluation.needs import AllOf, AnyOf, Comparison, Field, Need
from gma_twisted.evaluation.replica import Copy
from tests.evaluation.values import made

A = Field(True, "", "a")
B = Field(True, "", "b")


@attrs.define(slots=True, eq=False)
class Table:
    """
    Values with any texts.

    @ivar has: the texts of each field
    @ivar asked: how many values were looked at, one after the other
    """

    has: dict[Copy, dict[Field, list[str]]] = attrs.field(factory=dict)
    asked: list[tuple[str, int]] = attrs.field(factory=list)

    def add(self, *a: str, b: Sequence[str] = ()) -> Copy:
        """One more value."""
        copy = Copy(made("<x/>", key=str(len(self.has))))
        self.has[copy] = {A: list(a), B: list(b)}
        return copy

    def extract(self, field: Field, copies: Sequence[Copy]) -> Sequence[Sequence[str]]:
        """See L{Columns.extract}."""
        self.asked.append((field.localName, len(copies)))
        return [self.has[copy].get(field, []) for copy in copies]


def columnsOf(table: Table, isStrict: bool = False, most: int = 8) -> Columns:
    """That sift however few there are."""
    return Columns(table.extract, isStrict, most, fewest=0)


class SiftTests(SynchronousTestCase):
    """Which values are candidates."""

    def found(self, texts: Sequence[str], need: Need, isStrict: bool = False) -> list[str]:
        """Those of some texts, each in a value of its own, that are candidates."""
        table = Table()
        copies = [table.add(text) for text in texts]
        found = columnsOf(table, isStrict).candidates(need, copies)
        return [table.has[copy][A][0] for copy in found]

    def test_numbers(self) -> None:
        """A number is compared; equal is near enough, whatever the operator, as languages read them differently."""
        texts = ["-3", "4.999999999999", " 5 ", "5.", "5.000000000001", "1e2", "-0", "7.5"]
        for operator, expected in (
            (">", ["4.999999999999", " 5 ", "5.", "5.000000000001", "1e2", "7.5"]),
            (">=", ["4.999999999999", " 5 ", "5.", "5.000000000001", "1e2", "7.5"]),
            ("<", ["-3", "4.999999999999", " 5 ", "5.", "5.000000000001", "-0"]),
            ("<=", ["-3", "4.999999999999", " 5 ", "5.", "5.000000000001", "-0"]),
            ("=", ["4.999999999999", " 5 ", "5.", "5.000000000001"]),
        ):
            self.assertEqual(self.found(texts, Comparison(A, operator, 5.0)), expected, operator)
        self.assertEqual(self.found(["0", "-0", "1e-9"], Comparison(A, "=", 0.0)), ["0", "-0"])

    def test_odd(self) -> None:
        """What one language may read as a number and another not is a candidate, what none reads is not."""
        odd = ["0x10", "+5", "-", ".", "5e", "1e400", "5 5", "--5", "1.2.3", "1" * 65, "1e-400"]
        noNumbers = ["", "NaN", "INF", "Infinity", "x", "\u0665", "\xa05", "e5", " "]
        for number in (-7.0, 5.0):
            for operator in ("=", "<", ">"):
                need = Comparison(A, operator, number)
                self.assertEqual(self.found([*odd, *noNumbers], need), odd)
                self.assertEqual(self.found(noNumbers, need, isStrict=True), noNumbers)

    def test_cut(self) -> None:
        """A text that is not all there may be any number, whatever it begins with."""
        texts = [" " * (MOST_TEXT + 1), "x" * (MOST_TEXT + 1), " " * MOST_TEXT]
        self.assertEqual(self.found(texts, Comparison(A, "=", 5.0)), texts[:2])

    def test_large(self) -> None:
        """A value of many bytes is always a candidate, and not looked at."""
        table = Table()
        copies = [table.add("1"), table.add("7")]
        large = Copy(made(f"<x>{'y' * 16384}</x>", key="large"))
        table.has[large] = {A: ["1"], B: []}
        found = columnsOf(table).candidates(Comparison(A, ">", 5.0), [*copies, large])
        self.assertEqual(found, [copies[1], large])
        self.assertEqual(table.asked, [("a", 2)])

    def test_texts(self) -> None:
        """A text is compared as it is, unless it is too long to be kept."""
        long = "y" * 600
        need = Comparison(A, "=", "x")
        self.assertEqual(self.found(["x", "X", " x", "", long], need), ["x", long])
        self.assertEqual(self.found(["x", ""], Comparison(A, "=", "")), [""])
        self.assertEqual(self.found(["5", "5.0"], Comparison(A, "=", "5.0")), ["5.0"])

    def test_several(self) -> None:
        """One of several texts is enough; a value without any is no candidate, one with very many always is."""
        table = Table()
        none, two = table.add(), table.add("1", "9")
        many = table.add(*["1"] * (MOST_TEXTS + 1))
        odd = table.add("1", "5x")
        copies = [none, two, many, odd]
        columns = columnsOf(table)
        for operator, literal, expected in (
            (">", 8.0, [two, many, odd]),
            ("<", 2.0, [two, many, odd]),
            ("<", 1.0, [two, many, odd]),
            ("<", 0.0, [many, odd]),
            ("=", 5.0, [two, many, odd]),
            ("=", "9", [two, many]),
            ("=", "5", [many]),
        ):
            need = Comparison(A, operator, literal)
            self.assertEqual(columns.candidates(need, copies), expected, need)

    def test_together(self) -> None:
        """All and any of several needs, in the order of the values."""
        table = Table()
        copies = [
            table.add("1", b=["1"]),
            table.add("1", b=["9"]),
            table.add("9", b=["9"]),
            table.add(),
        ]
        columns = columnsOf(table)
        a, b = Comparison(A, ">", 5.0), Comparison(B, ">", 5.0)
        self.assertEqual(columns.candidates(AllOf((a, b)), copies), copies[2:3])
        self.assertEqual(columns.candidates(AnyOf((a, b)), copies), copies[1:3])
        text = AnyOf((a, AllOf((b, Comparison(A, "=", "1")))))
        self.assertEqual(columns.candidates(text, copies[::-1]), [copies[2], copies[1]])

    def test_strict(self) -> None:
        """Where no number is an error, a value that has one is a candidate, whatever else it lacks."""
        table = Table()
        good, bad = table.add("9", b=["9"]), table.add("1", b=["x"])
        copies = [bad, table.add("1", b=["9"]), good]
        need = AllOf((Comparison(A, ">", 5.0), Comparison(B, ">", 5.0)))
        self.assertEqual(columnsOf(table, isStrict=True).candidates(need, copies), [bad, good])
        self.assertEqual(columnsOf(table).candidates(need, copies), [good])
        text = AllOf((Comparison(A, "=", "9"), Comparison(B, "=", "9")))
        self.assertEqual(columnsOf(table, isStrict=True).candidates(text, copies), [good])

    @given(
        st.lists(st.lists(st.integers(-20, 20).map(lambda n: n / 2), max_size=3), max_size=6),
        st.sampled_from(["=", "<", "<=", ">", ">="]),
        st.integers(-21, 21).map(lambda n: n / 2),
    )
    def test_all(self, values: list[list[float]], operator: str, literal: float) -> None:
        """Whatever makes a comparison true is a candidate, and not everything is."""
        table = Table()
        copies = [table.add(*map(str, numbers)) for numbers in values]
        compare = {
            "=": lambda number: number == literal,
            "<": lambda number: number < literal,
            "<=": lambda number: number <= literal,
            ">": lambda number: number > literal,
            ">=": lambda number: number >= literal,
        }[operator]
        found = columnsOf(table).candidates(Comparison(A, operator, literal), copies)
        for copy, numbers in zip(copies, values, strict=True):
            if any(map(compare, numbers)):
                self.assertIn(copy, found)
            elif operator != "=" and literal not in numbers:
                self.assertNotIn(copy, found)


class KeepTests(SynchronousTestCase):
    """What is kept, and for how long."""

    def setUp(self) -> None:
        """Three values."""
        self.table = Table()
        self.copies = [self.table.add("1", b=["1"]), self.table.add("5"), self.table.add("9")]
        self.need = Comparison(A, ">", 4.0)

    def test_once(self) -> None:
        """Every value is looked at once for a name, however it is compared; for texts once more."""
        columns = columnsOf(self.table)
        for operator in ("=", "<", ">="):
            columns.candidates(Comparison(A, operator, 5.0), self.copies)
        columns.candidates(Comparison(A, "=", "5"), self.copies)
        columns.candidates(Comparison(A, "=", "6"), self.copies)
        self.assertEqual(self.table.asked, [("a", 3), ("a", 3)])

    def test_forgotten(self) -> None:
        """Those that changed are looked at again, and no others."""
        columns = columnsOf(self.table)
        text = Comparison(A, "=", "5")
        self.assertEqual(columns.candidates(self.need, self.copies), self.copies[1:])
        self.assertEqual(columns.candidates(text, self.copies), self.copies[1:2])
        self.table.has[self.copies[0]][A] = ["5"]
        self.table.has[self.copies[1]][A] = ["1"]
        columns.forget([*self.copies[:2], self.table.add()])
        self.assertEqual(
            columns.candidates(self.need, self.copies), [self.copies[0], self.copies[2]]
        )
        self.assertEqual(columns.candidates(text, self.copies), self.copies[:1])
        self.assertEqual(self.table.asked, [("a", 3)] * 2 + [("a", 2)] * 2)

    def test_forgottenOdd(self) -> None:
        """A value that was no number is one after it changed."""
        columns = columnsOf(self.table, isStrict=True)
        self.table.has[self.copies[0]][A] = ["x"]
        self.assertEqual(columns.candidates(self.need, self.copies), self.copies)
        self.table.has[self.copies[0]][A] = ["1"]
        columns.forget(self.copies[:1])
        self.assertEqual(columns.candidates(self.need, self.copies), self.copies[1:])

    def test_wanted(self) -> None:
        """Only what a question may see is looked at, and of what is joined by "and" only what is left."""
        columns = columnsOf(self.table)
        columns.candidates(AllOf((self.need, Comparison(B, "<", 2.0))), self.copies[:2])
        columns.candidates(self.need, self.copies)
        self.assertEqual(self.table.asked, [("a", 2), ("b", 1), ("a", 1)])

    def test_bound(self) -> None:
        """The name that was not used for longest is forgotten; a need with more names is not looked into."""
        columns = columnsOf(self.table, most=2)
        fields = [Field(True, "", name) for name in "abc"]
        a, b, c = (Comparison(field, ">", 4.0) for field in fields)
        for need in (a, b, a, c, a, b):
            columns.candidates(need, self.copies)
        self.assertEqual([name for name, _ in self.table.asked], ["a", "b", "c", "b"])
        self.assertIs(columns.candidates(AnyOf((a, b, c)), self.copies), self.copies)
        self.assertEqual(len(self.table.asked), 4)

    def test_atOnce(self) -> None:
        """Of many values some are looked at at a time, so that their texts are not all in memory."""
        copy = self.copies[0]
        more = [Copy(copy.element) for _ in range(2001)]
        self.table.has.update({one: {A: [str(place)]} for place, one in enumerate(more)})
        found = columnsOf(self.table).candidates(Comparison(A, ">", 1999.5), more)
        self.assertEqual(found, more[-1:])
        self.assertEqual([count for _, count in self.table.asked], [1000, 1000, 1])

    def test_unfinished(self) -> None:
        """What takes long is found out by several questions, and until then every value is a candidate."""
        table = Table()
        copies = [table.add(str(number)) for number in range(3500)]
        columns = columnsOf(table)
        columns.seconds = 0.0
        need = Comparison(A, ">", 3000.0)
        for _ in range(4):
            self.assertIs(columns.candidates(need, copies), copies)
        self.assertEqual(columns.candidates(need, copies), copies[3000:])
        self.assertEqual(table.asked, [("a", 1000)] * 3 + [("a", 500)])

    def test_wide(self) -> None:
        """A need of many names is not looked into, however many are kept."""
        columns = columnsOf(self.table)
        parts = [Comparison(Field(True, "", name), ">", 4.0) for name in "abcde"]
        self.assertIs(columns.candidates(AnyOf(tuple(parts)), self.copies), self.copies)
        self.assertEqual(self.table.asked, [])
        self.assertEqual(columns.candidates(AnyOf(tuple(parts[:4])), self.copies), self.copies[1:])

    def test_few(self) -> None:
        """Few values are asked as they are."""
        columns = Columns(self.table.extract, fewest=4)
        self.assertIs(columns.candidates(self.need, self.copies), self.copies)
        self.assertEqual(self.table.asked, [])
        copies = [*self.copies, self.table.add("6")]
        self.assertEqual(columns.candidates(self.need, copies), copies[1:])
