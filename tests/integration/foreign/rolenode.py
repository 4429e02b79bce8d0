"""One real node that knows its callers by all there is over TLS, and zeep as each of them."""

import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import requests
from lxml import etree
from zeep import Client
from zeep.exceptions import Fault
from zeep.plugins import HistoryPlugin
from zeep.transports import Transport
from zeep.wsdl import Document
from zeep.wsse.username import UsernameToken

from gma_twisted.nodes.kind import INDEX
from gma_twisted.nodes.offering import Offer, offersOf
from gma_twisted.soap.calling import writeRequest
from gma_twisted.soap.porttypes import NOTIFICATION_SINK
from gma_twisted.soap.wsdl import writeWSDL
from tests.integration.foreign.zeepclient import transportFrom
from tests.integration.twistd import Node
from tests.nodes.accessing import (
    ANYBODYS,
    NOBODY,
    OPERATIONS,
    OWN_CLASSES,
    ROLES,
    Examples,
    argumentsOf,
    configurationOf,
    tokenOf,
)
from tests.nodes.skeletons import GREETING
from tests.security.certificates import authority

__all__ = ["SHOWN", "Person", "RoleNode", "certificatesOf"]

_SECONDS = 30.0
SHOWN: Mapping[str, str] = {
    NOBODY: "nothing",
    "reader": "token",
    "publisher": "digest",
    "stranger": "text",
    "subscriber": "certificate",
    ANYBODYS: "token certificate",
    "peer": "certificate",
}
"""By role: what its zeep shows. Who has a password has a token for pages, where there is no header of SOAP."""


def _passwordOf(role: str) -> str:
    return f"Word of the {role} <&> é"


def certificatesOf(role: str) -> Sequence[str]:
    """What its certificates are called: the one it shows, and two that tests make."""
    return [f"client-{role}", f"client-{role}-old", f"client-{role}-gone"]


@attrs.define(eq=False)
class Person:
    """
    A role as somebody plays it, at one address of this machine: a zeep for each description.

    @ivar word: name and password, when it shows them
    @ivar transport: of its zeeps
    @ivar pages: asks for pages
    @ivar history: what its zeeps sent and got last
    """

    word: UsernameToken | None
    transport: Transport
    pages: requests.Session
    history: HistoryPlugin = attrs.field(factory=HistoryPlugin)
    _clients: dict[int, Client] = attrs.field(factory=dict, init=False)

    def client(self, document: Document) -> Client:
        """Its zeep of a description."""
        key = id(document)
        if key not in self._clients:
            plugins = [self.history]
            self._clients[key] = Client(
                document, wsse=self.word, transport=self.transport, plugins=plugins
            )
        return self._clients[key]


