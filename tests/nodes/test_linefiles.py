"""Lines that a consumer prints or stores."""

import os
import resource
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy, ConfigError, TooLarge
from gma_twisted.model.event import Event, EventContainer, EventField
from gma_twisted.model.eventjson import readEventJSON, writeEventJSON
from gma_twisted.nodes.linefiles import LineFile, LineOutput, LineWriter
from gma_twisted.stores.journal import Inline
from gma_twisted.timing import Ready, toDeferred

_EVENT = Event("x", 1.0)


class FileTests(SynchronousTestCase):
    """A file with an end, and the ones before it."""

    def setUp(self) -> None:
        """A directory."""
        self.directory = Path(self.mktemp())
        self.directory.mkdir()
        self.path = self.directory / "events"

    def file(self, size: int = 100, files: int = 3) -> LineFile:
        """One that is open."""
        made = LineFile(self.path, size, files)
        made.open()
        self.addCleanup(made.close)
        return made

    def contents(self) -> dict[str, str]:
        """What is in the directory."""
        return {one.name: one.read_text() for one in self.directory.iterdir()}

    def test_rotated(self) -> None:
        """A line that would make it too large begins another file; the oldest goes."""
        file = self.file(size=4)
        for line in (b"a\n", b"b\n", b"c\n", b"d\n", b"longer\n", b"e\n", b"f\n"):
            file.write(line)
        self.assertEqual(
            self.contents(), {"events": "e\nf\n", "events.1": "longer\n", "events.2": "c\nd\n"}
        )

    def test_one(self) -> None:
        """Of one file nothing is left when it is full."""
        file = self.file(size=3, files=1)
        file.write(b"a\n")
        file.write(b"b\n")
        self.assertEqual(self.contents(), {"events": "b\n"})

    def test_appended(self) -> None:
        """What was there stays, and half a line is not made whole by another."""
        self.path.write_text("old\nhal")
        self.file().write(b"new\n")
        self.assertEqual(self.contents(), {"events": "old\nhal\nnew\n"})

    def test_full(self) -> None:
        """Of lines that do not fit on the disk nothing is left, and the next are lines of their own."""
        file = self.file()
        file.write(b"a\n")
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (3, hard))
        try:
            self.assertRaises(Busy, file.write, b"bbb\n")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        file.write(b"c\n")
        self.assertEqual(self.contents(), {"events": "a\nc\n"})

    def test_nowhere(self) -> None:
        """A file that cannot be is told before the node starts."""
        error = self.assertRaises(ConfigError, LineFile(self.path / "x", 1, 1).open)
        self.assertIn(str(self.path / "x"), str(error))

    def test_others(self) -> None:
        """A link, a pipe, a directory and another user's file are not written to, in a rotation neither."""
        victim = self.directory / "victim"
        victim.write_text("keep")
        link, pipe = self.directory / "link", self.directory / "pipe"
        link.symlink_to(victim.absolute())
        os.mkfifo(pipe)
        for path in (link, pipe, self.directory):
            self.assertRaises(ConfigError, LineFile(path, 10, 2).open)
        self.assertEqual(victim.read_text(), "keep")
        self.patch(os, "geteuid", lambda: os.getuid() + 1)
        error = self.assertRaises(ConfigError, LineFile(victim, 10, 2).open)
        self.assertIn("another user's", str(error))

    def test_private(self) -> None:
        """Nobody else reads what it makes, whatever the mask is, and every one of them."""
        self.addCleanup(os.umask, os.umask(0))
        file = self.file(size=3)
        file.write(b"a\n")
        file.write(b"b\n")
        modes = {one.name: one.stat().st_mode & 0o777 for one in self.directory.iterdir()}
        self.assertEqual(modes, {"events": 0o600, "events.1": 0o600})


