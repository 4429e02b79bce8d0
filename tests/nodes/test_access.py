"""Every operation of every kind of node, asked by everybody: what is answered is what its class says."""

import re
from typing import Any

from gma_twisted.model import Access, Handle
from gma_twisted.nodes import AGGREGATOR_NODE, INDEX, MMJFS, REGISTRY, RIPS, NodeKind
from gma_twisted.nodes.kind import (
    ARCHIVER,
    CONSUMER,
    FILTER,
    KINDS,
    PRODUCER,
    REPUBLISHER,
    SUMMARISER,
)
from gma_twisted.nodes.offering import offersOf
from gma_twisted.security.identity import tokenDigest
from gma_twisted.soap import Operation, PortType
from gma_twisted.soap.types import STRING, Part
from tests.nodes.accessing import (
    ALLOWED,
    ANYBODYS,
    NOBODY,
    OPERATIONS,
    OWN_CLASSES,
    OWNERS,
    REFUSED,
    ROLES,
    Examples,
    argumentsOf,
    configurationOf,
    httpRequest,
    isAllowed,
    operationAt,
    rowsOf,
    tokenOf,
)
from tests.nodes.memorynode import Client
from tests.nodes.skeletons import GREETING
from tests.nodes.test_registrations import GridCase


class AccessCase(Examples, GridCase):
    """One node with rules, and what a caller hears."""

    def node(self, kind: NodeKind = INDEX, text: str = "") -> Client:
        """Start it. @return: a connection to it"""
        more = OWN_CLASSES + ("" if kind is not INDEX else "[providers]\n") + text
        self.made = self.start(configurationOf(more=more), f"state-{kind.short}", kind=kind)
        self.reactor.advance(0.5)
        self.kind = kind
        self.client = self.made.connect()
        return self.client

    def ask(self, request: bytes) -> bytes:
        """What is answered, now or soon."""
        answer = self.client.ask(request)
        for _ in range(100):
            if answer:
                return answer
            self.reactor.advance(0.05)
            answer = self.client.transport.value()
        raise AssertionError("no answer")

    def call(self, role: str, path: str, name: str, arguments: Any = None) -> bytes:
        """Call an operation, by default with whatever it takes."""
        return self.ask(httpRequest(role, path, operationAt(path, name), arguments))

    def isRefused(self, role: str, path: str, name: str) -> bool:
        """Whether the policy says no."""
        if name not in ("GET", "POST"):
            return REFUSED.search(self.call(role, path, name)) is not None
        query = "?wsdl" if name == "GET" and path.startswith("/services/") else ""
        answer = self.ask(httpRequest(role, path + query, method=name))
        status = int(answer.split()[1])
        if status in (401, 403):
            self.assertEqual(status, 401 if role == NOBODY else 403, answer)
            self.assertEqual(b"WWW-Authenticate: Bearer" in answer, status == 401)
        return status in (401, 403)


class MatrixTests(AccessCase):
    """Operation by operation, role by role."""

    def matrix(self, kind: NodeKind) -> None:
        """All of one kind of node."""
        self.node(kind)
        plan = self.made._plan()
        count = 0
        for offer, name, access in rowsOf(list(plan.offers)):
            for role in ROLES:
                path, owner = self.example(offer)
                wanted = isAllowed(role, name, access, owner)
                self.assertEqual(
                    not self.isRefused(role, path, name), wanted, f"{role} {name} {path}"
                )
                count += 1
        self.assertGreater(count, 200)

    def test_index(self) -> None:
        """A gma-index."""
        self.matrix(INDEX)

    def test_registry(self) -> None:
        """A gma-registry."""
        self.matrix(REGISTRY)

    def test_rips(self) -> None:
        """A gma-rips."""
        self.matrix(RIPS)

    def test_mmjfs(self) -> None:
        """A gma-mmjfs."""
        self.matrix(MMJFS)

    def test_aggregator(self) -> None:
        """A gma-aggregator."""
        self.matrix(AGGREGATOR_NODE)

    def test_producer(self) -> None:
        """A gma-producer."""
        self.matrix(PRODUCER)

    def test_consumer(self) -> None:
        """A gma-consumer."""
        self.matrix(CONSUMER)

    def test_archiver(self) -> None:
        """A gma-archiver."""
        self.matrix(ARCHIVER)

    def test_filter(self) -> None:
        """A gma-filter."""
        self.matrix(FILTER)

    def test_summariser(self) -> None:
        """A gma-summariser."""
        self.matrix(SUMMARISER)

    def test_republisher(self) -> None:
        """A gma-republisher."""
        self.matrix(REPUBLISHER)


