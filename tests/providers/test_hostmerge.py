"""One Host of what several programs tell."""

import socket

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ProviderFailed
from gma_twisted.markup import Element, XMLGate, nameOf
from gma_twisted.markup.namespaces import GLUE
from gma_twisted.model import QName
from gma_twisted.providers.hostmerge import mergeHost

NAMES = ["Processor", "MainMemory", "StorageDevice", "FileSystem", "NetworkAdapter", "SMPLoad"]


def merged(*texts: str, name: str = "n1", uniqueID: str = "n1.site") -> Element:
    """The Host of what scripts print, C{g:} being GLUE."""
    gate = XMLGate()
    printed = []
    for number, text in enumerate(texts, 1):
        start, end, rest = text.partition(" " if " " in text.partition("/>")[0] else "/>")
        root = gate.parse(f'{start} xmlns:g="{GLUE}"{end}{rest}'.encode())
        printed.append((f"script {number}", root))
    return gate.parse(mergeHost(printed, name, uniqueID))


def told(host: Element) -> list[tuple[str, str]]:
    """Local names and attribute Name of its children."""
    return [(nameOf(one).localName, one.get(QName(GLUE, "Name").clark, "")) for one in host]


class MergeTests(SynchronousTestCase):
    """mergeHost."""

    def test_elements(self) -> None:
        """Single elements and Hosts become one Host, its children in the schema's order."""
        host = merged(
            '<g:ProcessorLoad g:Last1Min="5"/>',
            '<g:Host g:Name="x"><g:MainMemory g:RAMSize="7"/><g:Processor g:Name="p"/></g:Host>',
        )
        self.assertEqual(nameOf(host), QName(GLUE, "Host"))
        self.assertEqual(
            told(host), [("Processor", "p"), ("MainMemory", ""), ("ProcessorLoad", "")]
        )
        self.assertEqual(host[1].get(QName(GLUE, "RAMSize").clark), "7")

    def test_replaced(self) -> None:
        """What a Host has once is what the last script says, whole."""
        host = merged(
            '<g:MainMemory g:RAMSize="1" g:Name="old"/>', '<g:MainMemory g:RAMAvailable="2"/>'
        )
        (memory,) = host
        self.assertEqual(dict(memory.attrib), {QName(GLUE, "RAMAvailable").clark: "2"})

    def test_lists(self) -> None:
        """Of what it may have several times all are kept, in the order of the scripts."""
        host = merged(
            '<g:Host ><g:FileSystem g:Name="a"/><g:FileSystem g:Name="b"/></g:Host>',
            '<g:NetworkAdapter g:Name="eth0"/>',
            '<g:FileSystem g:Name="a"/>',
            '<g:StorageDevice g:Name="sda"/>',
        )
        self.assertEqual(
            told(host),
            [
                ("StorageDevice", "sda"),
                ("FileSystem", "a"),
                ("FileSystem", "b"),
                ("FileSystem", "a"),
                ("NetworkAdapter", "eth0"),
            ],
        )

    def test_foreign(self) -> None:
        """A Host may have elements of other namespaces; they come last, with their own prefixes."""
        host = merged(
            '<g:Host ><x:Rack xmlns:x="urn:x" at="x:7"/></g:Host>', '<g:SMPLoad g:Last1Min="1"/>'
        )
        self.assertEqual([nameOf(one).clark for one in host], [f"{{{GLUE}}}SMPLoad", "{urn:x}Rack"])
        self.assertEqual(host[1].nsmap["x"], "urn:x")

    def test_names(self) -> None:
        """Arguments go before what is printed, and that before the host name; attributes are GLUE's."""
        printed = '<g:Host UniqueID="m.site" g:InformationServiceURL="u" xml:lang="en"/>'
        for name, unique, expected in (
            ("n", "n.x", ("n", "n.x")),
            ("", "n.x", ("n", "n.x")),
            ("", "", ("m", "m.site")),
        ):
            host = merged(printed, name=name, uniqueID=unique)
            self.assertEqual(
                {str(key).rpartition("}")[2]: value for key, value in host.attrib.items()},
                {"Name": expected[0], "UniqueID": expected[1], "InformationServiceURL": "u"},
            )
        host = merged('<g:SMPLoad g:Last1Min="1"/>', name="", uniqueID="")
        self.assertEqual(host.get(QName(GLUE, "UniqueID").clark), socket.gethostname())

    def test_twoHosts(self) -> None:
        """Scripts that tell of two hosts are a mistake, unless the configuration says which it is."""
        texts = '<g:Host g:UniqueID="a"/>', '<g:Host g:UniqueID="b"/>'
        error = self.assertRaises(ProviderFailed, merged, *texts, uniqueID="")
        self.assertEqual(
            error.message,
            'script 2 tells of the host "b", one before it of "a"; give uniqueID if they are one host',
        )
        self.assertEqual(merged(*texts).get(QName(GLUE, "UniqueID").clark), "n1.site")

    def test_refused(self) -> None:
        """What is no part of a Host is named with who printed it."""
        for text, what in (
            ('<g:MainMemry a="b"/>', f"{{{GLUE}}}MainMemry"),
            ('<MainMemory a="b"/>', "MainMemory"),
            ('<g:Host ><g:Host g:Name="x"/></g:Host>', f"{{{GLUE}}}Host"),
        ):
            error = self.assertRaises(ProviderFailed, merged, text)
            self.assertEqual(
                error.what,
                f"script 1 prints {what}, which is neither glue:Host nor an element of one",
            )
            self.assertIn("MainMemory", error.cure)

    def test_text(self) -> None:
        """Text between elements, which no merge could keep, is refused."""
        for text in ("<g:Host >7</g:Host>", '<g:Host ><g:SMPLoad a="b"/>7</g:Host>'):
            error = self.assertRaises(ProviderFailed, merged, text)
            self.assertEqual(error.message, "script 1 prints text between the elements of a Host")

    @given(st.lists(st.sampled_from(NAMES), max_size=12))
    def test_kept(self, names: list[str]) -> None:
        """Lists keep all, the others the last; nothing else is in the Host."""
        host = merged(*(f'<g:{one} g:Name="{place}"/>' for place, one in enumerate(names)))
        expected = []
        for local in NAMES:
            places = [str(place) for place, one in enumerate(names) if one == local]
            isList = local in ("StorageDevice", "FileSystem", "NetworkAdapter")
            expected += [(local, place) for place in (places if isList else places[-1:])]
        self.assertEqual(sorted(told(host)), sorted(expected))
