"""Documents that could not be used."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy
from gma_twisted.execution import Quarantine, QuarantineLimits
from gma_twisted.markup import XMLGate
from gma_twisted.stores import MemoryStore, StoreLimits
from gma_twisted.timing.bridge import toDeferred
from gma_twisted.timing.clock import NodeClock
from gma_twisted.timing.ready import Ready
from tests.execution.stand import LOAD, Scripted, Splitter, Stand

WALL = 1_800_000_000.0
FIRST = "tool-20270115T080000Z"


class QuarantineCase(SynchronousTestCase):
    """A quarantine in a directory of its own, whose files are written at once."""

    def setUp(self) -> None:
        """On a clock at nothing."""
        self.time = Clock()
        self.directory = Path(self.mktemp()) / "quarantine"
        self.directory.parent.mkdir()
        self.jobs: list[Callable[[], None]] = []
        self.isSlow = False
        self.ended = 0

    def make(self, **bounds: int) -> Quarantine:
        """A quarantine with those bounds."""
        clock = NodeClock(self.time, lambda: WALL + self.time.seconds())
        return Quarantine(self.directory, clock, self.run_, self.end, QuarantineLimits(**bounds))

    def run_(self, job: Callable[[], None]) -> Awaitable[None]:
        """Now, or never."""
        self.jobs.append(job)
        if self.isSlow:
            return Deferred()
        job()
        return Ready(None)

    def end(self) -> Awaitable[None]:
        """Count it."""
        self.ended += 1
        return Ready(None)

    def names(self, ending: str = ".xml") -> list[str]:
        """Of the files in it, without what they end with."""
        return sorted(one.stem for one in self.directory.iterdir() if one.suffix == ending)


class KeepTests(QuarantineCase):
    """What is written."""

    def test_kept(self) -> None:
        """A document is a file of its time, with the reason beside it; both are the node's alone."""
        kept = self.make().keep("tool", b"<a>", "it is not well-formed")
        self.assertEqual(kept, f"quarantine/{FIRST}.xml")
        document = self.directory / f"{FIRST}.xml"
        self.assertEqual(document.read_bytes(), b"<a>")
        self.assertEqual(
            (self.directory / f"{FIRST}.txt").read_text("utf-8"),
            "provider: tool\nat: 2027-01-15T08:00:00Z\nsize: 3 bytes\nreason: it is not well-formed\n",
        )
        self.assertEqual(document.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.directory.stat().st_mode & 0o777, 0o700)

    def test_tree(self) -> None:
        """A tree is written as XML."""
        self.make().keep("tool", XMLGate().parse(b"<a><b/></a>"), "no")
        self.assertEqual((self.directory / f"{FIRST}.xml").read_bytes(), b"<a><b/></a>")

    def test_cut(self) -> None:
        """Of a large one the beginning is kept, and the reason says so."""
        self.make(document=4).keep("tool", b"<abcdef/>", "no")
        self.assertEqual((self.directory / f"{FIRST}.xml").read_bytes(), b"<abc")
        self.assertIn(
            "size: 9 bytes, of which the first 4 are kept\n",
            (self.directory / f"{FIRST}.txt").read_text("utf-8"),
        )

    def test_again(self) -> None:
        """The same document is not written again, however often it fails; another is."""
        quarantine = self.make()
        for _ in range(3):
            self.assertEqual(quarantine.keep("tool", b"<a>", "no"), f"quarantine/{FIRST}.xml")
            self.time.advance(60.0)
        self.assertEqual(len(self.jobs), 1)
        quarantine.keep("tool", b"<b>", "no")
        self.assertEqual(self.names(), [FIRST, "tool-20270115T080300Z"])
        self.assertEqual(quarantine.keep("tool", b"<a>", "no"), f"quarantine/{FIRST}.xml")

    def test_notOften(self) -> None:
        """One that fails with other documents all the time is kept every ten seconds; other providers meanwhile."""
        quarantine = self.make()
        kept = []
        for second in range(21):
            kept.append(quarantine.keep("tool", b"%d" % second, "no"))
            self.time.advance(1.0)
        self.assertEqual([bool(one) for one in kept], [n % 10 == 0 for n in range(21)])
        self.assertEqual(
            quarantine.keep("other", b"1", "no"), "quarantine/other-20270115T080021Z.xml"
        )

    def test_newest(self) -> None:
        """The newest of each provider stay, with their reasons; files of others are left alone."""
        quarantine = self.make(documents=2)
        self.directory.mkdir()
        (self.directory / "notes.xml").write_text("mine")
        for number in range(4):
            quarantine.keep("tool", b"%d" % number, "no")
            quarantine.keep("tool-a", b"%d" % number, "no")
            self.time.advance(60.0)
        wanted = [
            f"{name}-20270115T080{minute}00Z" for name in ("tool", "tool-a") for minute in (2, 3)
        ]
        self.assertEqual(self.names(), sorted([*wanted, "notes"]))
        self.assertEqual(self.names(".txt"), sorted(wanted))

    def test_size(self) -> None:
        """All of them together take no more than so many bytes: the oldest go."""
        quarantine = self.make(size=25)
        for number in range(4):
            quarantine.keep(f"tool{number}", b"0123456789", "no")
            self.time.advance(60.0)
        self.assertEqual(self.names(), ["tool2-20270115T080200Z", "tool3-20270115T080300Z"])
        quarantine.keep("large", b"0" * 100, "no")
        self.assertEqual(self.names(), ["large-20270115T080400Z"])

    def test_earlierLife(self) -> None:
        """Those of a node before count too."""
        self.make(documents=1).keep("tool", b"1", "no")
        self.time.advance(60.0)
        self.make(documents=1).keep("tool", b"2", "no")
        self.assertEqual(self.names(), ["tool-20270115T080100Z"])

    def test_none(self) -> None:
        """None are kept where none shall be."""
        self.assertEqual(self.make(documents=0).keep("tool", b"<a>", "no"), "")
        self.assertFalse(self.directory.exists())

    def test_names(self) -> None:
        """A name leads nowhere else."""
        kept = self.make().keep("../../x y" + "z" * 100, b"<a>", "no")
        self.assertEqual(kept, f"quarantine/.._.._x_y{'z' * 55}-20270115T080000Z.xml")
        self.assertEqual(len(self.names()), 1)

    def test_link(self) -> None:
        """What lies where a file is to be is not followed elsewhere."""
        self.directory.mkdir()
        target = self.directory.parent.absolute() / "target"
        (self.directory / f"{FIRST}.xml").symlink_to(target)
        with capturedLogs() as logs:
            self.make().keep("tool", b"<a>", "no")
        self.assertFalse(target.exists())
        self.assertIn(f"{FIRST}.xml cannot be written", str(formatEvent(logs[-1])))

    def test_fails(self) -> None:
        """What cannot be written is a line in the log, and nothing else."""
        self.directory.parent.rmdir()
        with capturedLogs() as logs:
            self.make().keep("tool", b"<a>", "no")
        self.assertIn(f"{FIRST}.xml cannot be written", str(formatEvent(logs[-1])))

    def test_busy(self) -> None:
        """So is that too much waits to be written."""

        def refuse(job: Callable[[], None]) -> Awaitable[None]:
            raise Busy("1000 jobs are waiting")

        quarantine = self.make()
        quarantine.run = refuse
        with capturedLogs() as logs:
            quarantine.keep("tool", b"<a>", "no")
        self.assertIn("1000 jobs are waiting", str(formatEvent(logs[-1])))

    def test_slow(self) -> None:
        """Nobody waits for the disk."""
        self.isSlow = True
        self.assertEqual(self.make().keep("tool", b"<a>", "no"), f"quarantine/{FIRST}.xml")
        self.assertFalse(self.directory.exists())

    def test_stop(self) -> None:
        """Its end is the end of who writes."""
        quarantine = self.make()
        self.successResultOf(toDeferred(quarantine.start()))
        self.successResultOf(toDeferred(quarantine.stop()))
        self.assertEqual(self.ended, 1)


