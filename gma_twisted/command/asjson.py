"""Service data for programs that read no XML: an element as objects, arrays and texts."""

from collections import Counter
from collections.abc import Mapping, Sequence

from gma_twisted.markup import Element, ReceivedValue, XMLGate, nameOf
from gma_twisted.markup.xsd import writeExtendedDateTime

__all__ = ["contentOf", "leaves", "treeOf", "valueAsJSON"]

_GATE = XMLGate()


def treeOf(value: ReceivedValue) -> Element:
    """A value as a tree, without its lifetime and C{gma:} attributes. @raise RequestError: it passes a bound"""
    return _GATE.parse(value.head + value.tail, str(value.name))


def valueAsJSON(value: ReceivedValue, isStale: bool) -> Mapping[str, object]:
    """
    A value with what is known of it: instants as C{xsd:dateTime} or C{infinity}, C{null} when absent.

    C{value} is as L{contentOf} makes it.
    """
    instants = {
        "created": value.created,
        "goodFrom": value.goodFrom,
        "goodUntil": value.goodUntil,
        "availableUntil": value.availableUntil,
    }
    return {
        "name": value.name.clark,
        "originator": value.originator,
        "key": value.key,
        "path": list(value.path),
        **{
            name: None if instant is None else writeExtendedDateTime(instant)
            for name, instant in instants.items()
        },
        "isStale": isStale,
        "value": contentOf(treeOf(value)),
    }


def contentOf(root: Element) -> object:
    """
    An element as its text, or as an object when it has attributes (C{@name}) or children; children of one name are an
    array; the text beside attributes and children is C{#text}. Names are without their namespaces.
    """
    if not len(root) and not root.attrib:
        return _text(root)
    found: dict[str, object] = {_attribute(name): text for name, text in root.attrib.items()}
    if text := _text(root):
        found["#text"] = text
    grouped: dict[str, list[object]] = {}
    for child in root:
        grouped.setdefault(nameOf(child).localName, []).append(contentOf(child))
    for name, values in grouped.items():
        found[name] = values[0] if len(values) == 1 else values
    return found


def leaves(root: Element) -> Sequence[tuple[str, str]]:
    """
    Where texts and attributes stand in a value: path by local names, text; in document order.

    An element that has neither, and no children, is there with an empty text.
    """
    found: list[tuple[str, str]] = []

    def walk(element: Element, path: str) -> None:
        for name, text in element.attrib.items():
            found.append((f"{path}/{_attribute(name)}", str(text)))
        text = _text(element)
        if text or not (len(element) or element.attrib):
            found.append((path, text))
        names = [nameOf(child).localName for child in element]
        totals = Counter(names)
        counts: Counter[str] = Counter()
        for child, name in zip(element, names, strict=True):
            counts[name] += 1
            index = f"[{counts[name]}]" if totals[name] > 1 else ""
            walk(child, f"{path}/{name}{index}")

    walk(root, nameOf(root).localName)
    return found


def _attribute(name: str | bytes) -> str:
    return "@" + str(name).rpartition("}")[2]


def _text(element: Element) -> str:
    # The tree has no comments: the gate drops them.
    texts = [element.text or "", *(child.tail or "" for child in element)]
    return " ".join(one.strip() for one in texts if one.strip())
