"""Where a node listens: endpoint strings, read and judged without opening anything."""

import ipaddress

import attrs

from gma_twisted.configuration.mistakes import nearest, quoted
from gma_twisted.errors import ParameterError

__all__ = ["Listen"]

_OPTIONS = {
    "tcp": frozenset({"interface", "backlog"}),
    "tcp6": frozenset({"interface", "backlog"}),
    "ssl": frozenset({"interface", "backlog"}),
    "unix": frozenset({"mode", "backlog", "lockfile"}),
    "systemd": frozenset({"domain", "index", "name"}),
}
_WITH_PORT = frozenset({"tcp", "tcp6", "ssl"})
# What Twisted's own reading takes: with suites that are out of use, no clients' certificates, and never read again.
_ELSEWHERE = frozenset({"privateKey", "certKey", "extraCertChain", "dhParameters"})


@attrs.frozen(slots=True)
class Listen:
    """
    One endpoint string, as Twisted's C{serverFromString} reads them; C{ssl} is TLS with what C{[tls]} says.

    @ivar text: the string as it was written
    @ivar kind: C{tcp}, C{tcp6}, C{ssl}, C{unix} or C{systemd}
    @ivar port: of C{tcp}, C{tcp6} and C{ssl}; 0 takes a free one. -1 for the others
    @ivar interface: the address to bind; empty for every address. Of C{unix} the path
    """

    text: str
    kind: str
    port: int = -1
    interface: str = ""

    @classmethod
    def parse(cls, text: str) -> "Listen":
        """
        Read an endpoint string.

        @raise ParameterError: an unknown type or option, a port that is none, an interface that is no address
        """
        kind, words, options = _split(text)
        if kind not in _OPTIONS:
            raise ParameterError(
                f"{quoted(text)}: unknown endpoint type {quoted(kind)}",
                cure=nearest(kind, _OPTIONS),
            )
        for option in options:
            if kind == "ssl" and option in _ELSEWHERE:
                raise ParameterError(
                    f"{quoted(text)}: {option} has no place here",
                    cure="write ssl:PORT:interface=ADDRESS, and certificate and key under [tls]",
                )
            if option not in _OPTIONS[kind] | {"port", "address"}:
                raise ParameterError(
                    f"{quoted(text)}: unknown option {quoted(option)}",
                    cure=nearest(option, _OPTIONS[kind]),
                )
        if kind not in _WITH_PORT:
            path = words[0] if words else options.get("address", "")
            return cls(text, kind, interface=path if kind == "unix" else "")
        port = words[0] if words else options.get("port", "")
        if not (port.isascii() and port.isdigit() and int(port) <= 65535):
            raise ParameterError(
                f"{quoted(text)}: {quoted(port)} is not a port",
                cure="write a number from 0 to 65535",
            )
        return cls(text, kind, int(port), _interface(text, kind, options.get("interface", "")))

    @property
    def isLocal(self) -> bool:
        """Whether only this machine can connect; C{False} when it cannot be known before binding."""
        if self.kind == "unix" or self.interface == "localhost":
            return True
        return bool(self.interface) and ipaddress.ip_address(self.interface).is_loopback

    @property
    def isWildcard(self) -> bool:
        """Whether it binds every address, so that none of them is the node's name."""
        if self.kind not in _WITH_PORT:
            return False
        return not self.interface or (
            self.interface != "localhost" and ipaddress.ip_address(self.interface).is_unspecified
        )

    def url(self, port: int) -> str:
        """
        The base URL of this endpoint.

        @param port: the bound one
        """
        scheme = "https" if self.kind == "ssl" else "http"
        host = f"[{self.interface}]" if ":" in self.interface else self.interface
        return f"{scheme}://{host}:{port}"


def _interface(text: str, kind: str, interface: str) -> str:
    if not interface or interface == "localhost":
        return interface
    try:
        address = ipaddress.ip_address(interface)
    except ValueError:
        raise ParameterError(
            f"{quoted(text)}: interface {quoted(interface)} is not an address",
            cure=r"write 127.0.0.1, localhost, or with tcp6 \:\:1",
        ) from None
    if (address.version == 6) != (kind == "tcp6") and kind != "ssl":
        other = "tcp6" if address.version == 6 else "tcp"
        raise ParameterError(
            f"{quoted(text)}: interface {interface} needs the type {other}",
            cure=f"write {other}:PORT:interface=...",
        )
    return interface


def _split(text: str) -> tuple[str, list[str], dict[str, str]]:
    """Type, words and options of an endpoint string; a backslash quotes a colon, an equals sign or itself."""
    fields: list[list[str]] = [[""]]
    letters = iter(text)
    for letter in letters:
        if letter == ":":
            fields.append([""])
        elif letter == "=" and len(fields[-1]) == 1:
            fields[-1].append("")
        else:
            fields[-1][-1] += next(letters, "") if letter == "\\" else letter
    words = [field[0] for field in fields[1:] if len(field) == 1]
    options = {field[0]: field[1] for field in fields[1:] if len(field) == 2}
    return fields[0][0], words, options
