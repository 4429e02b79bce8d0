"""The page of the documentation that tells every operation, made of the port types."""

from collections.abc import Iterable, Iterator, Sequence

from gma_twisted.model import Access, QName
from gma_twisted.nodes.errorpage import plain
from gma_twisted.nodes.kind import (
    CONSUMER_PATH,
    CONSUMER_PORT_TYPES,
    CONTAINER_PATH,
    CONTAINER_PORT_TYPES,
    DIRECTORY_PATH,
    DIRECTORY_PORT_TYPES,
    INSTANCES_PATH,
    KINDS,
)
from gma_twisted.soap import Operation, PortType, porttypes
from gma_twisted.soap.declaration import structsOf
from gma_twisted.soap.faults import COMMON_FAULTS
from gma_twisted.soap.selection import flattened
from gma_twisted.soap.types import Part, Struct, prefixed

__all__ = ["offers", "operationPage"]

_HEAD = """\
# Operations

Every port type of every service, its operations and its service data. Messages are document/literal wrapped: the
element in the body has the name and the namespace of the operation, and so do its parts; the answer is called
`...Response`. The WSDL of a service, at its URL with `?wsdl`, says the same to programs.

This page is made of the code: `python -m gma_twisted.nodes.reference` writes it.
"""

_BELOW: Sequence[tuple[str, Sequence[PortType]]] = (
    ("SERVICE`/subscriptions/`ID", (porttypes.NOTIFICATION_SUBSCRIPTION,)),
    ("SERVICE`/entries/`ID", (porttypes.SERVICE_GROUP_ENTRY,)),
    ("SERVICE`/sinks/`ID", (porttypes.NOTIFICATION_SINK,)),
    (f"`{INSTANCES_PATH}/`ID, and what its class adds", (porttypes.GRID_SERVICE,)),
)


def offers() -> Sequence[tuple[str, Sequence[PortType]]]:
    """The services there are, in words, each with all its port types."""
    main = [(f"`{kind.path}` of `{command}`", kind.portTypes) for command, kind in KINDS.items()]
    directories = [
        (f"`{DIRECTORY_PATH}` of `{command}`", DIRECTORY_PORT_TYPES)
        for command, kind in KINDS.items()
        if kind.keepsDirectory
    ]
    consumers = [
        (f"`{CONSUMER_PATH}` of `{command}` with `[subscribe.NAME]`", CONSUMER_PORT_TYPES)
        for command, kind in KINDS.items()
        if kind.keepsEvents
    ]
    consumers += [
        (f"`{CONSUMER_PATH}` of `{command}`", CONSUMER_PORT_TYPES)
        for command, kind in KINDS.items()
        if kind.isCompound
    ]
    container = (f"`{CONTAINER_PATH}` of every node", CONTAINER_PORT_TYPES)
    every = (*main, *directories, *consumers, container, *_BELOW)
    return [(where, flattened(those)) for where, those in every]


def operationPage() -> str:
    """The whole page, in Markdown."""
    services = _table(
        ("service", "port types"),
        ((where, ", ".join(_link(one) for one in those)) for where, those in offers()),
    )
    common = f"Every operation may answer {_faults(COMMON_FAULTS)}.\n"
    every = flattened(one for _, those in offers() for one in those)
    return "\n".join([_HEAD, services, common, *(_portType(one) for one in every)])


def _portType(one: PortType) -> str:
    lines = [
        f"## {one.name.localName}",
        "",
        plain(one.interface.__doc__ or ""),
        "",
        f"Namespace `{one.name.namespace}`.",
    ]
    if one.extends:
        lines[-1] += f" Extends {', '.join(_link(each) for each in one.extends)}."
    lines[-1] += f" Offered by {', '.join(_offering(one))}."
    lines += ["", *(_operation(each) for each in one.operations)]
    if one.serviceData:
        lines.append(f"Service data of {one.name.localName}:\n")
        lines.append(_serviceData(one))
    return "\n".join(lines)


def _offering(one: PortType) -> list[str]:
    return [where for where, those in offers() if one in those]


def _operation(one: Operation) -> str:
    lines = [f"### {one.name}", "", one.documentation, "", f"SOAPAction `{one.action}`."]
    lines[-1] += f" For a policy it counts as {_class(one.access)}{_elsewhere(one)}."
    if one.alsoNeeds is not None:
        needed = one.alsoNeeds.name
        lines[-1] += f" Who calls it must be let call [{needed}](#{needed.lower()}) too."
    if one.isRead:
        lines[-1] += " It changes nothing."
    if one.response is None:
        lines[-1] += " It is one-way: HTTP status 202 is the answer."
    rows = [*_rows("request", one.request), *_rows("answer", one.response or ())]
    for struct in dict.fromkeys(structsOf(one)):
        rows += _rows(f"`{struct.xsd.localName}`", struct.parts)
    lines.append("")
    if rows:
        lines.append(_table(("in", "part", "type", "how often"), rows))
    if one.faults:
        lines.append(f"Faults: {_faults(one.faults)}.\n")
    return "\n".join(lines)


def _class(access: Access) -> str:
    return f"[`{access.value}`](access.md#classes)"


def _elsewhere(operation: Operation) -> str:
    """Where an operation counts as something else."""
    if not operation.isEnd:
        return ""
    every = dict.fromkeys(one for _, those in offers() for one in those if one.ends is not None)
    return "".join(f", of a {_link(one)} as {_class(one.ends)}" for one in every if one.ends)


def _rows(where: str, parts: Iterable[Part]) -> Iterator[Sequence[str]]:
    for part in parts:
        # Of a structure the parts follow, under its name.
        name = part.type.xsd
        kind = name.localName if isinstance(part.type, Struct) else prefixed(name)
        yield where, f"`{part.name}`", f"`{kind}`", _often(part)


def _often(part: Part) -> str:
    if not part.isMany:
        return "once" if part.least else "once or not"
    return f"{part.least} to {part.most}"


def _serviceData(one: PortType) -> str:
    return _table(
        ("name", "type", "how often", "mutability"),
        (
            (_name(each.name), _name(each.type), str(each.cardinality), each.mutability.value)
            for each in one.serviceData
        ),
    )


def _name(name: QName) -> str:
    return f"`{prefixed(name)}`"


def _link(one: PortType) -> str:
    name = one.name.localName
    return f"[{name}](#{name.lower()})"


def _faults(codes: Iterable[str]) -> str:
    return ", ".join(f"[{code}](errors.md#{code.lower()})" for code in codes)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
