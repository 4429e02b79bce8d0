"""What a value must have for an expression to find something in it, as far as the text of the expression tells."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from gma_twisted.evaluation.pathgrammar import (
    COMPARISONS,
    Call,
    Expression,
    Filter,
    Literal,
    Number,
    Operation,
    Path,
    Step,
    Values,
    isNodes,
    readExpression,
)
from gma_twisted.markup.namespaces import GMA, OGSI, PREFIXES, XML

__all__ = [
    "AllOf",
    "AnyOf",
    "Comparison",
    "Field",
    "Need",
    "comparisonsOf",
    "needsOf",
    "needsOfXQuery",
]

# With more it takes as long to find the candidates as to ask every value.
_MOST_COMPARISONS = 16
# What is nearer to infinity has no neighbours to be careful with.
_LARGEST = 1e300
_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
# Written on the root of a value, and changed without a new one: what is known of them would be outdated.
_STAMPED = (GMA, OGSI)
_TRUTHS = ("and", "or", *COMPARISONS)
# Of XQuery: what takes one node at most, and gets it from an attribute or the context.
_OF_ONE = ("contains", "starts-with")
_COUNTS = ("count", "position", "last")


@attrs.frozen(slots=True, cache_hash=True)
class Field:
    """A name that nodes of a value may have. @ivar isAttribute: attributes, not elements"""

    isAttribute: bool
    namespace: str
    localName: str


@attrs.frozen(slots=True)
class Comparison:
    """
    Somewhere in the value is a node of that name for which the comparison is true.

    @ivar field: the name
    @ivar operator: C{=}, C{<}, C{<=}, C{>} or C{>=}, the node on its left
    @ivar literal: on its right: a number; with C{=} a text, too
    """

    field: Field
    operator: str
    literal: float | str


@attrs.frozen(slots=True)
class AllOf:
    """All of these hold. @ivar parts: two at least"""

    parts: "tuple[Need, ...]"


@attrs.frozen(slots=True)
class AnyOf:
    """One of these holds. @ivar parts: two at least"""

    parts: "tuple[Need, ...]"


Need = Comparison | AllOf | AnyOf
"""What holds of every value in which an expression finds something: necessary, never enough."""


def comparisonsOf(need: Need) -> Iterator[Comparison]:
    """The comparisons a need has."""
    if isinstance(need, Comparison):
        yield need
    else:
        for part in need.parts:
            yield from comparisonsOf(part)


def needsOf(text: str, namespaces: Iterable[tuple[str, str]]) -> Need | None:
    """
    What a value needs for an expression of XPath 1.0 to give something.

    @param namespaces: as of L{compileXPath <gma_twisted.markup.xpath.compileXPath>}
    @return: C{None} when nothing is known: each value has to be asked
    """
    expression = readExpression(text)
    # A number or truth value is a result of the others, too.
    if expression is None or not isNodes(expression):
        return None
    return _bounded(_Reading({**PREFIXES, **dict(namespaces)}).truth(expression))


def needsOfXQuery(text: str, namespaces: Iterable[tuple[str, str]]) -> Need | None:
    """
    What a value needs for its presence among those that C{?*} gives to make a difference to the answer, or to whether
    there is one: it has that, or a text that is no number where the need has a number.

    @param namespaces: beside those every expression knows
    @return: C{None} when nothing is known: each value has to be there
    """
    declared = {**PREFIXES, **dict(namespaces)}
    expression = readExpression(text, hasValues=True)
    if isinstance(expression, Call) and expression.name == "count":
        (expression,) = expression.arguments
    # One without a prefix would be of the elements that have none.
    if expression is None or "" in declared or not _isOverValues(expression):
        return None
    reading = _Reading(declared)
    need = _bounded(reading.truth(expression))
    if need is None:
        return None
    # A text that is no number is an error there: nothing may be compared with numbers that is not looked at.
    known = {one.field for one in comparisonsOf(need) if isinstance(one.literal, float)}
    return need if reading.numeric <= known else None


def _bounded(need: Need | None) -> Need | None:
    if need is None or len(list(comparisonsOf(need))) > _MOST_COMPARISONS:
        return None
    return need


# -- what is needed

Fields = Sequence[Field] | None
"""The names that some nodes have, each one of them; C{None} when they may have others."""


@attrs.define(slots=True, eq=False)
class _Reading:
    """
    Reads needs out of a tree.

    @ivar namespaces: by prefix
    @ivar numeric: the fields compared with numbers, C{None} for those that are not known
    """

    namespaces: Mapping[str, str]
    numeric: set[Field | None] = attrs.field(factory=set, init=False)

    def truth(self, expression: Expression, context: Fields = None) -> Need | None:
        """
        What is needed for an expression to be true, or to give a node.

        @param context: of the context node
        """
        match expression:
            case Operation("and", operands):
                return _allOf([self.truth(one, context) for one in operands])
            case Operation("or" | "|", operands):
                return _anyOf([self.truth(one, context) for one in operands])
            case Operation(operator, (left, right)) if operator in COMPARISONS:
                return self._comparison(operator, left, right, context)
            case Path(start, _, steps):
                parts = [] if start is None else [self.truth(start, context)]
                for place, step in enumerate(steps, 1):
                    if step.predicates:
                        upTo = Path(start, expression.isAbsolute, steps[:place])
                        found = self._fields(upTo, context)
                        parts += [self.truth(one, found) for one in step.predicates]
                return _allOf(parts)
            case Filter(nodes, predicates):
                found = self._fields(nodes, context)
                return _allOf(
                    [self.truth(nodes, context), *(self.truth(one, found) for one in predicates)]
                )
            case Operation(_, operands) | Call(_, operands):
                # It may be true of what is not there; only that numbers are compared is of interest.
                for one in operands:
                    self.truth(one, context)
        return None

    def _comparison(
        self, operator: str, left: Expression, right: Expression, context: Fields
    ) -> Need | None:
        if not isNodes(left):
            left, right = right, left
            operator = _MIRRORED.get(operator, operator)
        within = [self.truth(left, context), self.truth(right, context)]
        if not isNodes(left):
            return None
        if isNodes(right):
            return _allOf(within)
        fields = self._fields(left, context)
        literal: float | str | None = None
        if isinstance(right, Number):
            self.numeric.update(fields or [None])
            literal = right.number if abs(right.number) < _LARGEST else None
        elif isinstance(right, Literal) and operator == "=":
            literal = right.text
        if fields is None or literal is None or operator == "!=":
            return _allOf(within[:1]) if isinstance(right, Literal | Number) else None
        return _allOf([*within, _anyOf([Comparison(one, operator, literal) for one in fields])])

    def _fields(self, expression: Expression, context: Fields) -> Fields:
        """The names of the nodes an expression gives."""
        match expression:
            case Operation("|", operands):
                found = [self._fields(one, context) for one in operands]
                return None if None in found else [one for some in found for one in some or ()]
            case Filter(nodes):
                return self._fields(nodes, context)
            case Path(start, isAbsolute, steps):
                for step in reversed(steps):
                    if (step.axis, step.test) != ("self", "node()"):
                        field = self._field(step)
                        return None if field is None else [field]
                if start is not None:
                    return self._fields(start, context)
                return None if isAbsolute else context
        return None

    def _field(self, step: Step) -> Field | None:
        prefix, colon, name = step.test.rpartition(":")
        if name == "*" or name.endswith(")"):
            return None
        namespace = XML if prefix == "xml" else self.namespaces.get(prefix, "") if colon else ""
        if (colon and not namespace) or namespace in _STAMPED:
            return None
        return Field(step.axis == "attribute", namespace, name)


def _allOf(parts: Iterable[Need | None]) -> Need | None:
    known: dict[Need, None] = {}
    for part in parts:
        if isinstance(part, AllOf):
            known.update(dict.fromkeys(part.parts))
        elif part is not None:
            known[part] = None
    return AllOf(tuple(known)) if len(known) > 1 else next(iter(known), None)


def _anyOf(parts: Iterable[Need | None]) -> Need | None:
    known: dict[Need, None] = {}
    for part in parts:
        if part is None:
            return None
        known.update(dict.fromkeys(part.parts if isinstance(part, AnyOf) else (part,)))
    return AnyOf(tuple(known)) if len(known) > 1 else next(iter(known), None)


# -- XQuery: other rules for the same text, and errors where XPath 1.0 has none


def _isOverValues(expression: Expression) -> bool:
    """Whether it is C{?*}, predicates and steps, and means in XQuery what it means in XPath."""
    start: Expression | None = expression
    if isinstance(expression, Path):
        start = expression.start
        if not all(map(_isSafe, _predicatesOf(expression))):
            return False
    if isinstance(start, Filter):
        for predicate in start.predicates:
            # Numbers, and these two, count values; with fewer of them they give others.
            if not _isTruth(predicate) or _readsPlace(predicate) or not _isSafe(predicate):
                return False
        start = start.nodes
    return isinstance(start, Values)


def _predicatesOf(path: Path) -> Iterator[Expression]:
    for step in path.steps:
        yield from step.predicates


def _isTruth(expression: Expression) -> bool:
    """Whether a predicate of it is true or not, whatever the place."""
    if isinstance(expression, Operation):
        return expression.operator in (*_TRUTHS, "|")
    if isinstance(expression, Call):
        return expression.name in ("not", "true", "false", *_OF_ONE)
    return isinstance(expression, Path)


def _readsPlace(expression: Expression) -> bool:
    """Whether it asks for the place of its own context; in a predicate of a path that is another one."""
    match expression:
        case Call(name, arguments):
            return name in ("position", "last") or any(map(_readsPlace, arguments))
        case Operation(_, operands):
            return any(map(_readsPlace, operands))
    return False


def _isSafe(expression: Expression) -> bool:
    """
    Whether XQuery has the same meaning for it, without an error: but for a comparison of nodes with a number, when one
    of them is none.
    """
    match expression:
        case Number():
            return True
        case Literal(text):
            # XQuery has entities and one kind of line ends.
            return "&" not in text and "\r" not in text
        case Path(None, False):
            # Saxon may evaluate an absolute one before it looks at the values, which fails.
            return all(map(_isSafe, _predicatesOf(expression)))
        case Operation("and" | "or" | "|", operands):
            return all(map(_isSafe, operands))
        case Operation(operator, (left, right)) if operator in COMPARISONS:
            return _isSafe(left) and _isSafe(right) and _areComparable(left, right)
        case Call("not" | "count" | "position" | "last" | "true" | "false", arguments):
            return all(map(_isSafe, arguments))
        case Call(name, arguments) if name in _OF_ONE:
            return all(_isOne(one) and _isSafe(one) for one in arguments)
    return False


def _areComparable(left: Expression, right: Expression) -> bool:
    """Whether a comparison does not fail, but for nodes that are no numbers."""
    kinds = {_kindOf(left), _kindOf(right)}
    if kinds == {"nodes", "number"}:
        return isinstance(left, Number) or isinstance(right, Number)
    return "" not in kinds and kinds != {"text", "number"}


def _kindOf(expression: Expression) -> str:
    if isNodes(expression):
        return "nodes"
    if isinstance(expression, Literal):
        return "text"
    isCount = isinstance(expression, Number) or (
        isinstance(expression, Call) and expression.name in _COUNTS
    )
    return "number" if isCount else ""


def _isOne(expression: Expression) -> bool:
    """Whether it is one text at most."""
    if isinstance(expression, Literal):
        return True
    if not isinstance(expression, Path) or expression.isAbsolute or len(expression.steps) != 1:
        return False
    (step,) = expression.steps
    if step.axis == "attribute":
        return "*" not in step.test and not step.test.endswith(")")
    return (step.axis, step.test) == ("self", "node()")
