"""OpenPBS's JSON."""

import json

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.providers.loosejson import decodeLoosely

_VALUES = st.recursive(
    st.none() | st.booleans() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


class LooseTests(SynchronousTestCase):
    """decodeLoosely."""

    def read(self, text: str) -> object:
        """The one member of an object."""
        value, end = decodeLoosely(text, 0)
        self.assertEqual(end, len(text))
        return value

    def test_numbers(self) -> None:
        """Words without quotes are texts as they stand, and so are the numbers beside them."""
        text = '{"a":005,"b":.5,"c":12.,"d":-00.1,"e":7,"f":[00,"x"],"g":0x1F}'
        self.assertEqual(
            self.read(text),
            {
                "a": "005",
                "b": ".5",
                "c": "12.",
                "d": "-00.1",
                "e": "7",
                "f": ["00", "x"],
                "g": "0x1F",
            },
        )

    def test_escapes(self) -> None:
        """A backslash before what needs none is left out; the others mean what they do in JSON."""
        text = r'{"a":"it\'s","b":"x\,y","c":"\"q\" \\ \n\t\u0041\u20"}'
        self.assertEqual(self.read(text), {"a": "it's", "b": "x,y", "c": '"q" \\ \n\tAu20'})

    def test_quotes(self) -> None:
        """A quote within a text is part of it, where the text cannot end there."""
        for inner in ('say "hi" now', '"all"', 'a "b", c', '"', 'x "y": z', 'end"', 'a", b'):
            self.assertEqual(
                self.read('{"a":"@","b":"c"}'.replace("@", inner)), {"a": inner, "b": "c"}, inner
            )
            self.assertEqual(
                self.read('{"a": {"b":"@"\n}}'.replace("@", inner)), {"a": {"b": inner}}, inner
            )

    def test_controls(self) -> None:
        """Control characters may stand in texts."""
        self.assertEqual(self.read('{"a":"x\ty\x01"}'), {"a": "x\ty\x01"})

    def test_duplicates(self) -> None:
        """Of two members of one name the later is kept."""
        self.assertEqual(self.read('{"a":1,"a":02}'), {"a": "02"})

    def test_rest(self) -> None:
        """It tells where the value ends."""
        self.assertEqual(decodeLoosely('[{"a":00} , 5]', 1), ({"a": "00"}, 9))

    @given(_VALUES)
    def test_json(self, value: object) -> None:
        """JSON that stands beside what is none is read as JSON, but for words without quotes."""
        text = json.dumps({"odd": "@", "value": value}).replace('"@"', "005", 1)
        words = {None: "null", True: "true", False: "false"}

        def told(one: object) -> object:
            if isinstance(one, dict):
                return {name: told(inner) for name, inner in one.items()}
            if isinstance(one, list):
                return [told(inner) for inner in one]
            return one if isinstance(one, str) else words[one]  # type: ignore[index]

        self.assertEqual(self.read(text), {"odd": "005", "value": told(value)})

    @given(st.text('{}[]",:\\ a0.-u\n', max_size=60))
    def test_anything(self, text: str) -> None:
        """Anything else is refused with one of two errors, and at once."""
        try:
            _, end = decodeLoosely(text, 0)
        except (ValueError, RecursionError):
            return
        self.assertLessEqual(end, len(text))
