"""A member of a registry: one row behind OGSI service groups, registerService and the GMA directory."""

from collections.abc import Sequence

import attrs

from gma_twisted.model.handle import Handle
from gma_twisted.model.qname import QName

__all__ = ["Registration"]


@attrs.frozen(slots=True)
class Registration:
    """
    An entry, as the registry grants it.

    @ivar entry: id of the entry, unique in its registry
    @ivar member: handle of the registered service
    @ivar interfaces: port types the member claims
    @ivar attributes: (name, value) pairs, repeated names legal
    @ivar content: serialised content element, empty for none
    @ivar owner: identity that registered it
    @ivar goodUntil: instant on the node's clock; afterwards the entry is gone unless renewed
    """

    entry: str
    member: Handle
    interfaces: Sequence[QName] = ()
    attributes: Sequence[tuple[str, str]] = ()
    content: bytes = b""
    owner: str = ""
    goodUntil: float = 0.0
