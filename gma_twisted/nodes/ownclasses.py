"""Classes that are a store, a query language or a service of a node: loaded, checked, and one of each made to see."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from gma_twisted.configuration import (
    MEND,
    ComponentFactory,
    ConsumerSection,
    DirectorySection,
    LimitsSection,
    Mistake,
    ProducerSection,
    QuerySection,
    ServiceSection,
    Source,
    StoreSection,
)
from gma_twisted.configuration.comparing import same
from gma_twisted.configuration.mistakes import dotted
from gma_twisted.configuration.places import Path
from gma_twisted.errors import ConfigError, GMAError
from gma_twisted.execution import checkLanguage, checkService, checkStore, describe
from gma_twisted.execution.component import makeComponent
from gma_twisted.interfaces import ICreatedService, IQueryLanguage, IServiceDataStore
from gma_twisted.model import QName
from gma_twisted.nodes.arguments import checkArguments
from gma_twisted.nodes.kind import INSTANCES_PATH, NodeKind, pathOf
from gma_twisted.nodes.serverchecks import SERVER_CHECKS
from gma_twisted.nodes.servicekinds import CORE_KINDS, checkPortTypes
from gma_twisted.processes import ProviderRuntime
from gma_twisted.queries import BY_NAMES
from gma_twisted.soap.porttypes import GRID_SERVICE, NOTIFICATION_SOURCE
from gma_twisted.soap.questions import QUERY_DIALECTS
from gma_twisted.stores import MemoryStore, StoreLimits

__all__ = ["KnownClass", "OwnClass", "OwnClasses", "ServerSection"]

ServerSection = ProducerSection | ConsumerSection | DirectorySection
"""Those that name a server class."""

_Check = Callable[[Any, str, str], None]


@attrs.frozen(slots=True, eq=False)
class OwnClass:
    """
    A class with its arguments; objects are made of it whenever a node begins.

    @ivar what: section and class, for messages: C{[store] mypkg.store:MyStore}
    @ivar component: the class, checked
    @ivar arguments: of the configuration, checked
    @ivar limits: of the node, for classes that ask for them
    @ivar check: compares an object with its interface
    @ivar dialects: of a language: what the object made to see reads
    """

    what: str
    component: Any
    arguments: Mapping[str, object]
    limits: LimitsSection
    check: _Check
    dialects: Sequence[QName] = ()

    def store(self, runtime: ProviderRuntime) -> IServiceDataStore:
        """
        A store.

        @param runtime: the node's means, here and below
        @raise GMAError: it cannot be made
        """
        bounds = StoreLimits(**self.limits.of("store"))
        made: IServiceDataStore = self._make(runtime, clock=runtime.clock, limits=bounds)
        return made

    def language(self, runtime: ProviderRuntime, store: IServiceDataStore) -> IQueryLanguage:
        """A language over a store. @raise GMAError: it cannot be made"""
        maxAnswer = self.limits.maxAnswer
        made: IQueryLanguage = self._make(
            runtime, clock=runtime.clock, maxAnswer=maxAnswer, store=store
        )
        return made

    def service(self, runtime: ProviderRuntime) -> ICreatedService:
        """What it adds to a service. @raise GMAError: it cannot be made"""
        made: ICreatedService = self._make(runtime)
        return made

    def server(self, runtime: ProviderRuntime) -> Any:
        """A server of one of the GMA's roles. @raise GMAError: it cannot be made"""
        return self._make(runtime)

    def _make(self, runtime: ProviderRuntime, **given: object) -> Any:
        return makeComponent(
            self.component, self.arguments, runtime, self.what, "", self.check, given
        )


KnownClass = Callable[[Path, object], OwnClass | None]
"""Of the path of a section and what it says: what was checked for just that before, if there is something."""


def _none(path: Path, section: object) -> OwnClass | None:
    return None


