"""Names of certificates: one spelling, the same that the library writes which reads certificates."""

from cryptography.x509 import Name, NameAttribute
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError
from gma_twisted.model.certificatename import certificateName

_TYPES = (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME, NameOID.EMAIL_ADDRESS, NameOID.USER_ID)
_ATTRIBUTES = st.builds(
    NameAttribute,
    st.sampled_from(_TYPES),
    st.text(st.characters(exclude_categories=("C", "Z")) | st.just(" "), min_size=1, max_size=20),
)


class NameTests(SynchronousTestCase):
    """What is read, and how it is spelled."""

    def test_spellings(self) -> None:
        """Case of types and hosts, blanks, needless escapes and other names of a type make no difference."""
        for text, spelled in (
            (" cn = site-a , o=VO ", "CN=site-a,O=VO"),
            ("CN=a\\2Cb", "CN=a\\,b"),
            ("CN=\\C3\\A9", "CN=é"),
            ("E=a@b,CN=x", "1.2.840.113549.1.9.1=a@b,CN=x"),
            ("CN=a+O=b", "CN=a+O=b"),
            ("OU=b+CN=a,O=x", "CN=a+OU=b,O=x"),
            ("serialNumber=7,CN=a", "2.5.4.5=7,CN=a"),
            ("CN=a\\ ", "CN=a\\ "),
            ("CN=a\\\\ ", "CN=a\\\\"),
            ("DNS:Site-A.Example.ORG", "DNS:site-a.example.org"),
            ("ip:::0:1", "IP:::1"),
            ("URI:spiffe://vo/Site", "URI:spiffe://vo/Site"),
        ):
            self.assertEqual(certificateName(text), spelled)

    def test_others(self) -> None:
        """What is no name is refused."""
        for text in (
            "",
            "site-a",
            "CN=",
            "CN=a,",
            "CN=#0c0161",
            "CN=\\C3",
            "XX=a",
            "DNS:",
            "DNS:a b",
            "IP:1.2.3",
            "EMAIL:a@b",
            "URI:x",
            "CN=a\0b",
            "CN=" + "a" * 1024,
        ):
            self.assertRaises(ParameterError, certificateName, text)

    @given(st.lists(_ATTRIBUTES, min_size=1, max_size=4))
    def test_written(self, attributes: list[NameAttribute[str]]) -> None:
        """A subject as it is read from a certificate is spelled already."""
        written = Name(attributes).rfc4514_string()
        self.assertEqual(certificateName(written), written)
