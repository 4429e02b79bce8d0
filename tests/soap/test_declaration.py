"""Declarations that cannot work are refused before anything is served."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ConfigError
from gma_twisted.model import Access, QName
from gma_twisted.soap import Operation, PortType, Selection
from gma_twisted.soap.declaration import operationsOf, structsOf
from gma_twisted.soap.porttypes import GRID_SERVICE, PROVIDER_EXECUTION
from gma_twisted.soap.selection import flattened
from gma_twisted.soap.types import Part, Struct
from tests.soap.messages import OGSI
from tests.soap.sample import NAMESPACE, PAIR, SAMPLE, ISample, operation


def _portType(*operations: Operation, extends: tuple[PortType, ...] = ()) -> PortType:
    return PortType(QName(NAMESPACE, "P"), ISample, operations, extends=extends)


class OperationsTests(SynchronousTestCase):
    """The operations of one service."""

    def test_all(self) -> None:
        """Operations come in the order of their port types."""
        names = [one.name for one in operationsOf([PROVIDER_EXECUTION, GRID_SERVICE])]
        self.assertEqual(names[:3], ["enumProviders", "executeProvider", "findServiceData"])

    def test_sameLocalName(self) -> None:
        """Two operations of one local name are refused, also of two namespaces; both are named."""
        for namespace in (NAMESPACE, OGSI):
            portTypes = [
                SAMPLE,
                _portType(Operation(namespace, "reset", (), (), access=Access.WRITE)),
            ]
            error = self.assertRaises(ConfigError, operationsOf, portTypes)
            self.assertIn("reset", str(error))
            self.assertRaises(ConfigError, Selection, portTypes)

    def test_twoForeignNamespaces(self) -> None:
        """A message with two namespaces that have no prefix of ours is refused; with ours it is not."""
        strange = Struct(QName("urn:other", "T"), (), dict, dict)
        mixed = Operation(NAMESPACE, "mix", (Part("a", strange),), (), access=Access.READ)
        error = self.assertRaises(ConfigError, operationsOf, [_portType(mixed)])
        self.assertIn("urn:other", str(error))
        operationsOf(
            [_portType(Operation(OGSI, "mix", (Part("a", PAIR),), (), access=Access.READ))]
        )

    def test_structs(self) -> None:
        """Structures are found in requests, responses and one another, inner ones first."""
        outer = Struct(QName(NAMESPACE, "O"), (Part("inner", PAIR),), dict, dict)
        found = list(
            structsOf(
                Operation(
                    NAMESPACE, "x", (Part("a", outer),), (Part("b", PAIR),), access=Access.READ
                )
            )
        )
        self.assertEqual(found, [PAIR, outer, PAIR])
        self.assertEqual(list(structsOf(operation("tell"))), [])

    def test_names(self) -> None:
        """Request, response and action are derived from the one name."""
        swap = operation("swap")
        self.assertEqual(swap.requestName, QName(NAMESPACE, "swap"))
        self.assertEqual(swap.responseName, QName(NAMESPACE, "swapResponse"))
        self.assertEqual(swap.action, f"{NAMESPACE}#swap")


class FlatteningTests(SynchronousTestCase):
    """A port type and what it extends."""

    def test_extends(self) -> None:
        """Extended port types come first, each once."""
        child = _portType(extends=(GRID_SERVICE,))
        grandchild = _portType(extends=(child, GRID_SERVICE))
        self.assertEqual(flattened([grandchild, child]), [GRID_SERVICE, child, grandchild])
