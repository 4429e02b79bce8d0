"""The console's root: which path shows what."""

from collections.abc import Callable, Mapping

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
from gma_twisted.model import Access

__all__ = ["PAGES", "Console"]

PAGES: Mapping[str, tuple[str, Access | None]] = {
    "/": ("GET", Access.READ),
    "/api/v1/status": ("GET", Access.READ),
    "/metrics": ("GET", Access.READ),
    "/sd/prometheus": ("GET", Access.READ),
    "/-/healthy": ("GET", None),
    "/-/ready": ("GET", None),
    "/-/reload": ("POST", Access.ADMIN),
    "/static/style.css": ("GET", None),
}
"""By path: how a page is asked for, and what that counts as for a policy; C{None}: nobody is asked."""


class Console(Resource):
    """
    Every page of a node, to be the root of its Site.

    It asks the node through L{INodeControl} only, and holds nothing of its own but a page for a second.
    """

    isLeaf = False

    def __init__(
        self,
        node: INodeControl,
        clock: IReactorTime,
        mounted: Mapping[bytes, IResource],
        isGuarded: Callable[[], bool] = lambda: False,
    ) -> None:
        """
        @param node: shown
        @param clock: for pages that take several turns
        @param mounted: resources of others by the first segment of their paths, C{services}
        @param isGuarded: whether a policy says who may do what
        """
        super().__init__()  # type: ignore[no-untyped-call]
        style = FilePath(__file__).sibling("style.css").getContent()
        self._mounted = mounted
        self._faces: dict[bytes, IResource] = {
            b"/": StatusPage(node, clock),
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
        self._faces[b"/-/reload"] = ReloadFace(node, isGuarded)

    def accessOf(self, request: Request) -> Access | None:
        """What a request for one of these pages counts as for a policy; what is not there is read."""
        return PAGES.get(request.path.decode("ascii", "replace"), ("", Access.READ))[1]

    def getChildWithDefault(self, path: bytes, request: Request) -> IResource:
        """Called by twisted.web with the first segment of the path."""
        face = self._faces.get(request.path)
        return face or self._mounted.get(path) or self._missing
