"""Many values, keys and lifetimes in columns, which L{marshal} writes and reads at once and not one by one."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from gma_twisted.model import ElementKey, Lifetime, QName, ServiceDataElement

__all__ = [
    "KnownKeys",
    "bundleElements",
    "bundleKeys",
    "bundleLifetimes",
    "noneKnown",
    "unbundleElements",
    "unbundleKeys",
    "unbundleLifetimes",
]

KnownKeys = Callable[[QName], Callable[[tuple[str, str]], ElementKey | None]]
"""Gives for a name what gives for an originator and a key the one object that is theirs; C{None} when there is none."""

Bundle = tuple[Any, ...]


def noneKnown(_: QName) -> Callable[[tuple[str, str]], ElementKey | None]:
    """The L{KnownKeys} of who knows none."""
    return _nothing


def _nothing(_: tuple[str, str]) -> ElementKey | None:
    return None


def bundleKeys(keys: Sequence[ElementKey]) -> Bundle:
    """Keys in their order, names and originators once each. What bundles are made of L{marshal} takes."""
    sources: dict[tuple[str, str, str], int] = {}
    numberOf = sources.setdefault
    numbers = []
    for key in keys:
        name = key.name
        source = name.namespace, name.localName, key.originator
        numbers.append(numberOf(source, len(sources)))
    return list(sources), numbers, [key.key for key in keys]


def unbundleKeys(bundle: Bundle, known: KnownKeys) -> list[ElementKey]:
    """The keys of a bundle; those that are known are not made again."""
    origins, numbers, owns = bundle
    names: dict[tuple[str, str], QName] = {}
    sources = []
    for namespace, localName, originator in origins:
        name = names.get((namespace, localName))
        if name is None:
            name = names[namespace, localName] = QName(namespace, localName)
        sources.append((name, originator, known(name)))
    keys = []
    for number, own in zip(numbers, owns, strict=True):
        name, originator, knownKey = sources[number]
        keys.append(knownKey((originator, own)) or ElementKey(name, originator, own))
    return keys


def bundleLifetimes(lifetimes: Iterable[Lifetime]) -> list[Bundle]:
    """Lifetimes in their order: what is told together was often made together, so the same ones follow each other."""
    runs = []
    last: Bundle | None = None
    count = 0
    for one in lifetimes:
        times = one.goodFrom, one.goodUntil, one.availableUntil
        if times == last:
            count += 1
        else:
            if last is not None:
                runs.append((*last, count))
            last, count = times, 1
    if last is not None:
        runs.append((*last, count))
    return runs


def unbundleLifetimes(bundle: Iterable[Bundle]) -> list[Lifetime]:
    """The lifetimes of a bundle; the same ones after each other are one object."""
    lifetimes: list[Lifetime] = []
    for goodFrom, goodUntil, availableUntil, count in bundle:
        lifetimes += [Lifetime(goodFrom, goodUntil, availableUntil)] * count
    return lifetimes


def bundleElements(elements: Sequence[ServiceDataElement]) -> Bundle:
    """Values in their order."""
    return (
        bundleKeys([one.key for one in elements]),
        [one.head for one in elements],
        [one.tail for one in elements],
        bundleLifetimes([one.lifetime for one in elements]),
        [one.created for one in elements],
        [one.path for one in elements],
        [one.sequence for one in elements],
    )


def unbundleElements(bundle: Bundle, known: KnownKeys) -> list[ServiceDataElement]:
    """The values of a bundle, with the keys that are known."""
    keys, heads, tails, lifetimes, created, paths, sequences = bundle
    return list(
        map(
            ServiceDataElement,
            unbundleKeys(keys, known),
            heads,
            tails,
            unbundleLifetimes(lifetimes),
            created,
            paths,
            sequences,
        )
    )
