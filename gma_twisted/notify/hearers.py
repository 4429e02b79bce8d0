"""Who hears of a value: found by what selects it, not by a look at every selector there is."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from gma_twisted.model import ElementKey, NameSelector, QName

__all__ = ["Hearers"]

T = TypeVar("T")

_MOST_NAMES = 1024

# Namespace, local name, originator and key of a selector: what it leaves open is "*" or None.
_Form = tuple[str, str, str | None, str | None]


class Hearers(Generic[T]):
    """
    Who has which selectors. However many there are, one value is asked for once for each shape of them: whether every
    name of a namespace is meant, one originator, one key; there are at most eight.
    """

    __slots__ = ("_byForm", "_ofName", "_shapes")

    def __init__(self) -> None:
        """Nobody hears."""
        # Most have one: it stands in the table itself, without a collection around it.
        self._byForm: dict[_Form, T | dict[T, None]] = {}
        # With how many forms have it.
        self._shapes: Counter[tuple[bool, bool, bool]] = Counter()
        # While nobody asks for one originator or key: who was found for a name. A commit has many values of few names.
        self._ofName: dict[QName, Sequence[T]] = {}

    def add(self, hearer: T, selectors: Iterable[NameSelector]) -> None:
        """
        @param hearer: new here, and no dict
        @param selectors: its own; equal ones count once
        """
        self._ofName.clear()
        for form in _formsOf(selectors):
            held = self._byForm.get(form)
            if held is None:
                self._byForm[form] = hearer
                self._shapes[_shapeOf(form)] += 1
            elif isinstance(held, dict):
                held[hearer] = None
            else:
                self._byForm[form] = {held: None, hearer: None}

    def remove(self, hearer: T, selectors: Iterable[NameSelector]) -> None:
        """@param selectors: as when it was added"""
        self._ofName.clear()
        for form in _formsOf(selectors):
            held = self._byForm[form]
            if isinstance(held, dict):
                del held[hearer]
            if not isinstance(held, dict) or not held:
                del self._byForm[form]
                shape = _shapeOf(form)
                self._shapes[shape] -= 1
                if not self._shapes[shape]:
                    del self._shapes[shape]

    def of(self, key: ElementKey) -> Sequence[T]:
        """Who hears of a value, each once."""
        name, byForm = key.name, self._byForm
        known = self._ofName.get(name)
        if known is not None:
            return known
        found: list[T] = []
        for isWildcard, hasOriginator, hasKey in self._shapes:
            held = byForm.get(
                (
                    name.namespace,
                    "*" if isWildcard else name.localName,
                    key.originator if hasOriginator else None,
                    key.key if hasKey else None,
                )
            )
            if held is None:
                continue
            found += held if isinstance(held, dict) else (held,)
        if len(self._shapes) > 1:
            found = list(dict.fromkeys(found))
        if not any(hasOriginator or hasKey for _, hasOriginator, hasKey in self._shapes):
            if len(self._ofName) >= _MOST_NAMES:
                self._ofName.clear()
            self._ofName[name] = found
        return found


def _formsOf(selectors: Iterable[NameSelector]) -> Iterable[_Form]:
    return dict.fromkeys(
        (one.name.namespace, one.name.localName, one.originator, one.key) for one in selectors
    )


def _shapeOf(form: _Form) -> tuple[bool, bool, bool]:
    _, localName, originator, key = form
    return localName == "*", originator is not None, key is not None
