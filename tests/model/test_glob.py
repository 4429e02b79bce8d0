"""Globs: what they match, which of them meet, and that none takes long."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import TooLarge
from gma_twisted.model.glob import MAX_GLOB, Glob, isGlob

_PATTERNS = st.text("ab*?", max_size=8)
_TEXTS = st.text("ab", max_size=8)


def _matches(pattern: str, text: str) -> bool:
    return Glob(pattern).matches(text)


def _meet(one: str, other: str) -> bool:
    return Glob(one).meets(Glob(other))


def _plainly(pattern: str, text: str) -> bool:
    """As a definition says it."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(_plainly(pattern[1:], text[n:]) for n in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and _plainly(pattern[1:], text[1:])


def _wordOf(one: str, other: str, most: int) -> str | None:
    """A text that is as both say, if one is as short."""
    words = [""]
    for _ in range(most + 1):
        for word in words:
            if _plainly(one, word) and _plainly(other, word):
                return word
        words = [word + sign for word in words for sign in "ab"]
    return None


class GlobTests(SynchronousTestCase):
    """A star is any characters, a question mark one, all else itself."""

    @given(_PATTERNS, _TEXTS)
    def test_matches(self, pattern: str, text: str) -> None:
        """It matches what the definition says."""
        self.assertEqual(_matches(pattern, text), _plainly(pattern, text))

    def test_literal(self) -> None:
        """Signs of regular expressions, brackets and line ends are only themselves; case counts."""
        for text in ("a.b", "[ab]", "a\\d", "(", "a|b", "^$", "a\n", "a{2}"):
            self.assertTrue(_matches(text + "*", text))
            self.assertTrue(_matches("*" + text, text))
        self.assertFalse(_matches("a.*", "ab"))
        self.assertFalse(_matches("[ab]*", "a"))
        self.assertFalse(_matches("A*", "a"))
        self.assertTrue(_matches("a?b*", "a\nb\n"))
        self.assertFalse(_matches("*a", "a\n"))

    def test_isGlob(self) -> None:
        """Only stars and question marks make a glob."""
        self.assertEqual(
            [isGlob(one) for one in ("a*", "?", "a[b]", "")], [True, True, False, False]
        )

    def test_hostile(self) -> None:
        """What takes other translations for ever is answered."""
        self.assertFalse(_matches("a*" * 127 + "b", "a" * 256))
        self.assertFalse(_matches("?*" * 127 + "b", "a" * 256))
        self.assertTrue(_meet("a*" * 128, "*a" * 128))
        self.assertFalse(_meet("a*" * 127 + "b", "?a" * 120))

    @given(st.text("ab*?", max_size=4), st.text("ab*?", max_size=4))
    def test_meet(self, one: str, other: str) -> None:
        """Two meet when some text is as both say, whichever is asked first."""
        expected = _wordOf(one, other, 8) is not None
        self.assertEqual(_meet(one, other), expected)
        self.assertEqual(_meet(other, one), expected)

    @given(_PATTERNS, st.text("ab?", max_size=8))
    def test_markedText(self, pattern: str, text: str) -> None:
        """In a text a question mark is only itself."""
        self.assertEqual(_matches(pattern, text), _plainly(pattern, text))

    @given(_PATTERNS, _TEXTS)
    def test_meetText(self, pattern: str, text: str) -> None:
        """A glob of one text meets what matches that text."""
        self.assertEqual(_meet(pattern, text), _plainly(pattern, text))

    def test_longTexts(self) -> None:
        """Of a long text no place is looked at again for another piece."""
        text = "a" * 65_536
        for pattern in ("*" + "a?" * 100 + "*c", "*" + "a" * 200 + "b*", "*a" * 100 + "*b"):
            self.assertFalse(_matches(pattern, text))
            self.assertTrue(_matches(pattern, text + pattern.replace("*", "").replace("?", "a")))

    def test_bounded(self) -> None:
        """What texts of any length are compared with has so many characters; the message names it and the bound."""
        self.assertTrue(Glob.bounded("a glob", "*" * MAX_GLOB).matches("a"))
        error = self.assertRaises(TooLarge, Glob.bounded, "a glob of mine", "*a" * MAX_GLOB)
        self.assertIn("a glob of mine", error.message)
        self.assertIn(str(MAX_GLOB), error.message)
        self.assertLess(len(error.message), 200)

    def test_longNames(self) -> None:
        """Letters of all scripts are characters."""
        self.assertTrue(_matches("??*", "\u540d\U0001f600"))