@attrs.define(eq=False)
class RoleNode(Examples):
    """
    A gma-index with C{[tls]} of C{gma tls init}, tokens, passwords, certificates, and the rules of the roles.

    Each role has an address: who is refused at one leaves the others alone.

    @ivar home: its directory
    @ivar base: its URL
    @ivar node: the process
    @ivar path: of its configuration
    @ivar told: of the last call, its fault; C{None} when there was none
    @ivar asked: how often each role called each operation, with or without success
    """

    kind = INDEX

    home: Path
    node: Node = attrs.field(init=False)
    path: Path = attrs.field(init=False)
    base: str = attrs.field(init=False)
    told: Fault | None = attrs.field(default=None, init=False)
    asked: Counter[tuple[str, str, bool]] = attrs.field(factory=Counter, init=False)
    _people: dict[str, Person] = attrs.field(factory=dict, init=False)
    _documents: dict[str, Document] = attrs.field(factory=dict, init=False)

    def start(self, section: str, cleanUp: Callable[..., object]) -> None:
        """
        Start it.

        @param section: C{[tls]}, as C{gma tls init} printed it for C{tls/site-a}
        """
        certified = [one for one in ROLES if "certificate" in SHOWN[one]]
        authority(self.tls, *(certificatesOf(one)[0] for one in certified))
        # Each role calls from an address of its own, and no sink is there.
        sinks = '[notify]\nthird_party_exempt = ["http://127.0.0.1:9/"]\n'
        text = configurationOf(more=f"{section}{OWN_CLASSES}{sinks}[providers]")
        for role in ROLES:
            more = ""
            if "certificate" in SHOWN[role]:
                names = [f"CN={one}" for one in certificatesOf(role)]
                more = f"\ncertificates = {names}"
            elif SHOWN[role] in ("digest", "text"):
                word = self.home / f"{role}.password"
                word.write_text(f"{_passwordOf(role)}\n")
                word.chmod(0o600)
                more = f'\npassword_file = "{role}.password"'
            text = text.replace(f"[identity.{role}]", f"[identity.{role}]{more}")
        self.path = self.home / "node.toml"
        listen = 'listen = "ssl:0:interface=127.0.0.1"'
        self.path.write_text(f'[node]\n{listen}\nstate_dir = "{self.home}/state"\n{text}')
        self.node = Node(self.home, cleanUp, "-c", str(self.path))
        self.base = self.node.waitFor(r"status page +(https://\S+:\d+)/$")

    @property
    def tls(self) -> Path:
        """Where the certificates are."""
        return self.home / "tls"

    def offers(self) -> Sequence[Offer]:
        """Everything it has, by its declarations."""
        return offersOf(INDEX, {"/services/greeter": [GREETING]}, [GREETING])

    def addressOf(self, role: str) -> str:
        """From where a role calls."""
        return f"127.0.1.{ROLES.index(role) + 1}"

    def person(self, role: str) -> Person:
        """Who plays it."""
        if role not in self._people:
            self._people[role] = self.newPerson(SHOWN[role], role, self.addressOf(role))
        return self._people[role]

    def newPerson(
        self,
        shown: str,
        role: str,
        address: str,
        token: str = "",
        password: str = "",
        certificate: str = "",
    ) -> Person:
        """
        Somebody who plays a role, or tries to.

        @param shown: as in L{SHOWN}
        @param token: other than the role's; so C{password} and C{certificate}
        """
        bearer = {"Authorization": f"Bearer {token or tokenOf(role)}"}
        transport = transportFrom(address)
        transport.operation_timeout = _SECONDS
        pages = transportFrom(address).session
        for session in (transport.session, pages):
            session.trust_env = False
            session.verify = str(self.tls / "ca.pem")
            if "certificate" in shown:
                name = certificate or certificatesOf(role)[0]
                session.cert = (str(self.tls / f"{name}.pem"), str(self.tls / f"{name}.key"))
        if "token" in shown:
            transport.session.headers.update(bearer)
        if shown != "nothing" and "certificate" not in shown:
            pages.headers.update(bearer)
        word = None
        if shown in ("digest", "text"):
            isDigest = shown == "digest"
            word = UsernameToken(role, password or _passwordOf(role), use_digest=isDigest)
        return Person(word, transport, pages)

    # -- calls

    def document(self, path: str) -> Document:
        """The description of the service at a path, read once for all that are below one path."""
        shape = path if path.count("/") == 2 else path.rpartition("/")[0]
        if shape not in self._documents:
            self._documents[shape] = self._read(path, shape)
        return self._documents[shape]

    def _read(self, path: str, shape: str) -> Document:
        pages = self.person(ANYBODYS).pages
        if shape.endswith("/sinks"):
            # The id of a sink is a secret between it and its source, and there is no source here.
            data = writeWSDL("Sink", (NOTIFICATION_SINK,), self.base + path, False)
        else:
            answer = pages.get(f"{self.base}{path}?wsdl", timeout=_SECONDS)
            answer.raise_for_status()
            data = answer.content
        # Nothing more is fetched for it.
        transport: Any = None
        return Document(io.BytesIO(data), transport)

    def call(self, role: str, path: str, name: str, arguments: Any = None) -> bytes:
        """As L{Examples.call}, by zeep; the message of a fault, when there is one."""
        answer = self.callBy(self.person(role), path, name, arguments)
        self.asked[role, name, self.told is None] += 1
        return answer

    def callBy(self, person: Person, path: str, name: str, arguments: Any = None) -> bytes:
        """The same, by somebody."""
        client = person.client(self.document(path))
        operation = OPERATIONS[name]
        asked = argumentsOf(operation) if arguments is None else arguments
        self.told = None
        # What zeep makes of the message that our own client would send is what zeep sends.
        message = etree.fromstring(writeRequest(operation, asked))
        (call,) = message.iterfind("{*}Body/*")
        parts = _parts(client.wsdl.types, call)
        binding = next(iter(client.wsdl.bindings))
        service = client.create_service(binding, self.base + path)
        try:
            return repr(service[name](**parts)).encode()
        except Fault as fault:
            self.told = fault
            return str(fault.message).encode()

    def get(self, role: str, path: str, method: str = "GET") -> requests.Response:
        """Ask for a page."""
        pages = self.person(role).pages
        fields = {"X-Requested-With": "tests"}
        return pages.request(method, f"{self.base}{path}", headers=fields, timeout=_SECONDS)

    def reload(self, text: str) -> None:
        """Have the operator give it another configuration."""
        self.path.write_text(text)
        answer = self.get(ANYBODYS, "/-/reload", "POST")
        if answer.status_code != 200:
            raise AssertionError(answer.text)

    def metric(self, name: str) -> float:
        """A number of its metrics, by the whole name with labels."""
        found = re.search(rf"(?m)^{re.escape(name)} (\S+)$", self.get(ANYBODYS, "/metrics").text)
        if found is None:
            raise AssertionError(f"there is no metric {name}")
        return float(found[1])

    # -- what was written down

    def lines(self) -> Iterator[Mapping[str, Any]]:
        """Of the audit."""
        for line in (self.home / "state" / "audit.jsonl").read_text().splitlines():
            yield json.loads(line)


def _parts(types: Any, message: Any) -> Mapping[str, Any]:
    shown = types.deserialize(message)
    parts = {one: shown[one] for one in shown} if shown is not None else {}
    for child in message.iterchildren():
        part: Any = parts.get(etree.QName(child).localname)
        # What zeep reads where anything may stand it does not write as it is.
        if type(part).__name__ == "ExtensibilityType":
            part._value_1 = child[0]
            # It takes declarations away that only texts need.
            for one in child[0].iter():
                prefix, _, local = (one.text or "").partition(":")
                if prefix in one.nsmap:
                    one.text = f"{{{one.nsmap[prefix]}}}{local}"
    return parts
