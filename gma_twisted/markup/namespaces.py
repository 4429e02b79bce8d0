"""Every namespace that travels, with the prefix we write it with (WIRE 2)."""

from gma_twisted.model.qname import QName

__all__ = [
    "AGG",
    "AGG32",
    "GANGLIA",
    "GLUE",
    "GMA",
    "GMAC",
    "GMAE",
    "GMAP",
    "GMAR",
    "METRICS",
    "OGSI",
    "PREFIXES",
    "PX",
    "REG",
    "RIPS",
    "SD",
    "SOAP11",
    "SOAP12",
    "SUB",
    "WSSE",
    "WSU",
    "XML",
    "XSD",
    "XSI",
    "ogsi",
]

OGSI = "http://www.gridforum.org/namespaces/2003/03/OGSI"
SD = "http://www.gridforum.org/namespaces/2003/03/serviceData"
PX = "http://www.globus.org/namespaces/2003/04/service_data_provider_execution"
AGG = "http://www.globus.org/namespaces/2003/04/service_data_aggregator"
AGG32 = "http://www.globus.org/namespaces/2003/09/data_aggregator"
RIPS = "http://www.globus.org/namespaces/2003/04/rips"
GLUE = "http://glue.base.ogsa.globus.org/ce/1.1"
GMA = "urn:gma-twisted:2026:core"
GMAP = "urn:gma-twisted:2026:producer"
GMAC = "urn:gma-twisted:2026:consumer"
GMAR = "urn:gma-twisted:2026:registry"
GMAE = "urn:gma-twisted:2026:event"
REG = "urn:gma-twisted:2026:registration"
SUB = "urn:gma-twisted:2026:aggregation"
METRICS = "urn:gma-twisted:2026:metrics"
GANGLIA = "urn:gma-twisted:2026:ganglia"
SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
XSD = "http://www.w3.org/2001/XMLSchema"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XML = "http://www.w3.org/XML/1998/namespace"

PREFIXES = {
    "ogsi": OGSI,
    "sd": SD,
    "px": PX,
    "agg": AGG,
    "agg32": AGG32,
    "rips": RIPS,
    "glue": GLUE,
    "gma": GMA,
    "gmap": GMAP,
    "gmac": GMAC,
    "gmar": GMAR,
    "gmae": GMAE,
    "reg": REG,
    "sub": SUB,
    "metrics": METRICS,
    "ganglia": GANGLIA,
    "xsd": XSD,
    "xsi": XSI,
}
"""Prefix to URI, for what we write; what we read may bind any prefix."""


def ogsi(localName: str) -> QName:
    """A name in the OGSI namespace."""
    return QName(OGSI, localName)
