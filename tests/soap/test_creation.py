"""What createService is asked with is read as it was written; what is malformed is told."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ExtensibilityTypeError
from gma_twisted.markup import XMLGate, nameOf
from gma_twisted.markup.namespaces import GMA
from gma_twisted.soap.creation import (
    CREATION,
    MAX_ARGUMENTS,
    CreationRequest,
    readCreation,
    writeCreation,
)

_NAME = st.from_regex(r"[A-Za-z][A-Za-z0-9._-]{0,20}", fullmatch=True)
_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=40)


def _read(content: str) -> CreationRequest:
    return readCreation(
        XMLGate().parse(f'<g:service xmlns:g="{GMA}">{content}</g:service>'.encode())
    )


class CreationTests(SynchronousTestCase):
    """C{gma:service}."""

    @given(_NAME, st.one_of(st.just(""), _NAME), st.lists(st.tuples(_NAME, _TEXT), max_size=5))
    def test_roundTrip(self, kind: str, name: str, arguments: list[tuple[str, str]]) -> None:
        """Kind, name and arguments come back in order, values with blanks and markup."""
        asked = CreationRequest(kind, name, tuple(arguments))
        tree = XMLGate().parse(writeCreation(asked))
        self.assertEqual(nameOf(tree), CREATION)
        self.assertEqual(readCreation(tree), asked)

    def test_unqualified(self) -> None:
        """Children without a namespace are read too, and blanks around names are dropped."""
        asked = _read("<kind> box </kind><argument><name> a </name><value> 1 </value></argument>")
        self.assertEqual(asked, CreationRequest("box", "", (("a", " 1 "),)))

    def test_malformed(self) -> None:
        """No kind, two of them, something else, half an argument, too many."""
        argument = "<g:argument><g:name>a</g:name><g:value>1</g:value></g:argument>"
        for content in (
            "",
            "<g:kind>a</g:kind><g:kind>b</g:kind>",
            "<g:kind>a</g:kind><g:size>1</g:size>",
            "<g:kind>a</g:kind><g:argument><g:name>a</g:name></g:argument>",
            "<g:kind>a</g:kind>" + argument * (MAX_ARGUMENTS + 1),
        ):
            self.assertRaises(ExtensibilityTypeError, _read, content)
        self.assertEqual(
            len(_read("<g:kind>a</g:kind>" + argument * MAX_ARGUMENTS).arguments), MAX_ARGUMENTS
        )
