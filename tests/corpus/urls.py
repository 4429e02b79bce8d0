"""URLs a peer may supply to make a node connect to what only the node can reach, and why each is refused.

C{$PORT} stands for a port of 127.0.0.1 where a test listens. Most of these forms are read as 127.0.0.1 by some
library: an octal or hexadecimal number, an address inside another, a name before an at sign.
"""

from collections.abc import Mapping, Sequence

__all__ = ["ADDRESSES", "FORMS", "HARMLESS", "NAMES"]

_SCHEME = "its scheme is none of http, https"
_CHARACTERS = "it holds characters that no URL holds"
_USER = "it has user information or a fragment"
_PORT = "its port is not a number from 1 to 65535"
_HOST = "its host is neither a plain name nor an address"
_NUMBER = "its host is a number, and not an IPv4 address of four decimal numbers"
_IPV6 = "its host is no IPv6 address"
_ZONE = "its address has a zone, which only one machine understands"
_SHORTEST = "its address is not in its shortest form"

FORMS: Sequence[tuple[str, str]] = (
    # schemes
    ("file:///etc/passwd", _SCHEME),
    ("file://127.0.0.1/etc/passwd", _SCHEME),
    ("ftp://127.0.0.1:$PORT/", _SCHEME),
    ("gopher://127.0.0.1:$PORT/_POST", _SCHEME),
    ("dict://127.0.0.1:$PORT/", _SCHEME),
    ("x-netlog://127.0.0.1:$PORT", _SCHEME),
    ("http:127.0.0.1:$PORT/", _SCHEME),
    ("http:/127.0.0.1:$PORT/", _SCHEME),
    ("//127.0.0.1:$PORT/", _SCHEME),
    ("127.0.0.1:$PORT", _SCHEME),
    ("", _SCHEME),
    # who, and where really
    ("http://user@127.0.0.1:$PORT/", _USER),
    ("http://example.org@127.0.0.1:$PORT/", _USER),
    ("http://example.org:80@127.0.0.1:$PORT/", _USER),
    ("http://@127.0.0.1:$PORT/", _USER),
    ("http://127.0.0.1:$PORT@example.org/", _USER),
    ("http://example.org#@127.0.0.1:$PORT/", _USER),
    ("http://127.0.0.1:$PORT#@example.org/", _USER),
    ("http://127.0.0.1:$PORT/#", _USER),
    ("http://[::1]@127.0.0.1:$PORT/", _USER),
    ("http://127.0.0.1:$PORT\\@example.org/", _CHARACTERS),
    ("http:\\\\127.0.0.1:$PORT\\", _CHARACTERS),
    ("http://example.org\\.127.0.0.1:$PORT/", _CHARACTERS),
    # characters
    ("http://127.0.0.1:$PORT/\r\nX: y", _CHARACTERS),
    ("http://127.0.0.1:$PORT/\nX: y", _CHARACTERS),
    ("http://example.org\r\nHost: 127.0.0.1:$PORT/", _CHARACTERS),
    ("http://127.0.0.1:$PORT/ HTTP/1.1", _CHARACTERS),
    ("http://127.0.0.1\t:$PORT/", _CHARACTERS),
    ("http://127.0.0.1\0.example.org:$PORT/", _CHARACTERS),
    ("http://127.0.0.1\x7f:$PORT/", _CHARACTERS),
    (" http://127.0.0.1:$PORT/", _CHARACTERS),
    ("http://127.0.0.1:$PORT/ ", _CHARACTERS),
    ("http:// 127.0.0.1:$PORT/", _CHARACTERS),
    ("http://127.0.0.1:$PORT/<a>", _CHARACTERS),
    # numbers of other scripts, full stops of other scripts
    ("http://\u2460\u2461\u2466.0.0.1:$PORT/", _CHARACTERS),
    ("http://\uff11\uff12\uff17.0.0.1:$PORT/", _CHARACTERS),
    ("http://127\u30020\u30020\u30021:$PORT/", _CHARACTERS),
    ("http://\u0661\u0662\u0667.0.0.1:$PORT/", _CHARACTERS),
    ("http://loc\u00adalhost:$PORT/", _CHARACTERS),
    ("http://\u24c1ocalhost:$PORT/", _CHARACTERS),
    # percent signs in hosts
    ("http://127%2e0%2e0%2e1:$PORT/", _HOST),
    ("http://%31%32%37.0.0.1:$PORT/", _NUMBER),
    ("http://local%68ost:$PORT/", _HOST),
    ("http://127.0.0.1%00.example.org:$PORT/", _HOST),
    ("http://127.0.0.1%0d%0a:$PORT/", _HOST),
    # IPv4 in other forms
    ("http://2130706433:$PORT/", _NUMBER),
    ("http://0x7f000001:$PORT/", _NUMBER),
    ("http://0X7F.0.0.1:$PORT/", _NUMBER),
    ("http://0x7f.1:$PORT/", _NUMBER),
    ("http://017700000001:$PORT/", _NUMBER),
    ("http://0177.0.0.1:$PORT/", _NUMBER),
    ("http://0177.0.0.01:$PORT/", _NUMBER),
    ("http://127.1:$PORT/", _NUMBER),
    ("http://127.0.1:$PORT/", _NUMBER),
    ("http://127:$PORT/", _NUMBER),
    ("http://0:$PORT/", _NUMBER),
    ("http://127.0.0.001:$PORT/", _NUMBER),
    ("http://127.0.0.1.:$PORT/", _NUMBER),
    ("http://127.0.0.1..:$PORT/", _NUMBER),
    ("http://127.0.0.0x1:$PORT/", _NUMBER),
    ("http://383.0.0.1:$PORT/", _NUMBER),
    ("http://127.0.0.257:$PORT/", _NUMBER),
    ("http://1.127.0.0.1:$PORT/", _NUMBER),
    ("http://example.127:$PORT/", _NUMBER),
    # names in other forms
    ("http://localhost.:$PORT/", _HOST),
    ("http://localhost..:$PORT/", _HOST),
    ("http://.localhost:$PORT/", _HOST),
    ("http://local..host:$PORT/", _HOST),
    ("http://-localhost:$PORT/", _HOST),
    ("http://local_host:$PORT/", _HOST),
    ("http://local!host:$PORT/", _HOST),
    ("http://a,127.0.0.1:$PORT/", _NUMBER),
    (f"http://{'a' * 64}.example.org:$PORT/", _HOST),
    (f"http://{'a.' * 126}aa:$PORT/", _HOST),
    ("http://:$PORT/", _HOST),
    ("http:///127.0.0.1:$PORT/", _HOST),
    ("http://?127.0.0.1:$PORT/", _HOST),
    (f"http://127.0.0.1:$PORT/{'a' * 2048}", "it is longer than 2048 characters"),
    # IPv6 in other forms
    ("http://::1:$PORT/", _PORT),
    ("http://[::1:$PORT/", _HOST),
    ("http://::1]:$PORT/", _PORT),
    ("http://[[::1]]:$PORT/", _HOST),
    ("http://[]:$PORT/", _IPV6),
    ("http://[127.0.0.1]:$PORT/", _IPV6),
    ("http://[localhost]:$PORT/", _IPV6),
    ("http://[v1.127.0.0.1]:$PORT/", _IPV6),
    ("http://[::1%25lo]:$PORT/", _ZONE),
    ("http://[::1%lo]:$PORT/", _ZONE),
    ("http://[fe80::1%eth0]:$PORT/", _ZONE),
    ("http://[0:0:0:0:0:0:0:1]:$PORT/", _SHORTEST),
    ("http://[::0001]:$PORT/", _SHORTEST),
    ("http://[0::1]:$PORT/", _SHORTEST),
    ("http://[2001:4860:0::8888]:$PORT/", _SHORTEST),
    ("http://[::1]x:$PORT/", _HOST),
    # ports
    ("http://127.0.0.1:/", _PORT),
    ("http://127.0.0.1:0/", _PORT),
    ("http://127.0.0.1:65536/", _PORT),
    ("http://127.0.0.1:0$PORT/", _PORT),
    ("http://127.0.0.1:+$PORT/", _PORT),
    ("http://127.0.0.1:-1/", _PORT),
    ("http://127.0.0.1:http/", _PORT),
    ("http://127.0.0.1:$PORT:80/", _PORT),
    ("http://127.0.0.1:80%30/", _PORT),
)
"""URLs whose form is refused, whatever their hosts are."""

