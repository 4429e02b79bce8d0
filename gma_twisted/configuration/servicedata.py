"""C{[sde.NAME]}: service data beside what the port types declare (OGSI 1.0, 6.2; WIRE 3)."""

from collections.abc import Iterator, Sequence

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import FLAG, Kind, oneOf, readName, severalOf
from gma_twisted.configuration.mistakes import nearest, quoted
from gma_twisted.configuration.spelling import spell, spellName, spellSeveral
from gma_twisted.errors import GMAError, ParameterError, cut
from gma_twisted.markup import XMLGate, escapeAttribute, escapeText, nameOf, readValue
from gma_twisted.markup.namespaces import GMA, OGSI, SD, XSD
from gma_twisted.markup.simpletypes import SIMPLE_TYPES, isOfType
from gma_twisted.model import QName
from gma_twisted.soap.declaration import (
    ANY,
    Cardinality,
    InitialServiceData,
    Mutability,
    ServiceDataDeclaration,
)

__all__ = ["ServiceDataSection", "readServiceDataName"]

_ANY_TYPE = QName(XSD, "anyType")
_RESERVED = (OGSI, GMA, SD)
_MOST = 1000
_LONGEST = 65536


def readServiceDataName(text: str) -> QName:
    """
    The NAME of a section.

    @raise ParameterError: no name, or one of the namespaces whose service data the node declares itself
    """
    name = readName(text)
    if name.namespace in _RESERVED:
        raise ParameterError(
            f"{cut(name)} is declared by the node itself", cure="choose another namespace"
        )
    return name


def _readCardinality(value: object) -> Cardinality:
    if not isinstance(value, str):
        raise ParameterError(f"{quoted(value)} is no cardinality")
    cardinality = Cardinality.parse(value)
    if max(cardinality.least, cardinality.most or 0) > _MOST:
        raise ParameterError(
            f"{quoted(value)} counts beyond {_MOST}", cure="write * for any number"
        )
    return cardinality


def _readType(value: object) -> QName:
    text = value.strip() if isinstance(value, str) else ""
    local = text.removeprefix(f"{{{XSD}}}").removeprefix("xsd:")
    if local == _ANY_TYPE.localName or local in SIMPLE_TYPES:
        return QName(XSD, local)
    raise ParameterError(
        f"{quoted(value)} is no simple type of XML Schema",
        cure=nearest(local, (*SIMPLE_TYPES, _ANY_TYPE.localName)),
    )


def _readTexts(value: object) -> Sequence[str]:
    texts = []
    for one in severalOf(value, _MOST, "values"):
        if not isinstance(one, str) or len(one) > _LONGEST:
            raise ParameterError(f"{quoted(one)} is not a text of at most {_LONGEST} characters")
        texts.append(one)
    return tuple(texts)


CARDINALITY: Kind[Cardinality] = Kind(
    "`least..most`, `*` for any number", _readCardinality, 'write "0..1" or "1..*"'
)
SIMPLE_TYPE: Kind[QName] = Kind(
    "simple type of XML Schema",
    _readType,
    'write "string", for example',
    lambda one: spell(one.localName),
)
TEXTS: Kind[Sequence[str]] = Kind(
    "text, or array of texts", _readTexts, 'write "3", for example', spellSeveral
)


@attrs.frozen(slots=True)
class ServiceDataSection:
    """C{[sde.NAME]}: one service data name of the main service, known before any value."""

    mutability: Mutability = key(  # noqa: RUF009 (it declares a field)
        oneOf(Mutability),
        "how values change: not at all (`static`, `constant`), some may come (`extendable`), freely (`mutable`)",
        Mutability.EXTENDABLE,
    )
    cardinality: Cardinality = key(CARDINALITY, "how many values clients may make of it", ANY)  # noqa: RUF009
    isModifiable: bool = key(
        FLAG, "clients may change it with `setServiceData`", False, name="modifiable"
    )
    type: QName = key(  # noqa: RUF009 (it declares a field)
        SIMPLE_TYPE, "of what clients set, and of `value`", _ANY_TYPE, shown='`"anyType"`, no check'
    )
    values: Sequence[str] = key(
        TEXTS,
        "from the start: the text of a value, or a whole element when it begins with `<`; "
        "`static` and `constant` need it, others have it while they have none",
        (),
        name="value",
        shown="none",
    )

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys. @return: a key, empty for the section, a message and a cure"""
        isFixed = self.mutability in (Mutability.STATIC, Mutability.CONSTANT)
        if isFixed and not self.values:
            why = f"{self.mutability.value} service data has its values from here"
            yield "", why, 'write value = "..."'
        elif self.values and not self.cardinality.admits(len(self.values)):
            count = len(self.values)
            cure = f'write another number of them, or cardinality = "{count}..*"'
            yield "value", f"{count} values, where cardinality is {self.cardinality}", cure
        if isFixed and self.isModifiable:
            why = f"nobody can change {self.mutability.value} service data"
            yield "modifiable", why, 'leave it out, or write mutability = "mutable"'

    def wrongValues(self, name: QName) -> Iterator[tuple[int, str, str]]:
        """Values that cannot be values of a name. @return: place, message and cure"""
        for index, text in enumerate(self.values):
            try:
                self._check(name, text)
            except GMAError as error:
                yield index, error.what, error.cure or self._cure(name)

    def _cure(self, name: QName) -> str:
        if self.type != _ANY_TYPE:
            return f"write a value of the type {self.type.localName}"
        return f"write a text without <, or a whole element {spellName(name)}"

    def _check(self, name: QName, text: str) -> None:
        root = XMLGate().parse(_written(name, text), "it")
        if nameOf(root) != name:
            raise ParameterError(
                f'the element is "{cut(nameOf(root))}", not {cut(name)}',
                cure="write the text alone, or an element of this name",
            )
        if self.type != _ANY_TYPE and not isOfType(root, self.type.localName):
            raise ParameterError(f"{quoted(text)} is not of the type {self.type.localName}")
        readValue(root)

    def initial(self, name: QName) -> InitialServiceData:
        """The service data of a name, its values as elements."""
        declaration = ServiceDataDeclaration(
            name, self.type, self.cardinality, self.mutability, isModifiable=self.isModifiable
        )
        return InitialServiceData(declaration, [_written(name, text) for text in self.values])


def _written(name: QName, text: str) -> bytes:
    if text.lstrip().startswith("<"):
        return text.strip().encode()
    if not name.namespace:
        return f"<{name.localName}>{escapeText(text)}</{name.localName}>".encode()
    tag = f"sde:{name.localName}"
    return (
        f'<{tag} xmlns:sde="{escapeAttribute(name.namespace)}">{escapeText(text)}</{tag}>'.encode()
    )
