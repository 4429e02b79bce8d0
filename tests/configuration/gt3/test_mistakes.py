"""What is wrong with a provider file."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import Mistakes
from gma_twisted.configuration.gt3 import readProviderFile
from gma_twisted.configuration.reader import MAX_FILE, MAX_NAMED
from gma_twisted.errors import ConfigError, GMAError
from gma_twisted.nodes.providerfiles import providerClasses
from tests.configuration.gt3.broken import CASES, executed, installed
from tests.configuration.gt3.classes import FILES, read


def linesOf(text: str) -> list[str]:
    """What a file is answered with."""
    try:
        read(text).checked()
    except Mistakes as error:
        return list(error.lines)
    return []


class MistakesTests(SynchronousTestCase):
    """Every mistake at once, each with file, line, column and key."""

    maxDiff = None

    def test_cases(self) -> None:
        """What each broken file is answered with."""
        for text, lines in CASES:
            self.assertEqual(linesOf(text), lines, text)

    def test_list(self) -> None:
        """Each Java class and each callback without a counterpart is a line that names it."""
        java = "org.globus.ogsa.impl.base.providers.servicedata.impl."
        text = (
            f'<providers>\n<provider class="{java}CondorInfoProvider" handler="condorHandler"/>\n'
            f'<provider class="{java}LSFInfoProvider" handler="lsfHandler"/>\n'
            f'<provider class="{java}AbstractProvider"/>\n</providers>'
        )
        self.assertEqual(
            [line.split(" ")[0] for line in linesOf(text)],
            [
                "gt3.xml:2:18:",
                "gt3.xml:2:100:",
                "gt3.xml:3:18:",
                "gt3.xml:3:97:",
                "gt3.xml:4:18:",
            ],
        )

    def test_tooLarge(self) -> None:
        """Files are bounded as those of TOML are."""
        name = self.mktemp()
        Path(name).write_bytes(b"<a>" + b" " * MAX_FILE)
        error = self.assertRaises(ConfigError, readProviderFile, name, providerClasses())
        self.assertEqual(
            error.message, f"{name}: is larger than 1024 KiB; leave some of it to another node"
        )

    def test_tooMany(self) -> None:
        """So are sections of one kind."""
        many = [f"class='a:B{number}'" for number in range(MAX_NAMED + 1)]
        self.assertEqual(
            linesOf(installed(*many)),
            [
                "gt3.xml:2:1: serviceConfiguration.installedProviders: 1001 elements are more than 1000; "
                "leave some of them to another node"
            ],
        )
        self.assertEqual(linesOf(installed(*many[1:])), [])

    def test_tooManyTogether(self) -> None:
        """What is executed and what is only installed count together."""
        text = executed()
        entries = "".join(f"<providerEntry class='a:B{n}'/>" for n in range(MAX_NAMED - 2))
        begin = text.index("<px:ServiceDataProviderExecution>")
        end = text.index("</executedProviders>")
        text = text[:end] + text[begin:end] * 2 + text[end:]
        self.assertEqual(
            linesOf(text.replace("</installedProviders>", f"{entries}</installedProviders>")),
            [
                "gt3.xml: providers: 1001 sections are more than 1000; leave some of them to another node"
            ],
        )

    def test_lineEnds(self) -> None:
        """Lines are counted the same whatever ends them."""
        for text, lines in CASES:
            self.assertEqual(linesOf(text.replace("\n", "\r\n")), lines, text)
            if "well-formed" not in lines[0]:
                self.assertEqual(linesOf(text.replace("\n", "\r")), lines, text)

    def test_cannotBeRead(self) -> None:
        """A file that is not there is one line."""
        error = self.assertRaises(
            ConfigError, readProviderFile, "nowhere/gt3.xml", providerClasses()
        )
        self.assertEqual(
            error.message,
            "nowhere/gt3.xml: cannot be read: No such file or directory; name a file that can be read",
        )

    def test_byName(self) -> None:
        """A file is read by its name, which is shown as it is given."""
        name = str(Path(FILES / "indexservice.providers"))
        found = readProviderFile(name, providerClasses())
        self.assertEqual(found.source.name, name)
        self.assertEqual(list(found.configuration.providers), ["SimpleSystemInformationProvider"])

    @settings(max_examples=200)
    @given(st.data())
    def test_anything(self, data: st.DataObject) -> None:
        """Whatever is cut out of a good file, or put in, it is read or refused by name, never otherwise."""
        text = (FILES / "index-service-config-3.2.xml").read_text("utf-8")
        begin = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(begin, min(len(text), begin + 60)))
        text = (
            text[:begin] + data.draw(st.text(alphabet="<>/\"'= a:\n{}é", max_size=6)) + text[end:]
        )
        try:
            read(text).checked()
        except GMAError as error:
            self.assertTrue(error.message.startswith("gt3.xml"), error.message)
