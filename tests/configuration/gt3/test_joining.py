"""Two files, one configuration."""

import attrs
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import Draft, Mistakes, ProviderSection, readDraft
from gma_twisted.configuration.gt3 import join
from gma_twisted.configuration.mistakes import Mistake
from gma_twisted.configuration.reader import MAX_NAMED
from tests.configuration.gt3.classes import FILES, read

XML = """<list>
  <one class="ScriptExecutionProvider"/>
  <one class="mypkg.a:Disk"/>
  <one class="mypkg.b:Load"/>
</list>"""


def joined(toml: str, xml: str = XML) -> Draft:
    """A configuration file named C{vo.toml}, and a provider file."""
    return join(readDraft(toml, "vo.toml"), read(xml))


def linesOf(draft: Draft) -> list[str]:
    """Every mistake of a draft."""
    try:
        draft.checked()
    except Mistakes as error:
        return list(error.lines)
    return []


class JoinTests(SynchronousTestCase):
    """join."""

    def test_both(self) -> None:
        """What either says holds, first what TOML says."""
        draft = joined("[node]\nname = 'n'\n[providers.host]\nclass = 'a:B'")
        configuration, _ = draft.checked()
        self.assertEqual(configuration.node.name, "n")
        self.assertEqual(
            list(configuration.providers.items()),
            [
                ("host", ProviderSection(implementation="a:B")),
                ("Disk", ProviderSection(implementation="mypkg.a:Disk")),
                ("Load", ProviderSection(implementation="mypkg.b:Load")),
            ],
        )

    def test_everyKind(self) -> None:
        """Aggregations and registrations are added as providers are."""
        draft = readDraft("", "")
        for name in ("index-service-config-3.2.xml", "registration_config.xml"):
            draft = join(draft, read((FILES / name).read_bytes()))
        configuration, _ = draft.checked()
        self.assertEqual(
            [
                len(one)
                for one in (
                    configuration.providers,
                    configuration.aggregate,
                    configuration.register,
                )
            ],
            [3, 1, 2],
        )

    def test_where(self) -> None:
        """Each section is said to stand in its own file; an option wins over the file it overrides."""
        draft = joined("[node]\nname = 'n'\n[providers.host]\nclass = 'a:B'")
        where = draft.source.where
        self.assertEqual(where(("providers", "host", "class")), "vo.toml:4:9: providers.host.class")
        self.assertEqual(
            where(("providers", "Disk", "class")), "gt3.xml:3:15: providers.Disk.class"
        )
        self.assertEqual(where(("providers", "Load"), True), "gt3.xml:4:3: providers.Load")
        source = attrs.evolve(draft.source, options={("node", "name"): "--name"})
        self.assertEqual(source.where(("node", "name")), "--name")
        self.assertEqual(
            source.where(("providers", "Disk", "class")), where(("providers", "Disk", "class"))
        )

    def test_refused(self) -> None:
        """Mistakes found later are told of the file they are about, one file after the other."""
        draft = joined("[node]\nname = 'n'\n[providers.host]\nclass = 'a:B'")
        wrong = [
            Mistake(("providers", "Load", "class"), "second", "b"),
            Mistake(("providers", "Disk", "class"), "first", "a"),
            Mistake(("providers", "host", "class"), "of TOML", "c"),
        ]
        self.assertEqual(
            list(draft.source.refuse(wrong).lines),
            [
                "vo.toml:4:9: providers.host.class: of TOML; c",
                "gt3.xml:3:15: providers.Disk.class: first; a",
                "gt3.xml:4:15: providers.Load.class: second; b",
            ],
        )

    def test_clash(self) -> None:
        """One name for two sections is a mistake that names both places."""
        draft = joined("[providers.Disk]\nclass = 'a:B'")
        self.assertEqual(
            linesOf(draft),
            [
                "gt3.xml:3:3: providers.Disk: the same name as vo.toml:1:12: providers.Disk; "
                "give one of them another"
            ],
        )
        self.assertFalse(draft.reads(("providers", "Disk")))

    def test_mistakes(self) -> None:
        """The mistakes of both are told, those of one section of the same name too."""
        draft = joined(
            "[providers.Disk]\nclas = 'a:B'\n[providers.host]\nx = 1",
            "<list><one class='a:Disk'/><one class='org.globus.X'/></list>",
        )
        self.assertEqual(
            [line.split(": ")[0] for line in linesOf(draft)],
            ["gt3.xml:1:7", "vo.toml:2:1", "vo.toml:4:1", "gt3.xml:1:40"],
        )
        self.assertFalse(draft.reads(("providers", "host")))

    def test_tooMany(self) -> None:
        """There may be as many sections of one kind as in one file."""
        many = "".join(f"[providers.p{number}]\nclass = 'a:B'\n" for number in range(MAX_NAMED - 1))
        self.assertEqual(
            linesOf(joined(many)),
            [
                "gt3.xml: providers: 1001 sections, of both files together, are more than 1000; "
                "leave some of them to another node"
            ],
        )
