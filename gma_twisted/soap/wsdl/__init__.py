"""WSDL 1.1 from the declarations: one flattened port type a service, document/literal wrapped (WIRE 1)."""

from gma_twisted.soap.wsdl.document import writeWSDL

__all__ = ["writeWSDL"]
