"""Any history of updates leaves what a small model of mutability and cardinality says, and tells what it says."""

from collections.abc import Awaitable, Sequence

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import GMAError, PartialFailure
from gma_twisted.markup import XMLGate, nameOf
from gma_twisted.markup.namespaces import OGSI
from gma_twisted.markup.xsd import writeDateTime
from gma_twisted.model import Declare, Expression, NameQuery, NameSelector
from gma_twisted.roles import ModifiableServiceData, PermanentService
from gma_twisted.soap.declaration import Mutability
from gma_twisted.stores import MemoryStore
from gma_twisted.timing import NodeClock, toDeferred
from tests.roles.settable import DECLARED, HANDLE, WALL, name

_LOCALS = [*(one.name.localName for one in DECLARED), "known", "unknown"]
_VALUES = st.lists(
    st.tuples(
        st.sampled_from(_LOCALS),
        st.sampled_from(["1", "22", "x"]),
        st.sampled_from([None, 5.0, 20.0, -1.0]),
    ),
    min_size=1,
    max_size=6,
)


@attrs.define
class _Model:
    """
    What each name holds, as (text, end) pairs, and what a request comes to.

    @ivar held: by local name
    """

    held: dict[str, list[tuple[str, float]]] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.held = {one.name.localName: [] for one in DECLARED}

    def expire(self, now: float) -> None:
        """Take away what is over."""
        for local, values in self.held.items():
            self.held[local] = [one for one in values if one[1] > now]

    def set(self, local: str, values: Sequence[tuple[str, float | None]], now: float) -> str:
        """Give a name new values. @return: the class of the fault, empty for none"""
        fault = self._refusal(local)
        if fault:
            return fault
        declaration = next(one for one in DECLARED if one.name == name(local))
        if declaration.type.localName == "int" and any(text == "x" for text, _ in values):
            return "TypeViolation"
        if any(seconds is not None and seconds < 0 for _, seconds in values):
            return "IncorrectValue"
        new = [(text, now + (seconds or float("inf"))) for text, seconds in values]
        if declaration.mutability is Mutability.EXTENDABLE:
            new = self.held[local] + new
        return self._put(local, new)

    def delete(self, local: str) -> str:
        """Take the values of a name away. @return: as above"""
        return self._refusal(local, isDelete=True) or self._put(local, [])

    def _refusal(self, local: str, isDelete: bool = False) -> str:
        if local == "unknown":
            return "IncorrectValue"
        declaration = next((one for one in DECLARED if one.name == name(local)), None)
        if declaration is None or not declaration.isModifiable:
            return "ModifiabilityViolation"
        isGrowing = declaration.mutability is Mutability.EXTENDABLE
        if declaration.mutability is Mutability.MUTABLE or (isGrowing and not isDelete):
            return ""
        return "MutabilityViolation"

    def _put(self, local: str, new: list[tuple[str, float]]) -> str:
        cardinality = next(one for one in DECLARED if one.name == name(local)).cardinality
        if not cardinality.least <= len(new) <= (cardinality.most or 1000):
            return "CardinalityViolation"
        self.held[local] = new
        return ""


class _Machine(RuleBasedStateMachine):
    """A service and the model, asked the same."""

    def __init__(self) -> None:
        super().__init__()
        self.time = Clock()
        clock = NodeClock(self.time, lambda: WALL + self.time.seconds())
        self.store = MemoryStore(clock)
        known = [*(one.name for one in DECLARED), name("known")]
        self._result(self.store.commit([Declare(known)]))
        data = ModifiableServiceData(self.store, clock, HANDLE, DECLARED)
        self.role = PermanentService([], data)
        self.model = _Model()

    def _result(self, awaitable: Awaitable[object]) -> object:
        results: list[object] = []
        waiting = toDeferred(awaitable)
        waiting = waiting.addBoth(results.append)
        return results[0]

    def _ask(self, kind: str, content: str) -> dict[str, str]:
        """@return: the class of each name's fault, as the service tells it"""
        tree = XMLGate().parse(
            f'<o:{kind} xmlns:o="{OGSI}" xmlns:a="urn:a">{content}</o:{kind}>'.encode()
        )
        outcome = self._result(self.role.setServiceData(Expression(nameOf(tree), tree)))
        error = getattr(outcome, "value", None)
        if error is None:
            return {}
        assert isinstance(error, GMAError), error
        if isinstance(error, PartialFailure):
            return {one.rpartition("}")[2]: type(why).__name__ for one, why in error.failures}
        return {"*": type(error).__name__}

    def _same(self, told: dict[str, str], faults: dict[str, str]) -> None:
        failed = {local: fault for local, fault in faults.items() if fault}
        if len(failed) == len(faults) and len(set(failed.values())) == 1:
            failed = {"*": next(iter(failed.values()))}
        assert told == failed, (told, failed)

    @rule(values=_VALUES)
    def set(self, values: list[tuple[str, str, float | None]]) -> None:
        """Values for any names in any order."""
        now = self.time.seconds()
        content = ""
        byName: dict[str, list[tuple[str, float | None]]] = {}
        for local, text, seconds in values:
            byName.setdefault(local, []).append((text, seconds))
            until = "" if seconds is None else writeDateTime(WALL + now + seconds)
            attributes = until and f' availableUntil="{until}"'
            content += f"<a:{local}{attributes}>{text}</a:{local}>"
        told = self._ask("setByServiceDataNames", content)
        self._same(
            told, {local: self.model.set(local, each, now) for local, each in byName.items()}
        )

    @rule(locals=st.lists(st.sampled_from(_LOCALS), min_size=1, max_size=4, unique=True))
    def delete(self, locals: list[str]) -> None:
        """Any names."""
        content = "".join(f"<o:name>a:{local}</o:name>" for local in locals)
        told = self._ask("deleteByServiceDataNames", content)
        self._same(told, {local: self.model.delete(local) for local in locals})

    @rule(seconds=st.sampled_from([1.0, 6.0, 30.0]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.time.advance(seconds)
        self.model.expire(self.time.seconds())

    @invariant()
    def same(self) -> None:
        """The store holds what the model holds, each under a key of its own."""
        for local, values in self.model.held.items():
            found = self.store.find(NameQuery((NameSelector(name(local)),))).elements
            texts = sorted(XMLGate().parse(one.content).text or "" for one in found)
            assert texts == sorted(text for text, _ in values), (local, texts, values)
            assert all(one.key.originator == HANDLE.url for one in found)


class ModelTests(SynchronousTestCase):
    """The machine, run."""

    def test_machine(self) -> None:
        """No history of updates and waiting tells the service from the model."""
        run_state_machine_as_test(
            _Machine, settings=settings(max_examples=60, stateful_step_count=20)
        )
