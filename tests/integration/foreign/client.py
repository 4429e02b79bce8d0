"""The face of a foreign client: what the tests ask of it, and what it answers, whatever its own shapes are."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

import attrs

__all__ = ["ForeignClient", "ForeignFault", "Value"]


@attrs.frozen
class Value:
    """
    An element as a client shows it; names are local ones, since half of the clients drop namespaces.

    @ivar name: of the element; empty where the client does not tell
    @ivar text: of the element
    """

    name: str
    attributes: Mapping[str, str] = attrs.field(factory=dict)
    text: str = ""
    children: "Sequence[Value]" = ()

    @classmethod
    def fromJSON(cls, told: Mapping[str, Any]) -> "Value":
        """From what a script printed."""
        children = tuple(cls.fromJSON(child) for child in told["children"])
        return cls(told["name"], told["attributes"], told["text"], children)

    @classmethod
    def fromTree(cls, tree: Any) -> "Value":
        """From an lxml element."""
        attributes = {key.rpartition("}")[2]: str(text) for key, text in tree.attrib.items()}
        children = tuple(cls.fromTree(child) for child in tree)
        return cls(tree.tag.rpartition("}")[2], attributes, (tree.text or "").strip(), children)

    def child(self, name: str) -> "Value":
        """The only child of a name."""
        (found,) = (child for child in self.children if child.name == name)
        return found


@attrs.frozen
class ForeignFault(Exception):
    """
    A fault with the detail the client made of the WSDL's type.

    @ivar kind: local name of the detail element
    @ivar side: Client or Server, Sender or Receiver
    @ivar message: the reason
    @ivar description: of the detail
    @ivar handle: of the detail's originator
    @ivar timestamp: of the detail
    @ivar code: of the detail
    """

    kind: str
    side: str
    message: str
    description: str
    handle: str
    timestamp: datetime
    code: str

    @classmethod
    def fromTold(cls, told: Mapping[str, Any]) -> "ForeignFault":
        """From the fields by name; times as text too, one description as a list of one too."""
        fields = dict(told)
        if isinstance(fields["description"], Iterable) and not isinstance(
            fields["description"], str
        ):
            (fields["description"],) = fields["description"]
        if not isinstance(fields["timestamp"], datetime):
            fields["timestamp"] = datetime.fromisoformat(fields["timestamp"])
        return cls(**fields).checked()

    def checked(self) -> "ForeignFault":
        """This, when its time has a time zone, as every dateTime of ours."""
        assert self.timestamp.utcoffset() == datetime.now(UTC).utcoffset(), self.timestamp
        return self


class ForeignClient(Protocol):
    """A client that has read the WSDL of one service. Every method may raise L{ForeignFault}."""

    def find(self, *names: str) -> Sequence[Value]:
        """findServiceData by names in Clark notation, with the structures the client made of the WSDL."""

    def ask(self, expression: str) -> Sequence[Value]:
        """findServiceData with an expression as it is."""

    def enumProviders(self) -> Sequence[Mapping[str, Any]]:
        """The installed providers, with the types the client made of the WSDL's."""

    def executeProvider(self, name: str, words: str = "") -> None:
        """Run a provider. @param words: its arguments"""

    def register(self, registration: Mapping[str, Any]) -> Mapping[str, Any]:
        """
        registerService.

        @param registration: the parts by their names; C{content} is the element inside it, as text
        @return: C{entry} and C{lifetime}
        """

    def renew(self, entries: Sequence[str], lifetime: float) -> Sequence[Mapping[str, Any]]:
        """renewServices. @return: C{entry}, C{state} and, when there is one, C{lifetime}"""

    def unregister(self, handle: str) -> None:
        """unregisterService."""

    def add(self, handle: str) -> str:
        """C{add} of a member without content. @return: the handle of its entry"""

    def destroy(self) -> None:
        """End the service."""

    def envelope(self) -> str:
        """Namespace of the last answer's envelope; empty where the client does not tell."""
