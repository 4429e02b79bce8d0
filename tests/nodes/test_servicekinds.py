"""Kinds of services from their configuration: what is right makes services, what is wrong is one line."""

from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from gma_twisted.configuration import readDraft
from gma_twisted.errors import ParameterError
from gma_twisted.hosting.holder import ServiceDataHolder
from gma_twisted.interfaces import ICreatedService, IServiceKind
from gma_twisted.markup.namespaces import XSD
from gma_twisted.model import QName
from gma_twisted.nodes.servicekinds import KindInstaller
from tests.nodes.skeletons import GREETING, Greeter

_GREETER = "[factory.hi]\nclass = 'tests.nodes.skeletons:Greeter'\n"


def _installed(text: str) -> tuple[list[IServiceKind], list[str]]:
    draft = readDraft(text, "vo.toml")
    installer = KindInstaller(draft.source)
    kinds = installer.install(draft.configuration.factory)
    lines = [draft.source.line(one) for one in (*draft.mistakes, *installer.mistakes)]
    return list(kinds), lines


class KindInstallerTests(SynchronousTestCase):
    """Sections with one class each."""

    def _refused(self, text: str, *lines: str) -> None:
        self.assertEqual(_installed(text)[1], list(lines))

    def test_kinds(self) -> None:
        """A kind a section, by the section's name; without any there is none."""
        (holder, hi), lines = _installed("[factory.box]\nclass = 'ServiceDataHolder'\n" + _GREETER)
        self.assertEqual(lines, [])
        self.assertEqual((holder.name, holder.portTypes), ("box", ()))
        self.assertEqual((hi.name, hi.portTypes), ("hi", (GREETING,)))
        for kind in (holder, hi):
            self.assertTrue(verifyObject(IServiceKind, kind))
        self.assertEqual(_installed(""), ([], []))

    def test_class(self) -> None:
        """What the class lacks is said in one line."""
        for name, problem in (
            ("NotDeclared", "missing @implementer(ICreatedService) before the class"),
            ("NoPortTypes", "its class needs portTypes, a tuple of PortType"),
        ):
            self._refused(
                f"[factory.a]\nclass = 'tests.nodes.skeletons:{name}'",
                f'vo.toml:2:9: factory.a.class "tests.nodes.skeletons:{name}" does not provide '
                f"ICreatedService: {problem}; correct the class, or name another",
            )
        self._refused(
            "[factory.a]\nclass = 'tests.nodes.skeletons:NoGreet'",
            'vo.toml:2:9: factory.a.class "tests.nodes.skeletons:NoGreet" does not provide '
            "IGreeting: missing greet(); correct the class, or name another",
        )
        self._refused(
            "[factory.a]\nclass = 'Holder'",
            'vo.toml:2:9: factory.a.class "Holder" is no class of this package; known are ServiceDataHolder',
        )

    def test_noClass(self) -> None:
        """A kind without a class is none."""
        draft = readDraft("[factory.a]\n", "vo.toml")
        self.assertEqual(
            [draft.source.line(one) for one in draft.mistakes],
            [
                'vo.toml:1:10: factory.a: no class is named; write class = "package.module:Class", '
                'or class = "ServiceDataHolder"'
            ],
        )

    def test_clash(self) -> None:
        """An operation of GridService's name is refused before any client meets it."""
        kinds, (line,) = _installed("[factory.a]\nclass = 'tests.nodes.skeletons:Clashing'")
        self.assertEqual(kinds, [])
        self.assertIn(
            'vo.toml:2:9: factory.a.class "tests.nodes.skeletons:Clashing": operation destroy of',
            line,
        )

    def test_arguments(self) -> None:
        """Arguments are checked where they stand; one that is missing may come with the request."""
        self.assertEqual(_installed(_GREETER)[1], [])
        self._refused(
            _GREETER + "arguments = { times = 'often' }",
            "vo.toml:3:15: factory.hi.arguments.times: argument \"times\" must be int, not 'often'; "
            "write 3, for example",
        )
        self._refused(
            _GREETER + "arguments = { wort = 'a' }",
            'vo.toml:3:15: factory.hi.arguments.wort: unknown argument "wort"; known are path, times',
        )


class ConfiguredKindTests(SynchronousTestCase):
    """Services made with arguments of operator and client."""

    def _kind(self, text: str) -> IServiceKind:
        (kind,), lines = _installed(text)
        self.assertEqual(lines, [])
        return kind

    def test_make(self) -> None:
        """The client's arguments are read as the signature says."""
        made = self._kind(_GREETER).make([("word", "a 'b' c"), ("times", "2")])
        self.assertIsInstance(made, Greeter)
        self.assertTrue(verifyObject(ICreatedService, made))
        self.assertEqual(made.greet("you").value, "a 'b' c a 'b' c you")  # type: ignore[attr-defined]

    def test_operator(self) -> None:
        """What the configuration gives, and what the class keeps for it, no client gives."""
        kind = self._kind(_GREETER + "arguments = { word = 'hi' }")
        self.assertEqual(kind.make([]).greet("you").value, "hi you")  # type: ignore[attr-defined]
        for name in ("word", "path"):
            self.assertRaises(ParameterError, kind.make, [(name, "/x")])

    def test_refused(self) -> None:
        """Unknown, missing, repeated and ill-typed arguments, names with an equals sign, and what the class refuses."""
        for arguments in (
            [("word", "a"), ("colour", "red")],
            [],
            [("word", "a"), ("word", "b")],
            [("word", "a"), ("times", "often")],
            [("word=a", "b")],
            [("word", "a"), ("times", "10")],
        ):
            self.assertRaises(ParameterError, self._kind(_GREETER).make, arguments)

    def test_holder(self) -> None:
        """The kind of the package declares the names it is given, each once, for clients to set."""
        kind = self._kind("[factory.box]\nclass = 'ServiceDataHolder'")
        made = kind.make([("serviceDataName", "{urn:a}x"), ("serviceDataName", "{urn:a}x")])
        self.assertIsInstance(made, ServiceDataHolder)
        (one,) = (each.declaration for each in made.serviceData)
        self.assertEqual((one.name, one.type), (QName("urn:a", "x"), QName(XSD, "anyType")))
        self.assertTrue(one.isModifiable)
        for name in ("{urn:a", "{urn:a b}x"):
            why = self.assertRaises(ParameterError, kind.make, [("serviceDataName", name)])
            self.assertIn("serviceDataName", str(why))
