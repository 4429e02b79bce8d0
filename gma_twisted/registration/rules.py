"""Who may be a member of a group, and what its entry must say: C{ogsi:membershipContentRule} (OGSI 1.0, 12.2)."""

from collections.abc import Sequence, Set

import attrs

from gma_twisted.errors import ContentCreationFailed, UnsupportedMemberInterface, cut
from gma_twisted.markup.namespaces import ogsi
from gma_twisted.model import QName

__all__ = ["ADMIT_ALL", "MembershipRule", "admit"]

_ANY = ogsi("GridService")


@attrs.frozen(slots=True)
class MembershipRule:
    """
    One rule.

    @ivar memberInterface: the port type of the members it speaks of; C{ogsi:GridService}, which all others extend,
        for every member, whatever it claims
    @ivar content: elements such an entry must hold: each is the root of its content, or a child of the root
    """

    memberInterface: QName = _ANY
    content: Sequence[QName] = ()

    @property
    def isOpen(self) -> bool:
        """Whether it speaks of every member and asks for nothing."""
        return self.memberInterface == _ANY and not self.content

    def speaksOf(self, interfaces: Sequence[QName]) -> bool:
        """Whether it speaks of a member that claims these port types."""
        return self.memberInterface == _ANY or self.memberInterface in interfaces


ADMIT_ALL = MembershipRule()
"""Every member, with any content or none."""


def admit(
    rules: Sequence[MembershipRule], interfaces: Sequence[QName], content: Set[QName]
) -> None:
    """
    Let a member in by returning: at least one rule speaks of it, and it keeps all that do.

    @param content: names of the root of its content and of the root's children
    @raise UnsupportedMemberInterface: no rule speaks of it
    @raise ContentCreationFailed: the content lacks an element
    """
    speaking = [rule for rule in rules if rule.speaksOf(interfaces)]
    if not speaking:
        wanted = ", ".join(cut(rule.memberInterface) for rule in rules)
        raise UnsupportedMemberInterface(
            f"members of this group have one of the interfaces {wanted}"
        )
    for rule in speaking:
        for name in rule.content:
            if name not in content:
                raise ContentCreationFailed(
                    f"the content of an entry of {cut(rule.memberInterface)} needs an element {cut(name)}"
                )
