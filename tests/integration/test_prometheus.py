"""Prometheus itself: its linter reads a node's metrics, and it finds and asks the nodes of a registry."""

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote

import psutil
from twisted.trial.unittest import SynchronousTestCase

from tests.integration.topologycase import freePorts
from tests.integration.twistd import Node, fetch
from tests.readme import ROOT, readBlocks

ANY = "tcp:0:interface=127.0.0.1"
_LONGEST = 60.0
_CONFIGURATION = """
[providers.system]
class = "SimpleSystemInformationProvider"
interval = "1s"
"""
_REGISTER = """
[register.vo]
at = "{url}/services/registry"
services = ["/services/index", "/services/container"]
attributes = {{ site = "here", job = "x" }}
"""
_STREAMED = """
[consumer]
listen = "x-netlog://127.0.0.1:{port}"
[subscribe.one]
at = "{url}/services/producer"
over = "stream"
"""
# A stranger who would like to be asked in another's place, under a name that no label can have.
_STRANGER = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    '<registerService xmlns="urn:gma-twisted:2026:registration">'
    "<handle>http://127.0.0.1:1/services/&#xE9;</handle><name>&#x202E;&quot;\\n</name>"
    "<attribute><name>__address__</name><value>127.0.0.1:2</value></attribute>"
    "<attribute><name>&#xE9;=&quot;,{}</name><value>&#xFFFD;\n</value></attribute>"
    "</registerService></e:Body></e:Envelope>"
)


def need(program: str) -> str:
    """Where a program of the Debian package prometheus is; empty when it is not installed."""
    return shutil.which(program) or ""


class PrometheusCase(SynchronousTestCase):
    """A home directory for whatever runs."""

    timeout = 240
    program = ""

    def setUp(self) -> None:
        """Make it."""
        if not need(self.program):
            self.skipTest(f"there is no {self.program} (Debian package prometheus)")
        self.home = Path(self.mktemp()).absolute()
        self.home.mkdir(mode=0o755)

    def node(self, name: str, text: str, kind: str = "gma-index") -> Node:
        """Start a node on a port of its own."""
        (self.home / f"{name}.toml").write_text(text)
        state = str(self.home / name)
        options = ("--listen", ANY, "--state-dir", state, "-c", f"{name}.toml")
        return Node(self.home, self.addCleanup, *options, kind=kind)

    def until(self, found: Callable[[], Any], what: str) -> Any:
        """Try until something is there."""
        end = time.monotonic() + _LONGEST
        why = ""
        while True:
            try:
                said = found()
            except (URLError, HTTPError, ConnectionError) as error:
                said, why = None, f" ({error})"
            if said:
                return said
            if time.monotonic() > end:
                self.fail(f"not within {_LONGEST:g} s: {what}{why}")
            time.sleep(0.1)


class PromtoolTests(PrometheusCase):
    """promtool, as the rules of Prometheus have it."""

    program = "promtool"

    def test_metrics(self) -> None:
        """It has nothing to say against the metrics of a node that has something of everything."""
        registry = self.node("registry", "", "gma-registry").url()
        member = self.node("member", _CONFIGURATION + _REGISTER.format(url=registry)).url()
        above = self.node(
            "above",
            f'[aggregate.below]\nfrom = "{member}/services/index"\n'
            'names = ["{urn:gma-twisted:2026:core}node"]\n',
        ).url()
        self.until(
            lambda: b'gma_sources{state="live"} 1.0' in fetch(f"{above}/metrics"), "a live source"
        )
        producer = self.node("producer", _CONFIGURATION, "gma-producer").url()
        archiver = self.node(
            "archiver", _STREAMED.format(url=producer, port=freePorts(1)[0]), "gma-archiver"
        ).url()

        def samples(text: bytes) -> dict[str, float]:
            lines = (one.rpartition(" ") for one in text.decode().splitlines())
            return {name: float(value) for name, _, value in lines if not name.startswith("#")}

        def isArchived() -> bool:
            told = samples(fetch(f"{archiver}/metrics"))
            return min(told["gma_archive_events"], told["gma_compound_events_total"]) > 1

        self.until(isArchived, "archived events")
        sent = samples(fetch(f"{producer}/metrics"))
        self.assertGreater(sent['gma_stream_sent_lines_total{scheme="x-netlog"}'], 1.0)
        for url in (registry, member, above, producer, archiver):
            text = fetch(f"{url}/metrics")
            checked = subprocess.run(
                [need("promtool"), "check", "metrics"],
                input=text,
                capture_output=True,
                timeout=_LONGEST,
                check=False,
            )
            self.assertEqual((checked.returncode, checked.stdout, checked.stderr), (0, b"", b""))

    def test_page(self) -> None:
        """It takes the configuration and the alerts of the documentation."""
        if not (ROOT / "docs" / "metrics.md").exists():
            self.skipTest("the documentation is not installed")
        scrape, rules = (block.text for block in readBlocks("docs/metrics.md", "yaml"))
        (self.home / "gma-alerts.yml").write_text(rules)
        (self.home / "prometheus.yml").write_text(scrape)
        checked = subprocess.run(
            [need("promtool"), "check", "config", "prometheus.yml"],
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=_LONGEST,
            check=False,
        )
        said = checked.stdout + checked.stderr
        self.assertEqual(checked.returncode, 0, said)
        self.assertIn("rules found", said)


