# ruff: noqa: E501 (messages are compared whole)
"""C{[sde.NAME]}: service data of the operator's own, and every mistake in it."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import Mistakes, ServiceDataSection, readConfiguration
from gma_twisted.configuration.reader import MAX_NAMED
from gma_twisted.markup.namespaces import XSD
from gma_twisted.model import QName
from gma_twisted.soap.declaration import ANY, Cardinality, Mutability

_LOAD = QName("urn:x", "load")
_WHOLE = """
[sde."{urn:x}load"]
mutability = "mutable"
cardinality = "0..3"
modifiable = true
type = "xsd:int"
value = ["5", " <q:load xmlns:q='urn:x' unit='ms'>7</q:load> "]

[sde.site]
mutability = "constant"
value = "north & <south>"
"""
_BROKEN = [
    (
        'mutability = "mutabel"',
        '2:14: sde."{urn:x}load".mutability: "mutabel" is none of its words; write "static", "constant", '
        '"extendable" or "mutable"',
    ),
    (
        'cardinality = "1.*"',
        '2:15: sde."{urn:x}load".cardinality: "1.*" is no cardinality; write "0..1", "1..1", "0..*" or "1..*"',
    ),
    (
        "cardinality = 3",
        '2:15: sde."{urn:x}load".cardinality: 3 is no cardinality; write "0..1" or "1..*"',
    ),
    (
        'cardinality = "5..2"',
        '2:15: sde."{urn:x}load".cardinality: "5..2" admits nothing; write the smaller number first',
    ),
    (
        'cardinality = "0..0"',
        '2:15: sde."{urn:x}load".cardinality: "0..0" admits nothing; write the smaller number first',
    ),
    (
        'cardinality = "0..1001"',
        '2:15: sde."{urn:x}load".cardinality: "0..1001" counts beyond 1000; write * for any number',
    ),
    (
        'type = "datetime"',
        '2:8: sde."{urn:x}load".type: "datetime" is no simple type of XML Schema; did you mean "dateTime"?',
    ),
    (
        "modifiable = 1",
        '2:14: sde."{urn:x}load".modifiable: 1 is not true or false; write one of them, without quotes',
    ),
    (
        "value = [1]",
        '2:9: sde."{urn:x}load".value: 1 is not a text of at most 65536 characters; write "3", for example',
    ),
    (
        'mutable = "mutable"',
        '2:1: sde."{urn:x}load": unknown key "mutable"; did you mean "mutability"?',
    ),
    (
        'mutability = "static"',
        '1:6: sde."{urn:x}load": static service data has its values from here; write value = "..."',
    ),
    (
        'mutability = "constant"\nmodifiable = true\nvalue = "x"',
        '3:14: sde."{urn:x}load".modifiable: nobody can change constant service data; leave it out, or write mutability = "mutable"',
    ),
    (
        'cardinality = "0..1"\nvalue = ["a", "b"]',
        '3:9: sde."{urn:x}load".value: 2 values, where cardinality is 0..1; write another number of them, or cardinality = "2..*"',
    ),
    (
        'type = "int"\nvalue = "x"',
        '3:9: sde."{urn:x}load".value: "x" is not of the type int; write a value of the type int',
    ),
    (
        'value = ["a", "<b/>"]',
        '2:15: sde."{urn:x}load".value[1]: the element is "b", not {urn:x}load; write the text alone, or an element of this name',
    ),
    (
        'value = "<b"',
        '2:9: sde."{urn:x}load".value: it is not well-formed XML: line 1, column 3; write a text without <, or a whole element {urn:x}load',
    ),
    (
        "value = \"<q:load xmlns:q='urn:x' xmlns:gma='urn:y'/>\"",
        '2:9: sde."{urn:x}load".value: "{urn:x}load" binds the prefix gma to "urn:y"; it is kept for urn:gma-twisted:2026:core; choose another prefix',
    ),
]


class ServiceDataTests(SynchronousTestCase):
    """What the sections become."""

    def _refused(self, text: str) -> list[str]:
        return list(self.assertRaises(Mistakes, readConfiguration, text, "vo.toml").lines)

    def test_all(self) -> None:
        """Every key arrives, under the qualified name."""
        found = readConfiguration(_WHOLE, "vo.toml")[0].serviceData
        self.assertEqual(list(found), [_LOAD, QName("", "site")])
        self.assertEqual(
            found[_LOAD],
            ServiceDataSection(
                mutability=Mutability.MUTABLE,
                cardinality=Cardinality(0, 3),
                isModifiable=True,
                type=QName(XSD, "int"),
                values=("5", " <q:load xmlns:q='urn:x' unit='ms'>7</q:load> "),
            ),
        )

    def test_defaults(self) -> None:
        """Without a word, values may come in any number, of any type, and not from clients, as in OGSI."""
        found = readConfiguration("[sde.a]", "x")[0].serviceData[QName("", "a")]
        declaration = found.initial(QName("", "a")).declaration
        self.assertEqual(
            (declaration.mutability, declaration.cardinality, declaration.isModifiable),
            (Mutability.EXTENDABLE, ANY, False),
        )
        self.assertEqual(declaration.type, QName(XSD, "anyType"))

    def test_values(self) -> None:
        """A text becomes an element of the name, an element stays what it is."""
        found = readConfiguration(_WHOLE, "x")[0].serviceData
        made = {name: section.initial(name) for name, section in found.items()}
        self.assertEqual(
            made[_LOAD].values,
            [
                b'<sde:load xmlns:sde="urn:x">5</sde:load>',
                b"<q:load xmlns:q='urn:x' unit='ms'>7</q:load>",
            ],
        )
        site = made[QName("", "site")]
        self.assertEqual(site.values, [b"<site>north &amp; &lt;south&gt;</site>"])
        self.assertEqual((made[_LOAD].isFixed, site.isFixed), (False, True))

    def test_types(self) -> None:
        """A type is written with our prefix, without, or in Clark notation."""
        for text in ("int", "xsd:int", f"{{{XSD}}}int"):
            found = readConfiguration(f'[sde.a]\ntype = "{text}"', "x")[0].serviceData
            self.assertEqual(found[QName("", "a")].type, QName(XSD, "int"))

    def test_broken(self) -> None:
        """Every mistake is one line with file, line, column and key, and what would be right."""
        for text, line in _BROKEN:
            with self.subTest(text):
                self.assertEqual(
                    self._refused(f'[sde."{{urn:x}}load"]\n{text}'), [f"vo.toml:{line}"]
                )

    def test_names(self) -> None:
        """A name is qualified, there once, and not one the node declares itself."""
        for text, line in (
            ('[sde."{urn:x"]', '1:6: sde: name "{urn:x" has no closing brace; write {uri}local'),
            ('[sde."a b"]', '1:6: sde: "a b" is not an XML name; write {uri}local'),
            (
                '[sde."{a b}c"]',
                '1:6: sde: the namespace "a b" is no URI; write "{uri}local", or a known prefix, "ogsi:local"',
            ),
            ('[sde.a]\n[sde."{}a"]', "2:6: sde: a is there twice; leave one of them out"),
            (
                '[sde."{urn:gma-twisted:2026:core}node"]',
                "1:6: sde: {urn:gma-twisted:2026:core}node is declared by the node itself; "
                "choose another namespace",
            ),
            (
                'sde."{urn:x}a" = 3',
                '1:18: sde."{urn:x}a": 3 is not a section; write [sde."{urn:x}a"]',
            ),
            (
                "sde = 3",
                "1:7: sde: 3 is not a table of sections; write a section for each, [sde.NAME]",
            ),
        ):
            with self.subTest(text):
                self.assertEqual(self._refused(text), [f"vo.toml:{line}"])

    def test_tooMany(self) -> None:
        """There are at most as many as of every kind of section."""
        text = "\n".join(f"[sde.n{number}]" for number in range(MAX_NAMED + 1))
        (line,) = self._refused(text)
        self.assertIn(
            "sde: 1001 sections are more than 1000; leave some of them to another node", line
        )
