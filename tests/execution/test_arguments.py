"""Arguments: declared by a constructor, read from text, checked."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError
from gma_twisted.execution import describe, fitArguments, readArguments
from gma_twisted.execution.arguments import takes
from gma_twisted.model import ProviderParameter


class Every:
    """A constructor with every kind of parameter."""

    def __init__(  # type: ignore[no-untyped-def]
        self,
        host: str,
        count: int = 3,
        ratio: float = 0.5,
        deep: bool = False,
        words: list[str] = [],  # noqa: B006
        place: Path = Path("/"),
        maybe: Optional[float] = None,  # noqa: UP045
        late: "Sequence[str]" = (),
        bare=None,
        odd: dict[str, int] | None = None,
        *,
        runtime: object = None,
    ) -> None: ...


PARAMETERS = describe(Every)


class Plain:
    """No constructor."""


class DescribeTests(SynchronousTestCase):
    """describe."""

    def test_declaration(self) -> None:
        """Names, kinds and defaults are the signature's; what the node injects is left out."""
        shown = [(one.name, one.kind, one.default) for one in PARAMETERS]
        self.assertEqual(
            shown,
            [
                ("host", "str", None),
                ("count", "int", "3"),
                ("ratio", "float", "0.5"),
                ("deep", "bool", "False"),
                ("words", "list[str]", "[]"),
                ("place", "Path", "PosixPath('/')"),
                ("maybe", "float", "None"),
                ("late", "Sequence[str]", "()"),
                ("bare", "", "None"),
                ("odd", "dict[str, int]", "None"),
            ],
        )

    def test_nothing(self) -> None:
        """A class without a constructor takes nothing."""
        self.assertEqual(describe(Plain), ())

    def test_function(self) -> None:
        """A function that makes components is described alike."""

        def make(size: int = 1, **rest: Any) -> object:
            return size

        self.assertEqual(describe(make), (ProviderParameter("size", "int", "1"),))

    def test_takes(self) -> None:
        """Whether the node has to give its means is read from the signature."""
        self.assertTrue(takes(Every, "runtime"))
        self.assertFalse(takes(Plain, "runtime"))


class ReadTests(SynchronousTestCase):
    """readArguments."""

    def refusal(self, text: str) -> str:
        """The message with which a text is refused."""
        return str(self.assertRaises(ParameterError, readArguments, text, PARAMETERS, "provider x"))

    def test_kinds(self) -> None:
        """Every kind is read to its type; quotes group words; lists grow by repeated keys."""
        text = "host='a b' count=-7 ratio=1.5e3 deep=true words=a words='b c' place=/home bare=1 maybe=2"
        self.assertEqual(
            readArguments(text, PARAMETERS, "provider x"),
            {
                "host": "a b",
                "count": -7,
                "ratio": 1500.0,
                "deep": True,
                "words": ["a", "b c"],
                "place": Path("/home"),
                "bare": "1",
                "maybe": 2.0,
            },
        )

    def test_empty(self) -> None:
        """No text, no arguments, though some are required: the configuration has them."""
        self.assertEqual(readArguments("", PARAMETERS, "provider x"), {})

    def test_equalsInValue(self) -> None:
        """Only the first equals sign divides."""
        self.assertEqual(readArguments("host=a=b", PARAMETERS, "x"), {"host": "a=b"})

    def test_unknown(self) -> None:
        """An unknown key is named with the nearest known one."""
        self.assertEqual(
            self.refusal("cuont=1"), 'provider x: unknown argument "cuont"; did you mean "count"?'
        )

    def test_injected(self) -> None:
        """What the node injects cannot be given."""
        self.assertEqual(
            self.refusal("runtime=x"),
            'provider x: unknown argument "runtime"; known are bare, count, deep, host, late, maybe, odd, place, '
            "ratio, words",
        )

    def test_illTyped(self) -> None:
        """A value of another type is named with its key and type."""
        for text, kind in (
            ("count=1.5", "int"),
            ("count=", "int"),
            (f"count={'9' * 41}", "int"),
            ("ratio=nan", "float"),
            ("ratio=1e999", "float"),
            ("deep=yes", "bool"),
        ):
            self.assertIn(f"must be {kind}, not", self.refusal(text))

    def test_twice(self) -> None:
        """A key that is no list comes once."""
        self.assertEqual(
            self.refusal("count=1 count=2"), 'provider x: argument "count" is given twice'
        )

    def test_notText(self) -> None:
        """A type that text cannot tell is refused."""
        self.assertIn("dict[str, int] cannot be given as text", self.refusal("odd=1"))

    def test_noKey(self) -> None:
        """A word that is no key=value is named."""
        self.assertIn('"loose" is not an argument such as key=value', self.refusal("count=1 loose"))

    def test_quotes(self) -> None:
        """Unbalanced quotes are refused."""
        self.assertIn("No closing quotation", self.refusal("host='a"))

    def test_long(self) -> None:
        """The text is bounded."""
        self.assertIn("longer than 8192 characters", self.refusal("host=" + "x" * 8192))

    @given(st.text(max_size=60))
    def test_anything(self, text: str) -> None:
        """Whatever is sent, the answer is arguments of the declared types or ParameterError."""
        try:
            found = readArguments(text, PARAMETERS, "provider x")
        except ParameterError:
            return
        self.assertTrue(set(found) <= {one.name for one in PARAMETERS})


class FitTests(SynchronousTestCase):
    """fitArguments."""

    def refusal(self, **values: object) -> str:
        """The message with which values are refused."""
        error = self.assertRaises(ParameterError, fitArguments, values, PARAMETERS, "provider x")
        return str(error)

    def test_toml(self) -> None:
        """Values as TOML has them fit: integers as floats, text as paths."""
        found = fitArguments(
            {"host": "a", "ratio": 2, "place": "/x", "words": ["a"], "odd": {"a": 1}},
            PARAMETERS,
            "x",
        )
        self.assertEqual(
            found,
            {"host": "a", "ratio": 2.0, "place": Path("/x"), "words": ["a"], "odd": {"a": 1}},
        )
        self.assertIsInstance(found["ratio"], float)

    def test_missing(self) -> None:
        """A required argument that is missing is named."""
        self.assertEqual(
            self.refusal(count=1),
            'provider x: argument "host" is missing; give host among the arguments',
        )

    def test_unknown(self) -> None:
        """An unknown key is named with the nearest known one."""
        self.assertEqual(
            self.refusal(hst="a"), 'provider x: unknown argument "hst"; did you mean "host"?'
        )

    def test_illTyped(self) -> None:
        """Values of other types are refused, a boolean for a number too."""
        self.assertEqual(
            self.refusal(host="a", count=True),
            'provider x: argument "count" must be int, not True; write 3, for example',
        )
        self.assertIn("must be bool, not 1", self.refusal(host="a", deep=1))
        self.assertIn("must be str, not 5", self.refusal(host=5))
        self.assertIn("must be list[str], not", self.refusal(host="a", words=["a", 1]))
        self.assertIn("must be list[str], not 'a'", self.refusal(host="a", words="a"))