class OutputTests(SynchronousTestCase):
    """A pipe."""

    def setUp(self) -> None:
        """Make it."""
        self.end, self.descriptor = os.pipe()
        self.addCleanup(os.close, self.descriptor)

    def test_written(self) -> None:
        """What is written is there for the reader, also what is larger than a piece."""
        self.addCleanup(os.close, self.end)
        output = LineOutput(self.descriptor)
        output.open()
        output.write(b"x" * 10_000 + b"\n")
        self.assertEqual(os.read(self.end, 20_000), b"x" * 10_000 + b"\n")

    def test_slow(self) -> None:
        """Who does not read is waited for, but no longer than the node runs."""
        self.addCleanup(os.close, self.end)
        output = LineOutput(self.descriptor)
        output.end()
        self.assertIn("stops", str(self.assertRaises(Busy, output.write, b"a\n")))

    def test_gone(self) -> None:
        """A reader that has gone is an error."""
        os.close(self.end)
        error = self.assertRaises(Busy, LineOutput(self.descriptor).write, b"a\n")
        self.assertIn("Broken pipe", str(error))


class _Later:
    """Does what it is told to when a test says so."""

    def __init__(self) -> None:
        self.jobs: list[tuple[Callable[[], Any], Deferred[Any]]] = []

    def run(self, job: Callable[[], Any]) -> Awaitable[Any]:
        """Keep it."""
        done: Deferred[Any] = Deferred()
        self.jobs.append((job, done))
        return done

    def stop(self) -> Awaitable[None]:
        """Nothing runs."""
        return Ready(None)


class _Kept:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.written = b""

    def open(self) -> None:
        """See L{LineTarget}."""

    def write(self, lines: bytes) -> None:
        """See L{LineTarget}."""
        self.written += lines

    def end(self) -> None:
        """See L{LineTarget}."""

    def close(self) -> None:
        """See L{LineTarget}."""


class WriterTests(SynchronousTestCase):
    """From the reactor's thread to another."""

    def test_done(self) -> None:
        """Lines are written when who sent them is told."""
        target = _Kept()
        writer = LineWriter(target, Inline())
        self.successResultOf(toDeferred(writer.start()))
        self.successResultOf(toDeferred(writer.write([_EVENT, _EVENT])))
        line = writeEventJSON(_EVENT).encode() + b"\n"
        self.assertEqual((target.written, writer.written), (2 * line, 2))
        self.successResultOf(toDeferred(writer.stop()))

    def test_busy(self) -> None:
        """What waits is bounded; nothing is written, nor made into lines, in the reactor's thread."""
        later = _Later()
        target = _Kept()
        writer = LineWriter(target, later, most=1)
        first = toDeferred(writer.write([_EVENT]))
        self.assertEqual(target.written, b"")
        self.failureResultOf(toDeferred(writer.write([_EVENT])), Busy)
        job, done = later.jobs.pop()
        done.callback(job())
        self.successResultOf(first)
        second = toDeferred(writer.write([_EVENT]))
        self.assertEqual((len(later.jobs), second.called), (1, False))

    def test_elsewhere(self) -> None:
        """An event is made a line by the thread that writes it: what cannot be one is told then."""
        later = _Later()
        endless = Event("x")
        endless.add(EventContainer("c"))
        for holder in [one for one in endless.items if isinstance(one, EventContainer)]:
            holder.items.append(holder)
        writing = toDeferred(LineWriter(_Kept(), later).write([endless]))
        ((job, _),) = later.jobs
        self.assertRaises(TooLarge, job)
        self.assertFalse(writing.called)

    def test_steering(self) -> None:
        """What steers a terminal is escaped in what is printed or stored, and is read as it was."""
        target = _Kept()
        event = Event("x", 1.0)
        event.add(EventField("f", "\x9b31m \x7f \u202e \x85 \u2028 \u00e9 \U0001f600"))
        self.successResultOf(toDeferred(LineWriter(target, Inline()).write([event])))
        self.assertTrue(target.written[:-1].decode("ascii").isprintable())
        self.assertEqual(readEventJSON(target.written), event)