class RunTests(QuarantineCase):
    """Which documents get there."""

    def setUp(self) -> None:
        """A provider on its schedule."""
        super().setUp()
        self.stand = Stand()
        self.time = self.stand.clock
        self.stand.manager.quarantine = self.make()
        self.provider = Scripted()

    def run_with(self, document: object, **options: Any) -> str:
        """Run it once. @return: its last error"""
        self.provider.next = document
        self.stand.install(self.provider, **options)
        self.stand.start()
        return self.stand.row()["lastError"]

    def test_gate(self) -> None:
        """What the gate refuses is kept; the status and the log name the file."""
        with capturedLogs() as logs:
            error = self.run_with(b"<Load>")
        (name,) = self.names()
        self.assertTrue(
            error.endswith(f"; the document is in quarantine/{name}.xml of the state directory"),
            error,
        )
        self.assertEqual(self.stand.told()["lastError"], error)
        self.assertIn(f"quarantine/{name}.xml", "".join(str(formatEvent(one)) for one in logs))
        reason = (self.directory / f"{name}.txt").read_text("utf-8")
        self.assertIn("reason: output of provider load is not well-formed XML", reason)

    def test_handler(self) -> None:
        """So is what a handler cannot use."""
        error = self.run_with(
            b'<l xmlns="urn:t"><j/></l>', handler=Splitter(originator="http://other/")
        )
        self.assertIn("gave a value of originator", error)
        (name,) = self.names()
        self.assertEqual(
            (self.directory / f"{name}.xml").read_bytes(), b'<l xmlns="urn:t"><j/></l>'
        )

    def test_owned(self) -> None:
        """And what is another provider's to give."""
        self.stand.install(Scripted(), "first")
        error = self.run_with(self.provider.next)
        self.assertIn(
            "is already given by provider first; configure another name; the document", error
        )
        self.assertEqual(len(self.names()), 1)

    def test_storeRefuses(self) -> None:
        """What only the store does not take was in order, and is not kept."""
        store = MemoryStore(self.stand.node, StoreLimits(elementSize=4000))
        self.stand.manager.store = self.stand.store = store
        error = self.run_with(b'<Load xmlns="urn:t">' + b"1" * 5000 + b"</Load>")
        self.assertIn("the bound store_element_size", error)
        self.assertFalse(self.directory.exists())

    def test_noDocument(self) -> None:
        """A run that gave no document, or no bytes, leaves nothing."""
        self.assertEqual(self.run_with(ValueError("no")), "ValueError: no")
        self.provider.next = "text"
        self.stand.wait(60.0)
        self.assertEqual(self.stand.row()["lastError"], "provider load gave str instead of bytes")
        self.assertFalse(self.directory.exists())

    def test_good(self) -> None:
        """Documents that are in order are not kept."""
        self.assertEqual(self.run_with(self.provider.next), "")
        self.assertIsNotNone(self.stand.value(LOAD))
        self.assertFalse(self.directory.exists())

    def test_removed(self) -> None:
        """When a provider is gone nothing of it is remembered; its files stay."""
        self.run_with(b"<Load>")
        self.successResultOf(toDeferred(self.stand.manager.remove("load")))
        assert self.stand.manager.quarantine is not None
        self.assertEqual(self.stand.manager.quarantine._seen, {})
        self.assertEqual(len(self.names()), 1)