class CompleteTests(AccessCase):
    """What keeps the matrix whole."""

    def test_kinds(self) -> None:
        """There is no other kind of node."""
        self.assertEqual(
            set(KINDS.values()),
            {
                *(INDEX, REGISTRY, RIPS, MMJFS, AGGREGATOR_NODE, PRODUCER, CONSUMER),
                *(ARCHIVER, FILTER, SUMMARISER, REPUBLISHER),
            },
        )

    def test_operations(self) -> None:
        """Every operation of every port type is offered somewhere."""
        found = set()
        for kind in KINDS.values():
            offers = offersOf(kind, {"/services/greeter": [GREETING]}, [GREETING])
            found |= {name for one in offers for name in one.operations}
        self.assertEqual(found, {*OPERATIONS, "GET", "POST"})

    def test_classes(self) -> None:
        """Every class has a column, and every column somebody and nobody."""
        self.assertEqual(set(ALLOWED), set(Access))
        for access, roles in ALLOWED.items():
            self.assertTrue(roles and roles < set(ROLES), access)

    def test_plantedWithoutClass(self) -> None:
        """An operation without a class cannot be declared."""
        self.assertRaises(TypeError, Operation, "urn:x", "planted", (Part("text", STRING),), ())

    def test_plantedWithoutRule(self) -> None:
        """A class that no rule names is allowed to nobody."""
        allowed = {**ALLOWED, Access.RUN: frozenset[str]()}
        self.made = self.start(configurationOf(allowed), kind=INDEX)
        self.reactor.advance(0.5)
        self.client = self.made.connect()
        for role in ROLES:
            self.assertTrue(self.isRefused(role, INDEX.path, "executeProvider"), role)

    def test_plantedPortType(self) -> None:
        """An operation that comes in is in the matrix by its declaration alone."""
        planted = Operation("urn:x", "planted", (), (), access=Access.ADMIN)
        [greet] = GREETING.operations
        other = PortType(GREETING.name, GREETING.interface, (greet, planted))
        offers = offersOf(INDEX, {"/services/greeter": [other]}, ())
        rows = [row for row in rowsOf(list(offers)) if row[1] == "planted"]
        self.assertEqual(
            [(row[0].path, row[2]) for row in rows], [("/services/greeter", Access.ADMIN)]
        )


class OwnTests(AccessCase):
    """Owners renew and end only their own; operators everybody's."""

    def setUp(self) -> None:
        """A node with a publisher's entry."""
        super().setUp()
        self.node()
        self.member = self.entry()
        self.url = Handle(f"http://127.0.0.1:8480{self.member}")

    def lives(self, path: str) -> bool:
        """Whether a service is there."""
        return b" 200 " in self.ask(httpRequest("reader", f"{path}?wsdl"))

    def test_renewServices(self) -> None:
        """Of another's entry it is said what is said of one that is not there."""
        for role, state in (
            ("stranger", b"unknown"),
            ("publisher", b"renewed"),
            (ANYBODYS, b"renewed"),
        ):
            answer = self.call(role, INDEX.path, "renewServices", {"entry": [self.url]})
            self.assertIn(b">%b<" % state, answer, role)

    def test_unregisterService(self) -> None:
        """Another's entry is not found by the handle of the member."""
        for role, code in (
            ("stranger", b"UnknownId"),
            (ANYBODYS, b""),
            ("publisher", b"UnknownId"),
        ):
            answer = self.call(role, INDEX.path, "unregisterService")
            self.assertEqual(b"UnknownId" in answer, bool(code), role)
        self.assertFalse(self.lives(self.member))

    def test_remove(self) -> None:
        """Nor by its locator."""
        handle = argumentsOf(OPERATIONS["registerService"])["handle"]
        locator = f"<ogsi:locator><ogsi:handle>{handle}</ogsi:handle></ogsi:locator>"
        match = f"<ogsi:matchByLocatorEquivalence>{locator}</ogsi:matchByLocatorEquivalence>"
        asked = {"matchExpression": match.encode()}
        self.assertIn(b"removeFailedFault", self.call("stranger", INDEX.path, "remove", asked))
        self.assertTrue(self.lives(self.member))
        self.assertIn(b"removeResponse", self.call(ANYBODYS, INDEX.path, "remove", asked))
        self.assertFalse(self.lives(self.member))

    def test_end(self) -> None:
        """A handle that was found or stolen is not enough; it tells no more than that there is such a service."""
        for path, owner in (
            (self.member, "publisher"),
            (self.subscription(), "subscriber"),
            (self.instance(), "publisher"),
        ):
            for name in OWNERS:
                answer = self.call("stranger", path, name)
                self.assertIn(f"{path} is not stranger's: {name} is for its owner".encode(), answer)
                self.assertNotIn(owner.encode(), answer)
            self.assertTrue(self.lives(path))
            self.assertIn(b"destroyResponse", self.call(owner, path, "destroy"))
            self.assertFalse(self.lives(path))
        for path in (self.entry(), self.subscription(), self.instance()):
            self.assertIn(b"destroyResponse", self.call(ANYBODYS, path, "destroy"))

    def test_removeSubscription(self) -> None:
        """What is copied for somebody goes on until who asked for it ends it."""
        for role, isDone in (("publisher", True), ("stranger", False), (ANYBODYS, True)):
            answer = self.call("publisher", INDEX.path, "addSubscription")
            found = re.search(rb"subscriptionId>(\w+)<", answer)
            assert found is not None, answer
            asked = {"subscriptionId": found[1].decode()}
            answer = self.call(role, INDEX.path, "removeSubscription", asked)
            self.assertEqual(b"removeSubscriptionResponse" in answer, isDone, role)
            self.assertEqual(b"UnknownId" in answer, not isDone, role)


