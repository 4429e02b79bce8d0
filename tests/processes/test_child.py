"""What is kept of a program's output, and when it counts as over."""

from twisted.internet.error import ProcessDone, ProcessTerminated
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.processes.child import KEPT_ERRORS, Child


class Pipes(StringTransport):
    """A process transport that remembers what of it was closed."""

    stdoutClosed = False
    stderrClosed = 0

    def closeStdout(self) -> None:
        """Remember."""
        self.stdoutClosed = True

    def closeStderr(self) -> None:
        """Count."""
        self.stderrClosed += 1


class ChildTests(SynchronousTestCase):
    """Child."""

    def setUp(self) -> None:
        """A child that may print ten bytes."""
        self.child = Child(10)
        self.pipes = Pipes()
        self.child.makeConnection(self.pipes)

    def test_collects(self) -> None:
        """What arrives in pieces is one text, up to the very bound."""
        self.child.outReceived(b"01234")
        self.child.outReceived(b"56789")
        self.assertEqual(self.child.stdout, b"0123456789")
        self.assertFalse(self.child.overflowed)

    def test_overflow(self) -> None:
        """One byte beyond the bound decides the run, frees the memory and closes the pipe."""
        self.child.outReceived(b"0123456789")
        self.child.outReceived(b"x")
        self.assertTrue(self.child.overflowed)
        self.assertTrue(self.child.decided.happened)
        self.assertTrue(self.pipes.stdoutClosed)
        self.assertEqual(self.child.stdout, b"")
        self.child.outReceived(b"more")
        self.assertEqual(self.child.stdout, b"")

    def test_errors(self) -> None:
        """Of standard error the first line and the last 4 KiB stay, however much comes."""
        self.child.errReceived(b"first\nsecond\n")
        for _ in range(100):
            self.child.errReceived(b"x" * 1000)
        self.assertEqual(self.child.firstLine, b"first\nsecond\n")
        self.assertEqual(self.child.stderr, b"x" * KEPT_ERRORS)

    def test_endlessLine(self) -> None:
        """A first line without end is bounded too."""
        for _ in range(10):
            self.child.errReceived(b"y" * 3000)
        self.assertLessEqual(len(self.child.firstLine), KEPT_ERRORS)

    def test_manyErrors(self) -> None:
        """Where standard error is bounded it is closed past that, and nothing more of it is heard."""
        child = Child(10, 100)
        child.makeConnection(self.pipes)
        for _ in range(10):
            child.errReceived(b"x" * 50)
        self.assertEqual(self.pipes.stderrClosed, 1)
        self.assertEqual(len(child.stderr), 150)

    def test_exit(self) -> None:
        """Status 0 is told when the program exits, before its pipes close."""
        self.child.processExited(Failure(ProcessDone(0)))
        self.assertEqual(self.child.status, 0)
        self.assertTrue(self.child.exited.happened)
        self.assertFalse(self.child.closed.happened)

    def test_status(self) -> None:
        """Another exit status is kept."""
        self.child.processExited(Failure(ProcessTerminated(3, None, 768)))
        self.assertEqual((self.child.status, self.child.signal), (3, None))

    def test_signal(self) -> None:
        """After a signal there is no status."""
        self.child.processExited(Failure(ProcessTerminated(None, 9, 9)))
        self.assertEqual((self.child.status, self.child.signal), (None, 9))
