"""add and remove of a service group."""

import math

from zope.interface.verify import verifyObject

from gma_twisted.errors import (
    AddRefused,
    ContentCreationFailed,
    ExtensibilityNotSupported,
    ExtensibilityTypeError,
    MatchFailed,
    ParameterError,
    RemoveFailed,
    UnsupportedMemberInterface,
)
from gma_twisted.interfaces import IServiceGroupRegistration
from gma_twisted.model import (
    Caller,
    Expression,
    Handle,
    KnownMember,
    Locator,
    QName,
    TerminationTime,
    Whose,
)
from gma_twisted.registration import GrantLimits, MembershipRule
from gma_twisted.stores.registry import RegistryLimits
from tests.registration.stand import ANNE, BOB, WALL, CatalogueCase, expression, member

_JOBS = QName("urn:j", "Jobs")


def matching(*parts: str) -> Expression:
    """C{matchByLocatorEquivalence} of a locator with these children."""
    inside = "".join(parts)
    return expression(
        "<ogsi:matchByLocatorEquivalence><ogsi:locator>"
        f"{inside}</ogsi:locator></ogsi:matchByLocatorEquivalence>"
    )


def handle(name: str) -> str:
    """A handle in a locator."""
    return f"<ogsi:handle>{member(name).handles[0]}</ogsi:handle>"


class GroupTests(CatalogueCase):
    """Of additions and removals."""

    grants = GrantLimits(5.0, 300.0, 1000.0)

    def _add(
        self,
        locator: Locator,
        time: TerminationTime | None = None,
        caller: Caller = ANNE,
        content: Expression | None = None,
    ) -> tuple[Locator, TerminationTime]:
        return self.done(self.registry.group.add(locator, content, time, caller))

    def _remove(self, match: Expression, caller: Caller = ANNE) -> None:
        self.done(self.registry.group.remove(match, caller))

    def test_interface(self) -> None:
        """It is what the port type asks for."""
        self.assertTrue(verifyObject(IServiceGroupRegistration, self.registry.group))

    def test_adds(self) -> None:
        """The answer locates the entry and tells the time granted beside the server's own."""
        self.time.advance(3.0)
        locator, granted = self._add(member(), TerminationTime(None, WALL + 63.0))
        entry = self.catalogue.entryOf(locator.handles[0])
        self.assertEqual(self.catalogue.find(entry).until, 63.0)
        self.assertEqual(granted, TerminationTime(WALL + 63.0, WALL + 63.0, WALL + 3.0))

    def test_times(self) -> None:
        """The end wanted is before, else after; what is out of bounds is clamped, infinity included."""
        for after, before, granted in (
            (None, None, 300.0),
            (WALL + 50.0, None, 50.0),
            (WALL + 50.0, WALL + 70.0, 70.0),
            (-math.inf, WALL + 70.0, 70.0),
            (math.inf, None, 1000.0),
            (None, math.inf, 1000.0),
            (WALL + 50.0, math.inf, 1000.0),
            (None, WALL - 1e6, 5.0),
            (None, -math.inf, 5.0),
        ):
            _, time = self._add(member(), TerminationTime(after, before))
            self.assertEqual(time.before, WALL + granted, (after, before))
        contrary = TerminationTime(WALL + 70.0, WALL + 50.0)
        self.fails(ParameterError, self.registry.group.add(member(), None, contrary, ANNE))

    def test_noTime(self) -> None:
        """Without a time it is the usual one."""
        self.assertEqual(self._add(member())[1].before, WALL + 300.0)

    def test_noHandle(self) -> None:
        """A member needs a handle."""
        adding = self.registry.group.add(Locator((), (_JOBS,)), None, None, ANNE)
        self.fails(AddRefused, adding)

    def test_bothFaces(self) -> None:
        """What one face adds the other renews and ends."""
        locator, _ = self._add(member())
        url = member().handles[0]
        register = self.registry.registrar.registerService
        entry, _ = self.done(register(url, [], None, [], None, 20.0, ANNE))
        self.assertEqual(entry, locator.handles[0])
        self._remove(matching(handle("a")))
        self.assertEqual(self.shown(), [])
        self._add(member())
        self.done(self.registry.registrar.unregisterService(url, ANNE))
        self.assertEqual(self.shown(), [])

    # -- remove

    def test_removes(self) -> None:
        """Every entry of the caller with an equal locator ends, and no other."""
        one, _ = self._add(member("a", _JOBS))
        self._add(member("b", _JOBS))
        interface = '<ogsi:interface xmlns:j="urn:j">j:Jobs</ogsi:interface>'
        self.fails(MatchFailed, self.registry.group.remove(matching(handle("a")), ANNE))
        self._remove(matching(interface, handle("a")))
        self.assertEqual(len(self.shown()), 1)
        self.assertNotIn(self.catalogue.entryOf(one.handles[0]), self.shown())

    def test_reference(self) -> None:
        """References belong to a locator, in whatever way they are spelled."""
        text = '<ogsi:reference a="1" b="2"><x/></ogsi:reference>'
        request = matching(handle("a"), text)
        spelled = matching("<ogsi:reference b='2'  a='1'><x></x></ogsi:reference>", handle("a"))
        locator = Locator(
            member().handles,
            (),
            (
                b'<ogsi:reference xmlns:ogsi="http://www.gridforum.org/namespaces/2003/03/OGSI"'
                b' a="1" b="2"><x></x></ogsi:reference>',
            ),
        )
        for match in (request, spelled):
            self._add(locator)
            self.fails(MatchFailed, self.registry.group.remove(matching(handle("a")), ANNE))
            self._remove(match)
            self.assertEqual(self.shown(), [])

    def test_others(self) -> None:
        """Others' entries stay; when only theirs match, it is said how many."""
        self._add(member())
        self._add(member(), caller=BOB)
        self._remove(matching(handle("a")))
        self.assertEqual(len(self.shown()), 1)
        error = self.fails(RemoveFailed, self.registry.group.remove(matching(handle("a")), ANNE))
        self.assertEqual(
            str(error),
            "the 1 entries of http://a.example:8480/services/s that match belong to others",
        )

    def test_whose(self) -> None:
        """Who may end what is others' removes it."""
        self._add(member("a"))
        wanted = matching(handle("a"))
        eve = Caller("eve", "192.0.2.9", None, Whose.OWN)
        self.fails(RemoveFailed, self.registry.group.remove(wanted, eve))
        boss = Caller("boss", "192.0.2.9", None, Whose.ANY)
        self.done(self.registry.group.remove(wanted, boss))
        self.fails(MatchFailed, self.registry.group.remove(wanted, boss))

    def test_severalLocators(self) -> None:
        """One call takes out the entries of several locators; what matches none of them stays."""
        for name in ("a", "b", "c"):
            self._add(member(name))
        locators = "".join(
            f"<ogsi:locator>{handle(name)}</ogsi:locator>" for name in ("a", "never", "b", "a")
        )
        text = f"<ogsi:matchByLocatorEquivalence>{locators}</ogsi:matchByLocatorEquivalence>"
        self._remove(expression(text))
        (left,) = self.catalogue.store.entries("", 9)
        self.assertEqual(left.member, member("c"))

    def test_noMatch(self) -> None:
        """Nothing that matches is a fault, a locator without a handle among it."""
        for match in (matching(handle("never")), matching()):
            self.fails(MatchFailed, self.registry.group.remove(match, ANNE))

    def test_malformed(self) -> None:
        """Other expressions and malformed ones are told apart."""
        remove = self.registry.group.remove
        self.fails(ExtensibilityNotSupported, remove(expression("<ogsi:matchByXPath/>"), ANNE))
        for inside in (
            "",
            "<ogsi:handle>http://a/</ogsi:handle>",
            f"<ogsi:locator>{handle('a')}</ogsi:locator>" * 65,
        ):
            text = f"<ogsi:matchByLocatorEquivalence>{inside}</ogsi:matchByLocatorEquivalence>"
            self.fails(ExtensibilityTypeError, remove(expression(text), ANNE))
        self.fails(ExtensibilityTypeError, remove(matching("<ogsi:handle>x</ogsi:handle>"), ANNE))


