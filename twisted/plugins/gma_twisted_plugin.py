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
gmaArchiver = ServiceMaker(
    "gma_twisted archiver",
    "gma_twisted.nodes.archiver",
    "A node that keeps events on the disk, and answers for them",
    "gma-archiver",
)
gmaFilter = ServiceMaker(
    "gma_twisted filter",
    "gma_twisted.nodes.filter",
    "A node that hands on some of the events it is told",
    "gma-filter",
)
gmaSummariser = ServiceMaker(
    "gma_twisted summariser",
    "gma_twisted.nodes.summariser",
    "A node that tells of many events in one",
    "gma-summariser",
)
gmaRepublisher = ServiceMaker(
    "gma_twisted republisher",
    "gma_twisted.nodes.republisher",
    "A node that hands on events under its own name",
    "gma-republisher",
)
gmaUvloop = Reactor(
    "gma-uvloop",
    "gma_twisted.transport.uvreactor",
    "Twisted's asyncio reactor on a uvloop (pip install 'gma-twisted[fast]')",
)
