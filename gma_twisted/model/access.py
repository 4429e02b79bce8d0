"""What a policy speaks of: kinds of doing, and whose things they are done to."""

import enum

__all__ = ["Access", "Whose"]


class Access(enum.Enum):
    """
    What an operation counts as for a policy; every operation and every page declares one.

    The values are what the configuration calls them.
    """

    READ = "read"
    """Queries, descriptions, pages."""
    REGISTER = "register"
    """Entries of a registry: made, renewed, ended."""
    SUBSCRIBE = "subscribe"
    """Subscriptions to a service: made, renewed, ended."""
    NOTIFY = "notify"
    """Notices, brought to a sink."""
    WRITE = "write"
    """Service data, set or deleted."""
    RUN = "run"
    """Providers, run by request."""
    AGGREGATE = "aggregate"
    """Copies of other services' data: begun, renewed, ended."""
    CREATE = "create"
    """Services made by request: made, moved to another end, ended."""
    ADMIN = "admin"
    """What only operators do."""

    # There is one object of each, and every request looks one up: Enum's own is a function of Python.
    __hash__ = object.__hash__


class Whose(enum.Enum):
    """Whose things a caller may renew and end, where things have owners."""

    OWN = "own"
    """The caller's alone, however it names them."""
    HELD = "held"
    """The caller's, and those whose own handle it has: what there is without a policy."""
    ANY = "any"
    """Everybody's."""
