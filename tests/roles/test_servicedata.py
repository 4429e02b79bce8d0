"""C{setServiceData}: what clients may change, in whatever shape they ask, and what they are told."""

import math
from collections.abc import Awaitable, Sequence

from twisted.internet.defer import CancelledError, Deferred

from gma_twisted.errors import (
    Busy,
    CardinalityViolation,
    ExtensibilityNotSupported,
    ExtensibilityTypeError,
    IncorrectValue,
    ModifiabilityViolation,
    MutabilityViolation,
    ParameterError,
    PartialFailure,
    TooLarge,
    TypeViolation,
)
from gma_twisted.markup import XMLGate, escapeText, valueFromTree
from gma_twisted.model import ElementKey, Lifetime, Put
from gma_twisted.roles.update import MOST
from gma_twisted.stores import MemoryStore, StoreLimits
from gma_twisted.stores.recording import Forgetful, Record
from gma_twisted.timing import toDeferred
from tests.roles.settable import HANDLE, WALL, SettableCase, name


class _Slow(Forgetful):
    """Every record waits to be let go."""

    def __init__(self) -> None:
        self.records: list[Deferred[int]] = []

    def record(self, records: Sequence[Record]) -> Awaitable[int]:
        """Wait."""
        made: Deferred[int] = Deferred()
        self.records.append(made)
        return made


class SetTests(SettableCase):
    """C{ogsi:setByServiceDataNames}."""

    def test_replaces(self) -> None:
        """Values of a mutable name take the place of those there were."""
        self.does(self.set("<a:load>1</a:load><a:load>2</a:load>"))
        self.assertEqual(self.texts("load"), ["1", "2"])
        self.does(self.set("<a:load>3</a:load>"))
        self.assertEqual(self.texts("load"), ["3"])

    def test_appends(self) -> None:
        """Values of an extendable name come beside those there were, the same text too."""
        self.does(self.set("<a:log>1</a:log>"))
        self.does(self.set("<a:log>2</a:log><a:log>1</a:log>"))
        self.does(self.set("<a:log>1</a:log>"))
        self.assertEqual(sorted(self.texts("log")), ["1", "1", "1", "2"])

    def test_many(self) -> None:
        """One expression sets many names, their values in any order."""
        self.does(
            self.set("<a:load>1</a:load><a:number>5</a:number><a:load>2</a:load><a:log>x</a:log>")
        )
        self.assertEqual(
            [self.texts(local) for local in ("load", "number", "log")], [["1", "2"], ["5"], ["x"]]
        )

    def test_structured(self) -> None:
        """Where any type will do, a value has elements and attributes, and keeps what its prefixes mean."""
        self.does(self.set('<a:load a:unit="ms"><b xmlns:q="urn:q">q:x<c/></b></a:load>'))
        (one,) = self.elements("load")
        tree = XMLGate().parse(one.content)
        self.assertEqual((tree.get("{urn:a}unit"), tree[0].nsmap["q"]), ("ms", "urn:q"))

    def test_originator(self) -> None:
        """Values are the service's own, made now, whoever the client says made them."""
        self.does(
            self.set(
                '<a:load gma:originator="http://other/" gma:path="n1" gma:sequence="7">1</a:load>'
            )
        )
        (one,) = self.elements("load")
        self.assertEqual((one.key, one.path), (ElementKey(name("load"), HANDLE.url), ()))
        self.assertEqual((one.created, one.sequence), (WALL + 100, 0))

    def test_keys(self) -> None:
        """Values of one name have keys of their own; one that is set again in its place is the same value."""
        self.does(self.set("<a:load>1</a:load><a:load>2</a:load><a:load>3</a:load>"))
        keys = [one.key.key for one in self.elements("load")]
        self.assertEqual(keys, ["", "1", "2"])
        self.does(self.set("<a:load>1</a:load><a:load>4</a:load>"))
        self.assertEqual([one.key.key for one in self.elements("load")], ["", "1"])
        self.assertEqual(self.texts("load"), ["1", "4"])

    def test_ownKeys(self) -> None:
        """A key that the client gives is kept, and others keep clear of it."""
        self.does(self.set('<a:load>1</a:load><a:load gma:key="1">2</a:load><a:load>3</a:load>'))
        keys = {
            one.key.key: text
            for one, text in zip(self.elements("load"), self.texts("load"), strict=True)
        }
        self.assertEqual(keys, {"": "1", "1": "2", "2": "3"})
        self.fails(
            self.set('<a:load gma:key="k">1</a:load><a:load gma:key="k">2</a:load>'), IncorrectValue
        )
        self.fails(self.set(f'<a:load gma:key="{"k" * 257}">1</a:load>'), IncorrectValue)

    def test_extendableKey(self) -> None:
        """A value of an extendable name is not replaced by way of its key."""
        self.does(self.set('<a:log gma:key="k">1</a:log>'))
        error = self.fails(self.set('<a:log gma:key="k">2</a:log>'), IncorrectValue)
        self.assertIn("stays what it is", error.message)
        self.assertEqual(self.texts("log"), ["1"])

    def test_others(self) -> None:
        """What other services said under the same name is neither replaced, nor counted, nor deleted."""
        for local in ("number", "notes"):
            tree = XMLGate().parse(f'<{local} xmlns="urn:a">77</{local}>'.encode())
            key = ElementKey(name(local), "http://other/services/x")
            put = Put(valueFromTree(tree, key, Lifetime(0.0)))
            self.successResultOf(toDeferred(self.store.commit([put])))
        self.does(self.set("<a:number>1</a:number><a:number>2</a:number>"))
        self.assertEqual(sorted(self.texts("number")), ["1", "2", "77"])
        self.does(self.set("<a:number>3</a:number>"))
        self.assertEqual(sorted(self.texts("number")), ["3", "77"])
        self.does(self.set("<a:notes>1</a:notes><a:notes>2</a:notes><a:notes>3</a:notes>"))
        self.assertEqual(sorted(self.texts("notes")), ["1", "2", "3", "77"])

    def test_oneCommit(self) -> None:
        """Each name is one commit, however many values it has."""
        before = self.store.revision
        self.does(self.set("<a:load>1</a:load><a:load>2</a:load><a:log>1</a:log><a:log>2</a:log>"))
        self.assertEqual(self.store.revision, before + 2)

    def test_manyAppends(self) -> None:
        """A thousand values appended a hundred at a time have a thousand keys."""
        for _ in range(10):
            self.does(self.set("<a:log>x</a:log>" * 100))
        self.assertEqual(len({one.key for one in self.elements("log")}), 1000)