ADDRESSES: Mapping[str, Sequence[str]] = {
    "a loopback address": ("127.0.0.1", "127.0.0.2", "127.255.255.254", "::1"),
    "an unspecified address": ("0.0.0.0", "0.0.0.1", "0.255.255.255", "::"),
    "a private address": (
        "10.0.0.1",
        "10.255.255.255",
        "172.16.0.1",
        "172.31.255.254",
        "192.168.0.1",
        "fc00::1",
        "fd00::2",
    ),
    "a link-local address": ("169.254.1.1", "fe80::1", "febf::1"),
    "a site-local address": ("fec0::1",),
    "a metadata address": (
        "169.254.169.254",
        "169.254.170.2",
        "168.63.129.16",
        "100.100.100.200",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd20:ce::254",
    ),
    "an address behind a carrier's NAT": ("100.64.0.1", "100.127.255.254"),
    "a multicast address": ("224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"),
    "the broadcast address": ("255.255.255.255",),
    "an address of documentation": (
        "192.0.2.1",
        "198.51.100.1",
        "203.0.113.1",
        "2001:db8::1",
        "3fff::1",
    ),
    "a reserved address": (
        "192.0.0.1",
        "192.88.99.1",
        "198.18.0.1",
        "240.0.0.1",
        "100::1",
        "2001:2::1",
        "2001:10::1",
        "4000::1",
        "5f00::1",
        "8000::1",
        "fe00::1",
    ),
    "an IPv6 address that stands for one of IPv4": (
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::127.0.0.1",
        "::ffff:0:7f00:1",
        "64:ff9b:1::7f00:1",
        "2001:0:7f00:1::1",
        "2002:7f00:1::1",
        "2002:808:808::1",
    ),
}
"""Addresses that are refused to a node on the internet, by what they are."""

