"""Who may be a member, and what its entry must hold."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ContentCreationFailed, UnsupportedMemberInterface
from gma_twisted.markup.namespaces import ogsi
from gma_twisted.model import QName
from gma_twisted.registration import ADMIT_ALL, MembershipRule
from gma_twisted.registration.rules import admit

_JOBS = QName("urn:j", "Jobs")
_HOST = QName("urn:h", "Host")
_QUEUE = QName("urn:j", "queue")
_NAME = QName("urn:j", "name")
_RULES = (MembershipRule(_JOBS, (_QUEUE, _NAME)), MembershipRule(_HOST))


class AdmitTests(SynchronousTestCase):
    """Of rules for two interfaces."""

    def test_all(self) -> None:
        """The rule for GridService speaks of every member, whatever it claims, and asks for nothing."""
        for interfaces in ((), (_JOBS,), (ogsi("GridService"),)):
            admit((ADMIT_ALL,), interfaces, frozenset())

    def test_none(self) -> None:
        """A member that no rule speaks of is refused; the interfaces wanted are named."""
        for interfaces in ((), (QName("urn:x", "Other"), ogsi("GridService"))):
            error = self.assertRaises(
                UnsupportedMemberInterface, admit, _RULES, interfaces, frozenset()
            )
            self.assertEqual(
                str(error),
                "members of this group have one of the interfaces {urn:j}Jobs, {urn:h}Host",
            )

    def test_content(self) -> None:
        """The content must hold every element that a rule which speaks of the member asks for."""
        admit(_RULES, (_JOBS,), frozenset((_QUEUE, _NAME, _HOST)))
        admit(_RULES, (_HOST,), frozenset())
        for interfaces in ((_JOBS,), (_HOST, _JOBS)):
            error = self.assertRaises(
                ContentCreationFailed, admit, _RULES, interfaces, frozenset((_QUEUE,))
            )
            self.assertEqual(
                str(error), "the content of an entry of {urn:j}Jobs needs an element {urn:j}name"
            )

    def test_isOpen(self) -> None:
        """A rule is open when it speaks of every member and asks for nothing."""
        rules = (ADMIT_ALL, MembershipRule(content=(_NAME,)), MembershipRule(_HOST))
        self.assertEqual([rule.isOpen for rule in rules], [True, False, False])

    def test_everybodysContent(self) -> None:
        """A rule for GridService can ask for content, of every member."""
        rules = (*_RULES, MembershipRule(content=(_NAME,)))
        admit(rules, (), frozenset((_NAME,)))
        self.assertRaises(ContentCreationFailed, admit, rules, (_HOST,), frozenset())
