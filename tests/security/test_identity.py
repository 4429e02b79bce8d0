"""Who a caller is: by token, password and certificate, each alone and all together."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from gma_twisted.errors import Busy, FailedAuthentication, Throttled
from gma_twisted.interfaces import IIdentify, Request
from gma_twisted.markup.xsd import writeDateTime
from gma_twisted.model import Certificate, SecurityHeader, UsernameToken
from gma_twisted.security import Anonymous, Attempts, Identities, Known, Nonces, tokenDigest
from gma_twisted.soap.usernametoken import passwordDigest
from gma_twisted.timing import NodeClock

_START = 1_700_000_000.0
_OLD = "gma_the-old-token-of-alice"
_NEW = "gma_the-new-token-of-alice"
_BOB = "gma_bobs"
_WORD = "correct horse"
_KNOWN = (
    Known("alice", (tokenDigest(_OLD), tokenDigest(_NEW)), _WORD, ("CN=alice,O=VO",)),
    Known("bob", (tokenDigest(_BOB + "0" * 8),), None, ("DNS:bob.example.org", "URI:urn:bob")),
    Known("élise", (), "mot de passe é"),
)


class IdentitiesTests(SynchronousTestCase):
    """A node that has run for a thousand seconds."""

    def setUp(self) -> None:
        self.clock = Clock()
        clock = NodeClock(self.clock, lambda: _START + self.clock.seconds())
        self.attempts = Attempts(clock, 100, 10.0)
        self.nonces = Nonces(clock, 8)
        self.identities = Identities(_KNOWN, clock, self.attempts, self.nonces)
        self.clock.advance(1000.0)

    def _identify(
        self,
        authorization: bytes | None = None,
        security: SecurityHeader | None = None,
        certificate: Certificate | None = None,
        *,
        isSecure: bool = True,
        peer: str = "192.0.2.1",
    ) -> str:
        request = Request(
            "/services/index", None, False, b"", peer, authorization, certificate, isSecure
        )
        return self.identities.identify(request, security)

    def _token(
        self, name: str = "alice", word: str = _WORD, off: float = 0.0, nonce: bytes = b"n" * 16
    ) -> SecurityHeader:
        at = _START + self.clock.seconds() + off
        created = writeDateTime(at)
        digest = passwordDigest(nonce, created, word)
        return SecurityHeader(UsernameToken(name, digest, True, nonce, created, at))

    def _refused(self, *shown: object, **more: object) -> str:
        error = self.assertRaises(FailedAuthentication, self._identify, *shown, **more)
        for secret in (_OLD, _NEW, _BOB, _WORD):
            self.assertNotIn(secret, str(error))
        return str(error)

    def test_verified(self) -> None:
        """It provides what is asked of it."""
        self.assertTrue(verifyObject(IIdentify, self.identities))
        self.assertTrue(verifyObject(IIdentify, Anonymous()))

    def test_nothing(self) -> None:
        """Who shows nothing is anonymous; so is who shows only when a message was made."""
        self.assertEqual(self._identify(), "anonymous")
        self.assertEqual(self._identify(None, SecurityHeader(None, _START + 990.0)), "anonymous")

    def test_tokens(self) -> None:
        """Both tokens are valid at once, however the scheme is written."""
        for shown in (f"Bearer {_OLD}", f"bearer  {_NEW}", f"BEARER {_OLD}"):
            self.assertEqual(self._identify(shown.encode()), "alice")
        self.assertEqual(self._identify(f"Bearer {_BOB}00000000".encode()), "bob")

    def test_wrongTokens(self) -> None:
        """What is no token of anybody's is refused, and not repeated."""
        for shown in (
            b"",
            b"Bearer",
            b"Bearer ",
            _OLD.encode(),
            f"Basic {_OLD}".encode(),
            f"Bearer {_OLD}x".encode(),
            f"Bearer {_OLD} {_NEW}".encode(),
            f"Bearer\t{_OLD}".encode(),
            f"Bearer {_OLD}\0".encode(),
            f"Bearer é{_OLD}".encode(),
            f"Bearer {_BOB}".encode(),
            tokenDigest(_OLD).encode(),
            f"Bearer {tokenDigest(_OLD)}".encode(),
            f"Bearer {tokenDigest(_OLD)[7:]}".encode(),
            b"Bearer " + b"a" * 100_000,
        ):
            self._refused(shown)

    @given(st.binary(max_size=64))
    def test_anyHeader(self, shown: bytes) -> None:
        """Whatever stands in the field, the answer is an identity or a refusal."""
        self.clock.advance(1000.0)
        self._refused(shown)
        self._refused(b"Bearer " + shown)

    def test_certificates(self) -> None:
        """A certificate is known by its whole subject, or by one of its other names."""
        for certificate, name in (
            (Certificate("CN=alice,O=VO"), "alice"),
            (Certificate("CN=x", ("DNS:Bob.Example.org",)), "bob"),
            (Certificate("", ("IP:192.0.2.1", "URI:urn:bob")), "bob"),
            (Certificate("CN=alice"), "anonymous"),
            (Certificate("CN=alice,O=VO,C=CH"), "anonymous"),
            (Certificate("cn=alice,o=vo"), "anonymous"),
            (Certificate("", ("URI:DNS:bob.example.org", "URI:URN:bob")), "anonymous"),
        ):
            self.assertEqual(self._identify(None, None, certificate), name)

    def test_together(self) -> None:
        """All that is shown speaks of one identity, or nothing of it counts."""
        alice = Certificate("CN=alice,O=VO")
        token = f"Bearer {_OLD}".encode()
        self.assertEqual(self._identify(token, self._token(), alice), "alice")
        self.assertEqual(self._identify(token, None, Certificate("CN=x")), "alice")
        bob = Certificate("", ("URI:urn:bob",))
        for shown in (
            (token, None, bob),
            (None, self._token(nonce=b"m" * 16), bob),
            (None, None, Certificate("CN=alice,O=VO", ("URI:urn:bob",))),
            (f"Bearer {_BOB}00000000".encode(), self._token(nonce=b"o" * 16), None),
        ):
            self.assertIn("different identities", self._refused(*shown))

    def test_passwords(self) -> None:
        """A password is taken as it is, and as a digest; letters may be any."""
        text = SecurityHeader(UsernameToken("alice", _WORD))
        self.assertEqual(self._identify(None, text), "alice")
        self.assertEqual(self._identify(None, self._token()), "alice")
        self.assertEqual(self._identify(None, self._token("élise", "mot de passe é")), "élise")

    def test_wrongPasswords(self) -> None:
        """What is wrong is refused in the same words, whether there is such a name or not."""
        words = "the user name or the password is wrong"
        for name, word in (
            ("alice", "correct"),
            ("alice", _WORD + "\0"),
            ("alice", ""),
            ("ALICE", _WORD),
            ("alice\0", _WORD),
            ("", ""),
            ("bob", ""),
            ("bob", "\0"),
            ("nobody", "\0"),
            ("node", ""),
            ("anonymous", ""),
        ):
            self.assertEqual(self._refused(None, self._token(name, word)), words)
            text = SecurityHeader(UsernameToken(name, word))
            self.assertEqual(self._refused(None, text), words)

    def test_digestAsText(self) -> None:
        """A digest is no password, nor a password a digest."""
        token = self._token().token
        assert token is not None
        text = SecurityHeader(UsernameToken("alice", token.password))
        self._refused(None, text)
        digest = UsernameToken("alice", _WORD, True, token.nonce, token.created, token.createdAt)
        self._refused(None, SecurityHeader(digest))

    def test_plain(self) -> None:
        """Without TLS no password is looked at; a bearer token is."""
        for security in (self._token(), SecurityHeader(UsernameToken("alice", _WORD))):
            self.assertIn("TLS", self._refused(None, security, isSecure=False))
        self.assertEqual(self._identify(f"Bearer {_OLD}".encode(), isSecure=False), "alice")

    def test_replayed(self) -> None:
        """The same nonce comes once; one that came with a wrong password was not used."""
        self._refused(None, self._token(word="wrong"))
        shown = self._token()
        self.assertEqual(self._identify(None, shown), "alice")
        self.clock.advance(299.0)
        self.assertIn("used before", self._refused(None, shown))
        self.clock.advance(2.0)
        self.assertIn("more than 300 s", self._refused(None, shown))

    def test_clocks(self) -> None:
        """301 s off is too much for a digest, a text and a Timestamp."""
        at = _START + self.clock.seconds()
        for off in (-301.0, 301.0):
            self._refused(None, self._token(off=off))
            text = UsernameToken("alice", _WORD, created="-", createdAt=at + off)
            self._refused(None, SecurityHeader(text))
            self._refused(None, SecurityHeader(None, at + off))
        self.assertEqual(self._identify(None, self._token(off=-299.0)), "alice")

    def test_expired(self) -> None:
        """A message whose sender says that it has expired is refused."""
        at = _START + self.clock.seconds()
        self._refused(None, SecurityHeader(None, None, at))
        self.assertEqual(self._identify(None, SecurityHeader(None, None, at + 1.0)), "anonymous")

    def test_full(self) -> None:
        """Without room for the nonce even the right password is not taken, which is no failure."""
        for number in range(4):
            self._identify(None, self._token(nonce=b"%016d" % number))
        self.assertRaises(Busy, self._identify, None, self._token())
        self.assertEqual(self.attempts.counts()["failed"], 0)

    def test_bruteForce(self) -> None:
        """After too many failures no password from there is compared any more, and what is wrong is told so."""
        word = self._token()
        for number in range(100):
            self._refused(None, self._token(word=f"guess-number-{number:06}"))
        self.assertRaises(Throttled, self._identify, None, word)
        self.assertRaises(Throttled, self._identify, b"Bearer guess-number-000000")
        self.assertEqual(self._identify(None, word, peer="192.0.2.2"), "alice")
        self.assertEqual(self._identify(), "anonymous")
        self.clock.advance(10.0)
        self.assertEqual(self._identify(None, self._token()), "alice")
        self.assertEqual(self.attempts.counts(), {"failed": 100, "refused": 2})

    def test_otherHere(self) -> None:
        """Whoever shows what is wrong keeps nobody at its address out who shows a token or a certificate of its own."""
        good = f"Bearer {_OLD}".encode()
        certificate = Certificate("CN=alice,O=VO")
        at = _START + self.clock.seconds()
        for number in range(150):
            with self.assertRaises(FailedAuthentication if number < 100 else Throttled):
                self._identify(b"Bearer the-token-of-yesterday")
            self.assertEqual(self._identify(good), "alice")
            self.assertEqual(self._identify(None, None, certificate), "alice")
            self.assertEqual(self._identify(good, SecurityHeader(None, at), certificate), "alice")
        # A token of one's own does not let guess the passwords of others.
        self.assertRaises(Throttled, self._identify, good, self._token("bob", "guess"))
        self.assertEqual(self.attempts.counts(), {"failed": 100, "refused": 51})

    def test_others(self) -> None:
        """Who is known may change at any time."""
        self.identities.know([Known("carol", (tokenDigest(_OLD),))])
        self.assertEqual(self._identify(f"Bearer {_OLD}".encode()), "carol")
        self._refused(f"Bearer {_NEW}".encode())
        self._refused(None, self._token())
        self.assertEqual(self._identify(None, None, Certificate("CN=alice,O=VO")), "anonymous")

    def test_unshown(self) -> None:
        """Nothing that is printed has a password or a token in it."""
        asked = Request("/", None, False, _WORD.encode(), "192.0.2.1", _OLD.encode())
        shown = (self.identities, self._token(), UsernameToken("alice", _WORD), asked)
        for one in (*_KNOWN, *shown):
            for secret in (_OLD, _WORD, tokenDigest(_OLD)[8:]):
                self.assertNotIn(secret, repr(one))
