"""registerService, unregisterService and renewServices."""

from zope.interface.verify import verifyObject

from gma_twisted.errors import ExtensibilityTypeError, UnknownId, UnsupportedMemberInterface
from gma_twisted.interfaces import IRegistration
from gma_twisted.model import Caller, Expression, Handle, QName, Whose
from gma_twisted.registration import MembershipRule
from tests.registration.stand import ANNE, BOB, HANDLE, CatalogueCase, expression

_A = Handle("http://a.example/services/s")
_B = Handle("http://b.example/services/s")
_JOBS = QName("urn:j", "Jobs")


class RegistrarTests(CatalogueCase):
    """Of owners and their handles."""

    def _register(
        self,
        handle: Handle = _A,
        caller: Caller = ANNE,
        lifetime: float | None = None,
        content: Expression | None = None,
        name: str | None = None,
    ) -> tuple[Handle, float]:
        return self.done(
            self.registry.registrar.registerService(
                handle, [_JOBS], name, [("k", "v")], content, lifetime, caller
            )
        )

    def test_interface(self) -> None:
        """It is what the port type asks for."""
        self.assertTrue(verifyObject(IRegistration, self.registry.registrar))

    def test_registers(self) -> None:
        """The answer is the entry's handle and the seconds granted; the row holds what was told."""
        entry, lifetime = self._register(
            lifetime=60.0, content=expression("<gma:x>1</gma:x>"), name="n"
        )
        self.assertEqual(lifetime, 60.0)
        row = self.catalogue.find(self.catalogue.entryOf(entry))
        self.assertEqual((row.handle, row.interfaces), (_A.url, (_JOBS,)))
        self.assertEqual((row.name, row.attributes, row.owner), ("n", (("k", "v"),), "anne"))
        self.assertEqual(row.content, b'<gma:x xmlns:gma="urn:gma-twisted:2026:core">1</gma:x>')

    def test_deepContent(self) -> None:
        """A content that would make answers unreadable is refused."""
        for depth, isRefused in ((32, False), (33, True)):
            content = expression("<a>" * depth + "</a>" * depth)
            registering = self.registry.registrar.registerService(
                _A, [], None, [], content, None, ANNE
            )
            if isRefused:
                self.fails(ExtensibilityTypeError, registering)
            else:
                self.done(registering)

    def test_unregisters(self) -> None:
        """An owner ends own entries of a handle, nobody else's."""
        mine, _ = self._register()
        others, _ = self._register(caller=BOB)
        self.done(self.registry.registrar.unregisterService(_A, ANNE))
        self.assertEqual(self.shown(), [self.catalogue.entryOf(others)])
        self.assertNotEqual(mine, others)
        for handle, caller in ((_A, ANNE), (_B, BOB)):
            error = self.fails(UnknownId, self.registry.registrar.unregisterService(handle, caller))
            self.assertEqual(str(error), f"{caller.identity} has no entry of {handle} here")

    def test_anonymous(self) -> None:
        """Who shows no identity owns what came from the same address."""
        here, there = Caller("anonymous", "192.0.2.7"), Caller("anonymous", "192.0.2.8")
        self._register(caller=here)
        self.fails(UnknownId, self.registry.registrar.unregisterService(_A, there))
        self.done(self.registry.registrar.unregisterService(_A, here))

    def test_renews(self) -> None:
        """Renewals are told in the order asked, by the handles asked."""
        mine, _ = self._register(lifetime=10.0)
        others, _ = self._register(_B, BOB)
        elsewhere = Handle(mine.url.replace("http://reg", "http://other"))
        asked = [elsewhere, mine, others, HANDLE]
        results = self.done(self.registry.registrar.renewServices(asked, 99.0, ANNE))
        self.assertEqual([one.entry for one in results], asked)
        self.assertEqual([one.lifetime for one in results], [None, 99.0, None, None])

    def test_whose(self) -> None:
        """Who may end what is others' renews and unregisters their entries as its own; who may not, as before."""
        for whose in (Whose.OWN, Whose.HELD):
            entry, _ = self._register()
            other = Caller("eve", "192.0.2.9", None, whose)
            [result] = self.done(self.registry.registrar.renewServices([entry], 60.0, other))
            self.assertIsNone(result.lifetime)
            self.fails(UnknownId, self.registry.registrar.unregisterService(_A, other))
        boss = Caller("boss", "192.0.2.9", None, Whose.ANY)
        [result] = self.done(self.registry.registrar.renewServices([entry], 60.0, boss))
        self.assertEqual(result.lifetime, 60.0)
        self.done(self.registry.registrar.unregisterService(_A, boss))
        self.fails(UnknownId, self.registry.registrar.unregisterService(_A))


class RuleTests(CatalogueCase):
    """Where members must have an interface and describe themselves."""

    rules = (MembershipRule(_JOBS, (QName("urn:gma-twisted:2026:core", "registration"),)),)

    def test_rules(self) -> None:
        """The group's rules count for this face too; name and attributes are a content."""
        register = self.registry.registrar.registerService
        self.fails(UnsupportedMemberInterface, register(_A, [], "n", [], None, None, ANNE))
        self.done(register(_A, [_JOBS], "n", [], None, None, ANNE))
