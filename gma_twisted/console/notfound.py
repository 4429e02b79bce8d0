"""The page for what is not there: it says what is."""

from collections.abc import Iterator, Sequence

from twisted.python.filepath import FilePath
from twisted.web.http import Request
from twisted.web.iweb import IRenderable
from twisted.web.template import Element, Tag, XMLFile, renderer

from gma_twisted.console.face import HTMLFace
from gma_twisted.errors import cut
from gma_twisted.interfaces import INodeControl

__all__ = ["NotFoundPage"]


class NotFoundElement(Element):
    """The page, filled; see C{notfound.xml}."""

    loader = XMLFile(FilePath(__file__).sibling("notfound.xml"))

    def __init__(self, name: str, asked: str, paths: Sequence[str]) -> None:
        """
        @param name: of the node
        @param asked: the path that is not there
        @param paths: those that are
        """
        super().__init__()
        self._name = name
        self._asked = asked
        self._paths = paths

    @renderer
    def facts(self, request: object, tag: Tag) -> Tag:
        """What was asked, and of whom."""
        return tag.fillSlots(name=self._name, asked=self._asked)

    @renderer
    def paths(self, request: object, tag: Tag) -> Iterator[Tag]:
        """One item for each path."""
        for path in self._paths:
            yield tag.clone().fillSlots(path=path)


class NotFoundPage(HTMLFace):
    """404."""

    status = 404

    def __init__(self, node: INodeControl, paths: Sequence[str]) -> None:
        """@param paths: of the console; those of the services are asked for"""
        super().__init__()  # type: ignore[no-untyped-call]
        self._node = node
        self._paths = paths

    def element(self, request: Request) -> IRenderable:
        """See L{HTMLFace.element}."""
        services = [f"{path}?wsdl" for path in self._node.services()]
        return NotFoundElement(self._node.name, cut(request.path), [*self._paths, *services])
