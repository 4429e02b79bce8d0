"""Reading what C{setServiceData} is asked: setByServiceDataNames and deleteByServiceDataNames (OGSI 1.0, 9.2.2-9.2.3).

Only the shape is refused here; what is wrong with one name stays with it, and the others are done (WIRE 3).
"""

from collections.abc import Callable, Iterator, Sequence

import attrs

from gma_twisted.errors import (
    ExtensibilityTypeError,
    IncorrectValue,
    ParameterError,
    RequestError,
    TooLarge,
    cut,
)
from gma_twisted.markup import Element, ReceivedValue, nameOf, readValue
from gma_twisted.markup.namespaces import SD
from gma_twisted.model import QName
from gma_twisted.soap.types import QNAMES

__all__ = ["MOST", "Update", "readDelete", "readSet"]

MOST = 1000
"""Most values, or names to delete, in one update."""

_VALUES = f"{{{SD}}}serviceDataValues"


@attrs.define(slots=True)
class Update:
    """
    What is asked for one name.

    @ivar name: the service data name
    @ivar values: the new values in order; none to delete what there is
    @ivar fault: why it cannot be done
    """

    name: QName
    values: list[ReceivedValue] = attrs.field(factory=list)
    fault: RequestError | None = None


def readSet(expression: Element, check: Callable[[Element], None]) -> Sequence[Update]:
    """
    Read C{ogsi:setByServiceDataNames}: values of any number of names, in any order, by themselves or in one
    C{sd:serviceDataValues}, which makes them the one child the schema wants.

    @param check: raises L{RequestError} for a value its name cannot have
    @return: one update a name, in the order of their first values
    @raise ExtensibilityTypeError: no values, or text between them
    @raise TooLarge: more values than L{MOST}
    """
    updates: dict[QName, Update] = {}
    for node in _values(expression):
        update = _of(updates, nameOf(node))
        if update.fault is None:
            try:
                check(node)
                update.values.append(_value(node))
            except RequestError as error:
                update.fault = error
    return _named(expression, updates)


def readDelete(expression: Element, check: Callable[[QName], None]) -> Sequence[Update]:
    """
    Read C{ogsi:deleteByServiceDataNames}; a name twice counts once.

    @param check: raises L{RequestError} for a name that cannot be deleted
    @return: one update a name, in the order asked
    @raise ExtensibilityTypeError: malformed, or no names
    @raise TooLarge: more names than L{MOST}
    """
    updates: dict[QName, Update] = {}
    try:
        names = QNAMES.read(expression)
    except ParameterError as error:
        raise ExtensibilityTypeError(f"deleteByServiceDataNames: {error.message}") from None
    _checkCount(len(names), "names")
    for name in names:
        update = _of(updates, name)
        try:
            check(name)
        except RequestError as error:
            update.fault = error
    return _named(expression, updates)


def _values(expression: Element) -> Iterator[Element]:
    values = expression
    if len(expression) == 1 and expression[0].tag == _VALUES:
        values = expression[0]
    _checkCount(len(values), "values")
    for text in (expression.text, values.text, *(node.tail for node in values), values.tail):
        if text is not None and text.strip():
            raise ExtensibilityTypeError(
                f'"{cut(text.strip(), 40)}" stands between the values of setByServiceDataNames'
            )
    yield from values


def _checkCount(count: int, what: str) -> None:
    if count > MOST:
        raise TooLarge(f"one update may have {MOST} {what}, not {count}")


def _value(node: Element) -> ReceivedValue:
    try:
        return readValue(node)
    except ParameterError as error:
        raise IncorrectValue(f"a value of {cut(nameOf(node))}: {error.message}") from None


def _of(updates: dict[QName, Update], name: QName) -> Update:
    update = updates.get(name)
    if update is None:
        update = updates[name] = Update(name)
    return update


def _named(expression: Element, updates: dict[QName, Update]) -> Sequence[Update]:
    if not updates:
        raise ExtensibilityTypeError(f"{nameOf(expression).localName} names no service data")
    return tuple(updates.values())
