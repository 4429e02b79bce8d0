"""docs/servicedata.md does what it says: its configuration, its updates and their outcome."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import readConfiguration
from gma_twisted.errors import CardinalityViolation, MutabilityViolation, PartialFailure
from gma_twisted.hosting import StandardServiceData
from gma_twisted.markup import XMLGate, nameOf
from gma_twisted.model import Expression, Handle, NameQuery, NameSelector, QName
from gma_twisted.roles import ModifiableServiceData, PermanentService
from gma_twisted.stores import MemoryStore
from gma_twisted.timing import NodeClock, toDeferred
from tests.readme import ROOT, readBlocks

_PAGE = "docs/servicedata.md"
_HANDLE = Handle("http://127.0.0.1:8480/services/index")


def _name(local: str) -> QName:
    return QName("urn:example:site", local)


class PageTests(SynchronousTestCase):
    """A service made as the page declares it."""

    def setUp(self) -> None:
        """Start it."""
        if not (ROOT / _PAGE).exists():
            self.skipTest("the documentation is not installed")
        (declared,) = readBlocks(_PAGE, "toml")
        found = readConfiguration(declared.text, "vo.toml")[0].serviceData
        own = [section.initial(name) for name, section in found.items()]
        time = Clock()
        clock = NodeClock(time, lambda: 1_800_000_000.0 + time.seconds())
        self.store = MemoryStore(clock)
        standard = StandardServiceData(self.store, clock, _HANDLE, [], [], [], [], own)
        self.successResultOf(toDeferred(standard.publish()))
        data = ModifiableServiceData(self.store, clock, _HANDLE, [one.declaration for one in own])
        self.role = PermanentService([], data)
        self.set, self.done, self.delete = (one.text for one in readBlocks(_PAGE, "xml"))

    def _ask(self, text: str) -> Expression:
        tree = XMLGate().parse(text.encode())
        return Expression(nameOf(tree), tree)

    def _texts(self, local: str) -> list[str]:
        found = self.store.find(NameQuery((NameSelector(_name(local)),))).elements
        return [XMLGate().parse(one.content).text or "" for one in found]

    def test_start(self) -> None:
        """Configured values are there from the start; names without any are known."""
        self.assertEqual([self._texts(local) for local in ("State", "Note")], [["open"], []])
        (contact,) = self.store.find(NameQuery((NameSelector(_name("Contact")),))).elements
        self.assertEqual(XMLGate().parse(contact.content).get("mail"), "grid@example.org")

    def test_set(self) -> None:
        """The update is done, and answered as the page shows."""
        answer = self.successResultOf(toDeferred(self.role.setServiceData(self._ask(self.set))))
        spaces = 'xmlns:sd="http://www.gridforum.org/namespaces/2003/03/serviceData"'
        told = XMLGate().parse(f"<r {spaces}>{answer.decode()}</r>".encode())[0]
        shown = XMLGate().parse(self.done.encode())
        self.assertEqual((told.tag, len(told)), (shown.tag, len(shown)))
        self.assertEqual(self._texts("State"), ["closed"])
        self.assertEqual(
            sorted(self._texts("Note")), ["moving to the new hall", "two nodes are left"]
        )

    def test_delete(self) -> None:
        """What has to be there is not deleted, with the two reasons."""
        failure = self.failureResultOf(
            toDeferred(self.role.setServiceData(self._ask(self.delete))), PartialFailure
        ).value
        self.assertEqual(
            [(name, type(cause)) for name, cause in failure.failures],
            [
                (_name("State").clark, CardinalityViolation),
                (_name("Note").clark, MutabilityViolation),
            ],
        )
        self.assertEqual(self._texts("State"), ["open"])
