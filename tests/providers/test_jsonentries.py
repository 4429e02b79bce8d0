"""JSON read entry by entry."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ProviderFailed, TooLarge
from gma_twisted.providers.jsonentries import LONGEST, Entry, readEntries

_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def joined(entries: list[Entry]) -> dict[str, object]:
    """The members that were unfolded, together again; empty ones are entries without a name."""
    made: dict[str, object] = {}
    for one in entries:
        if one.name or (one.key in made):
            members = made.setdefault(one.key, {})
            assert isinstance(members, dict)
            members[one.name] = one.value
        else:
            made[one.key] = one.value
    return made


class EntryTests(SynchronousTestCase):
    """readEntries."""

    def read(self, data: bytes) -> list[Entry]:
        """All entries."""
        return list(readEntries(data, "tool", ("jobs",)))

    def refused(self, data: bytes) -> str:
        """What is said of what is no JSON."""
        error: ProviderFailed = self.assertRaises(ProviderFailed, self.read, data)
        return error.message

    def test_entries(self) -> None:
        """Members that are unfolded are entries of their own, the others one each, all in their order."""
        data = b' {"meta": {"a": [1]}, "jobs": [7, {"b": null}], "last": 1.5, "jobs": {"x": 2}} \n'
        self.assertEqual(
            self.read(data),
            [
                Entry("meta", "", {"a": [1]}),
                Entry("jobs", "0", 7),
                Entry("jobs", "1", {"b": None}),
                Entry("last", "", 1.5),
                Entry("jobs", "x", 2),
            ],
        )

    def test_empty(self) -> None:
        """What is unfolded and has nothing in it, or cannot be unfolded, is one entry without a name."""
        data = b'{"jobs": [], "jobs": {}, "jobs": null}'
        self.assertEqual(
            self.read(data), [Entry("jobs", "", []), Entry("jobs", "", {}), Entry("jobs", "", None)]
        )
        self.assertEqual(self.read(b"{}"), [])

    @given(
        st.dictionaries(st.text(), _VALUES, max_size=4),
        st.dictionaries(st.text(min_size=1), _VALUES),
    )
    def test_asJSON(self, others: dict[str, object], jobs: dict[str, object]) -> None:
        """It reads what json reads."""
        whole = {**others, "jobs": jobs}
        for indent in (None, 3):
            data = json.dumps(whole, indent=indent).encode()
            self.assertEqual(joined(self.read(data)), json.loads(data))

    def test_windows(self) -> None:
        """Many megabytes, with characters of several bytes at every place, are read as they are."""
        jobs = ["\u00e4\u20ac\U0001f600" * (number % 977) for number in range(500)]
        jobs += ["\u00e4" * 1_000_000, "end"]
        data = json.dumps({"jobs": jobs, "last": 1}, ensure_ascii=False).encode()
        self.assertGreater(len(data), 1 << 21)
        self.assertEqual([one.value for one in self.read(data)], [*jobs, 1])

    def test_blanks(self) -> None:
        """Blanks without end are gone over."""
        blanks = b" \n" * 1_000_000
        data = blanks.join((b"", b'{"jobs"', b":", b"[", b"1", b",", b"2", b"]", b"}", b""))
        self.assertEqual([one.value for one in self.read(data)], [1, 2])

    def test_longest(self) -> None:
        """An entry may have sixteen mebibytes, and not many more."""
        for jobs in (b'["%s"]' % (b"x" * 3 * LONGEST), b"[[%s1]]" % (b"1," * 2 * LONGEST)):
            data = b'{"jobs": %s}' % jobs
            error = self.assertRaises(TooLarge, self.read, data)
            self.assertEqual(
                error.message, f"tool printed an entry of more than {LONGEST} characters"
            )
        data = b'{"jobs": ["%s", [%s1]], "last": 5}' % (b"x" * LONGEST, b"1," * (LONGEST // 2))
        self.assertEqual([one.name for one in self.read(data)], ["0", "1", ""])

    def test_longNumber(self) -> None:
        """A number of thousands of digits is refused by name."""
        error = self.assertRaises(TooLarge, self.read, b'{"jobs": [' + b"9" * 5000 + b"]}")
        self.assertEqual(error.message, "tool printed a number that is too long")

    def test_place(self) -> None:
        """An error names the place in the whole document."""
        jobs = b"[%s]" % b",".join([b'"%s"' % (b"x" * 1000)] * 3000)
        data = b'{"jobs": %s, "last": tru}' % jobs
        place = data.index(b"tru}") + 1
        self.assertEqual(
            self.refused(data),
            f"tool printed what is no JSON: Expecting value (character {place})",
        )

    def test_refused(self) -> None:
        """What is no object, or does not end, is refused."""
        self.assertEqual(self.refused(b""), "tool printed nothing, not JSON")
        self.assertEqual(self.refused(b" \n"), "tool printed nothing, not JSON")
        self.assertIn('"{" should be where "[1]" is (character 1)', self.refused(b"[1]"))
        for data in (
            b"{",
            b'{"a"',
            b'{"a":',
            b'{"a":1',
            b'{"a":1,',
            b'{"jobs":[',
            b'{"jobs":[1,]}',
        ):
            self.assertIn("tool printed what is no JSON", self.refused(data))
