"""C{[streams]}, and the keys of lines in C{[consumer]} and C{[subscribe.NAME]}."""

from ipaddress import ip_network

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import Over, readConfiguration
from gma_twisted.configuration.mistakes import Mistakes
from gma_twisted.netlogger.dataurl import DataUrl, LineFormat

_STREAMED = "[subscribe.a]\nat = 'http://h:1/p'\n"


class StreamsTests(SynchronousTestCase):
    """What reads well, and every line that what does not is answered with."""

    def broken(self, text: str, *lines: str) -> None:
        """Of a configuration."""
        error = self.assertRaises(Mistakes, readConfiguration, text, "vo.toml")
        self.assertEqual([str(one) for one in error.lines], list(lines))

    def test_read(self) -> None:
        """Places need no array, and no port."""
        read, _ = readConfiguration(
            "[streams]\nto = 'x-netlog://Host'\nfiles = '/a'\nlinger = '1s'\n[consumer]\n"
            "listen = ['x-netlog://127.0.0.1', 'x-netlog-udp://[::1]:3']\nlisten_from = '10.0.0.0/8'\n"
            f"{_STREAMED}over = 'stream'\nformat = 'ulm'",
            "vo.toml",
        )
        self.assertEqual(read.streams.to, (DataUrl("x-netlog", "host"),))
        self.assertEqual((read.streams.files, read.streams.linger), ("/a", 1.0))
        self.assertEqual(
            [str(one) for one in read.consumer.listen],
            ["x-netlog://127.0.0.1", "x-netlog-udp://[::1]:3"],
        )
        self.assertEqual(read.consumer.listenFrom, (ip_network("10.0.0.0/8"),))
        section = read.subscribe["a"]
        self.assertEqual((section.over, section.format), (Over.STREAM, LineFormat.ULM))

    def test_nothing(self) -> None:
        """Without a word lines go to who asks for them only, and none come."""
        read, _ = readConfiguration(_STREAMED, "vo.toml")
        self.assertEqual((read.streams.to, read.streams.files), ((), None))
        self.assertEqual((read.consumer.listen, read.subscribe["a"].over), ((), None))

    def test_places(self) -> None:
        """A place is scheme, host and perhaps port, and nothing else."""
        cure = 'write scheme and host, with or without a port, "x-netlog://host:14830"'
        self.broken(
            "[streams]\nto = 'http://h'",
            f'vo.toml:2:6: streams.to: "http://h" is no place of lines; {cure}',
        )
        for one in ("file:/a", "x-netlog://h?level=Info"):
            self.broken(
                f"[streams]\nto = '{one}'",
                f'vo.toml:2:6: streams.to: "{one}" says more, or something else, than host and port; {cure}',
            )
        self.broken(
            "[streams]\nto = ['x-netlog://h', 'x-netlog://H']",
            "vo.toml:2:6: streams.to: the same place twice; leave one of them out",
        )

    def test_files(self) -> None:
        """Wherever the node was started, the directory is the same."""
        self.broken(
            "[streams]\nfiles = 'lines'\nlinger = '11s'",
            'vo.toml:2:9: streams.files: is no whole path; write "/var/lib/gma-lines", for example',
            'vo.toml:3:10: streams.linger: more than 10s, after which nobody waits; write "50ms", for example',
        )

        self.broken(
            '[streams]\nfiles = "/a\\u0000"',
            'vo.toml:2:9: streams.files: is no whole path; write "/var/lib/gma-lines", for example',
        )

    def test_listen(self) -> None:
        """Addresses of this machine, each once; the usual port is one too."""
        cure = 'write "x-netlog://127.0.0.1:14830"'
        self.broken(
            "[consumer]\nlisten = 'x-netlog://example.org'",
            'vo.toml:2:10: consumer.listen: "x-netlog://example.org" names no address of this machine; '
            + cure,
        )
        self.broken(
            "[consumer]\nlisten = []",
            "vo.toml:2:10: consumer.listen: an empty array says nothing; leave the key out",
        )
        self.broken(
            "[consumer]\nlisten = ['x-netlog://127.0.0.1', 'x-netlog://127.0.0.1:14830']",
            "vo.toml:2:10: consumer.listen: the same address twice; leave one of them out",
        )
        self.broken(
            "[consumer]\nlisten_from = ['::1', '::1']",
            'vo.toml:2:15: consumer.listen_from: no lines are listened for; write listen = "x-netlog://127.0.0.1:14830"'
            ", or leave it out",
            "vo.toml:2:15: consumer.listen_from: the same network twice; leave one of them out",
        )
        self.broken(
            "[consumer]\nlisten = 'x-netlog://0.0.0.0'\nlisten_insecure = true",
            "vo.toml:3:19: consumer.listen_insecure: no other machine is let in; "
            'write listen_from = "10.0.0.0/8", for example, or leave it out',
        )
        self.broken(
            "[consumer]\nlisten = 'x-netlog://0.0.0.0'\nlisten_from = '127.0.0.0/8'\nlisten_insecure = true",
            "vo.toml:4:19: consumer.listen_insecure: no other machine is let in; "
            'write listen_from = "10.0.0.0/8", for example, or leave it out',
        )
        for host in ("127.0.0.1", "localhost", "[::1]"):
            self.broken(
                f"[consumer]\nlisten = 'x-netlog://{host}'\nlisten_from = '10.0.0.0/8'\nlisten_insecure = true",
                "vo.toml:4:19: consumer.listen_insecure: no other machine is let in; "
                'write listen = "x-netlog://0.0.0.0", for example, or leave it out',
            )

    def test_format(self) -> None:
        """It is of lines."""
        self.broken(
            f"{_STREAMED}over = 'notify'\nformat = 'bp'",
            'vo.toml:4:10: subscribe.a.format: no lines come; write over = "stream", or leave it out',
        )
        self.broken(
            f"{_STREAMED}over = 'udp'",
            'vo.toml:3:8: subscribe.a.over: "udp" is none of its words; write "notify" or "stream"',
        )
