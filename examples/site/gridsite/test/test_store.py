"""What the store promises."""

import sqlite3
from pathlib import Path

from gma_twisted.errors import ServiceError
from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.model import ElementKey, Extend, Lifetime, Put, QName, Remove, ServiceDataElement
from gma_twisted.testing import StoreContract
from gma_twisted.timing import NodeClock, toDeferred
from twisted.logger import LogLevel, capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from gridsite.store import HistoryStore, readHistory

_LOAD = QName("urn:example:load", "Load")


def load(text: str, lifetime: Lifetime, name: QName = _LOAD) -> ServiceDataElement:
    """A value to be kept."""
    head = f'<{name.localName} xmlns="{name.namespace}"'.encode()
    tail = f">{text}</{name.localName}>".encode()
    return ServiceDataElement(ElementKey(name, "http://site/"), head, tail, lifetime)


class HistoryStoreTests(StoreContract, SynchronousTestCase):
    """The contract of every store, and what is remembered."""

    def makeStore(self, clock: NodeClock) -> IServiceDataStore:
        self.path = self.mktemp()
        return HistoryStore(clock, path=self.path)

    def events(self) -> list[tuple[str, str]]:
        """What is in the file, the oldest first: the event, and the text of the value."""
        lines = [line.split(" ", 5) for line in readHistory(self.path, 1000)]
        return [(line[2], line[5].partition(">")[2].partition("<")[0]) for line in lines[::-1]]

    def test_remembered(self) -> None:
        """What came, changed and went is in the file at once; that a value is good for longer is not."""
        soon, later = Lifetime(0.0, 1.0, 2.0), Lifetime(0.0, 3.0, 4.0)
        self.commit(Put(load("1", soon)))
        self.commit(Put(load("2", soon)))
        self.commit(Extend(load("2", soon).key, later))
        self.commit(Remove(load("2", later).key))
        self.assertEqual(self.events(), [("added", "1"), ("replaced", "2"), ("removed", "2")])
        self.commit(Put(load("3", soon)))
        self.time.advance(2.0)
        self.sweep()
        self.assertEqual(self.events()[3:], [("added", "3"), ("expired", "3")])

    def test_stays(self) -> None:
        """The file is there for the next node; the values are not."""
        self.commit(Put(load("1", Lifetime(0.0))))
        self.result(self.store.stop())
        self.store = HistoryStore(self.clock, path=self.path)
        self.result(self.store.start())
        self.assertEqual(len(self.store), 0)
        self.commit(Put(load("2", Lifetime(0.0))))
        self.assertEqual(self.events(), [("added", "1"), ("added", "2")])

    def test_again(self) -> None:
        """A store that has stopped starts again, and writes each change once."""
        self.result(self.store.stop())
        self.result(self.store.start())
        self.commit(Put(load("1", Lifetime(0.0))))
        self.assertEqual(self.events(), [("added", "1")])

    def test_arguments(self) -> None:
        """Only names of the namespace are remembered, and no more lines than were asked for."""
        path = self.mktemp()
        store = HistoryStore(self.clock, path=path, namespace=_LOAD.namespace, longest=3)
        self.result(store.start())
        for number in range(5):
            self.result(store.commit([Put(load(str(number), Lifetime(0.0)))]))
            other = load("x", Lifetime(0.0), QName("urn:example:other", f"Other{number}"))
            self.result(store.commit([Put(other)]))
        self.result(store.stop())
        self.path = path
        self.assertEqual([text for _, text in self.events()], ["2", "3", "4"])

    def test_gap(self) -> None:
        """A file that cannot be written is told once; the node goes on with its values, and the file when it can."""
        file = sqlite3.connect(self.path)
        self.addCleanup(file.close)
        file.execute("ALTER TABLE history RENAME TO away")
        with capturedLogs() as logs:
            for text in "12":
                self.commit(Put(load(text, Lifetime(0.0))))
        (told,) = (formatEvent(one) for one in logs if one["log_level"] is LogLevel.error)
        self.assertIn("has a gap: no such table", told)
        self.assertIsNotNone(self.store.get(load("2", Lifetime(0.0)).key))
        file.execute("ALTER TABLE away RENAME TO history")
        self.commit(Put(load("3", Lifetime(0.0))))
        self.assertEqual(self.events(), [("replaced", "3")])

    def test_otherFile(self) -> None:
        """A file that is no history is left as it is, and named."""
        path = Path(self.mktemp())
        path.write_text("long 12 3\n" * 100)
        store = HistoryStore(self.clock, path=str(path))
        failure = self.failureResultOf(toDeferred(store.start()), ServiceError)
        self.assertIn(f"the history {path} cannot be used", failure.getErrorMessage())
        self.assertEqual(path.read_text(), "long 12 3\n" * 100)
        self.result(store.stop())