class LifetimeTests(SettableCase):
    """Lifetimes that clients give."""

    def _set(self, attributes: str) -> Lifetime:
        self.does(self.set(f"<a:load {attributes}>1</a:load>"))
        (one,) = self.elements("load")
        self.assertNotIn(b"ogsi:good", one.content)
        return one.lifetime

    def test_none(self) -> None:
        """Without a lifetime a value holds from now on, without end."""
        self.assertEqual(self._set(""), Lifetime(100.0))

    def test_given(self) -> None:
        """Instants are wall time; attributes may be qualified or not."""
        times = (("goodFrom", 5), ("goodUntil", 60), ("availableUntil", 90))
        for prefix in ("ogsi:", ""):
            attributes = " ".join(
                f'{prefix}{attribute}="2023-11-14T22:{15 + minutes // 60:02}:{minutes % 60:02}Z"'
                for attribute, minutes in times
            )
            # 22:15:00 is 100 s after WALL.
            self.assertEqual(self._set(attributes), Lifetime(105.0, 160.0, 190.0))

    def test_partly(self) -> None:
        """What is not given follows from what is."""
        until = '"2023-11-14T22:16:00Z"'
        self.assertEqual(self._set(f"ogsi:goodUntil={until}"), Lifetime(100.0, 160.0))
        self.assertEqual(self._set(f"ogsi:availableUntil={until}"), Lifetime(100.0, 160.0, 160.0))
        self.assertEqual(self._set('ogsi:goodUntil="infinity"'), Lifetime(100.0))

    def test_stale(self) -> None:
        """A value may be stale from the first; it speaks of a time that is over."""
        past = '"2023-11-14T22:14:00Z"'
        self.assertEqual(self._set(f"ogsi:goodUntil={past}"), Lifetime(40.0, 40.0))

    def test_expires(self) -> None:
        """A value goes when its time is over; then an extendable name has room for another."""
        self.does(
            self.set(
                '<a:notes ogsi:availableUntil="2023-11-14T22:15:10Z">1</a:notes>'
                "<a:notes>2</a:notes><a:notes>3</a:notes>"
            )
        )
        self.fails(self.set("<a:notes>4</a:notes>"), CardinalityViolation)
        self.time.advance(10)
        self.does(self.set("<a:notes>4</a:notes>"))
        self.assertEqual(sorted(self.texts("notes")), ["2", "3", "4"])

    def test_refused(self) -> None:
        """A lifetime that contradicts itself, is over, or is no time, is an incorrect value."""
        for attributes in (
            'ogsi:goodFrom="2023-11-14T22:17:00Z" ogsi:goodUntil="2023-11-14T22:16:00Z"',
            'ogsi:goodUntil="2023-11-14T22:17:00Z" ogsi:availableUntil="2023-11-14T22:16:00Z"',
            'ogsi:availableUntil="2023-11-14T22:15:00Z"',
            'ogsi:goodUntil="soon"',
        ):
            self.fails(self.set(f"<a:load {attributes}>1</a:load>"), IncorrectValue)
        self.assertEqual(self.texts("load"), [])


