"""The ten hosts as trees in a dict: what a server without a service data store keeps."""

from importlib.metadata import version

from lxml import etree

from bench.workload import HOSTS, OGSI_NS, hostName, hostXML

__all__ = ["CHANGE_SECONDS", "HANDLE", "Hosts", "versionsOf"]

CHANGE_SECONDS = 1.0
"""Every server replaces all values this often, as providers do."""
HANDLE = "http://127.0.0.1/services/index"
_GMA = "urn:gma-twisted:2026:core"


class Hosts:
    """
    The present values by name.

    They carry the attributes that go with service data, ready to be sent: the peers have no lifetimes to look at.
    """

    def __init__(self) -> None:
        """With the first version of each."""
        self._turn = 0
        self._values: dict[str, etree._Element] = {}
        self.change()

    def change(self) -> None:
        """The next version of each."""
        self._turn += 1
        for number in range(HOSTS):
            value = etree.fromstring(hostXML(number, self._turn))
            value.set(f"{{{_GMA}}}originator", HANDLE)
            value.set(f"{{{OGSI_NS}}}goodFrom", "2026-01-01T00:00:00.001Z")
            value.set(f"{{{OGSI_NS}}}goodUntil", "2026-01-01T00:01:00.001Z")
            value.set(f"{{{OGSI_NS}}}availableUntil", "2026-01-01T00:02:00.001Z")
            self._values[hostName(number)] = value

    def __getitem__(self, name: str) -> etree._Element:
        """The value, not to be put into another tree: that would take it out of here."""
        return self._values[name]


def versionsOf(*distributions: str) -> dict[str, str]:
    """The versions of what is installed."""
    return {each: version(each) for each in distributions}
