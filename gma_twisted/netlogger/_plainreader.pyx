# cython: language_level=3, binding=True
"""Plain BP lines read by compiled code: as L{gma_twisted.netlogger.bp} says of them, several times faster.

Built where there is a C compiler when the package is installed, and never needed. C{None} is the answer to whatever is
not quite usual: then the code in Python decides, which alone refuses anything.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_GET_SIZE
from cpython.exc cimport PyErr_Clear
from cpython.mem cimport PyMem_Free
from cpython.object cimport PyObject
from libc.string cimport memcmp, memcpy, strcmp

from gma_twisted.netlogger._plain cimport (
    FIXED,
    IN_BARE,
    IN_NAME,
    IN_QUOTES,
    LONGEST,
    PAIRS,
    PERHAPS,
    PyUnicode_1BYTE_DATA,
    PyUnicode_CheckExact,
    PyUnicode_GET_LENGTH,
    PyUnicode_IS_COMPACT_ASCII,
    Read,
    Slots,
    TEXT,
    WHOLE,
    fillUses,
    gma_new,
    isOfUnits,
    kindOf,
    put,
    runOf,
    says,
    slotsOf,
)

from gma_twisted.model.event import Event, EventField
from gma_twisted.model.timestamp import Timestamp

cdef extern from "Python.h":
    object PyLong_FromString(const char* text, char** end, int base)
    object PyUnicode_New(Py_ssize_t size, Py_UCS4 largest)
    char* PyOS_double_to_string(double value, char code, int precision, int flags, int* kind)
    double PyOS_string_to_double(const char* text, char** end, PyObject* overflow)
    int Py_DTSF_ADD_DOT_0


cdef enum:
    # As many names are kept as that, none longer than KEPT_SIZE.
    KEPT = 512
    KEPT_SIZE = 64
    # Digits a long has.
    SHORT = 18
    # Bytes of the longest number that is taken for a double.
    NUMBER_SIZE = 31

cdef struct Pair:
    Read name
    Py_ssize_t nameSize
    Read value
    Py_ssize_t valueSize
    # TEXT, WHOLE or FIXED, which here has any digits; of these also the number, of a WHOLE if it is SHORT.
    int kind
    long long whole
    double fixed
    # Whether it says the units of the pair before.
    bint isUnits


cdef unsigned char _USE[256]
cdef double* _POWERS = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15]
cdef list _kept = [None] * KEPT
# Found without a look into the module.
cdef object _Event = Event, _EventField = EventField, _Timestamp = Timestamp
cdef Slots _slots = slotsOf(Event, EventField, Timestamp)

fillUses(_USE)


def read(line):
    """
    The event of a plain line.

    @param line: C{bytes} or C{str}
    @return: C{None} for what is read in Python
    """
    cdef Pair pairs[PAIRS]
    cdef Pair name
    cdef Read data
    cdef Py_ssize_t size
    cdef long long nanoseconds = 0
    cdef int count
    if PyBytes_CheckExact(line):
        data, size = <Read> PyBytes_AS_STRING(line), PyBytes_GET_SIZE(line)
    elif PyUnicode_CheckExact(<PyObject*> line) and PyUnicode_IS_COMPACT_ASCII(<PyObject*> line):
        data, size = <Read> PyUnicode_1BYTE_DATA(<PyObject*> line), PyUnicode_GET_LENGTH(<PyObject*> line)
    else:
        return None
    if size and data[size - 1] == c"\n":
        size -= 1
    count = _scan(data, data + size, &nanoseconds, &name, pairs)
    if count < 0:
        return None
    return _event(nanoseconds, &name, pairs, count)


cdef object _event(long long nanoseconds, Pair* name, Pair* pairs, int count):
    cdef object event = gma_new(_Event), timestamp = gma_new(_Timestamp)
    cdef object field, value, identity = None, number = None
    cdef list items = []
    cdef int each
    put(timestamp, _slots.nanoseconds, nanoseconds)
    for each in range(count):
        value = _valueOf(&pairs[each])
        if _isCalled(&pairs[each], b"gma.id", 6):
            identity = str(value)
            continue
        if _isCalled(&pairs[each], b"gma.seq", 7) and type(value) is int and 0 <= value < 1 << 63:
            number = value
            continue
        if pairs[each].isUnits:
            # Its field is the one before, as it is written.
            field = items[len(items) - 1]
            field.units = str(value)
            continue
        field = gma_new(_EventField)
        put(field, _slots.fieldName, _textOf(pairs[each].name, pairs[each].nameSize))
        put(field, _slots.fieldValue, value)
        put(field, _slots.fieldUnits, None)
        items.append(field)
    put(event, _slots.name, _textOf(name.value, name.valueSize))
    put(event, _slots.timestamp, timestamp)
    put(event, _slots.id, identity)
    put(event, _slots.sequence, number)
    put(event, _slots.items, items)
    return event


cdef inline bint _isCalled(Pair* pair, const char* name, Py_ssize_t size) noexcept:
    return pair.nameSize == size and memcmp(pair.name, name, size) == 0


cdef bint _isPlaced(Pair* pairs, int each) noexcept:
    """Find out whether a pair says the units of the one before. C{False}: of which one it does, Python is to see."""
    cdef Py_ssize_t size = pairs[each].nameSize - 7
    pairs[each].isUnits = isOfUnits(pairs[each].name, pairs[each].nameSize)
    if not pairs[each].isUnits:
        return True
    if each == 0 or not _isCalled(&pairs[each - 1], <const char*> pairs[each].name, size):
        return False
    return not _isOwn(&pairs[each - 1]) and not pairs[each - 1].isUnits


cdef inline bint _isOwn(Pair* pair) noexcept:
    return _isCalled(pair, b"gma.id", 6) or _isCalled(pair, b"gma.seq", 7)


cdef int _scan(Read at, Read end, long long* nanoseconds, Pair* name, Pair* pairs) noexcept:
    """How many pairs there are; -1 of a line that is not plain."""
    cdef int count = 0, each
    cdef Pair* pair
    # The longest time, with its name.
    if end - at < 30 or memcmp(at, b"ts=", 3):
        return -1
    at = _scanTime(at + 3, end, nanoseconds)
    if at == NULL or end - at < 8 or memcmp(at, b" event=", 7):
        return -1
    name.value = at + 7
    at = runOf(_USE, name.value, end, IN_BARE)
    name.valueSize = at - name.value
    if not 0 < name.valueSize <= LONGEST:
        return -1
    while at < end:
        if count == PAIRS or at[0] != c" ":
            return -1
        pair = &pairs[count]
        at = _scanPair(at + 1, end, pair)
        if at == NULL:
            return -1
        for each in range(count):
            if _isCalled(pair, <const char*> pairs[each].name, pairs[each].nameSize):
                return -1
        if not _isPlaced(pairs, count):
            return -1
        count += 1
    return count


cdef inline Read _scanPair(Read at, Read end, Pair* pair) noexcept:
    """Behind a pair; NULL when it is not plain."""
    pair.name = at
    at = runOf(_USE, at, end, IN_NAME)
    pair.nameSize = at - pair.name
    if not 0 < pair.nameSize <= LONGEST or end - at < 2 or at[0] != c"=":
        return NULL
    if _isCalled(pair, b"ts", 2) or _isCalled(pair, b"event", 5):
        return NULL
    at += 1
    if at[0] == c'"':
        pair.kind = TEXT
        pair.value = at + 1
        at = runOf(_USE, pair.value, end, IN_QUOTES)
        pair.valueSize = at - pair.value
        if pair.valueSize > LONGEST or at == end or at[0] != c'"':
            return NULL
        return at + 1
    pair.value = at
    at = runOf(_USE, at, end, IN_BARE)
    pair.valueSize = at - pair.value
    return at if 0 < pair.valueSize <= LONGEST and _isRead(pair) else NULL


cdef Read _scanTime(Read at, Read end, long long* nanoseconds) noexcept:
    """Behind a time such as 2009-12-08T17:43:30.123456Z, or one of nine digits; NULL of any other."""
    cdef int year, month, day, hour, minute, second
    cdef long long seconds, fraction = 0
    cdef int digits = 0
    if end - at < 27 or not (at[4] == at[7] == c"-" and at[10] == c"T" and at[13] == at[16] == c":" and at[19] == c"."):
        return NULL
    year, month, day = 100 * _two(at) + _two(at + 2), _two(at + 5), _two(at + 8)
    hour, minute, second = _two(at + 11), _two(at + 14), _two(at + 17)
    # Two digits that are none are far below nought. The few years a long cannot hold in nanoseconds are Python's.
    if not (1700 <= year <= 2200 and 1 <= month <= 12 and 1 <= day <= _daysOf(year, month)):
        return NULL
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60) or _two(at + 2) < 0:
        return NULL
    at += 20
    while at < end and c"0" <= at[0] <= c"9" and digits < 9:
        fraction = 10 * fraction + at[0] - c"0"
        digits += 1
        at += 1
    if digits == 6:
        fraction *= 1000
    elif digits != 9:
        return NULL
    if at == end or at[0] != c"Z":
        return NULL
    seconds = _daysSince1970(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
    nanoseconds[0] = seconds * 1000000000 + fraction
    return at + 1


cdef inline int _two(Read at) noexcept:
    """The number of two digits; negative when they are none."""
    if c"0" <= at[0] <= c"9" and c"0" <= at[1] <= c"9":
        return 10 * (at[0] - c"0") + at[1] - c"0"
    return -100000


cdef inline int _daysOf(int year, int month) noexcept:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


cdef inline long long _daysSince1970(long long year, int month, int day) noexcept:
    # Years that begin in March have their odd day at the end; 719468 days are from the first of these to 1970.
    if month <= 2:
        year -= 1
        month += 12
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 1 - 719468


cdef inline object _text(Read data, Py_ssize_t size):
    cdef object made = PyUnicode_New(size, 127)
    memcpy(PyUnicode_1BYTE_DATA(<PyObject*> made), data, size)
    return made


cdef object _textOf(Read data, Py_ssize_t size):
    """A text that was made before mostly: names are the same again and again."""
    cdef unsigned int place = 2166136261
    cdef Py_ssize_t each
    cdef object known
    if size > KEPT_SIZE:
        return _text(data, size)
    for each in range(size):
        place = (place ^ data[each]) * 16777619
    place = (place ^ place >> 16) % KEPT
    known = _kept[place]
    if known is None or not says(<PyObject*> known, data, size):
        known = _text(data, size)
        _kept[place] = known
    return known


cdef object _valueOf(Pair* pair):
    cdef char text[40]
    if pair.kind == FIXED:
        return pair.fixed
    if pair.kind == TEXT:
        return _text(pair.value, pair.valueSize)
    if pair.valueSize <= SHORT:
        return pair.whole
    memcpy(text, pair.value, pair.valueSize)
    text[pair.valueSize] = 0
    return PyLong_FromString(text, NULL, 10)


cdef bint _isRead(Pair* pair) noexcept:
    """Find out what a value outside of quotes is. C{False}: Python knows."""
    cdef Read at = pair.value
    cdef Read end = at + pair.valueSize
    cdef Read point
    cdef long long whole = 0
    cdef bint isNegative = at[0] == c"-"
    pair.kind = kindOf(at, end, &point)
    if pair.kind == TEXT:
        return True
    if pair.kind == PERHAPS:
        return _isDouble(pair)
    if pair.kind == WHOLE and pair.valueSize > SHORT:
        return True
    at += isNegative
    while at < end:
        if at != point:
            whole = 10 * whole + at[0] - c"0"
        at += 1
    if pair.kind == WHOLE:
        pair.whole = -whole if isNegative else whole
        return True
    # Both are exact in a double, so their ratio is what the digits say, rounded once.
    pair.fixed = <double> whole / _POWERS[end - point - 1]
    if isNegative:
        pair.fixed = -pair.fixed
    return True


cdef bint _isDouble(Pair* pair) noexcept:
    """Whether a number of more digits is just what C{repr} says of a double; C{False}: Python knows."""
    cdef char text[NUMBER_SIZE + 1]
    cdef char* said
    cdef bint isSame
    if pair.valueSize > NUMBER_SIZE:
        return False
    memcpy(text, pair.value, pair.valueSize)
    text[pair.valueSize] = 0
    pair.fixed = PyOS_string_to_double(text, NULL, NULL)
    if pair.fixed == -1.0:
        # It has no other way to say that it failed.
        PyErr_Clear()
    said = PyOS_double_to_string(pair.fixed, c"r", 0, Py_DTSF_ADD_DOT_0, NULL)
    if said == NULL:
        PyErr_Clear()
        return False
    isSame = strcmp(said, text) == 0
    PyMem_Free(said)
    pair.kind = FIXED
    return isSame
