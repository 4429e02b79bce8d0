"""Whether a node answers for everything it has: for load balancers, and for who started it and waits."""

from twisted.web.http import Request

from gma_twisted.console.face import Face
from gma_twisted.interfaces import INodeControl

__all__ = ["ReadyPage"]


class ReadyPage(Face):
    """C{/-/ready}: 200 while the node serves all it has, else 503 with the reason in a line."""

    def __init__(self, node: INodeControl) -> None:
        """@param node: asked"""
        super().__init__()  # type: ignore[no-untyped-call]
        self._node = node

    async def answer(self, request: Request) -> tuple[int, bytes, bytes]:
        """See L{Face.answer}."""
        missing = self._node.ready()
        return 503 if missing else 200, self.media, f"{missing or 'ready'}\n".encode()
