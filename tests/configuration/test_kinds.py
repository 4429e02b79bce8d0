"""Kinds of values."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import Mistake, ServiceDataSection
from gma_twisted.configuration.declaration import keys
from gma_twisted.configuration.kinds import DURATION, QNAME, QNAMES, SIZE, Kind
from gma_twisted.configuration.listen import Listen
from gma_twisted.configuration.reader import NAMED, SINGLE
from gma_twisted.errors import ParameterError
from gma_twisted.markup.namespaces import OGSI, PREFIXES
from gma_twisted.model import QName
from tests.configuration.strategies import DURATIONS


class CureTests(SynchronousTestCase):
    """Nothing is refused without a word about what to write instead."""

    def test_own(self) -> None:
        """The kind's cure stands where its reader has none, and a better one is kept."""

        def refuse(value: object) -> str:
            raise ParameterError("no", cure=str(value or ""))

        kind = Kind("x", refuse, "write y")
        for value, message in ((None, "no; write y"), ("write z", "no; write z")):
            error = self.assertRaises(ParameterError, kind.read, value)
            self.assertEqual(error.message, message)

    def test_every(self) -> None:
        """Every key of every section has one, also for what is of no TOML type at all."""
        for section in (*SINGLE.values(), *NAMED.values(), ServiceDataSection):
            for one in keys(section):
                error = self.assertRaises(ParameterError, one.kind.read, object())
                self.assertEqual(error.message, f"{error.what}; {error.cure}")
                self.assertGreater(len(error.cure), 5, one.name)

    def test_needed(self) -> None:
        """A mistake cannot be made without one."""
        self.assertRaises(ValueError, Mistake, ("node",), "is wrong", "")


class DurationTests(SynchronousTestCase):
    """Durations are seconds."""

    def test_units(self) -> None:
        """Every unit, whole and broken."""
        cases = {"500ms": 0.5, "0s": 0.0, "1.5s": 1.5, "2m": 120.0, "1h": 3600.0, "1d": 86400.0}
        self.assertEqual({text: DURATION.read(text) for text in cases}, cases)

    def test_refused(self) -> None:
        """What leaves the unit or the number in doubt is refused."""
        for value in ("", "5", "s", "1 s", "1S", "1h30m", "-1s", "1e3s", "١s", "inf", 1, 1.0, None):
            self.assertRaises(ParameterError, DURATION.read, value)

    @given(DURATIONS)
    def test_roundTrip(self, seconds: float) -> None:
        """What is written is read as the very same."""
        self.assertEqual(DURATION.read(DURATION.write(seconds).strip('"')), seconds)


class NameTests(SynchronousTestCase):
    """Qualified names are C{{uri}local}, or have a prefix of ours."""

    def test_read(self) -> None:
        """A name with a namespace, and one without."""
        for text in ("{urn:a}x", "x"):
            self.assertEqual(QNAME.read(text).clark, text)

    def test_prefixes(self) -> None:
        """Every prefix we write with stands for its namespace; blanks around do not count."""
        for prefix, uri in PREFIXES.items():
            self.assertEqual(QNAME.read(f" {prefix}:x "), QName(uri, "x"))

    def test_many(self) -> None:
        """Several names are an array, and one needs none; what is written is read as the same."""
        names = (QName(OGSI, "a"), QName("", "b"))
        self.assertEqual(QNAMES.read(["ogsi:a", "b"]), names)
        self.assertEqual(QNAMES.read("ogsi:a"), names[:1])
        self.assertEqual(QNAMES.read(tomllib.loads(f"x = {QNAMES.write(names)}")["x"]), names)

    def test_refused(self) -> None:
        """What is no name, and a namespace that no document could declare."""
        for value in ("", "a b", "{urn:a}", "{urn:a b}x", 1, None, ":x", "gma:", "a:b", "gma:a:b"):
            self.assertRaises(ParameterError, QNAME.read, value)


class SizeTests(SynchronousTestCase):
    """Sizes are bytes."""

    def test_units(self) -> None:
        """Every unit."""
        cases = {"512B": 512, "64KiB": 65536, "8MiB": 8388608, "4GiB": 4294967296}
        self.assertEqual({text: SIZE.read(text) for text in cases}, cases)

    def test_refused(self) -> None:
        """Nothing, fractions and decimal units are refused."""
        for value in ("0B", "0MiB", "1.5MiB", "8MB", "8M", "8", 8, True, "1 KiB"):
            self.assertRaises(ParameterError, SIZE.read, value)

    @given(st.integers(1, 2**40))
    def test_roundTrip(self, size: int) -> None:
        """What is written is read as the same."""
        self.assertEqual(SIZE.read(SIZE.write(size).strip('"')), size)


class ListenTests(SynchronousTestCase):
    """Endpoint strings."""

    def test_local(self) -> None:
        """Which of them only this machine can reach."""
        cases = {
            "tcp:80:interface=127.0.0.1": True,
            "tcp:80:interface=127.3.2.1": True,
            "tcp:80:interface=localhost": True,
            r"tcp6:80:interface=\:\:1": True,
            "unix:/run/gma": True,
            "tcp:80": False,
            "tcp:80:interface=0.0.0.0": False,
            "tcp:80:interface=10.0.0.1": False,
            r"tcp6:80:interface=\:\:": False,
            r"tcp6:80:interface=\:\:ffff\:10.0.0.1": False,
            "systemd:domain=INET:index=0": False,
        }
        self.assertEqual({text: Listen.parse(text).isLocal for text in cases}, cases)

    def test_wildcard(self) -> None:
        """Which of them bind every address."""
        cases = {
            "tcp:80": True,
            "tcp:80:interface=0.0.0.0": True,
            r"tcp6:80:interface=\:\:": True,
            "tcp:80:interface=10.0.0.1": False,
            "tcp:80:interface=localhost": False,
            "unix:/run/gma": False,
        }
        self.assertEqual({text: Listen.parse(text).isWildcard for text in cases}, cases)

    def test_url(self) -> None:
        """The base URL has the bound port, brackets around IPv6, and https for ssl."""
        cases = {
            "tcp:0:interface=127.0.0.1": "http://127.0.0.1:99",
            r"tcp6:0:interface=\:\:1": "http://[::1]:99",
            "ssl:0:interface=127.0.0.1": "https://127.0.0.1:99",
        }
        self.assertEqual({text: Listen.parse(text).url(99) for text in cases}, cases)

    def test_portByName(self) -> None:
        """The port may be given by name."""
        self.assertEqual(Listen.parse("tcp:port=80:interface=127.0.0.1").port, 80)