class WithoutTests(AccessCase):
    """A node that only its own machine reaches needs no rules."""

    def test_held(self) -> None:
        """Whoever has the handle of an entry ends it, known or not; by the member only its owner finds it."""
        text = configurationOf().replace("[access]", "[limits]").partition("[access.rules")[0]
        text = re.sub(r"\[limits\].*\n", "", text).replace('anonymous = "none"', "")
        self.made = self.start(text, kind=INDEX)
        self.reactor.advance(0.5)
        self.kind, self.client = INDEX, self.made.connect()
        path = self.entry(NOBODY)
        self.assertIn(b"UnknownId", self.call("reader", INDEX.path, "unregisterService"))
        self.assertIn(b"destroyResponse", self.call("reader", path, "destroy"))


class PageTests(AccessCase):
    """What a browser asks for."""

    def statusOf(self, role: str, target: str, method: str = "GET") -> int:
        """Of the answer."""
        return int(self.ask(httpRequest(role, target, method=method)).split()[1])

    def test_nobody(self) -> None:
        """Health is told to everybody, and nothing else: not even what is not there."""
        self.node()
        for target in ("/-/healthy", "/-/ready", "/static/style.css"):
            self.assertEqual(self.statusOf(NOBODY, target), 200)
        for target in (
            "/",
            "/metrics",
            "/nothing",
            "/services/index",
            "/services/nothing?wsdl",
            "/-/healthy/x",
            "/%2d/healthy",
            "//-/healthy",
            "/%73ervices/index?wsdl",
        ):
            self.assertEqual(self.statusOf(NOBODY, target), 401, target)
        self.assertEqual(self.statusOf("reader", "/nothing"), 404)

    def test_refused(self) -> None:
        """The page that is shown instead says nothing of the node, and is no page to be kept."""
        self.node()
        answer = self.ask(httpRequest(NOBODY, "/"))
        self.assertIn(b"Cache-Control: no-store", answer)
        self.assertTrue(
            answer.endswith(
                b"\r\n\r\nanonymous may not call GET of /; the operator can allow it by a rule under [access]"
                b' with may = "read"\n'
            )
        )

    def test_wrong(self) -> None:
        """What is shown and wrong is 401, also where others may, and nothing of it is repeated."""
        self.node(text="")
        request = httpRequest("reader", "/").replace(
            b"token-of-the-reader", b"nobodys-token-is-this"
        )
        answer = self.ask(request)
        self.assertIn(b" 401 ", answer)
        self.assertNotIn(b"nobodys-token", answer)

    def test_anonymousRead(self) -> None:
        """Where everybody may read, pages and descriptions are shown, and nothing is done."""
        text = configurationOf().replace('anonymous = "none"', 'anonymous = "read"')
        self.made = self.start(text, kind=INDEX)
        self.reactor.advance(0.5)
        self.kind, self.client = INDEX, self.made.connect()
        for target in ("/", "/metrics", "/api/v1/status", "/sd/prometheus", "/services/index?wsdl"):
            self.assertEqual(self.statusOf(NOBODY, target), 200)
        self.assertFalse(self.isRefused(NOBODY, INDEX.path, "findServiceData"))
        self.assertTrue(self.isRefused(NOBODY, INDEX.path, "registerService"))
        self.assertEqual(self.statusOf(NOBODY, "/-/reload", "POST"), 401)

    def test_rescan(self) -> None:
        """To have the configuration read again by asking for providers is what operators do."""
        self.node()
        asked = {"rescanConfig": True}
        answer = self.call("reader", INDEX.path, "enumProviders", asked)
        self.assertIn(b"reader may not call reload of /services/index", answer)
        self.assertIn(
            b"enumProvidersResponse", self.call(ANYBODYS, INDEX.path, "enumProviders", asked)
        )


