"""The role contract finds what is wrong with a role, and says it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import Interface, implementer

from gma_twisted.errors import (
    Busy,
    NotImplementedException,
    ParameterError,
    TargetInvalid,
)
from gma_twisted.model import Access, QName
from gma_twisted.soap import Operation, PortType
from gma_twisted.soap.types import INTEGER, STRING, Part
from gma_twisted.testing import Calls, RoleContract
from gma_twisted.timing import Ready
from tests.testing.verdict import verdictOf

_URI = "urn:example:adding"


class IAdding(Interface):
    """Adds."""

    def add(one: int, other: int) -> Awaitable[int]:
        """The sum."""

    def say(text: str) -> Awaitable[None]:
        """One-way."""

    def divide(one: int) -> Awaitable[int]:
        """Not everybody does."""


def _operation(name: str, *parts: str, **more: Any) -> Operation:
    return Operation(
        _URI,
        name,
        tuple(Part(one, STRING if one == "text" else INTEGER) for one in parts),
        **{"response": (Part("result", INTEGER),), "access": Access.READ, **more},
    )


_OPERATIONS = (
    _operation("add", "one", "other"),
    _operation("say", "text", response=None),
    _operation("divide", "one"),
)
ADDING = PortType(QName(_URI, "Adding"), IAdding, _OPERATIONS)


@implementer(IAdding)
class Adder:
    """Nothing is wrong."""

    async def add(self, one: int, other: int) -> int:
        """See L{IAdding}."""
        if other < 0:
            raise ParameterError("this one does not subtract")
        return one + other

    def say(self, text: str) -> Awaitable[None]:
        """See L{IAdding}."""
        return Ready(None)

    def divide(self, one: int) -> Awaitable[int]:
        """See L{IAdding}."""
        raise NotImplementedException("this one does not divide")


def _adder(**members: Callable[..., Any]) -> Any:
    return type("Altered", (Adder,), members)()


def _raising(error: Exception) -> Callable[..., Any]:
    async def add(self: object, one: int, other: int) -> int:
        raise error

    return add


def complaints(
    role: object,
    good: Calls = (("add", {"one": 1, "other": 2}), ("say", {"text": "hi"})),
    bad: Calls = (("add", {"one": 1, "other": -1}),),
    portTypes: Sequence[PortType] = (ADDING,),
) -> dict[str, str]:
    """What the contract says of a role."""

    class Tests(RoleContract, SynchronousTestCase):
        def makeRole(self) -> object:
            return role

        def portTypes(self) -> Sequence[PortType]:
            return portTypes

        def goodCalls(self) -> Calls:
            return good

        def badCalls(self) -> Calls:
            return bad

    return {name.removeprefix("test_contract"): why for name, why in verdictOf(Tests).items()}


class RoleContractTests(SynchronousTestCase):
    """RoleContract."""

    def _finds(self, test: str, words: str, role: object, **given: Any) -> None:
        found = complaints(role, **given)
        self.assertEqual(list(found), [test], found)
        self.assertIn(words, found[test])

    def test_good(self) -> None:
        """A role that keeps every promise passes, with a port type nobody asks anything of as well."""
        empty = PortType(QName(_URI, "Empty"), Interface, ())
        self.assertEqual(complaints(Adder()), {})
        self.assertEqual(complaints(Adder(), portTypes=(ADDING, empty)), {})

    def test_interface(self) -> None:
        """A missing declaration and a missing method are told by name."""

        class Undeclared:
            add, say, divide = Adder.add, Adder.say, Adder.divide

        self._finds("Interfaces", "@implementer(IAdding) before the class", Undeclared())

        @implementer(IAdding)
        class Half:  # type: ignore[misc]
            add = Adder.add
            say = Adder.say

        self._finds("Interfaces", "does not provide IAdding: missing divide()", Half())

    def test_answers(self) -> None:
        """An answer of another kind, one that cannot be written, one of a one-way operation, and none at all."""
        self._finds(
            "GoodCalls",
            "add answers result as str, clients read int",
            _adder(add=lambda self, one, other: Ready("3")),
            bad=(),
        )
        self._finds(
            "GoodCalls",
            "add answered None, which is no answer of it",
            _adder(add=lambda self, one, other: Ready(None)),
            bad=(),
        )
        self._finds(
            "GoodCalls",
            "say is one-way and answered 'x'",
            _adder(say=lambda self, text: Ready("x")),
        )
        self._finds(
            "GoodCalls",
            "add has no answer; write settle",
            _adder(add=lambda self, one, other: Deferred()),
            bad=(),
        )
        self._finds("GoodCalls", "raised TypeError", _adder(add=lambda self, one, other: 3), bad=())

    def test_faults(self) -> None:
        """Errors that are not ours, that say nothing, or that the operation does not declare."""
        calls: Calls = (("add", {"one": 1, "other": 2}),)
        good: Calls = (("say", {"text": "hi"}),)
        for error, words in (
            (ValueError("boom"), "add raised ValueError: boom; clients are told nothing of it"),
            (Busy(""), "write one sentence"),
            (Busy("one\ntwo"), "write one sentence"),
            (TargetInvalid("no such name"), "targetInvalidFault, which its declaration does not"),
        ):
            role = _adder(add=_raising(error))
            self._finds("BadCalls", words, role, good=good, bad=calls)
        self._finds(
            "GoodCalls", "add is a good call, and raised Busy: no", _adder(add=_raising(Busy("no")))
        )

    def test_calls(self) -> None:
        """A bad call that is answered, an operation nobody calls, and a call nobody declares."""
        self._finds(
            "BadCalls",
            "add is a bad call, and answered 3",
            Adder(),
            bad=(("add", {"one": 1, "other": 2}),),
        )
        self._finds("Complete", "say has no call", Adder(), good=(("add", {"one": 1, "other": 2}),))
        self._finds(
            "GoodCalls",
            "no port type of the role has an operation minus",
            Adder(),
            good=(("add", {"one": 1, "other": 2}), ("say", {"text": ""}), ("minus", {})),
        )

    def test_declarations(self) -> None:
        """Parts and parameters differ, an operation without a method, and one in GridService's way."""
        for operation, words in (
            (_operation("divide", "two"), "IAdding.divide takes one; its request has ['two']"),
            (
                _operation("minus", "one"),
                "IAdding.minus is an operation of {urn:example:adding}Adding",
            ),
            (_operation("destroy", "one"), "operation destroy of"),
        ):
            portType = PortType(QName(_URI, "Adding"), IAdding, (*_OPERATIONS[:2], operation))
            found = complaints(Adder(), portTypes=(portType,))
            self.assertIn(words, found["Declarations"])
