"""Identities: who a caller is, by what its connection and its message show."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b, sha256
from hmac import compare_digest
from typing import ClassVar

import attrs
from zope.interface import implementer

from gma_twisted.errors import FailedAuthentication
from gma_twisted.interfaces import IIdentify, Request
from gma_twisted.markup.xsd import writeDateTime
from gma_twisted.model import Certificate, SecurityHeader, UsernameToken
from gma_twisted.model.caller import ANONYMOUS
from gma_twisted.security.attempts import Attempts
from gma_twisted.security.nonces import Nonces
from gma_twisted.soap.usernametoken import passwordDigest
from gma_twisted.timing import NodeClock

__all__ = ["ANONYMOUS", "Anonymous", "Identities", "Known", "isToken", "tokenDigest"]

# RFC 6750, 2.1, and RFC 7235, 2.1: one scheme, blanks, a token68; shorter ones can be guessed.
_TOKEN = r"[A-Za-z0-9._~+/-]{16,512}={0,2}"
_BEARER = re.compile(rf"[Bb][Ee][Aa][Rr][Ee][Rr] {{1,8}}({_TOKEN})".encode())
_NO_PASSWORD = "\0"


def isToken(text: str) -> bool:
    """Whether it has the form of a bearer token, long enough that nobody guesses it."""
    return re.fullmatch(_TOKEN, text) is not None


def tokenDigest(token: str) -> str:
    """
    What is written down of a bearer token: C{sha256:HEX}.

    No salt and no stretching: a token is 256 random bits, nobody finds it by trying.
    """
    return f"sha256:{sha256(token.encode()).hexdigest()}"


@implementer(IIdentify)
@attrs.frozen(slots=True)
class Anonymous:
    """Knows nobody: whatever a caller shows, it stays anonymous."""

    isSecurityRead: ClassVar[bool] = False

    def identify(self, request: Request, security: SecurityHeader | None = None) -> str:
        """See L{IIdentify.identify}."""
        return ANONYMOUS


@attrs.frozen(slots=True)
class Known:
    """
    One who may call.

    @ivar name: the identity
    @ivar tokens: of its bearer tokens, as L{tokenDigest} makes them
    @ivar password: C{None} for none; never shown
    @ivar certificates: names as L{certificateName <gma_twisted.model.certificatename.certificateName>} writes them
    """

    name: str
    tokens: Sequence[str] = attrs.field(default=(), repr=False)
    password: str | None = attrs.field(default=None, repr=False)
    certificates: Sequence[str] = ()


@implementer(IIdentify)
class Identities:
    """
    Knows callers by bearer token, by password over TLS, and by certificate; all that is shown must agree.

    A certificate that is nobody's here says nothing: an authority that is trusted made it, and what an anonymous
    caller may do is not less. A token or a password that is nobody's is refused, and counts as a failure; after too
    many of those, passwords are not compared.

    While nobody at all is known, nothing that is shown is looked at.

    @ivar isSecurityRead: whether anybody is known
    @ivar attempts: what was shown in vain
    @ivar nonces: that were used
    """

    def __init__(
        self, known: Iterable[Known], clock: NodeClock, attempts: Attempts, nonces: Nonces
    ) -> None:
        """@param known: no token, no name of a certificate and no identity twice"""
        self.isSecurityRead = False
        self.attempts = attempts
        self.nonces = nonces
        self._clock = clock
        self._key = os.urandom(32)
        self._byToken: dict[bytes, str] = {}
        self._byCertificate: dict[str, str] = {}
        self._passwords: dict[str, str] = {}
        self.know(known)

    def know(self, known: Iterable[Known]) -> None:
        """Know these from now on, and nobody else."""
        byToken: dict[bytes, str] = {}
        byCertificate: dict[str, str] = {}
        passwords: dict[str, str] = {}
        self.isSecurityRead = False
        for one in known:
            self.isSecurityRead = True
            for token in one.tokens:
                byToken[self._blinded(bytes.fromhex(token.partition(":")[2]))] = one.name
            for name in one.certificates:
                byCertificate[name] = one.name
            if one.password is not None:
                passwords[one.name] = one.password
        self._byToken, self._byCertificate, self._passwords = byToken, byCertificate, passwords

    def identify(self, request: Request, security: SecurityHeader | None = None) -> str:
        """See L{IIdentify.identify}."""
        authorization, certificate = request.authorization, request.certificate
        if authorization is None and security is None:
            return ANONYMOUS if certificate is None else self._agreed(self._certified(certificate))
        if not self.isSecurityRead:
            return ANONYMOUS
        token = None if security is None else security.token
        name = "" if token is None else token.username
        try:
            return self._agreed(self._shown(request, security))
        except FailedAuthentication:
            self.attempts.admit(request.peer, name)
            self.attempts.failed(request.peer, name)
            raise

    def _shown(self, request: Request, security: SecurityHeader | None) -> Iterator[str]:
        if request.certificate is not None:
            yield from self._certified(request.certificate)
        if request.authorization is not None:
            yield self._bearer(request.authorization)
        if security is not None:
            self._checkTimes(security)
            if security.token is not None:
                # A password can be guessed: too many failures, and it is not compared. Nobody guesses a token of 256
                # bits or a key: who shows one is let in, however much that is wrong comes from there.
                self.attempts.admit(request.peer, security.token.username)
                yield self._password(security.token, request.isSecure)

    def _agreed(self, names: Iterable[str]) -> str:
        found = set(names)
        if len(found) > 1:
            raise FailedAuthentication("what is shown speaks of different identities")
        return found.pop() if found else ANONYMOUS

    def _certified(self, certificate: Certificate) -> Iterator[str]:
        known = self._byCertificate
        for name in (certificate.subject, *certificate.names):
            found = known.get(f"DNS:{name[4:].lower()}" if name.startswith("DNS:") else name)
            if found is not None:
                yield found

    def _bearer(self, authorization: bytes) -> str:
        found = _BEARER.fullmatch(authorization.strip())
        if found is None:
            # Nothing of it is repeated: without its scheme, the first word is the token.
            raise FailedAuthentication('the field Authorization is not "Bearer TOKEN"')
        name = self._byToken.get(self._blinded(sha256(found[1]).digest()))
        if name is None:
            raise FailedAuthentication("the bearer token is nobody's here")
        return name

    def _blinded(self, digest: bytes) -> bytes:
        # Looked up in a dict, which takes longer the more is alike. What is alike here nobody outside can choose or
        # foresee, because the key is this object's own: so the time tells nothing.
        return blake2b(digest, key=self._key, digest_size=32).digest()

    def _checkTimes(self, security: SecurityHeader) -> None:
        if security.created is not None:
            self.nonces.check(security.created)
        if security.expires is not None and security.expires <= self._clock.wallTime():
            raise FailedAuthentication(
                f"the message has expired, at {writeDateTime(security.expires)}"
            )

    def _password(self, token: UsernameToken, isSecure: bool) -> str:
        if not isSecure:
            raise FailedAuthentication("a password is taken over TLS only", cure="call by https")
        if token.createdAt is not None:
            self.nonces.check(token.createdAt)
        password = self._passwords.get(token.username)
        # Who is not known takes as long as who is.
        wanted, shown = _NO_PASSWORD if password is None else password, token.password
        if token.isDigest:
            wanted, shown = passwordDigest(token.nonce, token.created, wanted), shown.strip()
        isSame = _isSame(wanted, shown)
        if password is None or not isSame:
            raise FailedAuthentication("the user name or the password is wrong")
        if token.nonce and token.createdAt is not None:
            self.nonces.take(token.username, token.nonce, token.created, token.createdAt)
        return token.username


def _isSame(one: str, other: str) -> bool:
    # By digests, so that not even the length is told.
    return compare_digest(sha256(one.encode()).digest(), sha256(other.encode()).digest())
