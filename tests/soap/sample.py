"""A small service with every kind of operation, in a namespace that is not ours."""

from collections.abc import Awaitable, Sequence

from zope.interface import Interface

from gma_twisted.model import Access, Expression, QName
from gma_twisted.soap import Operation, PortType
from gma_twisted.soap.types import EXTENSIBILITY, INTEGER, STRING, Part, Struct

__all__ = ["NAMESPACE", "OTHERS", "PAIR", "SAMPLE", "ISample", "operation"]

NAMESPACE = "urn:example:sample"


class ISample(Interface):
    """What the sample service does."""

    def swap(pair: tuple[str, int], times: int | None) -> Awaitable[tuple[str, int]]:
        """Two results."""

    def collect(words: Sequence[str]) -> Awaitable[Sequence[str]]:
        """Lists in and out."""

    def tell(message: Expression) -> Awaitable[None]:
        """One-way."""

    def reset() -> Awaitable[None]:
        """Nothing in, nothing out."""


PAIR = Struct(
    QName(NAMESPACE, "PairType"),
    (Part("word", STRING), Part("number", INTEGER)),
    lambda word, number: (word, number),
    lambda value: {"word": value[0], "number": value[1]},
)

SAMPLE = PortType(
    QName(NAMESPACE, "SamplePortType"),
    ISample,
    (
        Operation(
            NAMESPACE,
            "swap",
            (Part("pair", PAIR), Part.optional("times", INTEGER)),
            (Part("first", STRING), Part("second", INTEGER)),
            access=Access.WRITE,
            faults=("targetInvalidFault",),
            documentation="Swaps <two> & more.",
        ),
        Operation(
            NAMESPACE,
            "collect",
            (Part.many("words", STRING, 1),),
            (Part.many("words", STRING),),
            access=Access.READ,
        ),
        Operation(NAMESPACE, "tell", (Part("message", EXTENSIBILITY),), None, access=Access.NOTIFY),
        Operation(NAMESPACE, "reset", (), (), access=Access.WRITE),
    ),
)


def _other(namespace: str, name: str) -> PortType:
    pair = Struct(QName(namespace, "PairType"), PAIR.parts, PAIR.make, PAIR.take)
    asked = (Part("pair", pair), Part.many("further", pair))
    return PortType(
        QName(namespace, "SamplePortType"),
        ISample,
        (Operation(namespace, name, asked, (Part("pair", pair),), access=Access.READ),),
    )


OTHERS = (_other("urn:example:one?a=1&b=2", "turn"), _other("urn:example:two", "twist"))
"""Of two namespaces more; but for the operation each is called as in L{SAMPLE}."""


def operation(name: str) -> Operation:
    """One of its operations."""
    return next(one for one in SAMPLE.operations if one.name == name)
