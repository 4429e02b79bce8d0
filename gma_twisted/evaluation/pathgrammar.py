"""XPath 1.0 read into a tree that says what an expression asks for; what can fail as it is evaluated is not read."""

import re
from collections.abc import Sequence

import attrs

__all__ = [
    "COMPARISONS",
    "Call",
    "Expression",
    "Filter",
    "Literal",
    "Number",
    "Operation",
    "Path",
    "Step",
    "Values",
    "isNodes",
    "readExpression",
]

COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
"""Operators that compare."""

# Longer ones are not read: that would take more than it spares. A chain of operators is a tree as deep as it is long,
# and who walks over trees calls itself at each level of them.
_MOST_TEXT = 4096
_MOST_TOKENS = 256
_MOST_NESTED = 32

# Names in ASCII only: of others libxml2, Saxon and we may not have the same opinion where they end.
_NAME = r"[A-Za-z_][A-Za-z0-9_.\-]*"
_TOKEN = re.compile(
    rf"""[ \t\r\n]*(?:
      (?P<literal>"[^"]*"|'[^']*')
    | (?P<number>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)
    | (?P<name>{_NAME}(?::(?!:)(?:{_NAME}|\*))?)
    | (?P<sign>::|//|\.\.|!=|<=|>=|\?\*|[()\[\].@,/|+\-=<>*])
    | (?P<end>\Z)
    )""",
    re.VERBOSE,
)
# The one of namespaces is not read: what it gives is no node of the value.
_AXES = frozenset(
    (
        *("ancestor", "ancestor-or-self", "attribute", "child", "descendant"),
        *("descendant-or-self", "following", "following-sibling", "parent", "preceding"),
        *("preceding-sibling", "self"),
    )
)
_NODE_TYPES = ("node", "text", "comment")
# Fewest and most arguments. What is not here is not read.
_FUNCTIONS: dict[str, tuple[int, float]] = {
    **dict.fromkeys(("last", "position", "true", "false"), (0, 0)),
    **dict.fromkeys(("string", "string-length", "normalize-space", "number"), (0, 1)),
    **dict.fromkeys(("name", "local-name", "namespace-uri"), (0, 1)),
    **dict.fromkeys(("boolean", "not", "count", "sum", "floor", "ceiling", "round"), (1, 1)),
    **dict.fromkeys(("starts-with", "contains", "substring-before", "substring-after"), (2, 2)),
    "concat": (2, float("inf")),
    "substring": (2, 3),
    "translate": (3, 3),
}
# With another argument they fail.
_OF_NODES = ("count", "sum", "name", "local-name", "namespace-uri")
# Those that bind least come first.
_LEVELS = (("or",), ("and",), ("=", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "div", "mod"))


@attrs.frozen(slots=True, eq=False)
class Literal:
    """A text as it is written. @ivar text: without its quotes"""

    text: str


@attrs.frozen(slots=True, eq=False)
class Number:
    """A number as it is written. @ivar number: it, with its sign"""

    number: float


@attrs.frozen(slots=True, eq=False)
class Values:
    """C{?*} of XQuery: all values."""


@attrs.frozen(slots=True, eq=False)
class Step:
    """
    One step of a path.

    @ivar axis: written out
    @ivar test: a name, with its prefix; or C{*}, C{prefix:*}, C{node()}, C{text()}, C{comment()}
    @ivar predicates: in their order
    """

    axis: str
    test: str
    predicates: "tuple[Expression, ...]" = ()


@attrs.frozen(slots=True, eq=False)
class Path:
    """
    A location path.

    @ivar start: what it begins with, when that is no step; C{None} for the context, or the document
    @ivar isAbsolute: whether it begins at the document
    @ivar steps: in their order; only an absolute one may have none
    """

    start: "Expression | None"
    isAbsolute: bool
    steps: tuple[Step, ...]


@attrs.frozen(slots=True, eq=False)
class Filter:
    """Predicates behind parentheses. @ivar nodes: what they are put to. @ivar predicates: in their order"""

    nodes: "Expression"
    predicates: "tuple[Expression, ...]"


@attrs.frozen(slots=True, eq=False)
class Operation:
    """An operator with its operands, two or, behind a sign, one."""

    operator: str
    operands: "tuple[Expression, ...]"


@attrs.frozen(slots=True, eq=False)
class Call:
    """A call of a function of XPath 1.0."""

    name: str
    arguments: "tuple[Expression, ...]"


Expression = Literal | Number | Values | Path | Filter | Operation | Call
"""What a text says."""

_ANYWHERE = Step("descendant-or-self", "node()")


def readExpression(text: str, hasValues: bool = False) -> Expression | None:
    """
    Read an expression, one that no value can make fail: arguments are as many as they have to be, and nodes where only
    nodes are taken.

    @param hasValues: whether it may have C{?*}
    @return: C{None} when it is none, or has anything that is not understood
    """
    if len(text) > _MOST_TEXT:
        return None
    try:
        return _Reader(_tokensOf(text), hasValues).whole()
    except _NotUnderstood:
        return None


def isNodes(expression: Expression) -> bool:
    """Whether an expression gives nodes: not a number, a text or a truth value."""
    if isinstance(expression, Operation):
        return expression.operator == "|"
    return isinstance(expression, Path | Filter | Values)


class _NotUnderstood(Exception):
    """There is something that this grammar does not have."""


