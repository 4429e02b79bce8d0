"""A module that needs another one that is not installed."""

import gma_twisted_is_not_there  # type: ignore[import-not-found]  # noqa: F401
