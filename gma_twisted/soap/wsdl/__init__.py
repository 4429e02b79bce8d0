"""WSDL 1.1 from the declarations: one flattened port type a service, document/literal wrapped (WIRE 1); and GWSDL."""

from gma_twisted.soap.wsdl.document import writeWSDL
from gma_twisted.soap.wsdl.gwsdl import writeGWSDL

__all__ = ["writeGWSDL", "writeWSDL"]
