"""Where keys and values stand in a TOML text."""

import string
import tomllib
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration.places import Path, deepest, findPlaces, lineAndColumn


def spots(text: str) -> dict[Path, tuple[tuple[int, int], tuple[int, int]]]:
    """Line and column of each key and value."""
    return {
        path: (lineAndColumn(text, place.key), lineAndColumn(text, place.value))
        for path, place in findPlaces(text).items()
    }


class DeepestTests(SynchronousTestCase):
    """Where a text is nested most."""

    def test_found(self) -> None:
        """The innermost bracket; those in texts and comments are none."""
        text = "a = '[[[[' # [[[[\nb = [1, { c = [2] }]\nd = [[3]]"
        self.assertEqual(lineAndColumn(text, deepest(text)), (2, 15))


class PlacesTests(SynchronousTestCase):
    """Every way TOML has to write a key."""

    def test_plain(self) -> None:
        """A key is placed at its first letter, its value after the equals sign."""
        self.assertEqual(spots("\n  one =  1 # two = 2\n"), {("one",): ((2, 3), (2, 10))})

    def test_header(self) -> None:
        """A table stands at its name inside the brackets, and so does each name around it."""
        found = spots("[providers.host]\nclass='a:B'")
        self.assertEqual(found[("providers",)], ((1, 2), (1, 2)))
        self.assertEqual(found[("providers", "host")], ((1, 12), (1, 12)))
        self.assertEqual(found[("providers", "host", "class")], ((2, 1), (2, 7)))

    def test_dotted(self) -> None:
        """Each part of a dotted key has its own column."""
        found = spots('a . "b.c" = 3')
        self.assertEqual(found[("a",)], ((1, 1), (1, 13)))
        self.assertEqual(found[("a", "b.c")], ((1, 5), (1, 13)))

    def test_escapedKey(self) -> None:
        """A quoted key is known by what it says, not by how it is spelt."""
        self.assertEqual(list(findPlaces(r'"\u0061\"=" = 1')), [('a"=',)])

    def test_inlineTable(self) -> None:
        """Keys of an inline table are placed, after strings that look like its end too."""
        found = spots("t = { a = '}', b = [ '#', { c = 2 } ] }")
        self.assertEqual(found[("t", "b")], ((1, 16), (1, 20)))
        self.assertEqual(found[("t", "b", 1)], ((1, 27), (1, 27)))
        self.assertEqual(found[("t", "b", 1, "c")], ((1, 29), (1, 33)))

    def test_arrayOverLines(self) -> None:
        """Members of an array that has comments and a last comma are placed line by line."""
        found = spots("a = [ # ]\n  'x',\n  'y', # ,\n]\nb = 1")
        self.assertEqual(found[("a", 1)], ((3, 3), (3, 3)))
        self.assertEqual(found[("b",)], ((5, 1), (5, 5)))

    def test_arrayOfTables(self) -> None:
        """A table below an array of tables belongs to the last member before it."""
        text = "[[a]]\nx=1\n[[a]]\n[a.b]\nx=2\n[[a.c]]\n[[a.c]]\nx=3"
        found = spots(text)
        self.assertEqual(found[("a", 0, "x")], ((2, 1), (2, 3)))
        self.assertEqual(found[("a", 1, "b", "x")], ((5, 1), (5, 3)))
        self.assertEqual(found[("a", 1, "c", 1, "x")], ((8, 1), (8, 3)))

    def test_multiLineStrings(self) -> None:
        """Nothing inside a string of several lines is taken for a key, its quotes at the end included."""
        text = "\n".join(
            [
                'a = """',
                "b = 1",
                '\\""" "" x"""""',
                "c = '''",
                "[d]'''''",
                'e = """"""',
                "f = 1",
            ]
        )
        self.assertEqual(tomllib.loads(text)["f"], 1)
        self.assertEqual(list(findPlaces(text)), [("a",), ("c",), ("e",), ("f",)])

    def test_dateWithBlank(self) -> None:
        """A date and a time with a blank between them are one value."""
        self.assertEqual(list(findPlaces("a = 1979-05-27 07:32:00\nb = 1")), [("a",), ("b",)])


