# cython: language_level=3, binding=True
"""Plain BP lines written by compiled code: as L{gma_twisted.netlogger.bp} says of them, several times faster.

Built where there is a C compiler when the package is installed, and never needed. C{None} is the answer to whatever is
not quite usual: then the code in Python decides, which alone refuses anything.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.exc cimport PyErr_Clear
from cpython.mem cimport PyMem_Free
from cpython.object cimport PyObject
from libc.math cimport fabs, isfinite
from libc.string cimport memcpy, strlen

from gma_twisted.netlogger._plain cimport (
    IN_NAME,
    IN_QUOTES,
    LONGEST,
    PAIRS,
    PERHAPS,
    Py_IS_TYPE,
    PyUnicode_1BYTE_DATA,
    PyUnicode_CheckExact,
    PyUnicode_GET_LENGTH,
    PyUnicode_IS_COMPACT_ASCII,
    Read,
    Slots,
    TEXT,
    fillUses,
    held,
    isOfUnits,
    kindOf,
    runOf,
    says,
    slotsOf,
)

from gma_twisted.model.event import Event, EventField
from gma_twisted.model.timestamp import Timestamp

# Of what is borrowed, which counts no references.
cdef extern from "Python.h":
    bint PyFloat_CheckExact(PyObject* one)
    double PyFloat_AS_DOUBLE(PyObject* number)
    bint PyList_CheckExact(PyObject* one)
    PyObject* PyList_GET_ITEM(PyObject* items, Py_ssize_t number)
    Py_ssize_t PyList_GET_SIZE(PyObject* items)
    bint PyLong_CheckExact(PyObject* one)
    long long PyLong_AsLongLongAndOverflow(PyObject* number, int* overflow)
    char* PyOS_double_to_string(double value, char code, int precision, int flags, int* kind)
    int Py_DTSF_ADD_DOT_0


ctypedef unsigned char* Written

cdef enum:
    # Bytes of the longest line.
    ROOM = 4096
    # What is left must be more than this takes: a time with " event=", a number, all that is not a name or a text of a
    # pair and its units.
    TIME_ROOM = 48
    NUMBER_ROOM = 40

cdef unsigned char _USE[256]
# Found without a look into the module.
cdef object _Event = Event, _EventField = EventField, _Timestamp = Timestamp
cdef Slots _slots = slotsOf(Event, EventField, Timestamp)

fillUses(_USE)


def write(event):
    """
    The line of an event, as L{bp.write<gma_twisted.netlogger.bp.write>} makes it in either dialect.

    @return: C{None} for what is written in Python
    """
    cdef unsigned char room[ROOM]
    cdef Written end = _line(<PyObject*> event, room, room + ROOM)
    if end == NULL:
        return None
    return PyBytes_FromStringAndSize(<char*> room, end - room)


cdef Written _line(PyObject* event, Written at, Written end) noexcept:
    """Behind the line; NULL when Python is to write it. No code in Python runs meanwhile: what is borrowed stays."""
    cdef PyObject* items
    cdef PyObject* field
    cdef Py_ssize_t count, number
    if not Py_IS_TYPE(event, <void*> _Event):
        return NULL
    items = held(event, _slots.items)
    if items == NULL or not PyList_CheckExact(items):
        return NULL
    count = PyList_GET_SIZE(items)
    if count > PAIRS:
        return NULL
    at = _writtenTime(held(event, _slots.timestamp), at, end)
    if at == NULL:
        return NULL
    at = _word(held(event, _slots.name), _bytes(b" event=", 7, at), end)
    for number in range(count):
        if at == NULL:
            return NULL
        field = PyList_GET_ITEM(items, number)
        if not Py_IS_TYPE(field, <void*> _EventField) or _isNamedBefore(items, number, held(field, _slots.fieldName)):
            return NULL
        at = _field(field, at, end)
    return NULL if at == NULL else _numbers(event, at, end)


cdef bint _isNamedBefore(PyObject* items, Py_ssize_t number, PyObject* name) noexcept:
    """Whether a field before is called like one; also when this cannot be told."""
    cdef PyObject* other
    cdef Py_ssize_t each
    if not _isASCII(name):
        return True
    # Those before were looked at in their turn.
    for each in range(number):
        other = held(PyList_GET_ITEM(items, each), _slots.fieldName)
        if other == name or says(other, <Read> PyUnicode_1BYTE_DATA(name), PyUnicode_GET_LENGTH(name)):
            return True
    return False


cdef inline bint _isASCII(PyObject* one) noexcept:
    return one != NULL and PyUnicode_CheckExact(one) and PyUnicode_IS_COMPACT_ASCII(one)


cdef Written _field(PyObject* field, Written at, Written end) noexcept:
    cdef PyObject* value = held(field, _slots.fieldValue)
    cdef PyObject* units = held(field, _slots.fieldUnits)
    cdef PyObject* name = held(field, _slots.fieldName)
    if value == NULL or units == NULL:
        return NULL
    at = _named(name, b"=", 1, at, end)
    if at == NULL:
        return NULL
    if PyUnicode_CheckExact(value):
        at = _word(value, at, end)
    elif PyLong_CheckExact(value):
        at = _integer(value, at, end)
    elif PyFloat_CheckExact(value):
        at = _double(PyFloat_AS_DOUBLE(value), at, end)
    else:
        return NULL
    if at == NULL or units == <PyObject*> None:
        return at
    at = _named(name, b"._units=", 8, at, end)
    return NULL if at == NULL else _word(units, at, end)


cdef Written _named(PyObject* name, const char* behind, Py_ssize_t size, Written at, Written end) noexcept:
    """Behind a blank, a name of ASCII, and what follows it; NULL of a name that Python decides."""
    cdef Read data = <Read> PyUnicode_1BYTE_DATA(name)
    cdef Py_ssize_t length = PyUnicode_GET_LENGTH(name)
    if not 0 < length <= LONGEST or end - at <= length + NUMBER_ROOM:
        return NULL
    if runOf(_USE, data, data + length, IN_NAME) != data + length:
        return NULL
    if isOfUnits(data, length) or says(name, <Read> b"gma.id", 6) or says(name, <Read> b"gma.seq", 7):
        return NULL
    if says(name, <Read> b"ts", 2) or says(name, <Read> b"event", 5):
        return NULL
    at[0] = c" "
    return _bytes(behind, size, _bytes(<const char*> data, length, at + 1))


cdef Written _word(PyObject* text, Written at, Written end) noexcept:
    """Behind a text, in quotes where it needs them; NULL of what would be escaped, and of what may be a number."""
    cdef Read data
    cdef Read point
    cdef Py_ssize_t size, each
    cdef int kind
    cdef bint isQuoted
    cdef unsigned char use = 0xFF
    if not _isASCII(text):
        return NULL
    data, size = <Read> PyUnicode_1BYTE_DATA(text), PyUnicode_GET_LENGTH(text)
    if end - at <= size + NUMBER_ROOM:
        return NULL
    isQuoted = size == 0
    for each in range(size):
        use &= _USE[data[each]]
        isQuoted |= data[each] == c" " or data[each] == c"="
    if not use & IN_QUOTES:
        return NULL
    if not isQuoted:
        # In quotes a number stays text.
        kind = kindOf(data, data + size, &point)
        if kind == PERHAPS:
            return NULL
        isQuoted = kind != TEXT
    if not isQuoted:
        return _bytes(<const char*> data, size, at)
    at[0] = c'"'
    at = _bytes(<const char*> data, size, at + 1)
    at[0] = c'"'
    return at + 1


cdef Written _integer(PyObject* number, Written at, Written end) noexcept:
    cdef int overflow = 0
    cdef long long value = PyLong_AsLongLongAndOverflow(number, &overflow)
    cdef unsigned long long left
    if overflow or end - at <= NUMBER_ROOM:
        return NULL
    left = <unsigned long long> value
    if value < 0:
        at[0] = c"-"
        at += 1
        left = 0 - left
    return _digits(left, 1, at)


cdef Written _double(double value, Written at, Written end) noexcept:
    """Behind C{repr} of it."""
    cdef char* said
    cdef long long whole
    cdef Py_ssize_t size
    if not isfinite(value) or end - at <= NUMBER_ROOM:
        return NULL
    if 1e-4 <= fabs(value) < 1e9:
        # With six decimals it has at most fifteen digits. No two such are the same double, so that where these are
        # this one, nothing shorter is: they are what repr finds.
        whole = <long long> (fabs(value) * 1e6 + 0.5)
        if <double> whole / 1e6 == fabs(value):
            if value < 0:
                at[0] = c"-"
                at += 1
            at = _digits(whole // 1000000, 1, at)
            at[0] = c"."
            at = _digits(whole % 1000000, 6, at + 1)
            while at[-1] == c"0" and at[-2] != c".":
                at -= 1
            return at
    said = PyOS_double_to_string(value, c"r", 0, Py_DTSF_ADD_DOT_0, NULL)
    if said == NULL:
        PyErr_Clear()
        return NULL
    size = <Py_ssize_t> strlen(said)
    if size < NUMBER_ROOM:
        at = _bytes(said, size, at)
    else:
        at = NULL
    PyMem_Free(said)
    return at


cdef Written _numbers(PyObject* event, Written at, Written end) noexcept:
    """Behind what is said of the event last, its id and its number."""
    cdef PyObject* identity = held(event, _slots.id)
    cdef PyObject* number = held(event, _slots.sequence)
    if identity == NULL or number == NULL or end - at <= NUMBER_ROOM:
        return NULL
    if identity != <PyObject*> None:
        at = _word(identity, _bytes(b" gma.id=", 8, at), end)
        if at == NULL or end - at <= NUMBER_ROOM:
            return NULL
    if number == <PyObject*> None:
        return at
    return _integer(number, _bytes(b" gma.seq=", 9, at), end) if PyLong_CheckExact(number) else NULL


cdef Written _writtenTime(PyObject* timestamp, Written at, Written end) noexcept:
    """Behind a time, with six digits of fraction, or with nine where six would lose something."""
    cdef PyObject* number
    cdef int overflow = 0
    cdef long long nanoseconds, seconds, fraction, days, era, year, inEra, inYear, month
    if timestamp == NULL or not Py_IS_TYPE(timestamp, <void*> _Timestamp) or end - at <= TIME_ROOM:
        return NULL
    number = held(timestamp, _slots.nanoseconds)
    if number == NULL or not PyLong_CheckExact(number):
        return NULL
    nanoseconds = PyLong_AsLongLongAndOverflow(number, &overflow)
    if overflow:
        return NULL
    seconds, fraction = nanoseconds // 1000000000, nanoseconds % 1000000000
    days, seconds = seconds // 86400, seconds % 86400
    # As _daysSince1970, the other way round: 400 years are 146097 days.
    days += 719468
    era = days // 146097
    inEra = days - era * 146097
    year = (inEra - inEra // 1460 + inEra // 36524 - inEra // 146096) // 365
    inYear = inEra - (365 * year + year // 4 - year // 100)
    month = (5 * inYear + 2) // 153
    year += 400 * era
    at = _bytes(b"ts=", 3, at)
    at = _digits(year + (month >= 10), 4, at)
    at[0] = c"-"
    at = _digits(month + 3 if month < 10 else month - 9, 2, at + 1)
    at[0] = c"-"
    at = _digits(inYear - (153 * month + 2) // 5 + 1, 2, at + 1)
    at[0] = c"T"
    at = _digits(seconds // 3600, 2, at + 1)
    at[0] = c":"
    at = _digits(seconds // 60 % 60, 2, at + 1)
    at[0] = c":"
    at = _digits(seconds % 60, 2, at + 1)
    at[0] = c"."
    at = _digits(fraction, 9, at + 1) if fraction % 1000 else _digits(fraction // 1000, 6, at + 1)
    at[0] = c"Z"
    return at + 1


cdef inline Written _digits(unsigned long long number, int least, Written at) noexcept:
    """Behind a number, with at least so many digits."""
    cdef unsigned char said[24]
    cdef int count = 0
    while number or count < least:
        said[count] = <unsigned char> (c"0" + number % 10)
        number //= 10
        count += 1
    while count:
        count -= 1
        at[0] = said[count]
        at += 1
    return at


cdef inline Written _bytes(const char* data, Py_ssize_t size, Written at) noexcept:
    """Behind these bytes, for which there is room."""
    memcpy(at, data, size)
    return at + size
