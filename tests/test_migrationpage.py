"""docs/gt3-migration.md says something of every line of GT3's slides, and of every name of GT3's manuals."""

import re
from collections import Counter
from collections.abc import Sequence
from importlib import import_module

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from tests.migrationpage import PAGE, readRows, readTables
from tests.readme import ROOT

_REFERENCE = ROOT.parent / "shared" / "reference"
_SLIDES = _REFERENCE / "gt3-information-services-slides.txt"
_MANUALS = _REFERENCE / "ogsi-gt3.md"
# Of the collection of what GT3's manuals say: port types and command lines; providers to registries.
_PARTS = (("### 1.5 ", "### 1.6 "), ("## 2. ", "### 3.3 "))
_NAME = re.compile(r"\b\w*[a-z][A-Z]\w*\b|\bogsi-[a-z-]+[a-z]\b")
# Types of schemas, parameters of Java methods, names that are none of GT3's; plurals.
_NO_NAMES = {
    "HandleType",
    "IServiceDataProvider",
    "QNamesType",
    "RefreshInterval",
    "ServiceDataProviders",
    "ServiceDataSets",
    "TimerTasks",
    "callbackObj",
    "defaultArgs",
    "methodName",
    "portTypes",
    "providerClass",
    "providerState",
    "runDOM",
}
# Who speaks, what comes next, and the end.
_LEFT_OUT = {
    "Presentation Transcript",
    "GT 3 Base Services Inside- Information Services: "
    "GT 3 Base Services Inside - Information Services KISTI Supercomputing Center",
    "Grid Technology Research Department",
    "Eunsung Kim",
    "eskim74@kisti.re.kr",
    "Contents",
    "Contents Overview",
    "Overview",
    "Components",
    "Applications",
    "GT3 Information Services",
    "Service Data",
    "Q & A: Q andamp; A",
    "Thanks for Coming!",
}
_TITLE = re.compile(r"(?P<title>.{5,}?): (?P=title)(?: (?P<rest>.*))?")
# Not that of C++ in GridService::FindServiceData.
_COLON = re.compile(r"(?<!:) ?:(?!:) ?")
_MOST_WORDS = 8
# Words that are enough for a line of any length; of a shorter phrase a quarter of the line.
_ENOUGH = 5
# A phrase that many lines have says nothing of any of them.
_MOST_LINES = 4


def _plain(text: str) -> str:
    """Without what differs between two ways to write the same."""
    blank = re.sub(r"[\s\ue000-\uf8ff]+", " ", text.replace("\u2019", "'").replace("\u2018", "'"))
    return _COLON.sub(": ", blank).strip()


def _points(text: str) -> Sequence[str]:
    """
    What the slides say, a line each; titles are lines of their own.

    A picture's labels, which are torn to pieces, are one line.
    """
    points: list[str] = []
    isPicture = False
    for line in text.splitlines():
        plain = _plain(line)
        found = _TITLE.fullmatch(plain)
        if found is None:
            if isPicture:
                points[-1] += f" {plain}"
            else:
                points.append(plain)
            continue
        rest = found["rest"] or ""
        points.append(found["title"])
        isPicture = found["title"].endswith("Mechanisms") or rest == "Aggregator"
        if rest:
            points.append(rest)
    return [one for one in dict.fromkeys(points) if one and one not in _LEFT_OUT]


def _isSaid(point: str, phrase: str) -> bool:
    """Whether a phrase stands for a line: it is a good part of it, and not a word that many lines have."""
    line, few = point.lower(), phrase.lower()
    words = len(few.split())
    return few in line and (words >= _ENOUGH or 4 * words >= len(line.split()) + (words == 1))


class SlidesTests(SynchronousTestCase):
    """What GT3's information services were presented as."""

    def setUp(self) -> None:
        """Read slides and page."""
        if not (ROOT / PAGE).exists():
            raise SkipTest("the documentation is not installed")
        if not _SLIDES.exists():
            raise SkipTest(f"{_SLIDES} is not here: the slides are somebody's, and no part of this")
        self.points = _points(_SLIDES.read_text())
        self.phrases = [phrase for row in readRows() for phrase in row.phrases]

    def test_covered(self) -> None:
        """Every line has a phrase of a row whose command is run."""
        missing = [
            point
            for point in self.points
            if not any(_isSaid(point, phrase) for phrase in self.phrases)
        ]
        self.assertEqual(missing, [])
        self.assertGreater(len(self.points), 150)

    def test_quoted(self) -> None:
        """Every phrase is one of the slides, and of a few of their lines only."""
        lines = {one: sum(_isSaid(point, one) for point in self.points) for one in self.phrases}
        self.assertEqual([one for one, count in lines.items() if not count], [])
        self.assertEqual([one for one, count in lines.items() if count > _MOST_LINES], [])