def _tokensOf(text: str) -> Sequence[tuple[str, str]]:
    tokens = []
    position = 0
    while True:
        found = _TOKEN.match(text, position)
        if found is None:
            raise _NotUnderstood
        kind = str(found.lastgroup)
        tokens.append((kind, found[kind]))
        if kind == "end":
            return tokens
        if len(tokens) > _MOST_TOKENS:
            raise _NotUnderstood
        position = found.end()


@attrs.define(slots=True, eq=False)
class _Reader:
    """Reads by descent, as XPath 1.0, 3 has it."""

    _tokens: Sequence[tuple[str, str]]
    _hasValues: bool
    _at: int = attrs.field(default=0, init=False)
    _depth: int = attrs.field(default=0, init=False)

    def whole(self) -> Expression:
        """All of it. @raise _NotUnderstood: there is something else"""
        expression = self._expression()
        if self._tokens[self._at][0] != "end":
            raise _NotUnderstood
        return expression

    # -- tokens

    def _sees(self, *tokens: str, ahead: int = 0) -> bool:
        kind, token = self._tokens[min(self._at + ahead, len(self._tokens) - 1)]
        return kind in ("name", "sign") and token in tokens

    def _takes(self, *tokens: str) -> str:
        """The next token, when it is one of these; otherwise nothing."""
        if not self._sees(*tokens):
            return ""
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _needs(self, token: str) -> None:
        if not self._takes(token):
            raise _NotUnderstood

    # -- operators

    def _expression(self) -> Expression:
        self._depth += 1
        if self._depth > _MOST_NESTED:
            raise _NotUnderstood
        expression = self._level(0)
        self._depth -= 1
        return expression

    def _level(self, level: int) -> Expression:
        if level == len(_LEVELS):
            return self._signed()
        expression = self._level(level + 1)
        while operator := self._takes(*_LEVELS[level]):
            expression = Operation(operator, (expression, self._level(level + 1)))
        return expression

    def _signed(self) -> Expression:
        if not self._takes("-"):
            return self._union()
        if self._sees("-"):
            raise _NotUnderstood
        operand = self._union()
        return (
            Number(-operand.number) if isinstance(operand, Number) else Operation("-", (operand,))
        )

    def _union(self) -> Expression:
        expression = self._path()
        while self._takes("|"):
            expression = Operation("|", (_nodes(expression), _nodes(self._path())))
        return expression

    # -- operands

    def _path(self) -> Expression:
        if self._takes("/"):
            return Path(None, True, self._steps() if self._beginsStep() else ())
        if self._takes("//"):
            return Path(None, True, (_ANYWHERE, *self._steps()))
        if self._beginsStep():
            return Path(None, False, self._steps())
        start = self._primary()
        predicates = self._predicates()
        if predicates:
            start = Filter(_nodes(start), predicates)
        if self._takes("/"):
            return Path(_nodes(start), False, self._steps())
        if self._takes("//"):
            return Path(_nodes(start), False, (_ANYWHERE, *self._steps()))
        return start

    def _primary(self) -> Expression:
        kind, token = self._tokens[self._at]
        if kind == "literal":
            self._at += 1
            return Literal(token[1:-1])
        if kind == "number":
            self._at += 1
            return Number(float(token))
        if self._takes("("):
            expression = self._expression()
            self._needs(")")
            return expression
        if self._hasValues and self._takes("?*"):
            return Values()
        return self._call()

    def _call(self) -> Call:
        kind, name = self._tokens[self._at]
        if kind != "name" or name not in _FUNCTIONS:
            raise _NotUnderstood
        self._at += 1
        self._needs("(")
        arguments: list[Expression] = []
        if not self._takes(")"):
            arguments.append(self._expression())
            while self._takes(","):
                arguments.append(self._expression())
            self._needs(")")
        fewest, most = _FUNCTIONS[name]
        if not fewest <= len(arguments) <= most:
            raise _NotUnderstood
        if name in _OF_NODES:
            for argument in arguments:
                _nodes(argument)
        return Call(name, tuple(arguments))

    # -- steps

    def _beginsStep(self) -> bool:
        if self._sees("@", ".", "..", "*"):
            return True
        kind, token = self._tokens[self._at]
        return kind == "name" and (token in _NODE_TYPES or not self._sees("(", ahead=1))

    def _steps(self) -> tuple[Step, ...]:
        steps = [self._step()]
        while sign := self._takes("/", "//"):
            if sign == "//":
                steps.append(_ANYWHERE)
            steps.append(self._step())
        return tuple(steps)

    def _step(self) -> Step:
        if self._takes("."):
            return Step("self", "node()")
        if self._takes(".."):
            return Step("parent", "node()")
        axis = "child"
        if self._takes("@"):
            axis = "attribute"
        elif self._sees("::", ahead=1):
            axis = self._takes(*_AXES)
            self._at += 1
            if not axis:
                raise _NotUnderstood
        return Step(axis, self._test(), self._predicates())

    def _test(self) -> str:
        kind, token = self._tokens[self._at]
        if kind != "name" and token != "*":
            raise _NotUnderstood
        self._at += 1
        if self._takes("("):
            self._needs(")")
            if token not in _NODE_TYPES:
                raise _NotUnderstood
            return f"{token}()"
        return token

    def _predicates(self) -> tuple[Expression, ...]:
        predicates = []
        while self._takes("["):
            predicates.append(self._expression())
            self._needs("]")
        return tuple(predicates)


def _nodes(expression: Expression) -> Expression:
    if not isNodes(expression):
        raise _NotUnderstood
    return expression