class DeleteTests(SettableCase):
    """C{ogsi:deleteByServiceDataNames}."""

    def test_deletes(self) -> None:
        """All values of a mutable name go; the name stays known, and deleting what is not there is done too."""
        self.does(self.set("<a:load>1</a:load><a:load>2</a:load>"))
        for _ in range(2):
            self.does(self.delete("load", "nillable", "load"))
            self.assertEqual(self.texts("load"), [])

    def test_refused(self) -> None:
        """Only mutable names can be deleted, when they need no value."""
        self.does(self.set("<a:log>1</a:log><a:number>1</a:number>"))
        for local, kind in (
            ("log", MutabilityViolation),
            ("fixed", MutabilityViolation),
            ("number", CardinalityViolation),
            ("closed", ModifiabilityViolation),
            ("known", ModifiabilityViolation),
            ("unknown", IncorrectValue),
        ):
            self.fails(self.delete(local), kind)
        self.assertEqual((self.texts("log"), self.texts("number")), (["1"], ["1"]))


class RefusalTests(SettableCase):
    """What cannot be set."""

    def test_mutability(self) -> None:
        """Static and constant service data stays."""
        for local in ("fixed", "constant"):
            error = self.fails(self.set(f"<a:{local}>1</a:{local}>"), MutabilityViolation)
            self.assertIn(f"{{urn:a}}{local} is", error.message)

    def test_modifiability(self) -> None:
        """Names that are not declared modifiable are not set, declared or not."""
        for local in ("closed", "known"):
            error = self.fails(self.set(f"<a:{local}>1</a:{local}>"), ModifiabilityViolation)
            self.assertEqual(error.message, f"{{urn:a}}{local} is not modifiable by clients")

    def test_unknown(self) -> None:
        """An unknown name is an incorrect value."""
        error = self.fails(self.set("<a:other/>"), IncorrectValue)
        self.assertEqual(error.message, 'the service data name "{urn:a}other" is not known here')

    def test_type(self) -> None:
        """A value is of the declared simple type, and nil only where that is declared."""
        for value in ("x", "", "1.5", "<b/>", "1<b/>", "9999999999"):
            self.fails(self.set(f"<a:number>{value}</a:number>"), TypeViolation)
        for nil in ("true", "maybe"):
            self.fails(self.set(f'<a:number xsi:nil="{nil}"/>'), TypeViolation)
        error = self.fails(self.set("<a:number>x</a:number>"), TypeViolation)
        self.assertEqual(error.message, '"x" is no value of {urn:a}number: xsd:int')
        self.does(self.set('<a:nillable xsi:nil="true"/><a:nillable> 5 </a:nillable>'))
        self.assertEqual(len(self.elements("nillable")), 2)

    def test_cardinality(self) -> None:
        """There may be as many values as are declared, counted with those there are when they only grow."""
        self.fails(self.set("<a:number>1</a:number>" * 3), CardinalityViolation)
        self.fails(self.set("<a:notes>1</a:notes>"), CardinalityViolation)
        self.does(self.set("<a:notes>1</a:notes>" * 2))
        self.does(self.set("<a:notes>1</a:notes>"))
        error = self.fails(self.set("<a:notes>1</a:notes>"), CardinalityViolation)
        self.assertEqual(error.message, "{urn:a}notes would have 4 values; its cardinality is 2..3")

    def test_reservedPrefix(self) -> None:
        """A value that takes our prefixes for something else is an incorrect one."""
        self.fails(self.set('<a:load xmlns:gma="urn:other">1</a:load>'), IncorrectValue)

    def test_malformed(self) -> None:
        """What is no update at all is malformed, or of no kind there is."""
        for expression in (self.set(""), self.delete(), self.set("<sd:serviceDataValues/>")):
            self.fails(expression, ExtensibilityTypeError)
        self.fails(self.set("7<a:load/>"), ExtensibilityTypeError)
        self.fails(self.set("<a:load/>7"), ExtensibilityTypeError)
        self.fails("<ogsi:setByXPath/>", ExtensibilityNotSupported)
        self.fails("<a:load/>", ExtensibilityNotSupported)

    def test_tooMany(self) -> None:
        """More values than the bound are refused before anything is done, whatever their names; so are names."""
        log = "".join(f"<a:log>{number}</a:log>" for number in range(MOST))
        for values in ("".join(f"<a:n{number}/>" for number in range(MOST)), log):
            for extra in (
                "<a:load/>" + values,
                f"<sd:serviceDataValues><a:load/>{values}</sd:serviceDataValues>",
            ):
                self.fails(self.set(extra), TooLarge)
        self.assertEqual((self.texts("load"), self.texts("log")), ([], []))
        self.does(self.set(log))
        self.fails(self.delete(*["load"] * (MOST + 1)), TooLarge)


