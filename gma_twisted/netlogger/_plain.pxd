# cython: language_level=3
"""What reading and writing plain lines have in common, compiled into both.

Objects of the model are made and looked at through the places of their slots, which is most of what is gained: nothing
here may be used before L{slotsOf} has said that they are the slots it knows.
"""

from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF
from libc.string cimport memcmp

cdef extern from *:
    """
    #include <structmember.h>

    /* Where a slot is in objects of a type; -1 when it is no slot. */
    static Py_ssize_t gma_placeOf(PyObject *member, PyObject *kind)
    {
        PyMemberDef *found;
    #ifdef Py_GIL_DISABLED
        /* Nothing else would keep what is borrowed. */
        return -1;
    #endif
        if (!Py_IS_TYPE(member, &PyMemberDescr_Type) || !PyType_Check(kind))
            return -1;
        found = ((PyMemberDescrObject *)member)->d_member;
        if (found->type != T_OBJECT_EX || !PyType_IsSubtype((PyTypeObject *)kind, PyDescr_TYPE(member)))
            return -1;
        return found->offset;
    }

    static PyObject *gma_new(PyObject *kind)
    {
        return PyType_GenericAlloc((PyTypeObject *)kind, 0);
    }
    """
    Py_ssize_t gma_placeOf(object member, object kind)
    object gma_new(object kind)


# Of what is borrowed, which counts no references.
cdef extern from "Python.h":
    bint Py_IS_TYPE(PyObject* one, void* kind)
    bint PyUnicode_CheckExact(PyObject* one)
    bint PyUnicode_IS_COMPACT_ASCII(PyObject* text)
    Py_ssize_t PyUnicode_GET_LENGTH(PyObject* text)
    void* PyUnicode_1BYTE_DATA(PyObject* text)


ctypedef const unsigned char* Read

cdef enum:
    # More pairs than that a plain line has not, nor a longer name or value.
    PAIRS = 64
    LONGEST = 256
    # What a byte may be part of.
    IN_NAME = 1
    IN_BARE = 2
    IN_QUOTES = 4
    # What a text outside of quotes is, by its spelling alone; what PERHAPS is, Python knows.
    TEXT = 0
    WHOLE = 1
    FIXED = 2
    PERHAPS = 3
    # Digits a double always holds.
    EXACT = 15


cdef inline void fillUses(unsigned char* uses) noexcept:
    """Say of each of 256 bytes what it may be part of."""
    cdef int each
    for each in range(c"!", c"~" + 1):
        if each != c'"':
            uses[each] |= IN_BARE
            if each != c"\\":
                uses[each] |= IN_QUOTES
        if c"0" <= each <= c"9" or c"A" <= each <= c"Z" or c"a" <= each <= c"z":
            uses[each] |= IN_NAME
    uses[c" "] |= IN_QUOTES
    for each in (c"_", c".", c"-"):
        uses[each] |= IN_NAME


cdef inline dict _placesOf(kind, set names):
    cdef dict found = {}
    cdef Py_ssize_t place
    for each in kind.__mro__:
        for name, member in vars(each).items():
            place = gma_placeOf(member, kind)
            if place > 0 and name != "__weakref__":
                found.setdefault(name, place)
    if kind.__dictoffset__ or set(found) != names:
        raise ImportError(f"{kind.__name__} has other slots than this module was made for")
    return found


cdef struct Slots:
    # Where in an event, in a field, in a timestamp.
    Py_ssize_t name
    Py_ssize_t timestamp
    Py_ssize_t id
    Py_ssize_t sequence
    Py_ssize_t items
    Py_ssize_t fieldName
    Py_ssize_t fieldValue
    Py_ssize_t fieldUnits
    Py_ssize_t nanoseconds


cdef inline Slots slotsOf(event, field, timestamp) except *:
    """Of these classes. @raise ImportError: they have other slots"""
    cdef Slots slots
    cdef dict found = _placesOf(event, {"name", "timestamp", "id", "sequence", "items"})
    slots.name, slots.timestamp, slots.id = found["name"], found["timestamp"], found["id"]
    slots.sequence, slots.items = found["sequence"], found["items"]
    found = _placesOf(field, {"name", "value", "units"})
    slots.fieldName, slots.fieldValue, slots.fieldUnits = found["name"], found["value"], found["units"]
    slots.nanoseconds = _placesOf(timestamp, {"nanoseconds"})["nanoseconds"]
    return slots


cdef inline PyObject* held(PyObject* holder, Py_ssize_t place) noexcept:
    """What is in a slot, borrowed; NULL for nothing."""
    return (<PyObject**> (<char*> holder + place))[0]


cdef inline void put(object holder, Py_ssize_t place, object value) noexcept:
    """Into a slot that is empty."""
    Py_INCREF(value)
    (<PyObject**> (<char*> <PyObject*> holder + place))[0] = <PyObject*> value


cdef inline bint isOfUnits(Read name, Py_ssize_t size) noexcept:
    """Whether a name is that of units."""
    return size >= 7 and memcmp(name + size - 7, b"._units", 7) == 0


cdef inline bint says(PyObject* text, Read data, Py_ssize_t size) noexcept:
    """Whether a text of ASCII is just this."""
    return PyUnicode_GET_LENGTH(text) == size and memcmp(PyUnicode_1BYTE_DATA(text), data, size) == 0


cdef inline Read runOf(const unsigned char* uses, Read at, Read end, unsigned char use) noexcept:
    """Behind the bytes that are of some use."""
    while at < end and uses[at[0]] & use:
        at += 1
    return at


cdef inline Read digitsOf(Read at, Read end) noexcept:
    """Behind the digits."""
    while at < end and c"0" <= at[0] <= c"9":
        at += 1
    return at


cdef inline int kindOf(Read at, Read end, Read* point) noexcept:
    """
    Which number a text is, if any: the spellings of L{gma_twisted.netlogger.pairs.numberOf}.

    C{FIXED} has at most C{EXACT} digits. C{point}: where the point is of C{FIXED} and C{PERHAPS}, NULL for none
    """
    cdef Read begin
    cdef Read behind
    cdef bint isNegative = at < end and at[0] == c"-"
    point[0] = NULL
    at += isNegative
    begin = at
    at = digitsOf(at, end)
    if at == begin:
        return TEXT
    if at == end:
        if begin[0] == c"0" and (isNegative or at - begin > 1):
            return TEXT
        return TEXT if at - begin > 38 else WHOLE
    if at[0] == c".":
        point[0] = at
        behind = digitsOf(at + 1, end)
        if behind == at + 1:
            return TEXT
        at = behind
        if at == end:
            return FIXED if at - begin - 1 <= EXACT else PERHAPS
    if at[0] != c"e" and at[0] != c"E":
        return TEXT
    at += 1
    if at < end and (at[0] == c"+" or at[0] == c"-"):
        at += 1
    behind = digitsOf(at, end)
    if behind == at or behind != end or behind - at > 4:
        return TEXT
    return PERHAPS
