"""GT 3.2's words for aggregation: addDataAggregation, removeDataAggregation (WIRE 4; its WSDL is lost)."""

from collections.abc import Mapping
from typing import Any

from gma_twisted.interfaces import IDataAggregation
from gma_twisted.markup.namespaces import AGG32, OGSI
from gma_twisted.model import Access, DataAggregation, QName
from gma_twisted.soap.declaration import Operation, PortType
from gma_twisted.soap.porttypes.gridservice import FIND_SERVICE_DATA
from gma_twisted.soap.types import EXTENSIBILITY, HANDLE, STRING, Part, Struct

__all__ = ["DATA_AGGREGATION"]


def _parts(value: DataAggregation) -> Mapping[str, Any]:
    return {"source": value.source, "sink": value.sink, "params": value.params}


_DATA_AGGREGATION = Struct(
    QName(AGG32, "DataAggregationType"),
    (Part("source", HANDLE), Part.optional("sink", HANDLE), Part("params", EXTENSIBILITY)),
    DataAggregation,
    _parts,
    # GT 3.2's configuration files, which held the same structure, had them so.
    alsoRead=(OGSI,),
)

DATA_AGGREGATION = PortType(
    name=QName(AGG32, "DataAggregationPortType"),
    interface=IDataAggregation,
    operations=(
        Operation(
            AGG32,
            "addDataAggregation",
            (Part("DataAggregation", _DATA_AGGREGATION),),
            (Part("sessionID", STRING),),
            ("extensibilityNotSupportedFault", "extensibilityTypeFault"),
            access=Access.AGGREGATE,
            alsoNeeds=FIND_SERVICE_DATA,
            takesCaller=True,
            documentation="Begins to copy a source's service data, as addSubscription does.",
        ),
        Operation(
            AGG32,
            "removeDataAggregation",
            (Part("sessionID", STRING),),
            (),
            access=Access.AGGREGATE,
            takesCaller=True,
            documentation="Ends it, as removeSubscription does.",
        ),
    ),
)
