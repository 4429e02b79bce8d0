"""What the handler promises."""

from gma_twisted.testing import HandlerContract
from twisted.trial.unittest import SynchronousTestCase

from gridsite.handler import QueueHandler


class QueueHandlerTests(HandlerContract, SynchronousTestCase):
    """The handler, on a document of two queues."""

    def makeHandler(self) -> QueueHandler:
        return QueueHandler()

    def makeDocument(self) -> bytes:
        return (
            b'<Queues xmlns="urn:example:gridsite">'
            b'<Queue name="long" running="12" waiting="3"/>'
            b'<Queue name="short" running="4" waiting="0"/></Queues>'
        )
