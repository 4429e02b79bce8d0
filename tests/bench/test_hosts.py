"""The hosts that questions are put to."""

from lxml import etree
from twisted.trial.unittest import SynchronousTestCase

from bench.hosts import NAME, ORIGINATORS, Hosts, hostXML, keyOf, originatorOf


class HostsTests(SynchronousTestCase):
    """L{Hosts}."""

    def test_alike(self) -> None:
        """Two that were changed as often are alike, and unlike those that were not."""
        one, two, before = (Hosts.of(1000) for _ in range(3))
        numbers = [[hosts.change().number for _ in range(500)] for hosts in (one, two)]
        self.assertEqual(numbers[0], numbers[1])
        values = [[hostXML(host) for host in hosts.all] for hosts in (one, two, before)]
        self.assertEqual(values[0], values[1])
        self.assertNotEqual(values[0], values[2])

    def test_turns(self) -> None:
        """Every host changes as often as the others; its load does in two of three changes."""
        hosts = Hosts.of(1000)
        for _ in range(3000):
            hosts.change()
        self.assertEqual({host.memories for host in hosts.all}, {3})
        self.assertEqual(sum(host.loads for host in hosts.all), 2000)

    def test_spread(self) -> None:
        """Loads are spread evenly, also after many changes: what is selected stays a hundredth."""
        hosts = Hosts.of(10_000)
        for _ in range(5_000):
            hosts.change()
        self.assertLess(abs(sum(host.load >= 990 for host in hosts.all) - 100), 25)

    def test_value(self) -> None:
        """A document of about 1 kB that says which host it is, and how it is."""
        host = Hosts.of(1000).all[123]
        data = hostXML(host)
        self.assertTrue(900 <= len(data) <= 1100, len(data))
        root = etree.fromstring(data)
        prefix = f"{{{NAME[0]}}}"
        self.assertEqual(root.tag, prefix + NAME[1])
        self.assertEqual(root.get(f"{prefix}Name"), f"{keyOf(123)}.grid.example")
        load, memory = root.find(f"{prefix}ProcessorLoad"), root.find(f"{prefix}MainMemory")
        assert load is not None and memory is not None
        self.assertEqual(load.get(f"{prefix}Last1Min"), str(host.load))
        self.assertEqual(memory.get(f"{prefix}RAMAvailable"), str(host.free))

    def test_originators(self) -> None:
        """There are a hundred."""
        self.assertEqual(len({originatorOf(number) for number in range(1000)}), ORIGINATORS)
