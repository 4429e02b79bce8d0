"""Query languages: how C{findServiceData} answers from a store; by service data names."""

from gma_twisted.queries.limits import NameQueryLimits
from gma_twisted.queries.names import NameQueries
from gma_twisted.queries.rows import RowQueries

__all__ = ["NameQueries", "NameQueryLimits", "RowQueries"]
