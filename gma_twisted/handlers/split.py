"""One document that holds many values: each child of a name becomes a value with a key of its own."""

from collections.abc import Iterator, Sequence

from zope.interface import implementer

from gma_twisted.errors import ProviderFailed, TooLarge, cut
from gma_twisted.handlers.paths import ElementPath, TextPath
from gma_twisted.interfaces import IResultHandler
from gma_twisted.markup import Element, valueOfRun
from gma_twisted.model import ProviderRun, Quiet, ServiceDataElement

__all__ = ["SplitHandler"]

_LONGEST_KEY = 256


@implementer(IResultHandler)
class SplitHandler:
    """
    A value for each of the elements a path leads to; who wants one of them only, asks for one only. What else is in the
    document is told to nobody.

    Example: C{handler_arguments = { children = "Queue", key = "@name" }}
    """

    def __init__(self, children: str, key: str, news: Sequence[str] = ()) -> None:
        """
        @param children: path of L{ElementPath}, from the root
        @param key: path of L{TextPath} from each of them to what tells them apart
        @param news: paths of L{TextPath} from each of them: a change of anything else is kept and not told (L{Quiet});
            without any every change is told
        @raise ParameterError: one of them is no path
        """
        self._children = ElementPath.parse(children)
        self._key = TextPath.parse(key)
        self._keyText = key
        self._news = [TextPath.parse(one) for one in news]

    def handle(self, document: Element, run: ProviderRun) -> Iterator[ServiceDataElement | Quiet]:
        """
        @raise ProviderFailed: a child has no key, or two have the same
        @raise TooLarge: a key is longer than 256 characters, or the document declares very much around the children
        """
        what = f"output of provider {run.provider}"
        keyOf = self._key.reader(document)
        readers = [one.reader(document) for one in self._news]
        seen: set[str] = set()
        for child in self._children.find(document, what):
            key = keyOf(child)
            if not key:
                raise ProviderFailed(f"{what}: a {cut(child.tag)} has no {self._keyText}")
            if len(key) > _LONGEST_KEY:
                raise TooLarge(
                    f"{what}: {self._keyText} {cut(key, 40)} is longer than {_LONGEST_KEY} characters"
                )
            if key in seen:
                raise ProviderFailed(
                    f"{what}: two {cut(child.tag)} have the {self._keyText} {cut(key)}"
                )
            seen.add(key)
            value = valueOfRun(child, run, key)
            yield Quiet(value, tuple([read(child) for read in readers])) if readers else value
