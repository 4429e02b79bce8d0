"""Every operation by every role over TLS with zeep; and who tries to be, or to do, what they are not and may not."""

import atexit
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import requests
from lxml import etree

from gma_twisted.model import Handle
from gma_twisted.security.audit.verify import verifyChain
from gma_twisted.security.identity import tokenDigest
from tests.integration.commandcase import CommandCase
from tests.integration.foreign.rolenode import Person, RoleNode, certificatesOf
from tests.integration.foreign.shared import poll
from tests.nodes.accessing import (
    NOBODY,
    OPERATIONS,
    OWNERS,
    REFUSED,
    ROLES,
    isAllowed,
    rowsOf,
    tokenOf,
)
from tests.security.certificates import DAY, NOW, authority

_LEFT_OUT = 'gma_audit_lines_total{outcome="left_out"}'
_INDEX = "/services/index"
_FAILURES = 10
"""That an address has at once, and lines of refusals that it has a minute."""


class RoleCase(CommandCase):
    """One node for all tests of a class: what is refused a caller there takes no room from the others."""

    _node: ClassVar[RoleNode | None] = None

    def setUp(self) -> None:
        """Start it when it is the first."""
        super().setUp()
        kind = type(self)
        if kind._node is None:
            made = self.gma("tls", "init", "tls", "--host", "site-a,localhost")
            self.assertEqual(made.returncode, 0, made.stderr)
            node = RoleNode(self.home)
            node.start(made.stdout.replace('"required"', '"optional"'), atexit.register)
            kind._node = node
        self.node = kind._node
        self.url = self.node.base + _INDEX

    def tearDown(self) -> None:
        """Whatever was tried, the audit is whole."""
        self.assertIsNone(verifyChain(str(self.node.home / "state" / "audit.jsonl")).broken)


class MatrixTests(RoleCase):
    """What the declared classes say is what is answered."""

    def isRefused(self, role: str, path: str, name: str) -> bool:
        """Whether the policy says no."""
        if name in OPERATIONS:
            return REFUSED.search(self.node.call(role, path, name)) is not None
        query = "?wsdl" if name == "GET" and path.startswith("/services/") else ""
        status = self.node.get(role, path + query, name).status_code
        if status in (401, 403):
            self.assertEqual(status, 401 if role == NOBODY else 403)
        return status in (401, 403)

    def test_matrix(self) -> None:
        """Operation by operation, role by role; what was done is in the audit, and what was not is there or counted."""
        node = self.node
        before = len(list(node.lines())), node.metric(_LEFT_OUT)
        pages = Counter[bool]()
        node.asked.clear()
        wrong = []
        count = 0
        for offer, name, access in rowsOf(node.offers()):
            for role in ROLES:
                path, owner = node.example(offer)
                isRefused = self.isRefused(role, path, name)
                if isRefused is isAllowed(role, name, access, owner):
                    wrong.append(f"{role} {name} {path}")
                pages[isRefused] += name == "POST"
                count += 1
        self.assertEqual(wrong, [])
        self.assertGreater(count, 500)

        lines = [one for one in list(node.lines())[before[0] :] if one["operation"] != "audit"]
        found = Counter(
            (one["who"], one["operation"].rpartition("}")[2])
            for one in lines
            if one["result"] == "ok" and one["operation"] != "POST"
        )
        # Nothing is renewed: the entry that is named is nobody's.
        quiet = {
            "renewServices",
            *(one.name for one in OPERATIONS.values() if one.isRead or one.isRoutine),
        }
        done = Counter(
            {
                (role, name): many
                for (role, name, isDone), many in node.asked.items()
                if isDone and name not in quiet
            }
        )
        self.assertEqual((found - done, done - found), (Counter(), Counter()))
        told = sum(
            many
            for (_, name, isDone), many in node.asked.items()
            if not OPERATIONS[name].isRead and not (isDone and OPERATIONS[name].isRoutine)
        )
        # A page of metrics is kept for a moment.
        left = told + pages.total() - len(lines)
        poll(lambda: node.metric(_LEFT_OUT) - before[1], lambda many: many == left)
        for role in ROLES:
            self.assertLessEqual(
                {one["from"] for one in lines if one["who"] == role}, {node.addressOf(role)}
            )
        verified = self.gma("audit", "verify", str(node.home / "state"))
        self.assertEqual(verified.returncode, 0, verified.stdout)


