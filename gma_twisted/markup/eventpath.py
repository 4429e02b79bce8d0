"""
XPath 1.0 as a filter of events (WIRE 6), restricted so that nothing takes long: libxml2 cannot be stopped, so what is
put to it takes time for each thing in an event, never for each pair of them.

The event is the context node: C{gmae:field[@name = "Bandwidth"] > 100}. Refused are axes that go back, C{//} where it
would be gone from many nodes, absolute paths in predicates, unions, comparisons of one set of nodes with another, and
what follows parentheses.
"""

import re
from collections.abc import Callable
from typing import NoReturn

from gma_twisted.errors import ExtensibilityTypeError, ParameterError, TooLarge, cut
from gma_twisted.markup.events import writeEvent
from gma_twisted.markup.namespaces import GMAE
from gma_twisted.markup.parse import XMLGate
from gma_twisted.markup.xpath import XPathFailure, compileXPath, refusedXPath
from gma_twisted.model.event import Event, EventField

__all__ = ["MAX_PATH", "MAX_PATH_ITEMS", "MAX_PATH_TEXT", "MAX_STEPS", "compilePath"]

MAX_PATH = 1_024
"""Most characters of an expression."""
MAX_STEPS = 16
"""Most steps, predicates and calls of functions in an expression; those that search texts count fourfold."""
MAX_PATH_ITEMS = 500
"""Most fields and containers of an event one can be put to."""
MAX_PATH_TEXT = 16_384
"""Most characters of such an event: of all names, units and texts, each as often as it is deep."""

