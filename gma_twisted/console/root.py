"""The console's root: which path shows what."""

from collections.abc import Mapping

from twisted.internet.interfaces import IReactorTime
from twisted.python.filepath import FilePath
from twisted.web.http import Request
from twisted.web.resource import IResource, Resource

from gma_twisted.console.api import StatusDocument
from gma_twisted.console.discovery import DiscoveryPage
from gma_twisted.console.face import FixedFace
from gma_twisted.console.metrics import MetricsPage
from gma_twisted.console.notfound import NotFoundPage
from gma_twisted.console.readiness import ReadyPage
from gma_twisted.console.reloading import ReloadFace
from gma_twisted.console.status import StatusPage
from gma_twisted.interfaces import INodeControl

__all__ = ["Console"]


class Console(Resource):
    """
    Every page of a node, to be the root of its Site.

    It asks the node through L{INodeControl} only, and holds nothing of its own but a page for a second.
    """

    isLeaf = False

    def __init__(
        self, node: INodeControl, clock: IReactorTime, mounted: Mapping[bytes, IResource]
    ) -> None:
        """
        @param node: shown
        @param clock: for pages that take several turns
        @param mounted: resources of others by the first segment of their paths, C{services}
        """
        super().__init__()  # type: ignore[no-untyped-call]
        style = FilePath(__file__).sibling("style.css").getContent()
        self._mounted = mounted
        self._faces: dict[bytes, IResource] = {
            b"/": StatusPage(node),
            b"/api/v1/status": StatusDocument(node),
            b"/metrics": MetricsPage(node),
            b"/sd/prometheus": DiscoveryPage(node, clock),
            b"/-/healthy": FixedFace(b"text/plain; charset=utf-8", b"healthy\n"),
            b"/-/ready": ReadyPage(node),
            b"/static/style.css": FixedFace(b"text/css; charset=utf-8", style),
        }
        shown = [path.decode() for path in self._faces if not path.startswith(b"/static/")]
        self._missing = NotFoundPage(node, shown)
        # No page to be looked at.
        self._faces[b"/-/reload"] = ReloadFace(node)

    def getChildWithDefault(self, path: bytes, request: Request) -> IResource:
        """Called by twisted.web with the first segment of the path."""
        face = self._faces.get(request.path)
        return face or self._mounted.get(path) or self._missing
