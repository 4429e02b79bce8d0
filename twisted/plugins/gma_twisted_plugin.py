"""What twistd finds: the kinds of nodes, and the reactor on a uvloop. Nothing else is imported."""

from twisted.application.reactors import Reactor
from twisted.application.service import ServiceMaker

gmaIndex = ServiceMaker(
    "gma_twisted index", "gma_twisted.nodes.index", "A node of live grid service data", "gma-index"
)
gmaRegistry = ServiceMaker(
    "gma_twisted registry",
    "gma_twisted.nodes.registry",
    "A node that keeps who registers",
    "gma-registry",
)
gmaRIPS = ServiceMaker(
    "gma_twisted RIPS",
    "gma_twisted.nodes.rips",
    "A node that tells of the jobs and queues of a resource",
    "gma-rips",
)
gmaMMJFS = ServiceMaker(
    "gma_twisted MMJFS",
    "gma_twisted.nodes.mmjfs",
    "A node that answers for the jobs and queues of several",
    "gma-mmjfs",
)
gmaAggregator = ServiceMaker(
    "gma_twisted aggregator",
    "gma_twisted.nodes.aggregator",
    "A node that copies what other services have",
    "gma-aggregator",
)
gmaProducer = ServiceMaker(
    "gma_twisted producer",
    "gma_twisted.nodes.producer",
    "A node that has events, and sends them to who subscribes",
    "gma-producer",
)
gmaConsumer = ServiceMaker(
    "gma_twisted consumer",
    "gma_twisted.nodes.consumer",
    "A node that prints, stores or forwards the events it is told",
    "gma-consumer",
)
gmaUvloop = Reactor(
    "gma-uvloop",
    "gma_twisted.transport.uvreactor",
    "Twisted's asyncio reactor on a uvloop (pip install 'gma-twisted[fast]')",
)
