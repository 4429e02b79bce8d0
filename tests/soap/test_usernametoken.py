"""C{wsse:Security}: read, written and digested as the profile says; what is anything else is refused."""

from collections.abc import Sequence
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from twisted.trial.unittest import SynchronousTestCase
from zeep.wsse.username import UsernameToken as Foreign

from gma_twisted.errors import InvalidSecurity, MustUnderstand
from gma_twisted.markup import Element, XMLGate
from gma_twisted.markup.namespaces import SOAP11, SOAP12, WSSE, WSU
from gma_twisted.markup.xsd import writeDateTime
from gma_twisted.model import SecurityHeader, UsernameToken
from gma_twisted.soap import openEnvelope
from gma_twisted.soap.usernametoken import passwordDigest, readSecurity, writeSecurity

_PROFILE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#"
_CREATED = "<wsu:Created>2026-11-22T10:00:00Z</wsu:Created>"
_NONCE = "<wsse:Nonce>MDEyMzQ1Njc4OWFiY2RlZg==</wsse:Nonce>"
_NAME = "<wsse:Username>alice</wsse:Username>"
_PASSWORD = "<wsse:Password>secret word</wsse:Password>"
_CONTROL: Sequence[Literal["C"]] = ("C",)
_TEXTS = st.text(
    st.characters(exclude_categories=_CONTROL) | st.sampled_from("&<>\"' \t\n"), min_size=1
)


def _header(blocks: str, soap: str = SOAP11) -> Element:
    text = (
        f'<s:Header xmlns:s="{soap}" xmlns:soapenv="{soap}" xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}">'
        f"{blocks}</s:Header>"
    )
    return XMLGate().parse(text.encode())


def _security(inside: str, attributes: str = "") -> str:
    return f"<wsse:Security{attributes}>{inside}</wsse:Security>"


def _token(inside: str) -> str:
    return _security(f"<wsse:UsernameToken>{inside}</wsse:UsernameToken>")


def _typed(kind: str) -> str:
    return _PASSWORD.replace(">", f' Type="{kind}">', 1)


