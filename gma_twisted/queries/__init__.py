"""Query languages: how C{findServiceData} answers from a store; by service data names."""

from gma_twisted.queries.limits import NameQueryLimits
from gma_twisted.queries.names import BY_NAMES, NameQueries
from gma_twisted.queries.rows import RowQueries

__all__ = ["BY_NAMES", "NameQueries", "NameQueryLimits", "RowQueries"]