class ReloadTests(AccessCase):
    """Rules change while the node runs."""

    def reload(self) -> bytes:
        """Have an operator ask for it."""
        return self.ask(httpRequest(ANYBODYS, "/-/reload", method="POST"))

    def test_changed(self) -> None:
        """Another rule holds from the next request on, on the same connection; a bad one leaves all as it was."""
        client = self.node()
        good = self.made.configuration
        self.assertFalse(self.isRefused("reader", INDEX.path, "findServiceData"))
        self.made.configuration = good.replace(
            'who = "reader"\nmay = ', 'who = "reader"\nmay = ["run"] #'
        )
        self.assertIn(b'"access changed"', self.reload())
        self.assertTrue(self.isRefused("reader", INDEX.path, "findServiceData"))
        self.assertFalse(client.transport.disconnecting)
        self.made.configuration = good.replace('who = "reader"', 'who = "raeder"')
        self.assertIn(b'there is no identity \\"raeder\\"', self.reload())
        self.assertTrue(self.isRefused("reader", INDEX.path, "findServiceData"))
        self.made.configuration = good
        self.assertIn(b'"access changed"', self.reload())
        self.assertFalse(self.isRefused("reader", INDEX.path, "findServiceData"))
        self.assertNotIn(b"access", self.reload())

    def test_groups(self) -> None:
        """Who is taken out of a group is no more what the group is."""
        more = '[access.rules.runners]\nwho = "@runners"\nmay = "run"'
        ask = ("reader", INDEX.path, "executeProvider")
        text = configurationOf()
        grouped = text.replace("[identity.reader]", '[identity.reader]\ngroups = "runners"')
        other = text.replace("[identity.peer]", '[identity.peer]\ngroups = "runners"')
        self.made = self.start(f"{grouped}\n{more}", kind=INDEX)
        self.reactor.advance(0.5)
        self.kind, self.client = INDEX, self.made.connect()
        self.assertFalse(self.isRefused(*ask))
        self.made.configuration = f"{other}\n{more}"
        self.assertIn(b"access changed", self.reload())
        self.assertTrue(self.isRefused(*ask))

    def test_open(self) -> None:
        """A node that lets other machines in keeps its rules when a reload would take them away, spelled out or not."""
        listen = """[node]
listen = "tcp:8480:interface=0.0.0.0"
public_url = "http://127.0.0.1:8480"
insecure = true
"""
        self.node(text=listen)
        good = self.made.configuration
        self.made.configuration = f"{listen}[providers]"
        answer = self.reload()
        self.assertIn(b"HTTP/1.1 400", answer)
        self.assertIn(b"[access] is taken away", answer)
        self.assertTrue(self.isRefused(NOBODY, INDEX.path, "findServiceData"))
        self.made.configuration = good
        self.assertNotIn(b"access", self.reload())

    def test_openFromTheStart(self) -> None:
        """One that was spelled out to be open stays so, until it has rules; then it keeps these too."""
        listen = """[node]
listen = "tcp:8480:interface=0.0.0.0"
public_url = "http://127.0.0.1:8480"
insecure = true
[providers]
"""
        listen += f'[identity.operator]\ntokens = "{tokenDigest(tokenOf("operator"))}"\n'
        self.made = self.start(listen, kind=INDEX)
        self.reactor.advance(0.5)
        self.kind, self.client = INDEX, self.made.connect()
        self.made.configuration = f"{listen}[identity.x]\ncertificates = 'CN=x'"
        self.assertIn(b'"mistakes": []', self.reload())
        self.assertFalse(self.isRefused(NOBODY, INDEX.path, "findServiceData"))
        self.made.configuration = (
            f'{listen}[access.rules.operator]\nwho = "operator"\nmay = "admin"'
        )
        self.assertIn(b"access changed", self.reload())
        self.made.configuration = listen
        self.assertIn(b"[access] is taken away", self.reload())
        self.assertTrue(self.isRefused(NOBODY, INDEX.path, "findServiceData"))

    def test_gone(self) -> None:
        """Without rules a node goes on where only its own machine reaches it."""
        self.node()
        self.made.configuration = "# nothing"
        self.assertIn(b"access removed: everybody", self.reload())
        self.assertFalse(self.isRefused(NOBODY, INDEX.path, "findServiceData"))
