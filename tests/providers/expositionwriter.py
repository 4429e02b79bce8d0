"""Pages of metrics as programs write them, for the tests of who reads them; and what makes such metrics."""

import math
from collections.abc import Sequence

from hypothesis import strategies as st

from gma_twisted.providers.expositions import KINDS, Family, Sample

__all__ = ["families", "written"]

_LABEL_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", '"': '\\"'})
_HELP_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n"})
_SUFFIX = {"counter": "_total", "info": "_info", "histogram": "_bucket", "summary": "_sum"}


def written(given: Sequence[Family], isOpenMetrics: bool) -> str:
    """A page of the one format or the other."""
    lines = []
    for family in given:
        if family.help:
            help = family.help.translate(_LABEL_ESCAPES if isOpenMetrics else _HELP_ESCAPES)
            lines.append(f"# HELP {family.name} {help}")
        lines.append(f"# TYPE {family.name} {family.kind}")
        if isOpenMetrics and family.unit:
            lines.append(f"# UNIT {family.name} {family.unit}")
        for sample in family.samples:
            labels = ",".join(
                f'{name}="{value.translate(_LABEL_ESCAPES)}"' for name, value in sample.labels
            )
            value = {"INF": "+Inf", "-INF": "-Inf"}.get(sample.value, sample.value)
            line = f"{sample.name}{{{labels}}} {value}" if labels else f"{sample.name} {value}"
            if sample.timestamp is not None:
                seconds = sample.timestamp
                line += f" {seconds!r}" if isOpenMetrics else f" {round(seconds * 1000)}"
            if isOpenMetrics and sample.name.endswith("_bucket"):
                line += ' # {trace_id="x\\"}#"} 0.5 1.5'
            lines.append(line)
    return "".join(f"{line}\n" for line in [*lines, *(["# EOF"] if isOpenMetrics else [])])


_names = st.from_regex(r"[a-z_][a-z0-9_:]{0,8}", fullmatch=True)
_labels = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,5}", fullmatch=True)
# A carriage return is a character like others; what XML cannot hold is none of the reader's concern.
_texts = st.text(st.characters(codec="utf-8"), max_size=12)
_values = st.floats().map(
    lambda one: "NaN" if math.isnan(one) else repr(one).upper() if math.isinf(one) else repr(one)
)
_times = st.none() | st.integers(-(10**12), 10**13).map(lambda one: one / 1000)


@st.composite
def families(draw: st.DrawFn) -> list[Family]:
    """Different families, none of which could take another's samples."""
    made = []
    for name in draw(st.lists(_names, unique=True, max_size=4)):
        # A name that ends so could be a sample of another.
        family = Family(f"{name}_x", True, draw(st.sampled_from(KINDS)))
        family.help = draw(_texts.map(lambda one: one.strip(" \t")))
        family.unit = draw(st.sampled_from(["", "seconds"]))
        own = family.name + draw(st.sampled_from(["", _SUFFIX.get(family.kind, "")]))
        for labels in draw(st.lists(st.dictionaries(_labels, _texts, max_size=3), max_size=3)):
            sample = Sample(own, tuple(labels.items()), draw(_values), draw(_times))
            family.samples.append(sample)
        made.append(family)
    return made
