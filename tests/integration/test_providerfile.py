"""A node that is started with a provider file of GT3, one of its conversion to TOML; providers alone, and new ones."""

import json
import signal
import subprocess
import time
from typing import Any

from twisted.trial.unittest import SkipTest

from gma_twisted.client import Proxy
from gma_twisted.client.blocking import BlockingCaller, finished
from gma_twisted.model import Handle
from gma_twisted.soap.porttypes import PROVIDER_EXECUTION
from tests.integration.commandcase import CommandCase
from tests.integration.foreign.shared import poll
from tests.integration.twistd import Node
from tests.readme import ROOT, readBlocks

_PAGE = "docs/gt3-migration.md"
_OUT = "org.globus.ogsa.impl.base.providers.servicedata.impl"
_XML = f"""<?xml version="1.0" encoding="UTF-8"?>
<serviceConfiguration xmlns:ogsi="http://www.gridforum.org/namespaces/2003/03/OGSI"
    xmlns:exec="http://www.globus.org/namespaces/2003/04/service_data_provider_execution"
    xmlns:aggregator="http://www.globus.org/namespaces/2003/09/data_aggregator">
  <installedProviders>
    <providerEntry class="{_OUT}.SimpleSystemInformationProvider"/>
    <providerEntry class="{_OUT}.ScriptExecutionProvider" handler="defaultProviderCallback"/>
  </installedProviders>
  <executedProviders>
    <exec:ServiceDataProviderExecution>
      <exec:serviceDataProviderName>SystemInformation</exec:serviceDataProviderName>
      <exec:serviceDataProviderImpl>{_OUT}.SimpleSystemInformation</exec:serviceDataProviderImpl>
      <exec:refreshFrequency>60</exec:refreshFrequency>
      <exec:async>true</exec:async>
    </exec:ServiceDataProviderExecution>
    <exec:ServiceDataProviderExecution>
      <exec:serviceDataProviderName>Site Contact</exec:serviceDataProviderName>
      <exec:serviceDataProviderImpl>{_OUT}.ScriptExecutionProvider</exec:serviceDataProviderImpl>
      <exec:serviceDataProviderArgs>/bin/cat '%s'</exec:serviceDataProviderArgs>
      <exec:refreshFrequency>0</exec:refreshFrequency>
    </exec:ServiceDataProviderExecution>
  </executedProviders>
  <dataAggregations>
    <aggregator:DataAggregation>
      <ogsi:source>http://127.0.0.1:1/ogsa/services/base/index/IndexService</ogsi:source>
      <ogsi:params>
        <aggregator:AggregationSubscription>
          <ogsi:serviceDataNames xmlns:ce="http://glue.base.ogsa.globus.org/ce/1.1">
            <ogsi:name>ce:Cluster</ogsi:name>
          </ogsi:serviceDataNames>
        </aggregator:AggregationSubscription>
      </ogsi:params>
    </aggregator:DataAggregation>
  </dataAggregations>
</serviceConfiguration>
"""
_CONTACT = '<Contact xmlns="urn:example:site">Ada</Contact>'
_ENTRY = f'<providerEntry class="{_OUT}.ScriptExecutionProvider"'


