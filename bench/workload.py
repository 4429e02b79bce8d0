"""What is asked and what is answered, the same for every server: ten GLUE hosts, one asked for at a time."""

import attrs

from bench.talk import Talk

__all__ = [
    "HOSTS",
    "OGSI_NS",
    "PATH",
    "SD_NS",
    "SOAP_NS",
    "WORKLOADS",
    "Requests",
    "finds",
    "hostName",
    "hostXML",
    "needle",
]

PATH = "/services/index"
HOSTS = 10
"""How many service data names there are; connection n asks for name n modulo this."""
WORKLOADS = ("varied", "identical")
"""Whether every request differs from all before it, or each poller repeats itself byte for byte."""

SOAP_NS = "http://schemas.xmlsoap.org/soap/envelope/"
OGSI_NS = "http://www.gridforum.org/namespaces/2003/03/OGSI"
SD_NS = "http://www.gridforum.org/namespaces/2003/03/serviceData"
GLUE_NS = "http://glue.base.ogsa.globus.org/ce/1.1"

_BEFORE = f'<s:Envelope xmlns:s="{SOAP_NS}" xmlns:ogsi="{OGSI_NS}"><s:Body id="'
_AFTER = (
    '"><ogsi:findServiceData><ogsi:queryExpression><ogsi:queryByServiceDataNames>'
    "<ogsi:name>{%s}Host%d</ogsi:name></ogsi:queryByServiceDataNames></ogsi:queryExpression>"
    "</ogsi:findServiceData></s:Body></s:Envelope>"
)


def hostName(number: int) -> str:
    """Name of the service data element of a host, in Clark notation."""
    return f"{{{GLUE_NS}}}Host{number}"


def hostXML(number: int, turn: int = 0) -> bytes:
    """
    The value of a host, a document of its own; always of the same length.

    @param turn: counts its versions: memory and load change with each
    """
    return (
        f'<glue:Host{number} xmlns:glue="{GLUE_NS}" glue:Name="node-{number}.grid.example"'
        f' glue:UniqueID="node-{number}.grid.example">'
        '<glue:OperatingSystem glue:Name="Linux" glue:Release="6.1.0" glue:Version="#1 SMP"/>'
        '<glue:Processor glue:Vendor="GenuineIntel" glue:Model="Xeon" glue:ClockSpeed="2600"/>'
        f'<glue:MainMemory glue:RAMSize="64000" glue:RAMAvailable="{10_000 + turn % 50_000}"/>'
        f'<glue:ProcessorLoad glue:Last1Min="{100 + turn % 900}" glue:Last5Min="117"'
        ' glue:Last15Min="121"/>'
        '<glue:NetworkAdapter glue:Name="eth0" glue:IPAddress="192.0.2.17" glue:MTU="1500"/>'
        f"</glue:Host{number}>"
    ).encode()


def needle(number: int) -> bytes:
    """What every right answer about a host holds, whoever wrote it."""
    return b'UniqueID="node-%d.grid.example"' % number


@attrs.define(slots=True, eq=False)
class Requests:
    """
    The requests of one connection, all of one length.

    @ivar number: of the host asked for
    @ivar varied: whether each differs from the one before
    @ivar token: shown as a bearer token; empty for none
    """

    number: int
    varied: bool
    token: str = ""
    _before: bytes = attrs.field(init=False)
    _after: bytes = attrs.field(init=False)
    _same: bytes = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        before = _BEFORE.encode()
        self._after = (_AFTER % (GLUE_NS, self.number)).encode()
        size = len(before) + 9 + len(self._after)
        shown = f"Authorization: Bearer {self.token}\r\n" if self.token else ""
        head = (
            f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\n{shown}"
            "Content-Type: text/xml; charset=utf-8\r\n"
            f'SOAPAction: "{OGSI_NS}#findServiceData"\r\nContent-Length: {size}\r\n\r\n'
        )
        self._before = head.encode() + before
        self._same = self._before + b"000000000" + self._after

    def make(self, count: int) -> bytes:
        """
        A whole HTTP request.

        @param count: below 10^9, never the same twice to one server
        """
        if self.varied:
            return b"%b%09d%b" % (self._before, count, self._after)
        return self._same

    @property
    def bodySize(self) -> int:
        """Bytes of the SOAP message."""
        return len(self._same.partition(b"\r\n\r\n")[2])


def finds(workload: str, connection: int, token: str = "") -> Talk:
    """
    findServiceData of one host, the same for all requests of a connection.

    @param token: shown as a bearer token with each; empty for none
    """
    number = connection % HOSTS
    return Talk(Requests(number, workload == "varied", token).make, needle(number))