class IntruderTests(RoleCase):
    """Each from an address of its own, for what is tried there is held against all who call from there."""

    addresses: ClassVar[int] = 0

    def address(self) -> str:
        """Another one of this machine."""
        IntruderTests.addresses += 1
        return f"127.0.2.{self.addresses}"

    def does(self, person: Person, path: str, name: str, arguments: Any = None) -> bytes:
        """Call, which must succeed."""
        answer = self.node.callBy(person, path, name, arguments)
        self.assertIsNone(self.node.told, answer)
        return answer

    def fails(self, person: Person, code: str = "FailedAuthentication") -> str:
        """Register, which must fail with that fault. @return: what is said"""
        answer = self.node.callBy(person, _INDEX, "registerService")
        assert self.node.told is not None, answer
        self.assertEqual(self.node.told.code.rpartition(":")[2], code)
        return answer.decode()

    def audited(self, address: str) -> Sequence[str]:
        """What the audit has of an address: who did what with which result."""
        return [
            f"{one['who']} {one['operation'].rpartition('}')[2]} {one['result']}".lstrip()
            for one in self.node.lines()
            if one["from"] == address
        ]

    def reconfigured(self, *changes: tuple[str, str]) -> None:
        """Reload with changes, until the test ends."""
        text = self.node.path.read_text()
        self.addCleanup(self.node.reload, text)
        for old, new in changes:
            self.assertEqual(text.count(old), 1, old)
            text = text.replace(old, new)
        self.node.reload(text)

    def test_replayed(self) -> None:
        """A UsernameToken counts once, wherever it comes from the second time."""
        here, there = self.address(), self.address()
        person = self.node.newPerson("digest", "stranger", here)
        self.does(person, _INDEX, "registerService")
        message = etree.tostring(person.history.last_sent["envelope"])
        fields = {"Content-Type": "text/xml; charset=utf-8"}
        for address in (here, there):
            session = self.node.newPerson("nothing", NOBODY, address).pages
            answer = session.post(self.url, message, headers=fields, timeout=30)
            self.assertEqual(answer.status_code, 500)
            self.assertIn("wsse:FailedAuthentication", answer.text)
            self.assertIn("used before", answer.text)
        refused = "registerService FailedAuthentication"
        self.assertEqual(self.audited(here), ["stranger registerService ok", refused])
        self.assertEqual(self.audited(there), [refused])

    def test_rotated(self) -> None:
        """Of two tokens each counts, and the one that a reload takes away no longer."""
        here, new = self.address(), "another-token-of-the-publisher"
        old = tokenDigest(tokenOf("publisher"))
        people = [self.node.newPerson("token", "publisher", here, token) for token in ("", new)]
        self.reconfigured((f'tokens = "{old}"', f'tokens = ["{old}", "{tokenDigest(new)}"]'))
        for person in people:
            self.does(person, _INDEX, "registerService")
        self.reconfigured((f'["{old}", "{tokenDigest(new)}"]', f'"{tokenDigest(new)}"'))
        self.assertNotIn(tokenOf("publisher"), self.fails(people[0]))
        self.does(people[1], _INDEX, "registerService")
        done = "publisher registerService ok"
        refused = "registerService FailedAuthentication"
        self.assertEqual(self.audited(here), [done, done, refused, done])

    def test_certificates(self) -> None:
        """A certificate that has ended, or was revoked, is nobody's; that it is tried again is only counted."""
        node = self.node
        _, old, gone = certificatesOf("subscriber")
        authority(node.tls, old, at=NOW - 3 * DAY, days=1)
        authority(node.tls, gone)

        def person(name: str, address: str) -> Person:
            return node.newPerson("certificate", "subscriber", address, certificate=name)

        here, there = self.address(), self.address()
        self.does(person(gone, there), _INDEX, "listSubscriptions")
        self.turnedAway(person(old, here))
        revoked = self.gma("tls", "revoke", str(node.tls), gone)
        self.assertEqual(revoked.returncode, 0, revoked.stderr)
        self.reconfigured(("[tls]\n", f"[tls]\n{revoked.stdout}"))
        for _ in range(_FAILURES + 2):
            self.turnedAway(person(gone, there))
        self.assertEqual(self.audited(here), ["handshake FailedAuthentication"])
        self.assertEqual(self.audited(there), ["handshake FailedAuthentication"] * _FAILURES)

    def turnedAway(self, person: Person) -> None:
        """Call, which is not even heard; test_tls has what the node says then."""
        call = self.node.callBy
        self.assertRaises(requests.RequestException, call, person, _INDEX, "listSubscriptions")

    def test_stolen(self) -> None:
        """Who knows the id of a subscription of somebody else can neither prolong nor end it."""
        node, here = self.node, self.address()
        path = node.subscription()
        thief = node.newPerson("text", "stranger", here)
        for name in OWNERS:
            answer = node.callBy(thief, path, name)
            self.assertIn(f"{path} is not stranger's: {name} is for its owner".encode(), answer)
            self.assertNotIn(b"subscriber", answer)
        wanted = [f"stranger {name} Refused" for name in OWNERS]
        self.assertEqual(self.audited(here), wanted)
        state = str(node.home / "state")
        shown = self.gma("audit", "show", state, "--who", "stranger", "--last", "4", "-o", "json")
        lines = json.loads(shown.stdout)
        self.assertEqual([one["path"] for one in lines], [path] * len(OWNERS), shown.stderr)
        self.does(node.person("subscriber"), path, "destroy")

    def test_anothers(self) -> None:
        """An entry is renewed and taken out by whoever registered it."""
        node, here = self.node, self.address()
        path = node.entry()
        other, owner = node.newPerson("text", "stranger", here), node.person("publisher")
        # What it registered itself in another test is its own to take out.
        node.callBy(node.newPerson("text", "stranger", self.address()), _INDEX, "unregisterService")
        asked = {"entry": [Handle(node.base + path)], "lifetime": 60.0}
        self.assertIn(b"unknown", self.does(other, _INDEX, "renewServices", asked))
        self.assertIn(b"is for its owner", node.callBy(other, path, "requestTerminationAfter"))
        self.assertIn(b"is for its owner", node.callBy(other, path, "destroy"))
        self.assertIn(b"stranger has no entry", node.callBy(other, _INDEX, "unregisterService"))
        wanted = [
            "stranger renewServices unknown",
            "stranger requestTerminationAfter Refused",
            "stranger destroy Refused",
            "stranger unregisterService UnknownId",
        ]
        self.assertEqual(self.audited(here), wanted)
        self.assertIn(b"renewed", self.does(owner, _INDEX, "renewServices", asked))
        self.does(owner, path, "destroy")

    def test_tokens(self) -> None:
        """Who guesses tokens soon hears no more whether they are right; who shows a right one gets in all the same."""
        here = self.address()
        self.guesses("token", here, lambda guess: {"token": guess})
        self.does(self.node.newPerson("token", "publisher", here), _INDEX, "registerService")

    def test_passwords(self) -> None:
        """Who guesses a password is soon not compared, not even with the right one; elsewhere its owner gets in."""
        here = self.address()
        self.guesses("digest", here, lambda guess: {"password": guess})
        right = self.node.newPerson("digest", "publisher", here)
        self.assertIn("too much was shown from there", self.fails(right, "Server"))
        elsewhere = self.node.newPerson("digest", "publisher", self.address())
        self.does(elsewhere, _INDEX, "registerService")

    def guesses(self, shown: str, here: str, wrong: Callable[[str], Mapping[str, str]]) -> None:
        """Guess until it is enough."""
        node = self.node
        for number in range(_FAILURES + 1):
            guess = f"guess-number-{number:08}"
            person = node.newPerson(shown, "publisher", here, **wrong(guess))
            if number < _FAILURES:
                self.assertNotIn(guess, self.fails(person))
        self.assertIn("too much was shown from there", self.fails(person, "Server"))
        received: Any = person.history.last_received
        self.assertIn(int(received["http_headers"]["Retry-After"]), range(1, 7))
        refused = ["registerService FailedAuthentication"] * _FAILURES
        self.assertEqual(self.audited(here), refused)
