"""What the structures of port types make of what a peer sends."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError
from gma_twisted.markup.namespaces import REG
from gma_twisted.model import QName
from gma_twisted.soap import Selection
from gma_twisted.soap.porttypes import REGISTRATION
from tests.soap.messages import opened


def _interfaces(*names: tuple[str, str]) -> list[QName]:
    listed = "".join(
        f"<interface><namespace>{namespace}</namespace><localName>{local}</localName></interface>"
        for namespace, local in names
    )
    body = (
        f'<registerService xmlns="{REG}"><handle>http://h/services/x</handle>{listed}'
        "</registerService>"
    )
    found: list[QName] = Selection([REGISTRATION]).select(opened(body), None).arguments["interface"]
    return found


class RegistrationTests(SynchronousTestCase):
    """Interfaces of a registered service, which others are told."""

    def test_interface(self) -> None:
        """Namespace and local name are a name, with or without a namespace."""
        self.assertEqual(
            _interfaces(("urn:a", "Port"), ("", "Plain")),
            [QName("urn:a", "Port"), QName("", "Plain")],
        )

    def test_malformed(self) -> None:
        """What is no name is refused; whether a document can hold its namespace is asked where it is kept."""
        for namespace, local in (("urn:a", "a b"), ("urn:a", ""), ("}", "a")):
            self.assertRaises(ParameterError, _interfaces, (namespace, local))
