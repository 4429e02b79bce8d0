"""Names, selectors and keys of any text a message can carry, for hypothesis."""

from hypothesis import strategies as st

from gma_twisted.model import ElementKey, NameSelector, QName

__all__ = ["KEYS", "NAMES", "SELECTORS", "TEXTS"]

TEXTS = st.text(
    st.one_of(
        st.sampled_from("\t\n\r &<>\"'{}:*]"),
        st.characters(
            codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"
        ),
    ),
    max_size=12,
)
"""Text as XML can hold it, blanks and what must be escaped often in it."""

_NAMESPACES = st.sampled_from(["", "urn:a", "http://h/?a=1&b=2#c", "urn:gma-twisted:2026:core"])
_LOCAL_NAMES = st.from_regex(r"\A[A-Za-z_\u00e9\u0416][A-Za-z0-9_.\-\u00e9\u0416]{0,8}\Z")

NAMES = st.builds(QName, _NAMESPACES, _LOCAL_NAMES)
KEYS = st.builds(ElementKey, NAMES, TEXTS, TEXTS)
SELECTORS = st.builds(
    NameSelector,
    st.builds(QName, _NAMESPACES, st.one_of(_LOCAL_NAMES, st.just("*"))),
    st.none() | TEXTS,
    st.none() | TEXTS,
)
