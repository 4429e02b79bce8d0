"""Interfaces are what newcomers read: complete, documented, and checkable by verifyObject."""

import inspect
from collections.abc import Iterator

from twisted.trial.unittest import SynchronousTestCase
from zope.interface import Attribute
from zope.interface.interface import InterfaceClass, Method

from gma_twisted import interfaces
from gma_twisted.soap import porttypes
from gma_twisted.soap.declaration import PortType

_ALL = [value for value in vars(interfaces).values() if isinstance(value, InterfaceClass)]
_PORT_TYPES = [value for value in vars(porttypes).values() if isinstance(value, PortType)]


def _methods(interface: InterfaceClass) -> Iterator[tuple[str, Method]]:
    for name, member in interface.namesAndDescriptions(all=True):
        if isinstance(member, Method):
            yield name, member


class InterfaceTests(SynchronousTestCase):
    """Every interface keeps the house's rules."""

    def test_reexported(self) -> None:
        """What the package exports is all there, interfaces among it."""
        for name in interfaces.__all__:
            self.assertTrue(hasattr(interfaces, name), name)
        self.assertGreater(len(_ALL), 10)

    def test_documented(self) -> None:
        """Every interface, method and attribute is described."""
        for interface in _ALL:
            self.assertTrue(interface.getDoc(), interface)
            for name, member in interface.namesAndDescriptions(all=True):
                self.assertTrue(member.getDoc(), f"{interface.__name__}.{name}")

    def test_noSelf(self) -> None:
        """Methods take no self: with it verifyObject rejects correct classes."""
        for interface in _ALL:
            for name, method in _methods(interface):
                self.assertNotIn("self", method.positional, f"{interface.__name__}.{name}")

    def test_attributesAreAttributes(self) -> None:
        """Members are methods or described attributes, nothing else."""
        for interface in _ALL:
            for _, member in interface.namesAndDescriptions(all=True):
                self.assertIsInstance(member, (Method, type(Attribute("x"))))


class PortTypeTests(SynchronousTestCase):
    """Declarations and interfaces say the same (ARCHITECTURE rule 10)."""

    def test_operationsAreMethods(self) -> None:
        """Every operation is a method of the interface, and every method an operation."""
        self.assertGreater(len(_PORT_TYPES), 1)
        for portType in _PORT_TYPES:
            included = {name for one in portType.extends for name, _ in _methods(one.interface)}
            self.assertEqual(
                sorted(operation.name for operation in portType.operations),
                sorted({name for name, _ in _methods(portType.interface)} - included),
            )

    def test_partsAreParameters(self) -> None:
        """The parts of a request are the method's parameters, in order."""
        for portType in _PORT_TYPES:
            methods = dict(_methods(portType.interface))
            for operation in portType.operations:
                parameters = tuple(part.name for part in operation.request)
                if operation.takesCaller:
                    # Given by the Exchange; a proxy, which has none to give, leaves it out.
                    parameters = (*parameters, "caller")
                self.assertEqual(methods[operation.name].positional, parameters, operation.name)

    def test_documented(self) -> None:
        """Every operation has its sentence for the WSDL."""
        for portType in _PORT_TYPES:
            for operation in portType.operations:
                self.assertTrue(inspect.cleandoc(operation.documentation), operation.name)