class PartialFailureTests(SettableCase):
    """What becomes of one name is no matter for the others."""

    def test_partly(self) -> None:
        """What can be done is done; every name that failed has its cause, in the order asked."""
        failures = self.failsPartly(
            self.set(
                "<a:number>x</a:number><a:load>1</a:load><a:fixed/><a:other/><a:closed/>"
                "<a:notes>1</a:notes><a:log>2</a:log><a:number>5</a:number>"
            )
        )
        self.assertEqual(
            failures,
            [
                ("number", "TypeViolation"),
                ("fixed", "MutabilityViolation"),
                ("other", "IncorrectValue"),
                ("closed", "ModifiabilityViolation"),
                ("notes", "CardinalityViolation"),
            ],
        )
        self.assertEqual(
            [self.texts(local) for local in ("load", "log", "number", "notes")],
            [["1"], ["2"], [], []],
        )

    def test_firstCause(self) -> None:
        """Of several values that are wrong, the first says why."""
        values = '<a:number ogsi:goodUntil="soon">1</a:number><a:number>x</a:number>'
        self.fails(self.set(values), IncorrectValue)

    def test_message(self) -> None:
        """The message says how many were done, and why not all."""
        error = self.fails(self.set("<a:load>1</a:load><a:fixed/>"), PartialFailure)
        self.assertEqual(
            error.message,
            "1 of 2 names were updated: {urn:a}fixed is static: its values stay what they are",
        )

    def test_deletes(self) -> None:
        """Deleting is done name by name too."""
        self.does(self.set("<a:load>1</a:load>"))
        self.assertEqual(
            self.failsPartly(self.delete("log", "load", "other")),
            [("log", "MutabilityViolation"), ("other", "IncorrectValue")],
        )
        self.assertEqual(self.texts("load"), [])

    def test_allOfOneKind(self) -> None:
        """When nothing was done for one kind of reason, that is the fault, with every reason."""
        error = self.fails(self.set("<a:fixed/><a:constant/>"), MutabilityViolation)
        self.assertIn("{urn:a}fixed is static", error.message)
        self.assertIn("{urn:a}constant is constant", error.message)
        many = "".join(f"<a:n{number}/>" for number in range(5))
        self.assertTrue(self.fails(self.set(many), IncorrectValue).message.endswith("; and 2 more"))

    def test_allOfSeveralKinds(self) -> None:
        """When nothing was done for several kinds of reasons, all are told."""
        self.assertEqual(
            self.failsPartly(self.set("<a:fixed/><a:other/>")),
            [("fixed", "MutabilityViolation"), ("other", "IncorrectValue")],
        )


class StoreTests(SettableCase):
    """A store that has bounds, and takes its time."""

    limits = StoreLimits(elements=2)

    def test_bounds(self) -> None:
        """A bound of the store is the cause of the name that would have passed it."""
        failures = self.failsPartly(
            self.set("<a:load>1</a:load><a:log>1</a:log><a:log>2</a:log><a:number>1</a:number>")
        )
        self.assertEqual(failures, [("log", "TooLarge")])
        self.assertEqual((self.texts("load"), self.texts("number")), (["1"], ["1"]))

    def _slow(self) -> None:
        """Commits end when they are told to."""
        self.recorder = _Slow()
        self.store = MemoryStore(self.clock, recorder=self.recorder)
        self.successResultOf(toDeferred(self.store.start()))
        self.role = self.made(self.store)

    def _commit(self) -> None:
        self.recorder.records.pop(0).callback(1)

    def test_inTurn(self) -> None:
        """An update waits for the one before it: together they do not pass a cardinality."""
        self._slow()
        both = [
            toDeferred(self.update(self.set("<a:notes>1</a:notes><a:notes>2</a:notes>")))
            for _ in range(2)
        ]
        self.assertEqual(len(self.recorder.records), 1)
        self._commit()
        self.successResultOf(both[0])
        self.failureResultOf(both[1], CardinalityViolation)
        self.assertEqual(len(self.texts("notes")), 2)

    def test_givenUp(self) -> None:
        """An update whose caller gave up may still be done: the next one is decided on what it did."""
        self._slow()
        expression = self.set("<a:notes>1</a:notes><a:notes>2</a:notes>")
        first = toDeferred(self.update(expression))
        first.cancel()
        self.failureResultOf(first, CancelledError)
        second = toDeferred(self.update(expression))
        self.assertNoResult(second)
        while self.recorder.records:
            self._commit()
        self.failureResultOf(second, CardinalityViolation)
        self.assertEqual(len(self.texts("notes")), 2)

    def test_failing(self) -> None:
        """A store that cannot write is the cause, and the next update is taken."""
        self._slow()
        first = toDeferred(self.update(self.set("<a:load>1</a:load>")))
        self.recorder.records.pop(0).errback(Busy("the disk is full"))
        self.failureResultOf(first, Busy)
        second = toDeferred(self.update(self.set("<a:load>2</a:load>")))
        self._commit()
        self.successResultOf(second)
        self.assertEqual(self.texts("load"), ["2"])


