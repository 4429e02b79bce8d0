"""
The filter language of comparisons (WIRE 6)::

    Bandwidth > 100 Mb/s and Program = "GridFTP" and not (host/load >= 0.9 or @name ~ "gma.*")

A field is called by its name; one in containers by their names before it, with slashes between; names with other signs
stand in backquotes. C{@name}, C{@ts}, C{@id} and C{@seq} are the event's own. Alone, it asks whether there is one. What
it is compared with is a number, which may have units, a text in quotes, C{true}, C{false} or a timestamp. C{~} compares
with a glob. Of several fields of one name, any one will do; what is of another kind, or of units that cannot be
converted, is neither equal nor less nor greater.
"""

from collections.abc import Callable, Sequence

import attrs

from gma_twisted.errors import TooLarge
from gma_twisted.model.comparisonparser import Parser, Test
from gma_twisted.model.comparisontokens import spelt
from gma_twisted.model.event import Event
from gma_twisted.model.eventview import EventView
from gma_twisted.model.fieldpaths import OWN_NAMES, FieldPaths

__all__ = ["MAX_EXPRESSION", "compileComparison", "fieldsOf"]

MAX_EXPRESSION = 4_096
"""Most characters of an expression."""


def compileComparison(expression: str) -> Callable[[Event], bool]:
    """
    Read an expression.

    @return: whether it is true of an event; raises TooLarge for one of which it would have to look at more than
        L{MAX_WORK <gma_twisted.model.eventview.MAX_WORK>} fields
    @raise ParameterError: it is wrong; tells the column
    @raise TooLarge: L{MAX_EXPRESSION}, L{MAX_TESTS <gma_twisted.model.comparisonparser.MAX_TESTS>}, or nested too deep
    """
    if len(expression) > MAX_EXPRESSION:
        raise TooLarge(f"a filter has more than {MAX_EXPRESSION} characters")
    parser = Parser(expression)
    return _Comparison(parser.whole(), FieldPaths(parser.paths)).isTrue


@attrs.frozen(slots=True, eq=False)
class _Comparison:
    """
    An expression that was read.

    @ivar test: the whole of it
    @ivar paths: those it asks for
    """

    test: Test
    paths: FieldPaths

    def isTrue(self, event: Event) -> bool:
        """Whether it is true of an event. @raise TooLarge: L{EventView.spend}"""
        return self.test(EventView(event, self.paths.find(event)))


def fieldsOf(expression: str) -> Sequence[str]:
    """
    The fields an expression names, not C{@name} and its like: each as an expression that asks whether there is one.

    @raise ParameterError: it is wrong; tells the column
    @raise TooLarge: L{MAX_TESTS <gma_twisted.model.comparisonparser.MAX_TESTS>}, or nested too deep
    """
    parser = Parser(expression)
    parser.whole()
    return ["/".join(map(spelt, path)) for path in parser.paths if path[0] not in OWN_NAMES]
