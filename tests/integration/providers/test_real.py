"""Nodes that read a real Prometheus and a real gmond."""

import json
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SkipTest

from gma_twisted.client import Proxy
from gma_twisted.client.blocking import BlockingCaller, finished
from gma_twisted.errors import ParameterError
from gma_twisted.markup.namespaces import GANGLIA, METRICS
from gma_twisted.model import ExecutionRequest, Handle
from gma_twisted.soap.porttypes import PROVIDER_EXECUTION
from tests.integration.commandcase import CommandCase
from tests.integration.providers.server import Server, freeUDPPort, programOf
from tests.integration.twistd import Node, fetch

_LONGEST = 40.0
_PROMETHEUS = """
[providers.prometheus]
class = "PrometheusScrapeProvider"
interval = "1s"
arguments = {{ url = "http://127.0.0.1:{port}/metrics" }}

[providers.families]
class = "PrometheusScrapeProvider"
interval = "1s"
handler = "SplitHandler"
handler_arguments = {{ children = "family", key = "@name" }}
arguments = {{ url = "http://127.0.0.1:{port}/metrics", names = ["prometheus_build_info", "go_info"] }}
"""
_GMOND = """
globals {{ daemonize = no setuid = no mute = no deaf = no host_dmax = 0 send_metadata_interval = 0 }}
cluster {{ name = "site" owner = "x" latlong = "unspecified" url = "unspecified" }}
host {{ location = "unspecified" }}
udp_send_channel {{ host = 127.0.0.1 port = {port} ttl = 1 }}
udp_recv_channel {{ port = {port} bind = 127.0.0.1 }}
tcp_accept_channel {{ port = 0 bind = 127.0.0.1 }}
modules {{ module {{ name = "core_metrics" }} }}
collection_group {{ collect_once = yes time_threshold = 20 metric {{ name = "heartbeat" }} }}
"""
_GANGLIA = """
[providers.ganglia]
class = "GangliaProvider"
interval = "1s"
arguments = {{ port = {port} }}

[providers.hosts]
class = "GangliaProvider"
interval = "1s"
handler = "SplitHandler"
handler_arguments = {{ children = "CLUSTER/HOST", key = "@NAME" }}
arguments = {{ port = {port} }}
"""


class _Case(CommandCase):
    """A server, and a node that reads it."""

    timeout = 240

    def node(self, text: str) -> str:
        """Start one. @return: its host and port"""
        (self.home / "node.toml").write_text(text)
        return self.index("-c", "node.toml")

    def until(self, found: Callable[[], Any], what: str) -> Any:
        """Try until something is there."""
        end = time.monotonic() + _LONGEST
        while not (said := found()):
            if time.monotonic() > end:
                self.fail(f"not within {_LONGEST:g} s: {what}")
            time.sleep(0.2)
        return said

    def ask(self, node: str, expression: str) -> str:
        """What an XPath expression gives, once it gives something."""

        def found() -> str:
            ended = self.gma("query", node, expression, "--lang", "xpath", "-o", "json")
            if ended.returncode not in (0, 1):
                self.fail(ended.stderr)
            return ended.stdout if json.loads(ended.stdout or "[]") else ""

        said: str = self.until(found, expression)
        return said


class PrometheusTests(_Case):
    """PrometheusScrapeProvider."""

    def test_prometheus(self) -> None:
        """The page of a real Prometheus is service data: as one value, and a value for each family that is wanted."""
        program = programOf("prometheus")
        if not program:
            raise SkipTest("there is no prometheus (Debian package prometheus)")
        (self.home / "prometheus.yml").write_text("global: { scrape_interval: 1h }\n")
        server = Server(
            self.home,
            self.addCleanup,
            program,
            "--config.file=prometheus.yml",
            f"--storage.tsdb.path={self.home / 'tsdb'}",
            "--web.listen-address=127.0.0.1:0",
        )
        (port,) = server.ports()
        page = f"http://127.0.0.1:{port}/metrics"
        told = fetch(page).decode()
        version = re.search(r'prometheus_build_info\{.*version="([^"]+)"', told)
        assert version is not None
        node = self.node(_PROMETHEUS.format(port=port))
        self.ask(
            node,
            "//metrics:family[@name='prometheus_build_info']/metrics:sample[@value='1']"
            f"/metrics:label[@name='version' and @value='{version[1]}']",
        )
        # Every family of the page is there, with its type.
        kinds = set(re.findall(r"^# TYPE (\S+) (\S+)$", told, re.MULTILINE))
        ended = self.gma("get", node, "metrics:metrics", "-o", "xml")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        found = set(re.findall(r'<family name="(\S+)" type="(\S+)"', ended.stdout))
        self.assertEqual({(name, kind) for name, kind in kinds if (name, kind) not in found}, set())
        self.assertIn(f'xmlns="{METRICS}" instance="127.0.0.1:{port}"', ended.stdout)
        ended = self.gma("get", node, "metrics:family", "-o", "json")
        keys = sorted(one["key"] for one in json.loads(ended.stdout))
        self.assertEqual(keys, ["go_info", "prometheus_build_info"])

    def test_nodes(self) -> None:
        """A node reads the metrics of another node, and of one that has gone keeps what it read last."""
        other = Node(
            self.home,
            self.addCleanup,
            *("--listen", "tcp:0:interface=127.0.0.1", "--state-dir", str(self.home / "other")),
        )
        url = f"{other.url()}/metrics"
        node = self.node(
            '[providers.other]\nclass = "PrometheusScrapeProvider"\ninterval = "1s"\n'
            f'arguments = {{ url = "{url}", names = ["gma_*"] }}\n'
        )
        self.ask(node, "//metrics:family[@name='gma_node_info']")
        other.signal()

        def failed() -> bool:
            ended = self.gma("get", node, "gma:providerStatus")
            return f"{url}: no connection to" in ended.stdout

        self.until(failed, "the provider's status says why it fails")
        self.ask(node, "//metrics:family[@name='gma_node_info']")


