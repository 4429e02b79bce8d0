"""Reading pages of metrics."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Enum, Gauge, Histogram, Info, Summary
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generateOpenMetrics
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as openMetricsFamilies,
)
from prometheus_client.parser import text_string_to_metric_families as textFamilies
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import GMAError, ProviderFailed, TooLarge
from gma_twisted.providers.expositions import (
    LONGEST_LINE,
    UNKNOWN,
    ExpositionReader,
    Family,
    Sample,
)
from tests.providers.expositionwriter import families, written


def read(
    page: str | bytes, most: int = 1000, keeps: Callable[[str], bool] = lambda name: True
) -> dict[str, Family]:
    """The families of a page."""
    reader = ExpositionReader("page", most, keeps)
    for _ in reader.steps(page if isinstance(page, bytes) else page.encode()):
        pass
    return reader.families


def samples(page: str | bytes) -> list[Sample]:
    """All samples of a page."""
    return [one for family in read(page).values() for one in family.samples]


def facts(family: Family) -> object:
    """What is compared of one."""
    return (family.name, family.kind, family.help, family.unit, family.samples)


class ReadingTests(SynchronousTestCase):
    """Pages as they should be."""

    def test_sample(self) -> None:
        """Blanks may be anywhere between the parts of a sample, and labels may end with a comma."""
        for line in (
            'up{a="1",b=""} 1 1500',
            '  up  {  a = "1" , b="" , }  1  1500  ',
            '\tup{a="1",b="",}1\t1500',
        ):
            self.assertEqual(samples(line), [Sample("up", (("a", "1"), ("b", "")), "1", 1.5)], line)
        for line in ("up 1", "up{} 1", "up { } 1", "up\t1"):
            self.assertEqual(samples(line), [Sample("up", (), "1")])

    def test_escapes(self) -> None:
        """Backslash, quote and end of line are escaped; a backslash before anything else is one."""
        (sample,) = samples(r'a{b="\\n\n\"}, #\t"} 1')
        self.assertEqual(sample.labels, (("b", '\\n\n"}, #\\t'),))
        self.assertEqual(read('# HELP a x\\\\n\\n"y\na 1\n')["a"].help, 'x\\n\n"y')

    def test_values(self) -> None:
        """Finite values keep their digits; the others are written as XML Schema has them."""
        for written_, found in (
            ("1e+09", "1e+09"),
            ("-.5", "-.5"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("+Inf", "INF"),
            ("inf", "INF"),
            ("-Infinity", "-INF"),
            ("NaN", "NaN"),
            ("nan", "NaN"),
        ):
            self.assertEqual([one.value for one in samples(f"a {written_}")], [found])

    def test_families(self) -> None:
        """Samples belong to the family their name and its type say, wherever they stand."""
        page = (
            "# HELP h of it\n# TYPE h histogram\n"
            'h_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n'
            "# a comment\n\n#\n"
            "# TYPE c counter\nc_total 1\nh_count_total 1\nh_sum 4\n"
            "# TYPE g gauge\ng 1\ng_sum 2\nlone 1\n"
        )
        found = read(page)
        self.assertEqual(
            {name: [one.name for one in each.samples] for name, each in found.items()},
            {
                "h": ["h_bucket", "h_sum", "h_count", "h_sum"],
                "c": ["c_total"],
                "h_count_total": ["h_count_total"],
                "g": ["g"],
                "g_sum": ["g_sum"],
                "lone": ["lone"],
            },
        )
        self.assertEqual((found["h"].kind, found["h"].help), ("histogram", "of it"))
        self.assertEqual(found["lone"].kind, UNKNOWN)

    def test_untyped(self) -> None:
        """Both formats' word for a type that is not known is one."""
        for word in ("untyped", "unknown"):
            self.assertEqual(read(f"# TYPE a {word}\na 1")["a"].kind, UNKNOWN)

    def test_openMetrics(self) -> None:
        """A page that ends as OpenMetrics does has seconds, units, and exemplars, which are passed over."""
        page = (
            '# TYPE a_seconds counter\n# UNIT a_seconds seconds\n# HELP a_seconds of \\"it\\"\n'
            'a_seconds_total 1 1.5 # {trace_id="#}"} 3 4\n# EOF\n'
        )
        for one in (page, page.removesuffix("\n")):
            family = read(one)["a_seconds"]
            self.assertEqual(family.samples, [Sample("a_seconds_total", (), "1", 1.5)])
            self.assertEqual((family.unit, family.help), ("seconds", 'of "it"'))
        # In the other format these are comments like any.
        self.assertEqual(
            samples("# EOF\n# UNIT\n# UNIT x y\na 1 1500"), [Sample("a", (), "1", 1.5)]
        )

    def test_nothing(self) -> None:
        """A page may have nothing on it."""
        for page in ("", "\n", "# EOF\n", "# EOF"):
            self.assertEqual(read(page), {})

    def test_kept(self) -> None:
        """Other families are not kept, and neither they nor their samples count."""
        page = "a 1\nb 1\n# TYPE c histogram\nc_sum 1\nc_count 2\nb 2\n"
        found = read(page, 2, "c".__eq__)
        self.assertEqual({name: len(one.samples) for name, one in found.items()}, {"c": 2})

    def test_notKept(self) -> None:
        """What belongs to another family is not taken for one that is wanted, whatever it is called."""
        page = "# TYPE h histogram\n# HELP h of it\nh_sum 1\nh_count 2\n"
        self.assertEqual(read(page, 2, lambda name: name != "h"), {})

    @given(families(), st.booleans())
    def test_roundTrip(self, made: list[Family], isOpenMetrics: bool) -> None:
        """What a program writes is what is read, in both formats."""
        found = read(written(made, isOpenMetrics))
        for one in made:
            one.unit = one.unit if isOpenMetrics else ""
        self.assertEqual([facts(one) for one in found.values()], [facts(one) for one in made])

    def test_client(self) -> None:
        """What the Python client of Prometheus writes in either format is read as its own readers do."""
        registry = CollectorRegistry()
        Counter("jobs", 'how "many"\n\\', ["queue"], registry=registry).labels('a"\\\n}').inc(3)
        Gauge("load", "é", registry=registry).set(float("inf"))
        Histogram("wait_seconds", "time", registry=registry).observe(0.2)
        Summary("size", "bytes", registry=registry).observe(7)
        Info("build", "of it", registry=registry).info({"version": "1"})
        Enum("state", "of it", states=["up", "down"], registry=registry).state("down")
        for page, theirs in (
            (generate_latest(registry).decode(), textFamilies),
            (generateOpenMetrics(registry).decode(), openMetricsFamilies),
        ):
            expected = {
                (one.name, frozenset(one.labels.items()), float(one.value))
                for family in theirs(page)
                for one in family.samples
            }
            self.assertGreater(len(expected), 20)
            self.assertEqual(
                {
                    (one.name, frozenset(one.labels), float(one.value.replace("INF", "inf")))
                    for one in samples(page)
                },
                expected,
            )