class RowTests(SynchronousTestCase):
    """The rows themselves."""

    def setUp(self) -> None:
        """Read them."""
        if not (ROOT / PAGE).exists():
            raise SkipTest("the documentation is not installed")
        self.rows = readRows()

    def test_phrases(self) -> None:
        """Their phrases are a few words each; none is there twice, and each is answered in words of ours."""
        self.assertEqual([row.line for row in self.rows if not row.here], [])
        phrases = Counter(phrase for row in self.rows for phrase in row.phrases)
        self.assertEqual([one for one, count in phrases.items() if count > 1], [])
        self.assertEqual([one for one in phrases if not 1 <= len(one.split()) <= _MOST_WORDS], [])

    def test_commands(self) -> None:
        """Each has a command, of a program that prints something of the node's, and the words it prints."""
        self.assertEqual([row.line for row in self.rows if not row.command], [])
        silent = [row.command for row in self.rows if not row.prints]
        quiet = ("gma config check ", "python -c 'import ")
        self.assertEqual([one for one in silent if not one.startswith(quiet)], [])

    def test_modules(self) -> None:
        """What they name of this package is there."""
        named = {
            name
            for row in self.rows
            for name in re.findall(r"gma_twisted(?:\.\w+)+", row.here + row.command)
        }
        paths = [ROOT / name.replace(".", "/") for name in named]
        self.assertEqual(
            [one for one in paths if not (one.is_dir() or one.with_suffix(".py").is_file())], []
        )
        self.assertTrue(named)


class NameTests(SynchronousTestCase):
    """Names of Java, and what stands for them."""

    def setUp(self) -> None:
        """Read the page."""
        if not (ROOT / PAGE).exists():
            raise SkipTest("the documentation is not installed")
        self.text = (ROOT / PAGE).read_text()

    def test_complete(self) -> None:
        """Every class, operation, file and parameter of slides and manuals is told of."""
        if not _MANUALS.exists():
            raise SkipTest(f"{_MANUALS} is not here")
        manuals = _MANUALS.read_text()
        parts = [manuals[manuals.index(start) : manuals.index(end)] for start, end in _PARTS]
        names = {name for part in parts for name in _NAME.findall(part)}
        names |= set(_NAME.findall(_SLIDES.read_text()))
        told = self.text.lower()
        self.assertEqual([one for one in sorted(names - _NO_NAMES) if one.lower() not in told], [])
        self.assertGreater(len(names), 150)

    def test_classes(self) -> None:
        """The class that is named for one of Java is there."""
        named = [cell for row in readTables("| GT3 | here | remarks |") for cell in row[1:2]]
        found = [re.fullmatch(r"`(gma_twisted[\w.]+):(\w+)`", cell) for cell in named]
        self.assertEqual(
            [
                cell
                for cell, one in zip(named, found, strict=True)
                if one is None and cell != "none"
            ],
            [],
        )
        for one in found:
            if one is not None:
                self.assertTrue(hasattr(import_module(one[1]), one[2]), one[0])
        self.assertGreater(len(named), 30)

    def test_keys(self) -> None:
        """Keys of the configuration that are named are keys of it."""
        keys = set(
            re.findall(
                r"^\| `(\w+)` \|", (ROOT / "docs/configuration.md").read_text(), re.MULTILINE
            )
        )
        named = set(re.findall(r"`\[\w+\] (\w+)", self.text))
        self.assertEqual(named - keys, set())
        self.assertGreater(len(named), 3)

    def test_links(self) -> None:
        """Every link leads to a page, and to a heading of it."""
        for page, _, heading in re.findall(r"\]\(([\w.-]+\.md)(#([\w-]+))?\)", self.text):
            text = (ROOT / "docs" / page).read_text()
            titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
            there = {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in titles}
            self.assertTrue(not heading or heading in there, f"{page}#{heading}")
