"""Making libxml2 forget the names it has seen.

It keeps every element and attribute name a thread ever read in one dictionary that only grows: 1,000,000
names of 200 characters leave 224 MB behind, whatever becomes of the documents (measured, libxml2 2.14).
"""

import ctypes

__all__ = ["forgetNames"]

_KEY = "_ParserDictionaryContext"


def forgetNames() -> bool:
    """
    Give this thread a new dictionary; parsers made from now on use it, documents keep the old one alive.

    lxml keeps a dictionary a thread so that trees may go from thread to thread, and takes a new one when there is
    none. There is no public way to say so. Where CPython or lxml keep it elsewhere nothing happens.

    @return: whether there was one to forget
    """
    try:
        current = ctypes.pythonapi.PyThreadState_GetDict
    except AttributeError:  # no CPython
        return False
    # A borrowed reference: as py_object ctypes would take it for its own and free it.
    current.restype = ctypes.c_void_p
    address = current()
    if not address:
        return False
    return ctypes.cast(address, ctypes.py_object).value.pop(_KEY, None) is not None