class HostilePageTests(SynchronousTestCase):
    """Pages as they should not be."""

    def refused(self, page: str | bytes, why: str, kind: type[GMAError] = ProviderFailed) -> None:
        """It is, in these words."""
        self.assertEqual(str(self.assertRaises(kind, read, page)), f"page, line {why}")

    def test_lines(self) -> None:
        """What is no line of a page is named with its number and the text that is wrong."""
        for line, why in (
            ("<html>", '"<html>" is no sample such as name{label="x"} 1'),
            ("a", '"a" is no sample such as name{label="x"} 1'),
            ("a{", '"a{" is no sample such as name{label="x"} 1'),
            ("1a 1", '"1a 1" is no sample such as name{label="x"} 1'),
            ("a 1 2 3", '"a 1 2 3" is no sample such as name{label="x"} 1'),
            ('a{b="x} 1', '"a{b="x} 1" is no sample such as name{label="x"} 1'),
            ("a{b=x} 1", '"b=x" is no label such as name="x"'),
            ('a{b="x"c="y"} 1', '"b="x"c="y"" is no label such as name="x"'),
            ('a{b="x",,c="y"} 1', '",c="y"" is no label such as name="x"'),
            ('a{1="x"} 1', '"1="x"" is no label such as name="x"'),
            ('a{b="x",b="y"} 1', 'a label comes twice in b="x",b="y"'),
            ("a x", '"x" is no number'),
            ("a 0x1p3", '"0x1p3" is no number'),
            ("a 1_000", '"1_000" is no number'),
            ("a ++Inf", '"++Inf" is no number'),
            ("a \u0661", '"\\u0661" is no number'),
            ("a 1 x", '"x" is no timestamp'),
            ("a 1 1e999", '"1e999" is no timestamp'),
            ("a 1 NaN", '"NaN" is no timestamp'),
            ('a 1 # {x="y"} 1', '"# {x="y"} 1" follows the sample'),
            ("a 1\r", '"1\\r" is no number'),
            ("# TYPE a curve", '"curve" is no type of metrics'),
            ("# TYPE", '"# TYPE" names no family'),
            ("# HELP 1 x", '"# HELP 1 x" names no family'),
        ):
            self.refused(f"ok 1\n# HELP ok\n{line}\nok 2\n", f"3: {why}")

    def test_otherType(self) -> None:
        """A family has one type."""
        self.refused("# TYPE a gauge\na 1\n# TYPE a counter\n", "3: a is a gauge already")

    def test_notUTF8(self) -> None:
        """Another encoding is named with its line."""
        self.refused(b'a 1\na{b="\xff"} 1\n', "2: it is not UTF-8")

    def test_longNumber(self) -> None:
        """Nobody measures with a thousand digits."""
        error = self.assertRaises(ProviderFailed, read, "a " + "1" * 1000)
        self.assertRegex(str(error), r"^page, line 1: \"1+\.\.\.\" is no number$")

    def test_longLine(self) -> None:
        """A line is bounded; it is not looked at."""
        line = "a 1" + " " * (LONGEST_LINE - 3)
        self.assertEqual(len(samples(line)), 1)
        why = f"2: it is longer than {LONGEST_LINE} characters"
        self.refused(f"a 1\n{line} \n", why, TooLarge)

    def test_most(self) -> None:
        """Samples are bounded, and the error says what helps."""
        self.assertEqual(len(read("a 1\nb 2\n", 2)), 2)
        error = self.assertRaises(TooLarge, read, "a 1\nb 2\nc 3\n", 2)
        self.assertEqual(
            str(error),
            "page has more than 2 samples; name the families that are wanted, or make most more",
        )

    def test_mostFamilies(self) -> None:
        """Families are bounded as samples are, and not below ten thousand, for many have no samples."""
        page = "".join(f"# TYPE a{number} gauge\n" for number in range(10_001))
        self.assertEqual(len(read(page, 10_001)), 10_001)
        self.assertEqual(len(read(page, 1, lambda name: name != "a7")), 10_000)
        error = self.assertRaises(TooLarge, read, page, 1)
        self.assertEqual(
            str(error),
            "page has more than 10000 families; name the families that are wanted, or make most more",
        )

    def test_steps(self) -> None:
        """A large page takes many steps, each of a few thousand characters."""
        reader = ExpositionReader("page", 10_000, lambda name: True)
        page = b"".join(b"metric_%d 1\n" % number for number in range(10_000))
        self.assertGreater(sum(1 for _ in reader.steps(page)), len(page) // 5000)

    @given(st.binary(max_size=200) | st.text(alphabet='a{}="\\, #1.\n\tTYPEHLUNI', max_size=60))
    def test_anything(self, page: bytes | str) -> None:
        """Whatever a page is, it is read, or refused by name."""
        try:
            read(page)
        except (ProviderFailed, TooLarge) as error:
            self.assertRegex(str(error), r"^page, line \d+: ")
