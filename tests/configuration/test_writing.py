"""Configurations as TOML."""

import tomllib

from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import booleans
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import (
    Configuration,
    LimitsSection,
    NodeSection,
    ProviderSection,
    RegisterSection,
    readConfiguration,
)
from gma_twisted.configuration.writing import toTOML
from gma_twisted.errors import ParameterError
from gma_twisted.markup.namespaces import GLUE
from gma_twisted.model import Handle, QName
from tests.configuration.strategies import CONFIGURATIONS, DURATIONS
from tests.configuration.test_reader import WHOLE

EMPTY = Configuration()
RELAXED = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

SITE = """[node]
name = "site"

[providers.host]
class = "SimpleSystemInformationProvider"
interval = "5s"
name = "glue:Host"

[providers."site.disk"]
command = ["/bin/cat"]
interval = "0s"
timeout = "1.5s"
arguments = { path = "C:\\\\x", "a b" = [1, true] }

[register.vo]
at = "http://vo.example.org:8480/services/index"
attributes = { site = "cern" }
names = [
    "glue:*",
    "{urn:example:a-rather-long-namespace}Queues",
    "{urn:example:a-rather-long-namespace}Disk",
]

[limits]
max_body = "1MiB"
"""


def readBack(text: str) -> Configuration:
    """What the text of a file says."""
    return readConfiguration(text, "vo.toml")[0]


class WritingTests(SynchronousTestCase):
    """toTOML."""

    maxDiff = None

    def test_secrets(self) -> None:
        """Who looks at a configuration does not see what is secret by its key, its name, or where it stands."""
        token = "sha256:" + "a1" * 32
        text = f"""
[providers.a]
command = ["/bin/x", "--password", "s3cret", "--url=http://u:s3cret@h/{"x" * 80}"]

[providers.b]
class = "a.b:C"
arguments = {{ deep = [{{ apiKey = "s3cret" }}], site = "cern" }}

[register.vo]
at = "http://h:1/services/index"
attributes = {{ token = "s3cret", site = "cern" }}

[identity.bob]
tokens = "{token}"
"""
        configuration = readBack(text)
        shown = toTOML(configuration, withSecrets=False)
        for secret in ("s3cret", token):
            self.assertNotIn(secret, shown)
        self.assertEqual(shown.count('"cern"'), 2)
        self.assertIn('tokens = "***"', shown)
        self.assertEqual(readBack(toTOML(configuration)), configuration)

    @RELAXED
    @given(CONFIGURATIONS)
    def test_shown(self, configuration: Configuration) -> None:
        """What is shown is TOML, whatever is hidden in it."""
        tomllib.loads(toTOML(configuration, withSecrets=False))

    def test_empty(self) -> None:
        """What has nothing of its own needs no file."""
        self.assertEqual(toTOML(EMPTY), "")

    def test_readable(self) -> None:
        """Only keys that differ from their defaults are written, each as an operator would."""
        long = "urn:example:a-rather-long-namespace"
        configuration = Configuration(
            node=NodeSection(name="site"),
            providers={
                "host": ProviderSection(
                    implementation="SimpleSystemInformationProvider",
                    interval=5.0,
                    serviceDataName=QName(GLUE, "Host"),
                ),
                "site.disk": ProviderSection(
                    command=("/bin/cat",),
                    interval=0.0,
                    timeout=1.5,
                    arguments={"path": "C:\\x", "a b": [1, True]},
                ),
            },
            limits=LimitsSection(maxBody=1 << 20),
            register={
                "vo": RegisterSection(
                    Handle("http://vo.example.org:8480/services/index"),
                    attributes=(("site", "cern"),),
                    names=(QName(GLUE, "*"), QName(long, "Queues"), QName(long, "Disk")),
                )
            },
        )
        self.assertEqual(toTOML(configuration), SITE)
        self.assertEqual(readBack(SITE), configuration)

    def test_whole(self) -> None:
        """A file that uses everything comes back as it was."""
        configuration = readBack(WHOLE)
        self.assertEqual(readBack(toTOML(configuration)), configuration)

    @RELAXED
    @given(CONFIGURATIONS, booleans())
    def test_roundTrip(self, configuration: Configuration, withDefaults: bool) -> None:
        """Whatever can be configured is read back as the same, with its defaults written out or without."""
        self.assertEqual(readBack(toTOML(configuration, withDefaults)), configuration)

    def test_defaults(self) -> None:
        """Every section there is one of is shown, with keys that have a default to show."""
        text = toTOML(EMPTY, withDefaults=True)
        self.assertIn('[registry]\ndefault_lifetime = "5m"\n', text)
        self.assertIn('engine = "sqlite"\n', text)
        self.assertNotIn("public_url", text)

    @given(DURATIONS)
    def test_durations(self, seconds: float) -> None:
        """A duration comes back as the very same number."""
        configuration = Configuration(providers={"a": ProviderSection("a:B", grace=seconds)})
        self.assertEqual(readBack(toTOML(configuration)), configuration)

    def test_spelling(self) -> None:
        """Durations have the largest unit without a fraction."""
        cases = {
            0.0: "0s",
            0.5: "500ms",
            0.7: "0.7s",
            1.5: "1.5s",
            90.0: "90s",
            300.0: "5m",
            7200.0: "2h",
            172800.0: "2d",
        }
        for seconds, text in cases.items():
            written = toTOML(
                Configuration(providers={"a": ProviderSection("a:B", interval=seconds)})
            )
            self.assertIn(f'interval = "{text}"\n', written)

    def test_refused(self) -> None:
        """What no file could have said is refused by name."""
        for arguments, words in (
            ({"a": object()}, "object cannot be written as TOML"),
            ({"a": None}, "NoneType cannot be written as TOML"),
        ):
            configuration = Configuration(
                providers={"a": ProviderSection("a:B", arguments=arguments)}
            )
            error = self.assertRaises(ParameterError, toTOML, configuration)
            self.assertEqual(error.message, words)
        tiny = Configuration(providers={"a": ProviderSection("a:B", grace=1e-12)})
        error = self.assertRaises(ParameterError, toTOML, tiny)
        self.assertEqual(error.message, "1e-12 seconds cannot be written as a duration")