class GangliaTests(_Case):
    """GangliaProvider."""

    def test_gmond(self) -> None:
        """What a real gmond tells is service data: as one value, and a value for each host."""
        program, tool = programOf("gmond"), programOf("gmetric")
        if not (program and tool):
            raise SkipTest("there is no gmond (Debian package ganglia-monitor)")
        (self.home / "gmond.conf").write_text(_GMOND.format(port=freeUDPPort()))
        server = Server(self.home, self.addCleanup, program, "-f", "-c", "gmond.conf")
        (port,) = server.ports()
        for name, value in (
            ("city", b"K\xf6ln"),
            ("name", "Gr\xf6\xdfe".encode()),
            ("sign", b"<\1&>"),
        ):
            subprocess.run(
                [tool, "-c", "gmond.conf", "-n", name, "-v", value, "-t", "string"],
                cwd=self.home,
                timeout=_LONGEST,
                stdin=subprocess.DEVNULL,
                check=True,
            )
        node = self.node(_GANGLIA.format(port=port))
        self.ask(
            node,
            "//ganglia:GANGLIA_XML[@SOURCE='gmond']/ganglia:CLUSTER[@NAME='site']"
            "[.//ganglia:METRIC[@NAME='city' and @VAL='K\xf6ln' and @TYPE='string']]"
            "[.//ganglia:METRIC[@NAME='name' and @VAL='Gr\xf6\xdfe']]"
            "[.//ganglia:METRIC[@NAME='sign' and @VAL='<\ufffd&>']]",
        )
        ended = self.gma("get", node, "ganglia:HOST", "-o", "json")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        (host,) = json.loads(ended.stdout)
        self.assertTrue(host["key"])
        self.assertIn(
            GANGLIA, ended.stdout + self.gma("get", node, "ganglia:HOST", "-o", "xml").stdout
        )


class AddressTests(_Case):
    """Who says where a node connects."""

    def test_operators(self) -> None:
        """Who calls the node does not, whatever the configuration leaves open."""
        node = self.node(
            '[providers.p]\nclass = "PrometheusScrapeProvider"\n'
            'arguments = { url = "http://127.0.0.1:1/metrics" }\n'
            '[providers.g]\nclass = "GangliaProvider"\n'
        )
        handle = Handle(f"http://{node}/services/index")
        service = Proxy([PROVIDER_EXECUTION], handle, BlockingCaller(), 20.0)
        for name, argument in (
            ("p", "url"),
            ("p", "names"),
            ("g", "host"),
            ("g", "port"),
            ("g", "query"),
        ):
            request = ExecutionRequest(name, arguments=f"{argument}=1")
            error = self.assertRaises(
                ParameterError, lambda asked: finished(service.executeProvider(asked)), request
            )
            self.assertIn(f'"{argument}" is fixed by the configuration', str(error))

    def test_run(self) -> None:
        """gma provider run reads as a node does, and says why it cannot."""
        Path(self.home / "one.toml").write_text(
            '[providers.p]\nclass = "PrometheusScrapeProvider"\n'
            'arguments = { url = "http://127.0.0.1:1/metrics" }\n'
        )
        ended = self.gma("provider", "run", "p", "--once", "-c", "one.toml")
        self.assertEqual(ended.returncode, 4, ended.stderr)
        self.assertIn(
            "http://127.0.0.1:1/metrics: no connection to 127.0.0.1:1: Connection refused",
            ended.stderr,
        )
