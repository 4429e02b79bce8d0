"""Entries as bytes: what is made once for all of them must not show."""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.markup.typed import typedValue
from gma_twisted.model import (
    ElementKey,
    Handle,
    Lifetime,
    Locator,
    QName,
    Registration,
    ServiceDataElement,
)
from gma_twisted.registration import ENTRY
from gma_twisted.registration.content import contentOf
from gma_twisted.registration.entryvalues import EntryValues
from gma_twisted.soap.types import LOCATOR
from tests.registration.stand import HANDLE

# Lone surrogates among them: rows may come from anywhere, and what they hold is escaped.
_TEXTS = st.text(st.characters(), max_size=8) | st.sampled_from(
    ("", "a&b", "<", ">\r", '"', "\x00")
)
_NAMES = st.builds(QName, _TEXTS | st.sampled_from(("", "urn:j")), _TEXTS)
_LOCATORS = st.builds(
    Locator,
    st.lists(st.builds(Handle, _TEXTS), min_size=1, max_size=3).map(tuple),
    # Lists too: not every store keeps tuples.
    st.lists(_NAMES, max_size=3) | st.lists(_NAMES, max_size=3).map(tuple),
    st.sampled_from(((), (), (b"<ogsi:reference>r</ogsi:reference>", b"<ogsi:reference/>"))),
)
_ROWS = st.builds(
    Registration,
    _TEXTS,
    _LOCATORS,
    _TEXTS,
    st.lists(st.tuples(_TEXTS, _TEXTS), max_size=2).map(tuple),
    st.sampled_from((b"", b"<x/>")),
    since=st.sampled_from((0.0, 1.7e9)),
)


def written(group: Handle, entries: Handle, row: Registration) -> ServiceDataElement:
    """The value made of nothing but what writes locators and values of any kind."""
    locator = Locator((Handle(f"{entries.url}/{row.entry}"),))
    inside = (
        LOCATOR.write("ogsi:serviceGroupEntryLocator", locator)
        + LOCATOR.write("ogsi:memberServiceLocator", row.member)
        + b"<ogsi:content>%b</ogsi:content>" % contentOf(row)
    )
    key = ElementKey(ENTRY, group.url, row.entry)
    return typedValue(key, "ogsi:EntryType", Lifetime(0.0, 1.0, 2.0), row.since, inside)


class EntryValuesTests(SynchronousTestCase):
    """Of the values of a group."""

    @settings(max_examples=300)
    @given(_ROWS, st.builds(Handle, _TEXTS), st.builds(Handle, _TEXTS))
    def test_asWritten(self, row: Registration, group: Handle, entries: Handle) -> None:
        """Whatever a row holds, its value is to the byte what the writers of locators and values make of it."""
        value = EntryValues(group, entries).value(row, Lifetime(0.0, 1.0, 2.0))
        self.assertEqual(value, written(group, entries, row))

    def test_usual(self) -> None:
        """The value of a member with one handle and an interface, written out."""
        member = Locator((Handle("http://a/x"),), (QName("urn:j", "Jobs"),))
        values = EntryValues(HANDLE, HANDLE.child("entries"))
        value = values.value(Registration("07", member, content=b"<c/>"), Lifetime(0.0))
        self.assertEqual(
            value.tail.decode(),
            "><ogsi:serviceGroupEntryLocator>"
            f"<ogsi:handle>{HANDLE.url}/entries/07</ogsi:handle></ogsi:serviceGroupEntryLocator>"
            "<ogsi:memberServiceLocator><ogsi:handle>http://a/x</ogsi:handle>"
            '<ogsi:interface xmlns:q="urn:j">q:Jobs</ogsi:interface></ogsi:memberServiceLocator>'
            "<ogsi:content><c/></ogsi:content></ogsi:entry>",
        )
