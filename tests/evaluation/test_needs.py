"""What a value needs for an expression to find something in it."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.evaluation.needs import (
    AllOf,
    AnyOf,
    Comparison,
    Field,
    Need,
    comparisonsOf,
    needsOf,
    needsOfXQuery,
)
from gma_twisted.markup.namespaces import GLUE, XML

_DECLARED = (("q", "urn:q"),)
A = Field(True, "", "a")
B = Field(True, "", "b")
LOAD = Field(False, GLUE, "Load")


def more(field: Field, number: float) -> Comparison:
    """That it is larger."""
    return Comparison(field, ">", number)


def needed(text: str) -> Need | None:
    """Of an expression of XPath."""
    return needsOf(text, _DECLARED)


def neededByXQuery(text: str) -> Need | None:
    """Of an expression of XQuery."""
    return needsOfXQuery(text, _DECLARED)


class NeedTests(SynchronousTestCase):
    """Expressions of XPath 1.0."""

    def test_comparisons(self) -> None:
        """A path compared with a literal is needed, whichever stands on the left."""
        for text, need in (
            ("*[@a > 5]", more(A, 5.0)),
            ("*[5 < @a]", more(A, 5.0)),
            ("*[@a>=5]", Comparison(A, ">=", 5.0)),
            ("*[5. >= @a]", Comparison(A, "<=", 5.0)),
            ("*[.5 > @a]", Comparison(A, "<", 0.5)),
            ("*[-1 <= @a]", Comparison(A, ">=", -1.0)),
            ("*[@a = 5]", Comparison(A, "=", 5.0)),
            ("*[5 = @a]", Comparison(A, "=", 5.0)),
            ("*[@a = 'x\"']", Comparison(A, "=", 'x"')),
            ('*["" = @a]', Comparison(A, "=", "")),
            ("*[attribute::q:a > 5]", more(Field(True, "urn:q", "a"), 5.0)),
            ("*[@xml:lang = 'en']", Comparison(Field(True, XML, "lang"), "=", "en")),
            ("*[glue:Load > 5]", more(LOAD, 5.0)),
            ("*[child :: glue:Load\n> 5]", more(LOAD, 5.0)),
            ("*[(glue:Load) > 5]", more(LOAD, 5.0)),
            ("*[(glue:Load)[1] > 5]", more(LOAD, 5.0)),
            ("*[glue:Load[2]/. > 5]", more(LOAD, 5.0)),
            ("*[b/c/../@a > 5]", more(A, 5.0)),
            ("*[/b//@a > 5]", more(A, 5.0)),
            ("*[(b | c)/@a > 5]", more(A, 5.0)),
        ):
            self.assertEqual(needed(text), need, text)

    def test_context(self) -> None:
        """A point means the step whose predicate it is in."""
        for text, need in (
            ("glue:Load[. > 5]", more(LOAD, 5.0)),
            ("glue:Load[@b][. > 5]", more(LOAD, 5.0)),
            ("@a[. > 5]", more(A, 5.0)),
            ("(@a | @b)[. > 5]", AnyOf((more(A, 5.0), more(B, 5.0)))),
            ("//glue:Load/self::node()[self::node() > 5]", more(LOAD, 5.0)),
            ("*[. > 5]", None),
            ("self::node()[. > 5]", None),
            ("/self::node()[. > 5]", None),
        ):
            self.assertEqual(needed(text), need, text)

    def test_together(self) -> None:
        """All of what is joined by "and", predicates and steps is needed, one of what is joined by "or" and "|"."""
        a, b = more(A, 5.0), more(B, 6.0)
        for text in (
            "*[@a > 5 and @b > 6]",
            "*[@a > 5][@b > 6]",
            "x[@a > 5]/y[@b > 6]",
            "*[x[@a > 5]/@b > 6]",
            "(x[@a > 5])[@b > 6]",
            "x[@a > 5 and (c and 1)][@b > 6 and not(@d > 7)]",
            "*[@a > 5][@a > 5][(@b > 6)][last()]",
        ):
            self.assertEqual(set(getattr(needed(text), "parts", ())), {a, b}, text)
            self.assertIsInstance(needed(text), AllOf)
        for text in ("*[@a > 5 or @b > 6]", "*[@a > 5] | x/y[@b > 6]", "*[x[@a > 5] or @b > 6]"):
            self.assertEqual(needed(text), AnyOf((a, b)), text)
        c = Comparison(A, "=", "x")
        self.assertEqual(needed("*[@a > 5 and (@a = 'x' or @b > 6)]"), AllOf((a, AnyOf((c, b)))))
        self.assertEqual(needed("*[(x | y)[@b > 6] and @a > 5]"), AllOf((b, a)))

    def test_unknown(self) -> None:
        """What is not known is left out of what has all, and leaves nothing of what has any."""
        a = more(A, 5.0)
        self.assertEqual(needed("*[@a > 5 and contains(@b, 'x')]"), a)
        self.assertEqual(needed("*[@a > 5 and @gma:key = 'x']"), a)
        self.assertEqual(needed("*[@a > 5 and string-length(@b) > 3]/@*"), a)
        self.assertIsNone(needed("*[@a > 5 or contains(@b, 'x')]"))
        self.assertIsNone(needed("*[@a > 5] | @b"))

    def test_nothing(self) -> None:
        """What may be true of a value that has no such thing tells nothing of it."""
        for text in (
            *("*", "@a", "//x[y]", "*[1]", "*[position() = 5]", "*[last() > 5]", "/"),
            *("*[not(@a > 5)]", "*[boolean(@a > 5)]", "*[count(x[@a > 5]) = 0]", "*[@a != 5]"),
            *("*[@a != 'x']", "*[@a > 'x']", "*[@a > '5']", "*[@a + 1 > 5]", "*[-@a > 5]"),
            *("*[@a > @b]", "*[number(@a) > 5]", "*[(@a > 5) = false()]", "*[@a = true()]"),
            *("*[(@a > 5) > 5]", "*[5 > 4]", "*['x' = 'x']", "*[* > 5]", "*[@* > 5]"),
            *("*[q:* > 5]", "*[text() > 5]", "*[node() = 'x']", "*[.. = 'x']", "*[/ = 'x']"),
            *("*[@a > 1000000%s]" % ("0" * 400), "*[(@a > 5) + 1]", "*[sum(x[@a > 5]) < 5]"),
            *("*[(@a = 5) = @b]", "*[x[@a = 5] = (1 = 2)]", "*[(1 = 2) = x[@a = 5]]"),
        ):  # fmt: skip
            self.assertIsNone(needed(text), text)

    def test_noPath(self) -> None:
        """Numbers, texts and truth values are results of every value."""
        for text in ("@a > 5", "count(*[@a > 5])", "'x'", "5", "not(*[@a > 5])", "-*[@a > 5]"):
            self.assertIsNone(needed(text), text)

    def test_long(self) -> None:
        """Chains of operators, however long, are read up to a bound, and by nobody who would fail of them."""
        for operator in ("or", "and", "=", "+", "-", "|", "<"):
            for count in (100, 500, 1000, 2000):
                chain = f" {operator} ".join(["a"] * count)
                for text in (chain, f"*[@a > 5][{chain}]", f"({chain})[@a > 5]", f"*[-({chain})]"):
                    needed(text)
                    needsOfXQuery(f"?*[{text}]", ())
        terms = " and ".join(["@a > 5"] * 50)
        self.assertEqual(needed(f"*[{terms}]"), more(A, 5.0))
        self.assertIsNone(needed(f"*[{terms} and {terms}]"))

    def test_stamps(self) -> None:
        """What the node writes on a value, and changes without a new one, is no need."""
        for text in ("*[@gma:originator = 'x']", "*[@ogsi:goodFrom > 5]", "*[ogsi:x = 'y']"):
            self.assertIsNone(needed(text), text)

    def test_mayFail(self) -> None:
        """Of what can fail with a value nothing is known, whatever else there is."""
        for text in (
            *("*[@a > 5][count(1)]", "*[@a > 5][sum('x')]", "*[@a > 5][name(5)]"),
            *("*[@a > 5][count()]", "*[@a > 5][not()]", "*[@a > 5][contains(@b)]"),
            *("*[@a > 5][position(1)]", "*[@a > 5][true(1)]", "*[@a > 5][concat('x')]"),
            *("*[@a > 5][('x')/b]", "*[@a > 5]['x'[1]]", "*[@a > 5][(1 | b)]", "*[@a > 5][1 | b]"),
            *("*[@a > 5][true()[1]]", "*[@a > 5][string()//b]", "*[@a > 5][count(1 = 1)]"),
        ):  # fmt: skip
            self.assertIsNone(needed(text), text)

    def test_notRead(self) -> None:
        """Of what is not read for certain nothing is known."""
        for text in (
            *("", "*[", "*[@a > 5", "*[@a > 5]]", "*[@a > 5] x", "*[@a > 1e3]", "*[@a > 5][id('x')]"),
            *("*[@a > 5][lang('x')]", "*[@a > $x]", "*[@a > 5]/namespace::x", "*[@a > 5][é]"),
            *("*[@a > 5][aé]", "*[@a >> 5]", "*[@a > --5]", "*[@u:a > 5]", "?*[@a > 5]"),
            *("x::*[@a > 5]", "*[@a > 5]/processing-instruction('x')", "*[@a > 5]/", "*[@a > 5]//"),
            *("*[@\xa0a > 5]", "*[@a > 5]/text(1)", "*[@a > 5]" + " " * 5000, "q:[@a > 5]"),
            f"*[@a > {'(' * 40}5{')' * 40}]",
        ):  # fmt: skip
            self.assertIsNone(needed(text), text)

    def test_names(self) -> None:
        """Names of operators, functions and node types are names where a name has to be."""
        for text in (
            *("and[@a > 5]", "div/or[@a > 5]", "count[@a > 5]", "self[@a > 5]", "*[@a > 5]/mod"),
            *("*[@a > 5]*", "node[@a > 5]", "text/comment[@a > 5]"),
        ):  # fmt: skip
            self.assertEqual(needed(text), None if text.endswith("]*") else more(A, 5.0), text)
        self.assertEqual(
            needed("*[@a-b > 5]"), Comparison(Field(True, "", "a-b"), ">", 5.0)
        )  # a name with a hyphen
        self.assertIsNone(needed("*[@a -b > 5]"))

    def test_prefixes(self) -> None:
        """A prefix means what the question declares, before what is known to every question."""
        need = needsOf("*[glue:Load > 5]", (("glue", "urn:other"),))
        self.assertEqual(need, more(Field(False, "urn:other", "Load"), 5.0))

    def test_many(self) -> None:
        """With many comparisons it does not pay."""
        self.assertIsNotNone(needed("*[" + " or ".join(f"@a = {n}" for n in range(16)) + "]"))
        self.assertIsNone(needed("*[" + " or ".join(f"@a = {n}" for n in range(17)) + "]"))

    def test_comparisonsOf(self) -> None:
        """The comparisons of a need are those of all its parts."""
        need = needed("*[@a > 5 and (@a = 'x' or @b > 6)]")
        assert need is not None
        self.assertEqual(
            list(comparisonsOf(need)), [more(A, 5.0), Comparison(A, "=", "x"), more(B, 6.0)]
        )


class XQueryTests(SynchronousTestCase):
    """Expressions of XQuery: they see all values together, and more of them can fail."""

    def test_paths(self) -> None:
        """Values, predicates and steps are read, and how many they are."""
        for text, need in (
            ("?*[@a > 5]", more(A, 5.0)),
            ("count(?*[@a > 5])", more(A, 5.0)),
            (" count( ?*[5 < @a] ) ", more(A, 5.0)),
            ("?*[@a > 5]/x/@b", more(A, 5.0)),
            ("?*[@a > 5]//x[1][position() < 3]", more(A, 5.0)),
            ("?*/glue:Load[. > 5]", more(LOAD, 5.0)),
            ("?*//glue:Load[. > 5]", more(LOAD, 5.0)),
            ("?*[@a > 5][@b = 'x']", AllOf((more(A, 5.0), Comparison(B, "=", "x")))),
            ("?*[@a > 5 or @b > 6]", AnyOf((more(A, 5.0), more(B, 6.0)))),
            ("?*[self::q:x][@a > 5]", more(A, 5.0)),
            ("?*[@a > 5][contains(@b, 'x')]", more(A, 5.0)),
            ("?*[@a > 5][count(x) = 2][x[last()] != 'y']", more(A, 5.0)),
            ("?*[@a > 5][@b < 'x'][not(c = 'x')][c = d]", more(A, 5.0)),
        ):
            self.assertEqual(neededByXQuery(text), need, text)

    def test_places(self) -> None:
        """What counts values has to see all of them; a place within a value is another matter."""
        for text in (
            *("?*[@a > 5][1]", "?*[1][@a > 5]", "?*[@a > 5][last()]", "?*[position() < 3][@a > 5]"),
            *("?*[@a > 5 and position() < 3]", "?*[@a > 5][count(x)]", "?*[@a > 5][not(last() = 1)]"),
            *("(?*[@a > 5])[1]/x", "?*[@a > 5]['x']"),
        ):  # fmt: skip
            self.assertIsNone(neededByXQuery(text), text)
        self.assertIsNotNone(neededByXQuery("?*[@a > 5][x[2]]"))

    def test_others(self) -> None:
        """Of all other forms nothing is known."""
        for text in (
            *("*[@a > 5]", "?*", "?*/x", "count(?*)", "count(?*[@a > 5]) + 1", "sum(?*[@a > 5])"),
            *("?*[@a > 5] | ?*[@b > 5]", "?*[@a > 5]/count(x)", "?1[@a > 5]", "?*[@a gt 5]"),
            *("?*[?*/@a > 5]", "?*[@a > 5][count(?*) = 1]", "for $x in ?*[@a > 5] return $x"),
            *("?*[@a > 5] (: x :)", "?*[Q{urn:q}a > 5]", "?*[*:a > 5]", "?*[@u:a > 5]", "-?*[@a > 5]"),
            *("count(?*[@a > 5], 1)", "count(count(?*[@a > 5]))", "?*[some > 5 to 6]"),
        ):  # fmt: skip
            self.assertIsNone(neededByXQuery(text), text)
        self.assertIsNone(needsOfXQuery("?*[a > 5]", (("", "urn:q"),)))

    def test_mayFail(self) -> None:
        """What XQuery may refuse of a value that has not what is needed has to be put to it."""
        for text in (
            *("?*[@a > 5][@b + 1 = 2]", "?*[@a > 5][contains(x, 'y')]", "?*[@a > 5][string(x) = 'y']"),
            *("?*[@a > 5][number(@b) = 1]", "?*[@a > 5][5 = 'x']", "?*[@a > 5][@b = position()]"),
            *("?*[@a > 5][x[@b = count(y)]]", "?*[@a > 5][-@b = 1]", "?*[@a > 5][@b = true()]"),
            *("?*[@a > 5][sum(x) = 1]", "?*[@a > 5][contains(@*, 'x')]", "?*[@a > 5][(x)[1] = 'y']"),
            *("?*[/q:x/@a > 5]", "?*[@a > 5][//x]", "?*[@a > 5]/x[/y]", "?*[@a > 5][/]"),
        ):  # fmt: skip
            self.assertIsNone(neededByXQuery(text), text)

    def test_numbers(self) -> None:
        """Whatever is compared with a number is part of the need: a text that is none is an error."""
        for text in (
            *("?*[@a > 5][not(@b > 5)]", "?*[@a > 5][@b != 5]", "?*[@a > 5][@* > 5]"),
            *("?*[@a > 5][@b > 5 or c]", "?*[@a > 5][count(x[@b > 5]) = 0]", "?*[@a > 5][. > 5]"),
            *("?*[@a > 5]/x[@b > 5 or c]", "?*[@a > 5][@gma:sequence > 5]"),
        ):  # fmt: skip
            self.assertIsNone(neededByXQuery(text), text)
        self.assertEqual(neededByXQuery("?*[@a > 5][not(@a < 3)]"), more(A, 5.0))

    def test_literals(self) -> None:
        """Texts that XQuery reads in another way are not read."""
        self.assertEqual(neededByXQuery("?*[@a = 'x']"), Comparison(A, "=", "x"))
        for text in ("?*[@a = '&amp;']", "?*[@a = 'x\r\n']", "?*[@a = 'it''s']"):
            self.assertIsNone(neededByXQuery(text), text)