class ToleranceTests(SettableCase):
    """Shapes that old and odd clients give an update (WIRE 3)."""

    def test_manyChildren(self) -> None:
        """The schema has one child; many are read."""
        self.does(self.set("<a:load>1</a:load><a:load>2</a:load>"))
        self.assertEqual(self.texts("load"), ["1", "2"])

    def test_wrapped(self) -> None:
        """Values in one sd:serviceDataValues, blanks around, are values all the same."""
        values = "\n <a:load>1</a:load>\n <a:log>2</a:log> "
        self.does(self.set(f"\n <sd:serviceDataValues>{values}</sd:serviceDataValues>\n"))
        self.assertEqual((self.texts("load"), self.texts("log")), (["1"], ["2"]))

    def test_escaped(self) -> None:
        """An expression may be an escaped string."""
        self.does(
            escapeText(
                '<ogsi:setByServiceDataNames><load xmlns="urn:a">1</load></ogsi:setByServiceDataNames>'
            )
        )
        self.assertEqual(self.texts("load"), ["1"])
        self.does(escapeText('<ogsi:deleteByServiceDataNames names="{urn:a}load"/>'))
        self.assertEqual(self.texts("load"), [])

    def test_types(self) -> None:
        """xsi:type comes or not, on values, on the expression and on names."""
        self.does(
            '<ogsi:setByServiceDataNames xsi:type="ogsi:ExtensibilityType">'
            '<a:number xsi:type="xsd:int">5</a:number></ogsi:setByServiceDataNames>'
        )
        self.does(self.set("<a:number>6</a:number>"))
        self.does(
            '<ogsi:deleteByServiceDataNames xsi:type="ogsi:QNamesType">'
            '<ogsi:name xsi:type="xsd:QName">a:load</ogsi:name></ogsi:deleteByServiceDataNames>'
        )
        self.assertEqual(self.texts("number"), ["6"])

    def test_names(self) -> None:
        """Names are children or an attribute, qualified or not, blanks around, prefixed or in Clark notation."""
        for listed in (
            "><ogsi:name> a:load\n</ogsi:name><ogsi:name> {urn:a}nillable </ogsi:name>",
            ' names=" a:load  a:nillable ">',
            ' ogsi:names="a:load {urn:a}nillable">',
            "><name>a:load</name><name>a:nillable</name>",
        ):
            self.does(self.set("<a:load>1</a:load><a:nillable>1</a:nillable>"))
            self.does(f"<ogsi:deleteByServiceDataNames{listed}</ogsi:deleteByServiceDataNames>")
            self.assertEqual((self.texts("load"), self.texts("nillable")), ([], []), listed)

    def test_notTolerated(self) -> None:
        """What would be ignored silently is refused: a delete of one key only, a name that is none."""
        for content in ('<ogsi:name gma:key="1">a:load</ogsi:name>', "<a:load/>", "a:load"):
            self.fails(
                f"<ogsi:deleteByServiceDataNames>{content}</ogsi:deleteByServiceDataNames>",
                ExtensibilityTypeError,
            )


class TerminationTests(SettableCase):
    """Times are read before the service refuses them."""

    def test_malformed(self) -> None:
        """A malformed time is the caller's mistake, not a refusal to end."""
        for operation in ("requestTerminationAfter", "requestTerminationBefore"):
            for text in ("soon", "", "2026-13-01T00:00:00Z", "<a/>"):
                self.assertRaises(ParameterError, self.asked, operation, text)
            self.assertEqual(self.asked(operation, " infinity "), {"terminationTime": math.inf})
