"""Where a node keeps things and where it listens, one against the other."""

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import Mistakes
from gma_twisted.nodes import NodeKind
from gma_twisted.nodes.kind import ARCHIVER, CONSUMER, PRODUCER
from tests.nodes.plans import planOf


class PlaceCase(SynchronousTestCase):
    """Plans over a directory."""

    def setUp(self) -> None:
        """Make it."""
        self.path = Path(self.mktemp()).absolute()
        self.path.mkdir(parents=True)

    def line(self, text: str, kind: NodeKind = ARCHIVER) -> str:
        """The only line about what is wrong."""
        lines = self.assertRaises(Mistakes, planOf, text, kind=kind).lines
        self.assertEqual(len(lines), 1, lines)
        return str(lines[0])


class FilesTests(PlaceCase):
    """C{[streams] files}: who subscribes chooses the name of a file below it."""

    def node(self, files: object, more: str = "", state: object = None) -> str:
        """A configuration."""
        state = state or self.path / "state"
        return f"[node]\nstate_dir = '{state}'\n[streams]\nfiles = '{files}'\n{more}"

    def test_state(self) -> None:
        """It neither is nor holds the state directory, nor is it in there, by whatever name."""
        (self.path / "state").mkdir()
        (self.path / "link").symlink_to("state")
        for files, how in (
            (self.path / "state", "is"),
            (f"{self.path}/state/", "is"),
            (self.path / "link", "is"),
            (self.path, "holds"),
            ("/", "holds"),
            (self.path / "state" / "lines", "is in"),
        ):
            line = self.line(self.node(files))
            self.assertIn(f"4:9: streams.files: {files} {how} the state directory, ", line)
            self.assertIn("choose a directory that has nothing else in it", line)
        for files in ("lines", "state-lines", "stat"):
            planOf(self.node(self.path / files), kind=ARCHIVER)

    def test_usualState(self) -> None:
        """Also where nobody says where that is."""
        text = "[streams]\nfiles = '/srv/gma'\n"
        given = {"STATE_DIRECTORY": "/srv/gma/one"}
        error = self.assertRaises(Mistakes, planOf, text, given, ARCHIVER)
        self.assertIn("holds the state directory, /srv/gma/one", str(error))
        planOf(text, kind=ARCHIVER)

    def test_named(self) -> None:
        """Nor does it hold any other file that is named."""
        below = self.path / "lines"
        for more in (
            f"[archive]\nfile = '{below}/events.db'\n",
            f"[audit]\nenabled = true\nfile = '{below}/audit'\n",
            f"[tls]\nauthorities = ['{below}/ca.pem', '{below}/other.pem']\n",
            f"[subscribe.one]\nat = 'https://h:1/p'\ntoken_file = '{below}/token'\n",
        ):
            error = self.assertRaises(Mistakes, planOf, self.node(below, more), kind=ARCHIVER)
            (line,) = [one for one in error.lines if "streams.files: " in one]
            self.assertIn(f"{below} holds {below}/", line)
        producer = f"[consumer]\noutput = 'store'\nfile = '{below}/events'\n"
        lines = self.assertRaises(Mistakes, planOf, self.node(below, producer), kind=PRODUCER).lines
        self.assertTrue(any("of consumer.file" in one for one in lines), lines)

    def test_linked(self) -> None:
        """Nor one to which a link of an archive leads."""
        below = self.path / "lines"
        below.mkdir()
        (self.path / "events.db-wal").symlink_to(below / "wal")
        more = f"[archive]\nfile = '{self.path}/events.db'\n"
        self.assertIn("of archive.file", self.line(self.node(below, more)))

    def test_noName(self) -> None:
        """What can be no name of a file is held by nothing."""
        planOf(self.node(self.path / "lines", '[archive]\nfile = "/a\\u0000"\n'), kind=ARCHIVER)

    def test_doubts(self) -> None:
        """That it is not there, or is a file, is told before it is needed."""
        below = self.path / "lines"
        (doubt,) = planOf(self.node(below), kind=ARCHIVER).doubts
        self.assertIn("vo.toml:4:9: streams.files: warning: ", doubt)
        self.assertIn("is not there", doubt)
        below.touch()
        (doubt,) = planOf(self.node(below), kind=ARCHIVER).doubts
        self.assertIn("is no directory", doubt)
        below.unlink()
        below.mkdir()
        self.assertEqual(list(planOf(self.node(below), kind=ARCHIVER).doubts), [])


