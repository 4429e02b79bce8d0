"""The state directory."""

import os
import uuid
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ConfigError
from gma_twisted.nodes.state import StateDirectory, stateDirectory


class WhereTests(SynchronousTestCase):
    """Where a node keeps its state."""

    def test_systemd(self) -> None:
        """systemd's directory comes first, of several the first."""
        environment = {"STATE_DIRECTORY": "/var/lib/gma:/var/lib/x", "XDG_STATE_HOME": "/s"}
        self.assertEqual(stateDirectory("n", environment), Path("/var/lib/gma"))

    def test_xdg(self) -> None:
        """Then the user's state directory."""
        self.assertEqual(stateDirectory("n", {"XDG_STATE_HOME": "/s"}), Path("/s/gma-twisted/n"))

    def test_relativeXDG(self) -> None:
        """A relative XDG_STATE_HOME does not count, as its specification says."""
        found = stateDirectory("n", {"XDG_STATE_HOME": "s"})
        self.assertEqual(found, Path.home() / ".local/state/gma-twisted/n")


class LockTests(SynchronousTestCase):
    """One node at a time."""

    def setUp(self) -> None:
        """A directory that is not there yet."""
        self.path = Path(self.mktemp()).absolute() / "deep"
        self.state = StateDirectory(self.path)
        self.addCleanup(self.state.close)

    def test_made(self) -> None:
        """The directory is made, for its owner only."""
        self.state.open()
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o700)

    def test_second(self) -> None:
        """A second node is refused, and told who is there."""
        self.state.open()
        error = self.assertRaises(ConfigError, StateDirectory(self.path).open)
        self.assertEqual(
            error.message,
            f"state directory {self.path} belongs to a running node (process {os.getpid()}); "
            "stop it, or give this node its own with --state-dir",
        )

    def test_secondByPort(self) -> None:
        """Where a port brings a state directory of its own, that is told as well."""
        self.state.open()
        elsewhere = "--listen tcp:8481:interface=127.0.0.1"
        error = self.assertRaises(ConfigError, StateDirectory(self.path, elsewhere).open)
        self.assertTrue(
            error.message.endswith(
                "; stop it, or give this node its own with --state-dir or by another port, "
                "--listen tcp:8481:interface=127.0.0.1"
            ),
            error.message,
        )

    def test_closed(self) -> None:
        """Once the first is closed, another may have it."""
        self.state.open()
        self.state.close()
        other = StateDirectory(self.path)
        other.open()
        other.close()

    def test_leftOver(self) -> None:
        """A lock file of a node that died is no obstacle."""
        self.path.mkdir(parents=True)
        (self.path / "lock").write_text("99999999\n")
        self.state.open()
        self.assertEqual((self.path / "lock").read_text(), f"{os.getpid()}\n")

    def test_cannotBeMade(self) -> None:
        """A path that cannot be a directory is named, with what to do."""
        state = StateDirectory(Path("/dev/null/x"))
        error = self.assertRaises(ConfigError, state.open)
        self.assertEqual(
            error.message,
            "state directory /dev/null/x cannot be used: Not a directory; "
            "choose another with --state-dir",
        )


class NodeIdTests(SynchronousTestCase):
    """Who the node is."""

    def setUp(self) -> None:
        """An open directory."""
        self.path = Path(self.mktemp()).absolute()
        self.state = StateDirectory(self.path)
        self.state.open()
        self.addCleanup(self.state.close)

    def test_kept(self) -> None:
        """The identity is a UUID, made once and the same ever after."""
        nodeId = self.state.nodeId()
        self.assertEqual(str(uuid.UUID(nodeId)), nodeId)
        self.assertEqual(StateDirectory(self.path).nodeId(), nodeId)

    def test_unlike(self) -> None:
        """Two nodes have two identities."""
        other = StateDirectory(Path(self.mktemp()).absolute())
        other.open()
        self.addCleanup(other.close)
        self.assertNotEqual(other.nodeId(), self.state.nodeId())

    def test_spoilt(self) -> None:
        """An identity that is none is refused, never replaced behind the operator's back."""
        (self.path / "node-id").write_bytes(b"\0\0")
        error = self.assertRaises(ConfigError, self.state.nodeId)
        self.assertEqual(
            error.message,
            f'{self.path}/node-id holds "\\x00\\x00", no UUID; '
            "restore it, or remove it for a new identity",
        )


class EpochTests(SynchronousTestCase):
    """Which life of the node this is."""

    def setUp(self) -> None:
        """An open directory."""
        self.path = Path(self.mktemp()).absolute()
        self.state = StateDirectory(self.path)
        self.state.open()
        self.addCleanup(self.state.close)

    def test_clock(self) -> None:
        """It is the time, in milliseconds: a node whose state was lost is ahead of what it was."""
        self.assertEqual(self.state.nextEpoch(1.7e9 + 0.25), 1_700_000_000_250)

    def test_higher(self) -> None:
        """It is higher in every life, also of a clock that was set back or stands still."""
        first = self.state.nextEpoch(1.7e9)
        again = StateDirectory(self.path)
        self.assertEqual(
            [again.nextEpoch(wallTime) for wallTime in (1.7e9, 1.6e9, 0.0, 1.7e9 + 1)],
            [first + 1, first + 2, first + 3, first + 1000],
        )

    def test_kept(self) -> None:
        """It is written whole, and nothing beside it is left."""
        self.state.nextEpoch(1.7e9)
        self.assertEqual((self.path / "epoch").read_bytes(), b"1700000000000\n")
        self.assertEqual(sorted(one.name for one in self.path.iterdir()), ["epoch", "lock"])

    def test_links(self) -> None:
        """A link that stands where it is written leads nowhere."""
        victim = self.path / "victim"
        victim.write_text("mine")
        (self.path / "epoch.new").symlink_to(victim)
        self.state.nextEpoch(1.7e9)
        (self.path / "restoring").symlink_to(victim)
        error = self.assertRaises(ConfigError, self.state.beginRestore)
        self.assertEqual(error.message, f"{self.path}/restoring cannot be written: File exists")
        (self.path / "restoring").unlink()
        self.assertEqual(victim.read_text(), "mine")
        self.assertEqual(self.state.keptEpoch(), 1_700_000_000_000)

    def test_spoilt(self) -> None:
        """One that is none is refused: a lower epoch would silence the node for its subscribers."""
        for kept in (b"", b"-1", b"1e3", b"9" * 19, "\u0663".encode()):
            (self.path / "epoch").write_bytes(kept)
            error = self.assertRaises(ConfigError, self.state.nextEpoch, 1.7e9)
            self.assertIn(f"{self.path}/epoch holds ", error.message)
