"""Metrics as lines of Prometheus' text format: what prometheus_client writes, a tenth of its work for each value."""

from collections.abc import Iterator
from functools import lru_cache

from prometheus_client.utils import floatToGoString

from gma_twisted.console.families import Family, Reading

__all__ = ["linesOf"]

# Names and states come again in family after family, and most numbers are small.
_number = lru_cache(maxsize=4096)(floatToGoString)
_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


@lru_cache(maxsize=4096)
def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


def linesOf(family: Family, reading: Reading) -> Iterator[str]:
    """A family with its values, as lines that end."""
    yield f"# HELP {family.name} {family.text}\n# TYPE {family.name} {family.kind}\n"
    labels = ",".join(f'{label}="%s"' for label in family.labels)
    line = f"{family.name}{{{labels}}} %s\n" if labels else f"{family.name} %s\n"
    for texts, value in family.values(reading):
        yield line % (*map(_escaped, texts), _number(value))
