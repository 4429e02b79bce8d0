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
            ("x-netlog://127.0.0.1:100?const.a=:0", ("x-netlog", "127.0.0.1", 100)),
            ("x-netlog-udp://[::1]:0/?format=bp", ("x-netlog-udp", "::1", 0)),
            ("x-netlog://[::0]:0", ("x-netlog", "::0", 0)),
        ):
            self.assertEqual(placeOf(url), place, url)

    def test_none(self) -> None:
        """What is no address of this machine says what to write."""
        for url, said in (
            ("x-netlog://vo.example.org", "write one of this machine"),
            ("file:/var/log/events.bp", "write x-netlog://127.0.0.1:14830"),
            ("http://127.0.0.1:80", "is none of x-netlog:"),
        ):
            error = self.assertRaises(GMAError, placeOf, url)
            self.assertIn(said, error.message)


class ListenTests(NodesCase):
    """Before the reactor runs."""

    def test_usage(self) -> None:
        """Nothing is listened for at what is no place, nor for no events at all."""
        self.assertIn("(ParameterError)", self.fails(4, "listen", "file:/tmp/x"))
        ended = run(self.caller, "listen", "--count", "0")
        self.assertEqual(ended.exit_code, 2, ended.output)
