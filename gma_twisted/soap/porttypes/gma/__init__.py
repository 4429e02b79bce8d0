"""Producer, consumer and directory of the Grid Monitoring Architecture (WIRE 6; GFD-I.7, 3)."""

from gma_twisted.soap.porttypes.gma.component import COMPONENT
from gma_twisted.soap.porttypes.gma.consumer import CONSUMER
from gma_twisted.soap.porttypes.gma.directory import DIRECTORY
from gma_twisted.soap.porttypes.gma.producer import PRODUCER

__all__ = ["COMPONENT", "CONSUMER", "DIRECTORY", "PRODUCER"]