KEY = st.one_of(
    st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=4),
    st.text(max_size=4).filter(lambda text: text.isprintable() and text.isascii()),
)
TREE = st.recursive(
    st.sampled_from(["NUMBER", "BASIC", "LITERAL", "MULTI", "MULTILITERAL"]),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEY, inner, max_size=3)),
    max_leaves=12,
)


class Writer:
    """Writes a tree as TOML, in ways hypothesis chooses, and knows where each thing went."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.text = ""
        self.values: dict[Path, int] = {}
        self.count = 0

    def choose(self, *options: str) -> str:
        """One of them."""
        return str(self.draw(st.sampled_from(options)))

    def key(self, key: str) -> str:
        """A key, bare where it can be."""
        bare = key and all(c in string.ascii_letters + string.digits + "_-" for c in key)
        if bare and self.draw(st.booleans()):
            return key
        if "'" not in key and self.draw(st.booleans()):
            return f"'{key}'"
        return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'

    def value(self, path: Path, tree: Any) -> None:
        """A value in one line, or in several inside an array."""
        self.values[path] = len(self.text)
        if isinstance(tree, dict):
            self.text += "{ "
            for index, (key, inner) in enumerate(tree.items()):
                self.text += (", " if index else "") + self.key(key) + " = "
                self.value((*path, key), inner)
            self.text += " }"
        elif isinstance(tree, list):
            self.text += "["
            for index, inner in enumerate(tree):
                self.text += self.choose("", " ", "\n", " # ]'\"\n")
                self.value((*path, index), inner)
                self.text += self.choose(",", " , ")
            self.text += "]"
        else:
            self.count += 1
            self.text += {
                "NUMBER": f"{self.count}",
                "BASIC": f'"\\"{self.count}]#"',
                "LITERAL": f"'\\{self.count}}}#'",
                "MULTI": f'"""\n[x]\nk = 1 \\""" "" {self.count}"""""',
                "MULTILITERAL": f"'''\n[x]\nk = \\ '' {self.count}'''''",
            }[tree]

    def table(self, path: Path, header: str, tree: dict[str, Any]) -> None:
        """A table with its header; tables in it become tables, or stay inline."""
        later = []
        for key, inner in tree.items():
            isTables = (
                isinstance(inner, list) and inner and all(isinstance(one, dict) for one in inner)
            )
            if (isinstance(inner, dict) or isTables) and self.draw(st.booleans()):
                later.append((key, inner))
                continue
            self.text += self.choose("", "  ", "# a = 1\n", "\n") + self.key(key)
            self.text += self.choose("=", " = ", "\t=  ")
            self.value((*path, key), inner)
            self.text += self.choose("\n", " # ]\n")
        for key, inner in later:
            name = f"{header}.{self.key(key)}" if header else self.key(key)
            if isinstance(inner, dict):
                self.text += f"[{name}]\n"
                self.table((*path, key), name, inner)
            else:
                for index, one in enumerate(inner):
                    self.text += f"[[ {name} ]]\n"
                    self.table((*path, key, index), name, one)


def pathsOf(tree: Any, path: Path = ()) -> Iterator[Path]:
    """Every path of a tree but the empty one."""
    members = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, inner in members:
        yield (*path, key)
        if isinstance(inner, (dict, list)):
            yield from pathsOf(inner, (*path, key))


class GeneratedTests(SynchronousTestCase):
    """Any TOML tomllib accepts."""

    @settings(max_examples=150)
    @given(st.dictionaries(KEY, TREE, max_size=4), st.data())
    def test_everyPath(self, tree: dict[str, Any], data: Any) -> None:
        """Exactly the paths tomllib finds are placed, and each value where it was written."""
        writer = Writer(data.draw)
        writer.table((), "", tree)
        parsed = tomllib.loads(writer.text)
        places = findPlaces(writer.text)
        self.assertEqual(set(places), set(pathsOf(parsed)))
        for path, offset in writer.values.items():
            self.assertEqual(places[path].value, offset, (path, writer.text))
            if isinstance(path[-1], str) and "=" not in path[-1]:
                key = writer.text[places[path].key :].partition("=")[0]
                self.assertEqual(tomllib.loads(f"{key} = 1"), {path[-1]: 1})
