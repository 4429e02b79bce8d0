"""What provider files say."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import (
    AggregateSection,
    Configuration,
    ProviderSection,
    RegisterSection,
)
from gma_twisted.handlers import CORE_HANDLERS
from gma_twisted.markup.namespaces import GLUE
from gma_twisted.model import Handle, QName
from tests.configuration.gt3.broken import executed, installed
from tests.configuration.gt3.classes import FILES, read

HOST, CLUSTER = QName(GLUE, "Host"), QName(GLUE, "Cluster")
QUEUES = QName("urn:example:site", "Queues")
LEAF = Handle("http://leaf.example.org:8080/ogsa/services/base/index/IndexService")
SYSTEM = "SimpleSystemInformationProvider"
SCRIPT = "ScriptExecutionProvider"
OUT = "org.globus.ogsa.impl.base.providers.servicedata.impl"


def configurationOf(text: str | bytes, handlers: dict[str, str] | None = None) -> Configuration:
    """The configuration of a file without mistakes."""
    return read(text, handlers).checked()[0]


def providerOf(*children: str) -> ProviderSection:
    """The one executed provider."""
    return next(iter(configurationOf(executed(*children)).providers.values()))


class FileTests(SynchronousTestCase):
    """Whole files, as GT3 had them."""

    def test_version32(self) -> None:
        """GT 3.2: one installed provider is executed twice; what is aggregated keeps its lifetime."""
        self.assertEqual(
            configurationOf((FILES / "index-service-config-3.2.xml").read_bytes()),
            Configuration(
                providers={
                    "SystemInformation": ProviderSection(
                        implementation=SYSTEM, interval=60.0, serviceDataName=HOST
                    ),
                    "Script-Execution": ProviderSection(
                        command=("/bin/cat", "/srv/grid/site contact.xml"), interval=0.0
                    ),
                    "Script-Execution-2": ProviderSection(
                        command=("/usr/local/libexec/queues", "--xml"),
                        interval=300.0,
                        serviceDataName=QUEUES,
                    ),
                },
                aggregate={
                    "leaf-example-org-IndexService": AggregateSection(
                        (LEAF,), (HOST, QUEUES), 3600.0
                    )
                },
            ),
        )

    def test_version30(self) -> None:
        """GT 3.0: what is installed and not executed waits; a subscription has one name and its own section."""
        self.assertEqual(
            configurationOf((FILES / "index-service-config-3.0.xml").read_bytes()),
            Configuration(
                providers={SYSTEM: ProviderSection(implementation=SYSTEM)},
                aggregate={
                    "leaf-example-org-IndexService": AggregateSection((LEAF,), (HOST,), 7200.0),
                    "leaf-example-org-IndexService-2": AggregateSection((LEAF,), (CLUSTER,)),
                },
            ),
        )

    def test_registrations(self) -> None:
        """Where a service of GT 3.2 registers, and what shall be aggregated of it there."""
        self.assertEqual(
            configurationOf((FILES / "registration_config.xml").read_bytes()).register,
            {
                "vo-example-org-IndexService": RegisterSection(
                    Handle("http://vo.example.org:8080/ogsa/services/base/index/IndexService"),
                    lifetime=1200.0,
                    names=(CLUSTER,),
                ),
                "spare-example-org-VORegistry": RegisterSection(
                    Handle("http://spare.example.org:8080/ogsa/services/core/registry/VORegistry")
                ),
            },
        )

    def test_alpha(self) -> None:
        """The alpha's list installs; a script without a program has no use here."""
        found = configurationOf((FILES / "indexservice.providers").read_bytes())
        self.assertEqual(
            found, Configuration(providers={SYSTEM: ProviderSection(implementation=SYSTEM)})
        )

    def test_alphaHandlers(self) -> None:
        """The handler of an entry is the one of its provider, also by a name GT3 gave it."""
        handlers = {"jobDataHandler": "mypkg.jobs:JobHandler"}
        text = (
            f"<list><one class='{SYSTEM}' handler='mypkg.a:B'/>"
            "<one class='mypkg.b:C' handler='jobDataHandler'/></list>"
        )
        found = configurationOf(text, handlers).providers
        self.assertEqual(
            {name: one.handler for name, one in found.items()},
            {SYSTEM: "mypkg.a:B", "C": "mypkg.jobs:JobHandler"},
        )

    def test_rips(self) -> None:
        """The providers of GT3's RIPS are the ones of the same names here, none of them executed."""
        found = configurationOf((FILES / "rips.providers").read_text("utf-8")).providers
        self.assertEqual(
            [(one.implementation, one.handler, one.interval) for one in found.values()],
            [
                ("ForkInfoProvider", "jobDataHandler", None),
                ("PBSInfoProvider", "jobDataHandler", None),
                ("HostScriptProvider", None, None),
            ],
        )

    def test_jobDataHandler(self) -> None:
        """GT3's own handler is known by its name, and is a handler of ours."""
        text = f"<list><one class='{SYSTEM}' handler='jobDataHandler'/></list>"
        (found,) = configurationOf(text).providers.values()
        self.assertEqual(found.handler, "jobDataHandler")
        self.assertIn(found.handler, CORE_HANDLERS)

    def test_encodings(self) -> None:
        """Line ends and UTF-16 change nothing."""
        data = (FILES / "index-service-config-3.2.xml").read_text("utf-8")
        expected = configurationOf(data)
        wide = data.replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")
        for one in (data.replace("\n", "\r\n").encode(), wide, b"\xef\xbb\xbf" + data.encode()):
            self.assertEqual(configurationOf(one), expected)