@attrs.define(slots=True, eq=False)
class OwnClasses:
    """
    Checks every such class of a configuration and collects what is wrong.

    Each section is checked once, by L{checkStore}, L{checkLanguage} and L{checkService} where that is not to be done
    in one go, or when all of its kind are asked for.

    @ivar source: says where each key stands
    @ivar runtime: for classes that ask for it
    @ivar limits: of the node, for those that ask for them
    @ivar searched: where modules are looked for, in words
    @ivar known: of what it gives no object is made again, unless the limits differ
    @ivar mistakes: what is wrong, at most one a section
    """

    source: Source
    runtime: ProviderRuntime
    limits: LimitsSection
    searched: str = "on PYTHONPATH"
    known: KnownClass = _none
    mistakes: list[Mistake] = attrs.field(factory=list, init=False)
    # None for a section with a mistake.
    _checked: dict[Path, OwnClass | None] = attrs.field(factory=dict, init=False)
    # Who reads a dialect.
    _taken: dict[QName, str] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        dialects = [*BY_NAMES, *(each for those in QUERY_DIALECTS.values() for each in those)]
        self._taken = dict.fromkeys(dialects, "the node itself")

    def store(self, section: StoreSection) -> OwnClass | None:
        """The class of C{[store]}; C{None} when there is none, or it is wrong."""
        self.checkStore(section)
        return self._checked["store",]

    def languages(self, sections: Mapping[str, QuerySection]) -> Sequence[OwnClass]:
        """The class of each C{[query.NAME]} that is right; no two of them read the same dialect."""
        for name, section in sections.items():
            self.checkLanguage(name, section)
        return [one for name in sections if (one := self._checked["query", name]) is not None]

    def services(
        self, sections: Mapping[str, ServiceSection], kind: NodeKind
    ) -> Mapping[str, OwnClass]:
        """
        The class of each C{[services.NAME]} that is right, by NAME.

        @param kind: of the node, whose own services keep their names
        """
        for name, section in sections.items():
            self.checkService(name, section, kind)
        found = {name: self._checked["services", name] for name in sections}
        return {name: one for name, one in found.items() if one is not None}

    def server(self, kind: NodeKind, section: ServerSection) -> OwnClass | None:
        """
        The server class of C{[producer]}, C{[consumer]} or C{[directory]}; C{None} when there is none, or it is wrong.

        @param kind: of the node; says which of them it is
        """
        self.checkServer(kind, section)
        return self._checked[kind.serverSection,]

    def checkStore(self, section: StoreSection) -> None:
        """Check what L{store} will be given."""

        def made() -> OwnClass:
            found = self._load(("store",), section, checkStore, "clock", "limits")
            self._tried(("store",), found).store(self.runtime)
            return found

        if section.implementation is None:
            self._checked["store",] = None
        else:
            self._check(("store",), section, made)

    def checkLanguage(self, name: str, section: QuerySection) -> None:
        """Check one of the sections L{languages} will be given."""
        path = ("query", name)

        def made() -> OwnClass:
            found = self._load(path, section, checkLanguage, "clock", "maxAnswer", "store")
            store = MemoryStore(self.runtime.clock)
            language = self._tried(path, found).language(self.runtime, store)
            return attrs.evolve(found, dialects=tuple(language.dialects))

        self._check(path, section, made)

    def checkService(self, name: str, section: ServiceSection, kind: NodeKind) -> None:
        """Check one of the sections L{services} will be given, beside the same C{kind}."""
        path = ("services", name)

        def made() -> OwnClass:
            found = self._load(path, section, checkService)
            self._tried(path, found).service(self.runtime)
            return found

        if pathOf(name) not in (*kind.paths, INSTANCES_PATH):
            self._check(path, section, made)
        elif path not in self._checked:
            self._checked[path] = None
            why = f'"{name}" is taken: {pathOf(name)} is the node\'s own'
            self.mistakes.append(Mistake(path, why, "choose another name", atKey=True))

    def checkServer(self, kind: NodeKind, section: ServerSection) -> None:
        """Check what L{server} will be given."""
        path = (kind.serverSection,)

        def made() -> OwnClass:
            found = self._load(path, section, SERVER_CHECKS[kind.serverSection])
            self._tried(path, found).server(self.runtime)
            return found

        if section.implementation is None:
            self._checked[path] = None
        else:
            self._check(path, section, made)

    def _check(self, path: Path, section: object, make: Callable[[], OwnClass]) -> None:
        if path in self._checked:
            return
        self._checked[path] = None
        known = self.known(path, section)
        try:
            found = known if known and same(known.limits, self.limits) else make()
            self._checkDialects(path, found.dialects)
        except GMAError as error:
            cure = error.cure or MEND
            self.mistakes.append(Mistake((*path, "class"), error.what, cure, isLine=True))
        else:
            self._checked[path] = found

    def _load(
        self,
        path: Path,
        section: StoreSection | QuerySection | ServiceSection | ServerSection,
        check: _Check,
        *given: str,
    ) -> OwnClass:
        where = self.source.where((*path, "class"))
        name = section.implementation or ""
        isService = check is checkService
        loader = ComponentFactory(check, _madeLater, CORE_KINDS if isService else {}, self.searched)
        component = loader.load(name, where)
        if isService:
            checkPortTypes(component, (GRID_SERVICE, NOTIFICATION_SOURCE), where, name)
        arguments = dict(section.arguments or {})
        checkArguments(self.source, path, arguments, describe(component, given))
        return OwnClass(f"[{dotted(path)}] {name}", component, arguments, self.limits, check)

    def _tried(self, path: Path, found: OwnClass) -> OwnClass:
        """The same class with errors that say where the operator wrote it."""
        return attrs.evolve(found, what=self.source.where((*path, "class")))

    def _checkDialects(self, path: Path, dialects: Sequence[QName]) -> None:
        where = self.source.where((*path, "class"))
        for one in dialects:
            if one in self._taken:
                raise ConfigError(
                    f"{where}: {self._taken[one]} reads the dialect {one} already",
                    cure="leave one of the two out",
                )
        self._taken |= dict.fromkeys(dialects, f"[{dotted(path)}]")


def _madeLater(found: Any, arguments: Mapping[str, object], where: str, dottedName: str) -> object:
    raise ConfigError(f"{where} is made when the node begins")