class BagTests(CatalogueCase):
    """Where members may come several times."""

    known = KnownMember.ADD

    def test_all(self) -> None:
        """All entries with the locator end at once."""
        for _ in range(3):
            self.done(self.registry.group.add(member(), None, None, ANNE))
        self.assertEqual(len(self.shown()), 3)
        self.done(self.registry.group.remove(matching(handle("a")), ANNE))
        self.assertEqual(self.shown(), [])


class BoundTests(CatalogueCase):
    """Where one entry is all there may be."""

    limits = RegistryLimits(entries=1)

    def test_full(self) -> None:
        """A bound refuses the addition, by the fault OGSI has for it."""
        self.done(self.registry.group.add(member("a"), None, None, ANNE))
        error = self.fails(AddRefused, self.registry.group.add(member("b"), None, None, ANNE))
        self.assertIn("more than 1 registrations", str(error))


class RuleTests(CatalogueCase):
    """Where rules ask for an interface and a content."""

    rules = (MembershipRule(_JOBS, (QName("urn:gma-twisted:2026:core", "load"),)),)

    def test_rules(self) -> None:
        """A member needs the interface, its entry the element: as the root, or right below it."""
        add = self.registry.group.add
        locator = Locator((Handle("http://a.example/x"),), (_JOBS,))
        self.fails(UnsupportedMemberInterface, add(member(), None, None, ANNE))
        for text in (None, "<gma:other/>", "<gma:a><gma:b><gma:load/></gma:b></gma:a>"):
            content = None if text is None else expression(text)
            self.fails(ContentCreationFailed, add(locator, content, None, ANNE))
        for text in ("<gma:load/>", "<gma:a><gma:load/></gma:a>"):
            self.done(add(locator, expression(text), None, ANNE))
