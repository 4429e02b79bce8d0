"""What is written down of writes."""

from collections.abc import Sequence

from gma_twisted.console.families.family import Family, counted, one
from gma_twisted.console.families.reading import Reading

__all__ = ["AUDIT"]


def _isFailing(reading: Reading) -> float:
    return reading.node.audit().get("failing", 0)


AUDIT: Sequence[Family] = (
    Family(
        "gma_audit_lines_total",
        "counter",
        "Lines of the audit: written; left_out, of refused calls because there were too many; unwritten, of calls that "
        "were or may have been done, because it could not be written.",
        counted(
            lambda reading: reading.node.audit(),
            {"written": "lines", "left_out": "left_out", "unwritten": "unwritten"},
        ),
        ("outcome",),
    ),
    Family(
        "gma_audit_failing",
        "gauge",
        "1 while the audit cannot be written, else 0.",
        one(_isFailing),
    ),
    Family(
        "gma_audit_failures_total",
        "counter",
        "How often the audit began to fail: the disk was full, or somebody took the file away.",
        one(lambda reading: reading.node.audit().get("failures", 0)),
    ),
    Family(
        "gma_audit_refused_writes_total",
        "counter",
        "Writes that were not done because the audit could not be written.",
        one(lambda reading: reading.node.audit().get("refused", 0)),
    ),
)