class ExecutionTests(SynchronousTestCase):
    """One execution."""

    def test_defaults(self) -> None:
        """Without a frequency it runs once, its value has the root element's name."""
        self.assertEqual(providerOf(), ProviderSection(implementation=SYSTEM, interval=0.0))

    def test_once(self) -> None:
        """A frequency of 0 runs once at start."""
        self.assertEqual(providerOf("<refreshFrequency>0</refreshFrequency>").interval, 0.0)

    def test_blanks(self) -> None:
        """Blanks around texts do not count, and an element without text is not there."""
        found = providerOf(
            "<refreshFrequency> 5\n</refreshFrequency>",
            "<serviceDataName/>",
            "<serviceDataProviderArgs> </serviceDataProviderArgs>",
            "<serviceDataProviderName> </serviceDataProviderName>",
        )
        self.assertEqual(found, ProviderSection(implementation=SYSTEM, interval=5.0))

    def test_names(self) -> None:
        """A prefix is resolved where it stands; without one the default namespace holds, as XML Schema has it."""
        for text, name in (
            ("<serviceDataName xmlns:a='urn:a'>a:x</serviceDataName>", QName("urn:a", "x")),
            ("<serviceDataName xmlns='urn:a'>x</serviceDataName>", QName("urn:a", "x")),
            ("<serviceDataName>x</serviceDataName>", QName("", "x")),
            ("<serviceDataName>{urn:b}x</serviceDataName>", QName("urn:b", "x")),
        ):
            self.assertEqual(providerOf(text).serviceDataName, name)

    def test_arguments(self) -> None:
        """Words are read as the constructor's parameters are typed."""
        text = executed(
            "<serviceDataProviderImpl>tests.nodes.components:Good</serviceDataProviderImpl>",
            "<serviceDataProviderArgs>path='/a b' depth=3</serviceDataProviderArgs>",
        ).replace(
            "</installedProviders>",
            "<providerEntry class='tests.nodes.components:Good'/></installedProviders>",
        )
        found = configurationOf(text).providers["Good"]
        self.assertEqual(found.arguments, {"path": "/a b", "depth": 3})

    def test_keyedScript(self) -> None:
        """A script's arguments may be those of our constructor too."""
        found = providerOf(
            f"<serviceDataProviderImpl>{OUT}.{SCRIPT}</serviceDataProviderImpl>",
            "<serviceDataProviderArgs>command=/bin/cat command=a maxOutput=9</serviceDataProviderArgs>",
        )
        self.assertEqual(found.implementation, SCRIPT)
        self.assertEqual(found.arguments, {"command": ["/bin/cat", "a"], "maxOutput": 9})

    def test_program(self) -> None:
        """A program in place of a class, as MDS 2 had them, need not be installed."""
        text = executed(
            "<serviceDataProviderImpl>/opt/mds/cpu</serviceDataProviderImpl>",
            "<serviceDataProviderArgs>-x 'a b'</serviceDataProviderArgs>",
        )
        self.assertEqual(
            configurationOf(text).providers["cpu"],
            ProviderSection(command=("/opt/mds/cpu", "-x", "a b"), interval=0.0),
        )

    def test_async(self) -> None:
        """The asynchronous interface is used when the class has it."""
        for name, isAsync in (("Scripted", False), ("Watcher", True)):
            implementation = f"tests.execution.stand:{name}"
            text = executed(
                f"<serviceDataProviderImpl>{implementation}</serviceDataProviderImpl>",
                "<async>true</async>",
            ).replace(
                "</installedProviders>",
                f"<providerEntry class='{implementation}'/></installedProviders>",
            )
            self.assertEqual(configurationOf(text).providers[name].isAsync, isAsync)

    def test_unqualified(self) -> None:
        """The elements of an execution without their namespace are read as well: many were written so."""
        text = executed("<serviceDataProviderName>x</serviceDataProviderName>").replace("px:", "")
        self.assertEqual(next(iter(configurationOf(text).providers)), "x")

    def test_uniqueNames(self) -> None:
        """A name that is taken has a number, whatever stands in between."""
        names = ("a", "a-2", "a", "a!", "é", "a" * 80, "a" * 80, "..")
        one = executed("<serviceDataProviderName>NAME</serviceDataProviderName>")
        begin = one.index("<px:ServiceDataProviderExecution>")
        end = one.index("</executedProviders>")
        inside = "".join(one[begin:end].replace("NAME", name) for name in names)
        self.assertEqual(
            list(configurationOf(one[:begin] + inside + one[end:]).providers),
            ["a", "a-2", "a-3", "a-4", "providers", "a" * 64, "a" * 62 + "-2", "providers-2"],
        )


