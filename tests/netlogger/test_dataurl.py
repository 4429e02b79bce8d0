"""Data URLs of lines."""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError, TooLarge
from gma_twisted.netlogger import Dialect
from gma_twisted.netlogger.dataurl import FILE, MAX_URL, TCP, UDP, DataUrl, LineFormat
from gma_twisted.netlogger.level import LEVELS
from gma_twisted.netlogger.lines import LineWriter, styleOf

_HOSTS = st.sampled_from(("a", "127.0.0.1", "::1", "collector.example.org", "x_y-z"))
_SAID = {
    "format": st.none() | st.sampled_from(LineFormat),
    "dialect": st.none() | st.sampled_from(Dialect),
    "level": st.none() | st.sampled_from(sorted(LEVELS)),
    "isNumbered": st.booleans(),
    "constants": st.dictionaries(
        st.from_regex(r"[0-9A-Za-z_.\-]{1,20}", fullmatch=True).filter(
            lambda name: not name.startswith(("gma.", "const."))
        ),
        st.text(st.characters(codec="utf-8"), max_size=20),
        max_size=5,
    ).map(lambda found: tuple(found.items())),
}
_URLS = st.one_of(
    st.builds(
        DataUrl,
        st.sampled_from((TCP, UDP)),
        _HOSTS,
        st.none() | st.integers(1, 65_535),
        **_SAID,
    ),
    st.builds(
        lambda path, **said: DataUrl(FILE, path=path, **said),
        st.from_regex(r"/[0-9A-Za-z_.\-/]{0,40}", fullmatch=True).filter(
            lambda path: not path.startswith("//")
        ),
        **_SAID,
    ),
)


class ParseTests(SynchronousTestCase):
    """L{DataUrl.parse}."""

    def test_parts(self) -> None:
        """Each of them, and what is said beside them."""
        url = DataUrl.parse(
            "X-NetLog://Collector.example.org:14830/?format=BP&level=info&const.site=a%20b&numbers=yes"
        )
        self.assertEqual(url.place, "x-netlog://collector.example.org:14830")
        self.assertEqual((url.format, url.level, url.isNumbered), (LineFormat.BP, 4, True))
        self.assertEqual(url.constants, (("site", "a b"),))
        self.assertEqual(url.ports, (14_830,))

    def test_ports(self) -> None:
        """Without a port both libraries' are tried: C's, then Python's."""
        self.assertEqual(DataUrl.parse("x-netlog://foo.bar.gov").ports, (14_830, 14_380))

    @settings(max_examples=300, deadline=None)
    @given(_URLS)
    def test_written(self, url: DataUrl) -> None:
        """What is written is read as it was."""
        self.assertEqual(DataUrl.parse(str(url)), url)

    def test_refused(self) -> None:
        """The message has what is wrong, and the parameter."""
        for text, named in (
            ("http://a/", "is none of"),
            ("x-netlog:a", "is not such as"),
            ("x-netlog://a:0", "port 0"),
            ("x-netlog://a:99999", "has a port that is none; write a port from 1 to 65535"),
            ("127.0.0.1:15000", "is none of x-netlog:, x-netlog-udp: and file:; write x-netlog://"),
            ("x-netlog://[::1", "is no URL"),
            ("x-netlog://u@a", "user information"),
            ("x-netlog://a#b", "fragment"),
            ("x-netlog://a/b", "is not such as"),
            ("file:b", "is no file of this machine"),
            ("file://other/b", "is no file of this machine"),
            ("file:/b ?level=3", "is no file of this machine"),
            ("file:/b\x1e?level=3", "is no file of this machine"),
            (
                "x-netlog://a?level=loud",
                '"loud" as its level; write one of NOLOG, Fatal, Error, Warn,',
            ),
            ("x-netlog://a?numbers=maybe", '"maybe" as its numbers; write one of yes, no'),
            ("x-netlog://a?format=json", '"json" as its format; write one of bp, ulm, xml'),
            ("x-netlog://a?dialect=x", '"x" as its dialect; write one of classic, full'),
            ("x-netlog://a?format=bp&format=bp", "twice"),
            ("x-netlog://a?const.=1", "no usable name"),
            ("x-netlog://a?const.gma.seq=1", "no usable name"),
            ("x-netlog://a?colour=red", "known are"),
        ):
            error = self.assertRaises(ParameterError, DataUrl.parse, text)
            self.assertIn(named, error.message)
            self.assertEqual(error.details["parameter"], "dataUrl")
        self.assertRaises(TooLarge, DataUrl.parse, "x-netlog://a?const.a=" + "b" * MAX_URL)
        many = "&".join(f"const.c{number}=1" for number in range(33))
        self.assertRaises(TooLarge, DataUrl.parse, f"x-netlog://a?{many}")


class StyleTests(SynchronousTestCase):
    """L{styleOf}."""

    def test_style(self) -> None:
        """BP in the classic dialect, unless the URL or the subscription says otherwise; both may say the same."""
        self.assertEqual(styleOf(DataUrl.parse("x-netlog://a")), LineWriter())
        url = DataUrl.parse("x-netlog://a?format=ulm&dialect=full&const.a=b&level=3")
        expected = LineWriter(LineFormat.ULM, Dialect.FULL, 3, (("a", "b"),))
        self.assertEqual(styleOf(url), expected)
        self.assertEqual(styleOf(url, "ULM"), expected)
        self.assertRaises(ParameterError, styleOf, url, "bp")
        self.assertRaises(ParameterError, styleOf, url, "pigeon")