_GATE = XMLGate()
_MAX_NESTED = 16
_MAX_LITERAL = 64
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<literal>"[^"]*"|'[^']*')
    | (?P<number>\d+(?:\.\d*)?|\.\d+)
    | (?P<name>[^\W\d][\w.\-]*(?::(?!:)(?:[^\W\d][\w.\-]*|\*))?)
    | (?P<sign>::|//|\.\.|!=|<=|>=|[()\[\].@,/|+\-=<>*$])
    )""",
    re.VERBOSE,
)
# Fewest and most arguments.
_FUNCTIONS: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("last", "position", "true", "false"), (0, 0)),
    **dict.fromkeys(("string", "string-length", "normalize-space", "number"), (0, 1)),
    **dict.fromkeys(("name", "local-name", "namespace-uri"), (0, 1)),
    **dict.fromkeys(("boolean", "not", "count", "sum", "floor", "ceiling", "round"), (1, 1)),
    **dict.fromkeys(("starts-with", "contains", "substring-before", "substring-after"), (2, 2)),
    "substring": (2, 3),
    "translate": (3, 3),
}
_OF_NODES = ("count", "sum")
# They compare every place of a text with all of another: that has to be a short one.
_SEARCHES = ("contains", "starts-with", "substring-before", "substring-after", "translate")
_NODE_TYPES = ("text", "node")
_EQUAL = ("=", "!=")
_ORDER = ("<", "<=", ">", ">=")
_DECLARED = f' xmlns:gmae="{GMAE}" '.encode()


def compilePath(expression: str) -> Callable[[Event], bool]:
    """
    Read an expression.

    @return: whether it is true of an event; raises TooLarge for one that is larger than L{MAX_PATH_ITEMS} or
        L{MAX_PATH_TEXT}
    @raise ParameterError: it is wrong, or one of those that could take long; tells the column
    @raise TooLarge: L{MAX_PATH}, L{MAX_STEPS}, or nested too deep
    """
    if len(expression) > MAX_PATH:
        raise TooLarge(f"an XPath filter has more than {MAX_PATH} characters")
    _Reader(expression).whole()
    try:
        compileXPath(expression, ())
    except ExtensibilityTypeError as error:
        raise ParameterError(f"filter: {error.message}") from None
    # As a set of nodes its answer would be made into objects, one by one.
    test = compileXPath(f"boolean({expression}\n)", ())

    def isTrue(event: Event) -> bool:
        _check(event)
        document = writeEvent(event).replace(b" ", _DECLARED, 1)
        try:
            return bool(test(_GATE.parse(document, "event")))
        except XPathFailure as error:
            raise ParameterError(f"filter: {refusedXPath(error, expression).message}") from None

    return isTrue


def _check(event: Event) -> None:
    text = len(event.name) + len(event.id or "")
    for count, (depth, item) in enumerate(event.walk(), 1):
        text += depth * len(item.name)
        if isinstance(item, EventField):
            text += depth * len(item.units or "")
            if isinstance(item.value, str | bytes):
                text += depth * len(item.value)
        if count > MAX_PATH_ITEMS or text > MAX_PATH_TEXT:
            raise TooLarge(
                f'event "{cut(event.name)}" is too large for an XPath filter: it has more than {MAX_PATH_ITEMS} fields'
                f" and containers, or {MAX_PATH_TEXT} characters",
                cure="filter by comparison",
            )


class _Reader:
    """Reads an expression by descent, as XPath 1.0, 3 has it; what it reads says whether it gives a set of nodes."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._end = len(text.rstrip())
        self._position = self._start = 0
        self._kind = self._token = ""
        self._steps = 0
        self._depth = 0
        self._predicates = 0
        self._next()

    def whole(self) -> None:
        """All of it. @raise ParameterError: it is refused. @raise TooLarge: L{MAX_STEPS}, or nested too deep"""
        self._expression()
        if self._kind:
            self._unexpected()

    def _refuse(self, why: str, cure: str = "") -> NoReturn:
        raise ParameterError(f"filter: XPath, column {self._start + 1}: {why}", cure=cure)

    def _unexpected(self) -> NoReturn:
        if self._token == "|":
            self._refuse("filters have no unions", 'write "or"')
        if self._token == "$":
            self._refuse("there are no variables here")
        if self._token in ("[", "/", "//"):
            self._refuse(f'nothing follows parentheses or calls, and here is "{self._token}"')
        what = (
            f'"{cut(self._token, 40)}" is not expected here' if self._kind else "it ends too soon"
        )
        self._refuse(what)

    def _next(self) -> None:
        self._start = self._position
        if self._position >= self._end:
            self._kind = self._token = ""
            return
        found = _TOKEN.match(self._text, self._position)
        if found is None:
            self._refuse(
                f'"{cut(self._text[self._position : self._position + 20], 20)}" cannot be read'
            )
        self._kind = str(found.lastgroup)
        self._token = found[self._kind]
        self._start, self._position = found.start(self._kind), found.end()

    def _takes(self, *tokens: str) -> bool:
        if self._kind in ("name", "sign") and self._token in tokens:
            self._next()
            return True
        return False

    def _count(self, work: int = 1) -> None:
        self._steps += work
        if self._steps > MAX_STEPS:
            raise TooLarge(f"an XPath filter has more than {MAX_STEPS} steps, predicates and calls")

    def _expression(self) -> bool:
        self._depth += 1
        if self._depth > _MAX_NESTED:
            raise TooLarge(f"an XPath filter is nested deeper than {_MAX_NESTED}")
        isNodes = self._both()
        while self._takes("or"):
            self._both()
            isNodes = False
        self._depth -= 1
        return isNodes

    def _both(self) -> bool:
        isNodes = self._compared(_EQUAL)
        while self._takes("and"):
            self._compared(_EQUAL)
            isNodes = False
        return isNodes

    def _compared(self, signs: tuple[str, ...]) -> bool:
        isNodes = self._lower(signs)
        while self._kind == "sign" and self._token in signs:
            self._next()
            start = self._start
            if self._lower(signs) and isNodes:
                self._start = start
                self._refuse(
                    "filters compare no nodes with nodes", "compare with string() of one of them"
                )
            isNodes = False
        return isNodes

    def _lower(self, signs: tuple[str, ...]) -> bool:
        return self._compared(_ORDER) if signs is _EQUAL else self._sum()

    def _sum(self) -> bool:
        isNodes = self._signed()
        while self._takes("+", "-", "*", "div", "mod"):
            self._signed()
            isNodes = False
        return isNodes

    def _signed(self) -> bool:
        isSigned = False
        while self._takes("-"):
            isSigned = True
        return self._operand() and not isSigned

    def _operand(self) -> bool:
        if self._kind in ("literal", "number"):
            self._next()
            return False
        if self._takes("("):
            isNodes = self._expression()
            self._close(")")
            return isNodes
        if self._kind == "name" and self._isCall() and self._token not in _NODE_TYPES:
            self._call()
            return False
        self._path()
        return True

    def _isCall(self) -> bool:
        return self._text[self._position :].lstrip().startswith("(")

    def _close(self, sign: str) -> None:
        if not self._takes(sign):
            self._refuse(f'"{sign}" is missing')

    def _call(self) -> None:
        name = self._token
        bounds = _FUNCTIONS.get(name)
        if bounds is None:
            self._refuse(f"filters have no function {cut(name, 40)}()")
        self._count(4 if name in _SEARCHES else 1)
        self._next()
        self._close("(")
        count = 0
        if not self._takes(")"):
            self._argument(name, count)
            count = 1
            while self._takes(","):
                self._argument(name, count)
                count += 1
            self._close(")")
        if not bounds[0] <= count <= bounds[1]:
            self._refuse(f"{name}() takes {bounds[0]} to {bounds[1]} arguments, not {count}")

    def _argument(self, name: str, number: int) -> None:
        if name in _SEARCHES and number:
            if self._kind != "literal" or len(self._token) > _MAX_LITERAL + 2:
                self._refuse(f"{name}() takes a literal of at most {_MAX_LITERAL} characters here")
            self._next()
        elif not self._expression() and name in _OF_NODES:
            self._refuse(f"{name}() takes nodes")

    def _path(self) -> None:
        if self._token in ("/", "//") and self._kind == "sign":
            if self._predicates:
                self._refuse("in predicates there are no absolute paths")
            isAny = self._takes("//")
            if not isAny:
                self._next()
                if not self._beginsStep():
                    self._count()
                    return
        self._step()
        while self._kind == "sign" and self._token in ("/", "//"):
            if self._token == "//":
                self._refuse('"//" stands only where an expression or an operand begins')
            self._next()
            self._step()

    def _beginsStep(self) -> bool:
        return self._kind == "name" or (self._kind == "sign" and self._token in ("*", "@", "."))

    def _step(self) -> None:
        self._count()
        if self._takes(".."):
            self._refuse("filters do not go back to what is around")
        if self._takes("."):
            return
        self._takes("@")
        if self._kind == "name":
            name, start = self._token, self._start
            self._next()
            if self._token == "::" and self._kind == "sign":
                self._start = start
                self._refuse(f"filters have no axis {cut(name, 40)}", 'write "/", "//" or "@"')
            if name in _NODE_TYPES and self._takes("("):
                self._close(")")
        elif not self._takes("*"):
            self._unexpected()
        while self._takes("["):
            self._count()
            self._predicates += 1
            self._expression()
            self._close("]")
            self._predicates -= 1
