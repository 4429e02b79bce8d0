"""Which services of a node are registered where, as its configuration says."""

from collections.abc import Mapping, Sequence

from gma_twisted.client.membership import Membership
from gma_twisted.configuration import RegisterSection
from gma_twisted.transport import Service

__all__ = ["membershipsOf"]


def membershipsOf(
    sections: Mapping[str, RegisterSection], services: Sequence[Service], nodeName: str
) -> Mapping[str, Membership]:
    """
    What C{[register.NAME]} says, one for each service, by C{NAME/services/index}. Of several that register the same
    service at the same place the last one counts.

    A service that is not there is left out: a configuration that was read again names one that begins with the next
    start, and is registered then.

    @param sections: each has a URL
    @param nodeName: what the members are called unless their section says otherwise
    """
    byPath = {one.path: one for one in services}
    found: dict[tuple[str, str], tuple[str, Membership]] = {}
    for name, section in sections.items():
        assert section.at is not None  # the plan was checked
        for path in section.services:
            service = byPath.get(path)
            if service is None:
                continue
            membership = Membership(
                section.at,
                service.handle,
                [portType.name for portType in service.selection.portTypes],
                section.memberName or nodeName,
                section.attributes,
                section.lifetime,
                section.names,
            )
            found[section.at.url, service.handle.url] = (name + path, membership)
    return dict(found.values())
