"""Children in an order: whoever reads the value finds them sorted."""

import math
from collections.abc import Callable, Iterator

from zope.interface import implementer

from gma_twisted.errors import ProviderFailed, cut
from gma_twisted.handlers.paths import ElementPath, TextPath
from gma_twisted.interfaces import IResultHandler
from gma_twisted.markup import Element, valueOfRun
from gma_twisted.model import ProviderRun, ServiceDataElement

__all__ = ["SortHandler"]


@implementer(IResultHandler)
class SortHandler:
    """
    The document as one value, like the default, with some children in the order of a text or a number. Each stays in
    its parent, and other children stay where they are. What has nothing to sort by comes last.

    Example: C{handler_arguments = { children = "Process", by = "@cpu", numeric = true, descending = true }}
    """

    def __init__(
        self, children: str, by: str, numeric: bool = False, descending: bool = False
    ) -> None:
        """
        @param children: path of L{ElementPath}, from the root
        @param by: path of L{TextPath} from each of them
        @param numeric: sort by numbers, not letters
        @param descending: the greatest first
        @raise ParameterError: one of them is no path
        """
        self._children = ElementPath.parse(children)
        self._by = TextPath.parse(by)
        self._numeric = numeric
        self._descending = descending

    def handle(self, document: Element, run: ProviderRun) -> Iterator[ServiceDataElement]:
        """@raise ProviderFailed: something else than a number is to be sorted by numbers"""
        what = f"output of provider {run.provider}"
        read = self._by.reader(document)
        families: dict[Element, list[Element]] = {}
        for child in self._children.find(document, what):
            parent = child.getparent()
            if parent is not None:
                families.setdefault(parent, []).append(child)
        for parent, children in families.items():
            self._sort(parent, children, read, what)
        yield valueOfRun(document, run)

    def _sort(
        self, parent: Element, children: list[Element], read: Callable[[Element], str], what: str
    ) -> None:
        known: list[tuple[float | str, Element]] = []
        rest: list[Element] = []
        for child in children:
            text = read(child)
            if text:
                known.append((_number(text, what) if self._numeric else text, child))
            else:
                rest.append(child)
        known.sort(key=lambda one: one[0], reverse=self._descending)
        ordered = iter([*(child for _, child in known), *rest])
        places = set(children)
        # All in one assignment: each move by itself would search the parent for its place.
        parent[:] = [next(ordered) if one in places else one for one in parent]


def _number(text: str, what: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if math.isnan(number):
        raise ProviderFailed(f'{what}: "{cut(text, 40)}" is no number to sort by')
    return number