class ProviderFileTests(CommandCase):
    """A file with Java names, and programs."""

    def setUp(self) -> None:
        """Write it, and what its program reads."""
        super().setUp()
        contact = self.home / "site contact.xml"
        contact.write_text(_CONTACT)
        self.file = self.home / "index-service-config.xml"
        self.file.write_text(_XML % contact)

    def node(self, state: str, *options: str) -> str:
        """Start one. @return: its host and port"""
        listen = ("--listen", "tcp:0:interface=127.0.0.1", "--state-dir", str(self.home / state))
        url = Node(self.home, self.addCleanup, *options, *listen).url()
        return url.removeprefix("http://")

    def told(self, *words: str) -> Any:
        """What a verb says as JSON."""
        ended = self.gma(*words, "-o", "json")
        self.assertEqual((ended.returncode, ended.stderr), (0, ""), words)
        return json.loads(ended.stdout)

    def until(self, *words: str) -> None:
        """Repeat a verb until it succeeds."""
        poll(lambda: self.gma(*words).returncode, lambda status: not status, 20.0, 0.1)

    def facts(self, node: str) -> Any:
        """What is the same of two nodes that are configured alike."""
        self.until("get", node, "{urn:example:site}Contact")
        self.until("get", node, "glue:Host")
        providers = [
            [one[key] for key in ("name", "description", "implementation", "arguments", "async")]
            for one in self.told("provider", "ls", node)
        ]
        status = self.told("status", node)
        sources = [one["source"] for one in status["sources"]]
        (contact,) = self.told("get", node, "{urn:example:site}Contact")
        names = self.told("ls", node)
        return providers, sources, contact["value"], contact["goodUntil"], names, status["kind"]

    def test_sameNode(self) -> None:
        """The file starts a node unchanged, and its conversion to TOML gives the same node; as the page says."""
        if not (ROOT / _PAGE).exists():
            raise SkipTest("the documentation is not installed")
        start, convert, *_ = (block.text for block in readBlocks(_PAGE))
        converted = self.shell(convert)
        self.assertEqual(converted.returncode, 0)
        self.assertIn("warning: ", converted.stderr)
        checked = self.gma("config", "check", "vo.toml")
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))
        original = self.facts(self.node("one", *start.split()[4:]))
        self.assertEqual(self.facts(self.node("other", "-c", "vo.toml")), original)
        self.assertEqual([one[0] for one in original[0]], ["SystemInformation", "Site-Contact"])
        self.assertEqual((original[2], original[3]), ("Ada", None))

    def test_broken(self) -> None:
        """A mistake in it is told with its place, and nothing starts."""
        self.file.write_text(self.file.read_text().replace(_ENTRY, '<providerEntry class="a.b.C"'))
        for words in (
            f"gma config check vo.toml --providers {self.file.name}",
            f"gma config convert {self.file.name}",
        ):
            ended = self.shell(f"touch vo.toml; {words}")
            self.assertEqual((ended.returncode, ended.stdout), (1, ""), words)
            self.assertRegex(
                ended.stderr, rf'(?m)^{self.file.name}:7:27: .*"a.b.C" is no Python class'
            )

    def test_readAgain(self) -> None:
        """enumProviders with true reads the file again: what was added is there, the node runs on."""
        node = self.node("one", "--providers", self.file.name)
        self.until("get", node, "glue:Host")
        text = self.file.read_text()
        begin = text.index("    <exec:ServiceDataProviderExecution>")
        end = text.index("  </executedProviders>")
        more = (
            text[begin:end].replace("Site Contact", "More").replace(">SystemInformation<", ">Sys<")
        )
        self.file.write_text(text[:end] + more + text[end:])
        handle = Handle(f"http://{node}/services/index")
        service = Proxy([PROVIDER_EXECUTION], handle, BlockingCaller(), 20.0)
        before = [one.name for one in finished(service.enumProviders(False))]
        after = [one.name for one in finished(service.enumProviders(True))]
        self.assertEqual(before, ["SystemInformation", "Site-Contact"])
        self.assertEqual(after, [*before, "Sys", "More"])


class ProviderTests(CommandCase):
    """C{gma provider}."""

    def write(self, text: str) -> None:
        """The configuration."""
        (self.home / "vo.toml").write_text(text)

    def test_run(self) -> None:
        """A program's value is printed as a document, and how long it took beside it."""
        (self.home / "x.xml").write_text(_CONTACT)
        self.write(f"[providers.a]\ncommand = ['/bin/cat', '{self.home}/x.xml']\n")
        ended = self.gma("provider", "run", "a", "--once", "-c", "vo.toml")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertRegex(ended.stderr, r"\Aa: 1 value in \d+\.\d{3} s\n\Z")
        self.assertIn(_CONTACT, ended.stdout)
        ended = self.gma("provider", "run", "a", "--once", "-c", "vo.toml", "-o", "json")
        self.assertEqual(
            json.loads(ended.stdout),
            [{"name": "{urn:example:site}Contact", "key": "", "value": "Ada"}],
        )
        ended = self.gma("provider", "run", "a", "--once", "-c", "vo.toml", "-o", "table")
        self.assertEqual(
            ended.stdout.splitlines()[1].split(),
            ["{urn:example:site}Contact", "-", "Contact", "Ada"],
        )

    def test_fails(self) -> None:
        """A provider that fails: its error, no document, exit status 4."""
        self.write("[providers.a]\ncommand = ['/bin/cat', '/nowhere/x']\n")
        ended = self.gma("provider", "run", "a", "--once", "-c", "vo.toml")
        self.assertEqual((ended.returncode, ended.stdout), (4, ""))
        self.assertRegex(ended.stderr, r"\Agma: .*/nowhere/x.*\(after [\d.]+ s\)\n\Z")

    def test_interrupted(self) -> None:
        """Ctrl-C ends the program that is run."""
        began = self.home / "began"
        script = f"touch {began}; sleep 600"
        self.write(f"[providers.a]\ncommand = ['/bin/sh', '-c', '{script}']\ntimeout = '1h'\n")
        with subprocess.Popen(
            ["gma", "provider", "run", "a", "--once", "-c", "vo.toml"],
            cwd=self.home,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            self.addCleanup(process.kill)
            until = time.monotonic() + 20.0
            while not began.exists() and time.monotonic() < until:
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            # Who holds the pipe would be waited for.
            out, errors = process.communicate(timeout=20.0)
        self.assertEqual((process.returncode, out), (4, ""))
        self.assertEqual(errors, "gma: the run of provider a was interrupted\n")
