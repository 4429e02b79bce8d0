"""The command line of C{gma listen}: where it listens, and what is wrong before it does."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.command.listening import placeOf
from gma_twisted.errors import GMAError
from tests.command.stand import NodesCase, run


class PlaceTests(SynchronousTestCase):
    """What a data URL says."""

    def test_places(self) -> None:
        """A port that is not named is the usual one, and port 0 is any that is free."""
        for url, place in (
            ("x-netlog://127.0.0.1", ("x-netlog", "127.0.0.1", 14830)),
            ("x-netlog://localhost:99", ("x-netlog", "127.0.0.1", 99)),
            ("x-netlog://127.0.0.1:0", ("x-netlog", "127.0.0.1", 0)),
            ("X-NetLog-UDP://[::1]:0/", ("x-netlog-udp", "::1", 0)),
            ("x-netlog://[::0]:0", ("x-netlog", "::0", 0)),
        ):
            self.assertEqual(placeOf(url), place, url)

    def test_none(self) -> None:
        """What is no address of this machine says what to write."""
        for url, said in (
            ("x-netlog://vo.example.org", "write one of this machine"),
            ("file:/var/log/events.bp", "write x-netlog://127.0.0.1:14830"),
            ("http://127.0.0.1:80", "neither x-netlog: nor x-netlog-udp:; write x-netlog://127"),
            ("127.0.0.1:15000", "nor x-netlog-udp:; write x-netlog://127.0.0.1:15000"),
            ("[::1]:15000", "write x-netlog://[::1]:15000"),
            ("15000", "write x-netlog://127.0.0.1:14830"),
            ("x-netlog://127.0.0.1:99999", "has a port that is none"),
            ("x-netlog://127.0.0.1?level=loud", '"loud" as its level; write one of NOLOG'),
        ):
            error = self.assertRaises(GMAError, placeOf, url)
            self.assertIn(said, error.message)

    def test_directives(self) -> None:
        """What would change nothing is refused, and not left out without a word."""
        for url in (
            "x-netlog://127.0.0.1:100?format=ulm&level=Warn",
            "x-netlog-udp://127.0.0.1:100?numbers=yes",
            "x-netlog://127.0.0.1:100?const.a=:0",
        ):
            error = self.assertRaises(GMAError, placeOf, url)
            self.assertIn("says more than where to listen", error.message)
            self.assertEqual(error.cure, f"write {url.partition('?')[0]}")
        error = self.assertRaises(GMAError, placeOf, "x-netlog://[::1]:0/?format=bp")
        self.assertEqual(error.cure, "write x-netlog://[::1]:0/")


class ListenTests(NodesCase):
    """Before the reactor runs."""

    def test_usage(self) -> None:
        """Nothing is listened for at what is no place, nor for no events at all."""
        for url, said in (
            ("file:/var/log/x", "write x-netlog://127.0.0.1:14830"),
            ("127.0.0.1:15000", "write x-netlog://127.0.0.1:15000"),
            ("x-netlog://127.0.0.1:15000?format=ulm", "write x-netlog://127.0.0.1:15000"),
            ("x-netlog://" + "a" * 3000, "at most 2048 characters"),
        ):
            ended = run(self.caller, "listen", url)
            self.assertEqual(ended.exit_code, 2, ended.output)
            self.assertIn(said, ended.stderr)
        ended = run(self.caller, "listen", "--count", "0")
        self.assertEqual(ended.exit_code, 2, ended.output)
