"""[connect]: what the operator allows."""

import tomllib
from ipaddress import ip_network

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import readConfiguration
from gma_twisted.configuration.connect import NETWORKS
from gma_twisted.configuration.mistakes import Mistakes
from gma_twisted.errors import ParameterError


class ConnectTests(SynchronousTestCase):
    """Networks, and nothing that could be meant otherwise."""

    def test_read(self) -> None:
        """Networks and addresses of both families; one needs no array; without the key there are none."""
        configuration, _ = readConfiguration(
            "[connect]\nallow = ['10.0.0.0/8', '192.168.1.7', 'FD00::/8', '::1']", "vo.toml"
        )
        self.assertEqual(
            [str(one) for one in configuration.connect.allow],
            ["10.0.0.0/8", "192.168.1.7/32", "fd00::/8", "::1/128"],
        )
        self.assertEqual(NETWORKS.read("10.0.0.0/8"), (ip_network("10.0.0.0/8"),))
        self.assertEqual(readConfiguration("", "vo.toml")[0].connect.allow, ())

    def test_refused(self) -> None:
        """What is no network is refused: masks, zones, numbers, names, short and octal forms."""
        for value in (
            "",
            "10",
            "10.0",
            "10.0.0.0/33",
            "10.0.0.0/",
            "10.0.0.0/255.0.0.0",
            "10.0.0.0/0.255.255.255",
            "010.0.0.0/8",
            " 10.0.0.0/8",
            "fe80::1%eth0",
            "example.org",
            "::/129",
            "*",
            10,
            True,
            None,
            ["10.0.0.0/8", 7],
        ):
            self.assertRaises(ParameterError, NETWORKS.read, value)

    def test_messages(self) -> None:
        """Each mistake is told with what would be right."""
        for value, message in (
            ("'10.0.0'", '"10.0.0" is not a network; write "10.0.0.0/8" or "fd00::/8"'),
            ("['10.1.2.3/8']", '"10.1.2.3/8" is inside a network; write "10.0.0.0/8"'),
            ("['::1', '::1/128']", "the same network twice; leave one of them out"),
        ):
            error = self.assertRaises(
                Mistakes, readConfiguration, f"[connect]\nallow = {value}", "vo.toml"
            )
            self.assertEqual(list(error.lines), [f"vo.toml:2:9: connect.allow: {message}"])
        many = self.assertRaises(ParameterError, NETWORKS.read, ["10.0.0.0/8"] * 257)
        self.assertEqual(many.message, "257 networks are more than 256; write larger networks")

    @given(st.lists(st.ip_addresses().map(ip_network), max_size=4))
    def test_roundTrip(self, networks: list[object]) -> None:
        """What is written is read as the same."""
        written = NETWORKS.write(networks)  # type: ignore[arg-type]
        self.assertEqual(NETWORKS.read(tomllib.loads(f"x = {written}")["x"]), tuple(networks))
