"""Clients that are counted together."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.model.area import areaOf


class AreaTests(SynchronousTestCase):
    """L{areaOf}."""

    def test_areas(self) -> None:
        """The anonymous by their networks, others by themselves."""
        for client, area in (
            ("anonymous@192.0.2.7", "anonymous@192.0.2.0/24"),
            ("anonymous@2001:db8:1:2::/64", "anonymous@2001:db8:1::/48"),
            ("anonymous@127.0.0.7", "anonymous@127.0.0.7"),
            ("anonymous@::1", "anonymous@::1"),
            ("anonymous@", "anonymous@"),
            ("node", "node"),
            ("CN=a@192.0.2.7", "CN=a@192.0.2.7"),
        ):
            self.assertEqual(areaOf(client), area)