class DoubtTests(SynchronousTestCase):
    """What reads well, and may not mean what it says."""

    def test_publishedDefault(self) -> None:
        """GT 3.2's own file executes a class by a name it has not installed."""
        found = read((FILES / "index-service-config-3.2.xml").read_bytes())
        self.assertEqual(
            list(found.doubts),
            [
                "gt3.xml:17:46: serviceConfiguration.executedProviders[0].serviceDataProviderImpl: warning: "
                f'"{OUT}.SimpleSystemInformation" is installed as "{OUT}.{SYSTEM}"'
            ],
        )

    def test_shortName(self) -> None:
        """The same where it is installed by that name."""
        self.assertEqual(
            list(read(installed(f"class='{OUT}.SimpleSystemInformation'")).doubts),
            [
                "gt3.xml:3:23: serviceConfiguration.installedProviders[0].class: warning: "
                f'"{OUT}.SimpleSystemInformation" is taken for {SYSTEM}'
            ],
        )

    def test_others(self) -> None:
        """Each of the others is one line."""
        cases = {
            installed(
                f"class='{SYSTEM}'", f"class='{SYSTEM}'"
            ): f'installedProviders[1].class: warning: "{SYSTEM}" is installed already',
            (FILES / "indexservice.providers").read_text("utf-8"): (
                f"providers[1].class: warning: {SCRIPT} is installed without a program, and left out: "
                "callers cannot name one"
            ),
            executed(
                "<refreshFrequency>60000000</refreshFrequency>"
            ): "interval: warning: 60000000 seconds are 694.4 days, not milliseconds",
            executed(
                "<serviceDataProviderImpl>/opt/mds/cpu</serviceDataProviderImpl>"
            ): "command: warning: programs of MDS 2 print LDIF; this one must print an XML document",
            "<registrations><registration registry='http://a/b' keepalive='0'/></registrations>": (
                'keepalive: warning: keepalive="0": it is renewed for as long as the node runs all the same'
            ),
            (FILES / "index-service-config-3.2.xml")
            .read_text("utf-8")
            .replace("<ogsi:params>", "<ogsi:sink>http://x/y</ogsi:sink><ogsi:params>")
            .replace("SystemInformation<", "SystemInformationProvider<"): (
                'sink: warning: "http://x/y" is not told: a node aggregates for itself; if the sink is another '
                "service, move this into its configuration"
            ),
        }
        for text, words in cases.items():
            found = read(text)
            found.checked()
            told = [one for one in found.doubts if one.endswith(words)]
            self.assertEqual(len(told), 1, found.doubts)
