"""Producers, consumers and directories elsewhere: C{proxy = await ProducerProxy.connect(url, caller)} (WIRE 6).

What is optional on the wire has a default here; templates may be names, filters comparisons as text. Errors that the
server raised are raised here as what they are: L{ParameterError <gma_twisted.errors.ParameterError>} for an id it does
not know, C{Refused}, C{Busy}, C{TooLarge}, L{NotImplementedException <gma_twisted.errors.NotImplementedException>};
any other as L{Proxy <gma_twisted.client.proxy.Proxy>} says.
"""

from gma_twisted.client.gmaconsumer import ConsumerProxy, Destination, Wanted
from gma_twisted.client.gmaproducer import Grant, ProducerProxy
from gma_twisted.client.gmaregistry import Added, Attributes, RegistryProxy, Watching

__all__ = [
    "Added",
    "Attributes",
    "ConsumerProxy",
    "Destination",
    "Grant",
    "ProducerProxy",
    "RegistryProxy",
    "Wanted",
    "Watching",
]