class ArchiveTests(PlaceCase):
    """C{[archive] file}."""

    def test_doubts(self) -> None:
        """A directory, and one that is not there, are told; a file that is not there is made."""
        for file, why in (
            (self.path, f"is a directory; name a file in it, {self.path}/events.db"),
            (self.path / "none" / "events.db", f"directory {self.path}/none is not there"),
        ):
            (doubt,) = planOf(f"[archive]\nfile = '{file}'\n", kind=ARCHIVER).doubts
            self.assertIn("vo.toml:2:8: archive.file: warning: ", doubt)
            self.assertIn(why, doubt)
        plan = planOf(f"[archive]\nfile = '{self.path}/events.db'\n", kind=ARCHIVER)
        self.assertEqual(list(plan.doubts), [])


class ListenTests(PlaceCase):
    """C{[consumer] listen}."""

    def test_own(self) -> None:
        """The port at which the node answers is none for lines over TCP."""
        for listen, lines in (
            ("", "x-netlog://127.0.0.1:8491"),
            ("", "x-netlog://localhost:8491"),
            ("", "x-netlog://0.0.0.0:8491"),
            ("[node]\nlisten = 'tcp:9000:interface=localhost'\n", "x-netlog://127.0.0.1:9000"),
        ):
            line = self.line(f"{listen}[consumer]\nlisten = '{lines}'\n", CONSUMER)
            self.assertIn("consumer.listen", line)
            self.assertIn("where the node answers; choose another port", line)
        for lines in ("x-netlog-udp://127.0.0.1:8491", "x-netlog://127.0.0.2:8491"):
            planOf(f"[consumer]\nlisten = '{lines}'\n", kind=CONSUMER)

    def test_exposed(self) -> None:
        """Other machines send lines only where the operator says that nothing is to be proven."""
        others = "listen_from = ['127.0.0.1', '10.0.0.0/8']\n"
        access = "[access]\nanonymous = 'read'\n"
        for lines in ("x-netlog://0.0.0.0", "x-netlog://10.0.0.1", "x-netlog-udp://[\\:\\:]"):
            listen = f"[consumer]\nlisten = '{lines}'\n".replace("\\", "")
            for more in ("", access):
                line = self.line(listen + others + more, CONSUMER)
                self.assertIn("vo.toml:2:10: consumer.listen", line)
                self.assertIn("lines show no identity", line)
                self.assertIn("or spell out listen_insecure = true", line)
            planOf("[node]\ninsecure = true\n" + listen + others, kind=CONSUMER)
            planOf(listen + others + "listen_insecure = true\n", kind=CONSUMER)
            # Only this machine is let in.
            planOf(listen, kind=CONSUMER)
            planOf(listen + "listen_from = '127.0.0.0/8'\n", kind=CONSUMER)
        planOf("[consumer]\nlisten = 'x-netlog://127.0.0.1'\n" + others, kind=CONSUMER)

    def test_linesAlone(self) -> None:
        """Who lets others send lines has not let them call operations."""
        lines = "[consumer]\nlisten = 'x-netlog://0.0.0.0'\nlisten_from = '10.0.0.0/8'\nlisten_insecure = true\n"
        line = self.line("[node]\nlisten = 'tcp:8491'\n" + lines, CONSUMER)
        self.assertIn("vo.toml:2:10: node.listen", line)
        self.assertIn("there is neither TLS nor authentication", line)