NAMES: Mapping[str, Sequence[str]] = {
    "localhost": ("127.0.0.1", "::1"),
    "LOCALHOST": ("127.0.0.1",),
    "localhost.localdomain": ("127.0.0.1",),
    "a.localhost": ("::1",),
    "127.0.0.1.nip.example": ("127.0.0.1",),
    "2130706433.example.org": ("127.0.0.1",),
    "xn--localhost-abc.example": ("127.0.0.1",),
    "metadata.google.internal": ("169.254.169.254",),
    "mapped.example.org": ("::ffff:127.0.0.1",),
    "nat64.example.org": ("64:ff9b::7f00:1",),
    "isatap.example.org": ("2600::5efe:7f00:1",),
    "unspecified.example.org": ("0.0.0.0", "::"),
    "many.example.org": tuple(f"127.0.{number}.1" for number in range(40)),
    "zone.example.org": ("::1%lo", "fe80::1%lo"),
    "nobody.example.org": (),
}
"""Names in good form, and the addresses of each, all of which are refused to a node on the internet."""

HARMLESS: Sequence[str] = (
    "http://example.org",
    "http://example.org/",
    "HTTP://Example.ORG:8480/services/sink?a=b&c=%20d",
    "https://example.org:443/a;b=c/d",
    "http://sink",
    "http://sink-1.3com.example:65535?x",
    "http://8.8.8.8:1/",
    "http://193.0.0.1/",
    "https://[2001:4860:4860::8888]:8480/",
    "http://[2A00::1]/",
    "http://[64:ff9b::808:808]/",
)
"""URLs that everybody may call."""