class PrometheusTests(PrometheusCase):
    """A real Prometheus that knows nothing but a registry."""

    program = "prometheus"

    def prometheus(self, registry: str) -> str:
        """Start one, configured as the documentation says. @return: its URL"""
        scrape = readBlocks("docs/metrics.md", "yaml")[0].text
        self.assertIn("http://vo.example.org:8481", scrape)
        scrape = scrape.replace("http://vo.example.org:8481", registry)
        # Nobody has half a minute here.
        scrape = scrape.replace("30s", "1s").replace("rule_files: [gma-alerts.yml]\n", "")
        (self.home / "prometheus.yml").write_text(scrape)
        log = self.home / "prometheus.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [
                    need("prometheus"),
                    "--config.file=prometheus.yml",
                    f"--storage.tsdb.path={self.home / 'tsdb'}",
                    "--web.listen-address=127.0.0.1:0",
                    "--log.level=info",
                ],
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.addCleanup(self.end, process)
        address = self.until(lambda: self.listening(process, log), "Prometheus listens")
        return f"http://{address}"

    def end(self, process: "subprocess.Popen[bytes]") -> None:
        """End it by its id."""
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_LONGEST)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_LONGEST)

    def listening(self, process: "subprocess.Popen[bytes]", log: Path) -> str:
        """Where it listens; empty until it does. Its log names the port it was asked for, which is 0."""
        if process.poll() is not None:
            self.fail(log.read_text())
        for one in psutil.Process(process.pid).net_connections("tcp"):
            if one.status == psutil.CONN_LISTEN:
                return f"{one.laddr.ip}:{one.laddr.port}"
        return ""

    def ask(self, url: str, query: str) -> list[dict[str, Any]]:
        """What a query gives."""
        answer = json.loads(fetch(f"{url}/api/v1/query?query={quote(query)}"))
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def test_discovered(self) -> None:
        """A node that registers is found and asked, each node once however many services it registers."""
        registry = self.node("registry", "", "gma-registry").url()
        member = self.node("member", _CONFIGURATION + _REGISTER.format(url=registry)).url()
        fetch(f"{registry}/services/registry", _STRANGER.encode())
        self.until(
            lambda: len(json.loads(fetch(f"{registry}/sd/prometheus"))) == 4, "all registrations"
        )
        url = self.prometheus(registry)
        places = sorted(one.removeprefix("http://") for one in (registry, member))

        def up() -> bool:
            found = self.ask(url, "up == 1")
            return sorted(one["metric"]["instance"] for one in found) == places

        self.until(up, "both are up")
        targets = json.loads(fetch(f"{url}/api/v1/targets?state=active"))["data"]["activeTargets"]
        self.assertEqual(sorted(one["labels"]["instance"] for one in targets), places)
        (labels,) = (one["labels"] for one in targets if one["labels"]["instance"] in member)
        self.assertEqual(labels["gma_name"], json.loads(fetch(f"{member}/api/v1/status"))["name"])
        self.assertEqual(labels["site"], "here")
        (info,) = self.ask(url, 'gma_node_info{kind="gma-registry"}')
        self.assertEqual(info["metric"]["instance"], registry.removeprefix("http://"))

        def runs() -> bool:
            found = self.ask(url, 'gma_provider_runs_total{provider="system"}')
            return bool(found) and float(found[0]["value"][1]) >= 2

        self.until(runs, "the provider's runs")
