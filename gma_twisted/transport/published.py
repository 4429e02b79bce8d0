"""The services a node answers for, by path: alone, or below the path of a family."""

from collections.abc import Sequence

from gma_twisted.errors import GMAError, UnknownId
from gma_twisted.interfaces import IServiceFamily
from gma_twisted.transport.family import Family, RowDocuments
from gma_twisted.transport.service import Service

__all__ = ["Published"]


class Published:
    """What is published now."""

    __slots__ = ("_families", "_services")

    def __init__(self) -> None:
        self._services: dict[str, Service] = {}
        self._families: dict[str, Family] = {}

    def add(self, service: Service) -> None:
        """From now on there is this service."""
        self._services[service.path] = service

    def addFamily(self, family: IServiceFamily) -> None:
        """From now on there are these services; one of the path of the family itself comes first."""
        self._families[family.path] = Family(family)

    def remove(self, path: str) -> None:
        """A service, or a family, is there no longer; unknown paths are ignored."""
        self._services.pop(path, None)
        self._families.pop(path, None)

    def paths(self) -> Sequence[str]:
        """Of the services, but for those of families."""
        return tuple(self._services)

    def service(self, path: str) -> Service | None:
        """The service at a path; C{None} for one of a family."""
        return self._services.get(path)

    def family(self, path: str) -> tuple[Family | None, str]:
        """The family a path may be one of, and the id it would have there."""
        start, _, id = path.rpartition("/")
        return self._families.get(start) if id else None, id

    def described(self, path: str) -> Service | RowDocuments | None:
        """What describes the service at a path; C{None} when there is none, or none any more."""
        service = self._services.get(path)
        family, id = self.family(path)
        if service is not None or family is None:
            return service
        try:
            return family.documents(id)
        except GMAError:
            return None

    def originator(self, path: str, error: BaseException) -> tuple[str, bool]:
        """Whose fault it is, by its handle when there is one, and whether there is, or was, such a service."""
        service = self._services.get(path)
        if service is not None:
            return service.handle.url, True
        family, id = self.family(path)
        if family is None:
            return path, False
        return family.url(id), not isinstance(error, UnknownId)
