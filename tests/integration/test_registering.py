"""Registries and their entries, with the SOAP clients other people wrote and the WSDL as the node serves it."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.markup.namespaces import SOAP12
from tests.integration.foreign.client import ForeignClient
from tests.integration.foreign.makers import makeNode, makePerl, makePHP, makeSuds, makeZeep
from tests.integration.foreign.registering import RegisteringContract


class Zeep11Tests(RegisteringContract, SynchronousTestCase):
    """zeep, SOAP 1.1."""

    def makeClient(self, url: str) -> ForeignClient:
        """By C{?wsdl}."""
        return makeZeep(url)


class Zeep12Tests(RegisteringContract, SynchronousTestCase):
    """zeep, SOAP 1.2."""

    soap = SOAP12
    sides = ("Sender", "Receiver")

    def makeClient(self, url: str) -> ForeignClient:
        """By the SOAP 1.2 port of C{?wsdl=soap12}."""
        return makeZeep(url, isSoap12=True)


class Node11Tests(RegisteringContract, SynchronousTestCase):
    """The package soap of node.js, SOAP 1.1."""

    def makeClient(self, url: str) -> ForeignClient:
        """By C{?wsdl}."""
        return makeNode(url, self.addCleanup)


class Node12Tests(RegisteringContract, SynchronousTestCase):
    """The package soap of node.js, SOAP 1.2."""

    soap = SOAP12
    sides = ("Sender", "Receiver")

    def makeClient(self, url: str) -> ForeignClient:
        """By C{?wsdl=soap12}."""
        return makeNode(url, self.addCleanup, isSoap12=True)


class SudsTests(RegisteringContract, SynchronousTestCase):
    """suds-community."""

    def makeClient(self, url: str) -> ForeignClient:
        """By C{?wsdl}."""
        return makeSuds(url)


class PHP11Tests(RegisteringContract, SynchronousTestCase):
    """PHP's SoapClient, SOAP 1.1."""

    def makeClient(self, url: str) -> ForeignClient:
        """By C{?wsdl}."""
        return makePHP(url, self.addCleanup)


class PHP12Tests(RegisteringContract, SynchronousTestCase):
    """PHP's SoapClient, SOAP 1.2."""

    soap = SOAP12
    sides = ("Sender", "Receiver")

    def makeClient(self, url: str) -> ForeignClient:
        """By C{?wsdl=soap12}."""
        return makePHP(url, self.addCleanup, isSoap12=True)


class PerlTests(RegisteringContract, SynchronousTestCase):
    """Perl's SOAP::Lite, told the namespaces instead of reading the WSDL."""

    soap = ""

    def makeClient(self, url: str) -> ForeignClient:
        """By the service's address."""
        return makePerl(url, self.addCleanup)


del RegisteringContract