class ReadingTests(SynchronousTestCase):
    """What is in a block."""

    def test_text(self) -> None:
        """A password is text unless it says otherwise; neither nonce nor time are needed."""
        for password in (_PASSWORD, _typed(f"{_PROFILE}PasswordText")):
            found = readSecurity(_header(_token(_NAME + password)))
            self.assertEqual(found, SecurityHeader(UsernameToken("alice", "secret word")))

    def test_digest(self) -> None:
        """A digest comes with both, the text of the time as it was written."""
        inside = _NAME + _typed(f"{_PROFILE}PasswordDigest") + _NONCE + _CREATED
        found = readSecurity(_header(_token(inside)))
        token = UsernameToken(
            "alice",
            "secret word",
            True,
            b"0123456789abcdef",
            "2026-11-22T10:00:00Z",
            1795341600.0,
        )
        self.assertEqual(found, SecurityHeader(token))
        self.assertNotIn("secret word", repr(found))

    def test_timestamp(self) -> None:
        """A Timestamp may stand beside the token, or alone."""
        inside = _CREATED + "<wsu:Expires>2026-11-22T10:05:00Z</wsu:Expires>"
        found = readSecurity(_header(_security(f"<wsu:Timestamp>{inside}</wsu:Timestamp>")))
        self.assertEqual(found, SecurityHeader(None, 1795341600.0, 1795341900.0))

    def test_others(self) -> None:
        """Without a block for this node there is nothing; one for another is another's."""
        self.assertIsNone(readSecurity(_header("<wsse:Other/>")))
        elsewhere = _security("<wsse:Unknown/>", ' soapenv:actor="http://example.org/other"')
        self.assertIsNone(readSecurity(_header(elsewhere)))
        both = elsewhere + _token(_NAME + _PASSWORD)
        self.assertIsNotNone(readSecurity(_header(both)))

    def test_refused(self) -> None:
        """Anything else is refused, and no password is in the message."""
        digest = _typed(f"{_PROFILE}PasswordDigest")
        good = _token(_NAME + _PASSWORD)
        for blocks in (
            good + good,
            good + _security("", f' xmlns:t="{SOAP12}" t:role="{SOAP12}/role/next"'),
            _security("<wsse:BinarySecurityToken/>"),
            _security("<x/>"),
            _token(""),
            _token(_NAME),
            _token(_PASSWORD),
            _token(_NAME + _NAME + _PASSWORD),
            _token(_NAME + _PASSWORD + _PASSWORD),
            _token("<wsse:Username/>" + _PASSWORD),
            _token(_NAME + "<wsse:Password/>"),
            _token(_NAME + "<wsse:Password>secret word<x/></wsse:Password>"),
            _token(f"<wsse:Username>{'a' * 1025}</wsse:Username>" + _PASSWORD),
            _token(_NAME + f"<wsse:Password>{'secret word' * 100}</wsse:Password>"),
            _token(_NAME + _typed("urn:other")),
            _token(_NAME + digest),
            _token(_NAME + digest + _NONCE),
            _token(_NAME + digest + _CREATED),
            _token(_NAME + _PASSWORD + "<wsse:Nonce>AAAA</wsse:Nonce>"),
            _token(_NAME + _PASSWORD + "<wsse:Nonce>no base64!</wsse:Nonce>"),
            _token(_NAME + _PASSWORD + "<wsse:Nonce>é</wsse:Nonce>"),
            _token(_NAME + _PASSWORD + f"<wsse:Nonce>{'A' * 88}</wsse:Nonce>"),
            _token(_NAME + _PASSWORD + _NONCE.replace(">", ' EncodingType="urn:hex">', 1)),
            _token(_NAME + _PASSWORD + "<wsu:Created>yesterday</wsu:Created>"),
            *(
                _token(_NAME + digest + _NONCE + _CREATED.replace(at, f"{blank}{at}"))
                for at in ("2026", "</")
                for blank in (" ", "\t", "\n", "&#13;")
            ),
            _token(_NAME + _PASSWORD + "<wsse:Salt/>"),
            _security(f"<wsu:Timestamp>{_CREATED}{_CREATED}</wsu:Timestamp>"),
        ):
            error = self.assertRaises(InvalidSecurity, readSecurity, _header(blocks))
            self.assertNotIn("secret word", error.message)

    @given(_TEXTS.filter(lambda text: len(text) <= 64), _TEXTS, st.binary(min_size=16, max_size=64))
    def test_written(self, name: str, password: str, nonce: bytes) -> None:
        """What is written is read as the same, with any text and any nonce; the digest of it is the same too."""
        # What XML makes of line ends is not the codec's.
        name, password = name.replace("\r", " "), password.replace("\r", " ")
        created = writeDateTime(1_700_000_000.0)
        for isDigest in (False, True):
            shown = passwordDigest(nonce, created, password) if isDigest else password
            token = UsernameToken(name, shown, isDigest, nonce, created, 1_700_000_000.0)
            found = readSecurity(_header(writeSecurity(token).decode()))
            self.assertEqual(found, SecurityHeader(token))


class ForeignTests(SynchronousTestCase):
    """What zeep writes."""

    @given(st.text("abcdefgh0123456789&<é", min_size=1, max_size=30), st.booleans())
    def test_zeep(self, password: str, isDigest: bool) -> None:
        """It is read, and its digest is ours."""
        envelope = etree.fromstring(f'<s:Envelope xmlns:s="{SOAP11}"><s:Body/></s:Envelope>')
        Foreign("alice", password, use_digest=isDigest).apply(envelope, {})
        root = XMLGate().parse(etree.tostring(envelope))
        found = readSecurity(root[0])
        assert found is not None
        token = found.token
        assert token is not None
        self.assertEqual((token.username, token.isDigest), ("alice", isDigest))
        if isDigest:
            self.assertEqual(token.password, passwordDigest(token.nonce, token.created, password))
            self.assertEqual(len(token.nonce), 16)
        else:
            self.assertEqual(token.password, password)


class EnvelopeTests(SynchronousTestCase):
    """Whether the block is understood."""

    def test_mustUnderstand(self) -> None:
        """It is where it is read, and refused as any other where it is not."""
        for soap in (SOAP11, SOAP12):
            block = _security("", ' soapenv:mustUnderstand="1"')
            other = '<x xmlns="urn:x" soapenv:mustUnderstand="1"/>'
            for blocks, isRead, isGood in (
                (block, True, True),
                (block, False, False),
                (other, True, False),
            ):
                root = XMLGate().parse(
                    f'<soapenv:Envelope xmlns:soapenv="{soap}" xmlns:wsse="{WSSE}"><soapenv:Header>{blocks}'
                    "</soapenv:Header><soapenv:Body><a/></soapenv:Body></soapenv:Envelope>".encode()
                )
                if isGood:
                    self.assertIsNotNone(openEnvelope(root, isRead).header)
                else:
                    self.assertRaises(MustUnderstand, openEnvelope, root, isRead)
