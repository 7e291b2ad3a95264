# SPDX-License-Identifier: Apache-2.0
"""The shared library and its C API (runtime/include/dsc/runtime.h), declared for ctypes."""

import ctypes
import os
from ctypes import POINTER, Structure, c_char, c_char_p, c_int, c_int32, c_int64, c_size_t, c_ssize_t, c_void_p

MAX_RANK = 16


class ErrorBuffer(Structure):
    _fields_ = [("message", c_char * 1024)]


class Tensor(Structure):
    _fields_ = [("dtype", c_int), ("rank", c_int32), ("dims", c_int64 * MAX_RANK), ("data", c_void_p)]


class RuntimeOptions(Structure):
    _fields_ = [("size", c_size_t), ("threads", c_int32), ("device", c_char_p), ("driver", c_char_p)]


class EngineOptions(Structure):
    _fields_ = [("size", c_size_t), ("verify_weights", c_int), ("isa", c_char_p)]


class SessionOptions(Structure):
    _fields_ = [("size", c_size_t), ("capacity", c_int64), ("fixed_capacity", c_int32)]


class ValueInfo(Structure):
    _fields_ = [("name", c_char_p), ("dtype", c_int), ("rank", c_int32), ("dims", c_int64 * MAX_RANK)]


class StateInfo(Structure):
    _fields_ = [("name", c_char_p), ("input_name", c_char_p), ("output_name", c_char_p), ("dtype", c_int),
                ("rank", c_int32), ("axis", c_int32), ("starts", c_int32)]


_errors = POINTER(ErrorBuffer)
_signatures = {
    "dsc_runtime_create": (c_int, [POINTER(RuntimeOptions), POINTER(c_void_p), _errors]),
    "dsc_runtime_destroy": (None, [c_void_p]),
    "dsc_engine_open": (c_int, [c_char_p, POINTER(EngineOptions), POINTER(c_void_p), _errors]),
    "dsc_engine_close": (None, [c_void_p]),
    "dsc_engine_isa": (c_char_p, [c_void_p]),
    "dsc_engine_entry_count": (c_size_t, [c_void_p]),
    "dsc_engine_entry_name": (c_char_p, [c_void_p, c_size_t]),
    "dsc_engine_find_entry": (c_ssize_t, [c_void_p, c_char_p]),
    "dsc_entry_input_count": (c_size_t, [c_void_p, c_size_t]),
    "dsc_entry_output_count": (c_size_t, [c_void_p, c_size_t]),
    "dsc_entry_state_count": (c_size_t, [c_void_p, c_size_t]),
    "dsc_entry_input": (c_int, [c_void_p, c_size_t, c_size_t, POINTER(ValueInfo)]),
    "dsc_entry_output": (c_int, [c_void_p, c_size_t, c_size_t, POINTER(ValueInfo)]),
    "dsc_entry_state": (c_int, [c_void_p, c_size_t, c_size_t, POINTER(StateInfo)]),
    "dsc_session_create": (c_int, [c_void_p, c_void_p, POINTER(SessionOptions), POINTER(c_void_p), _errors]),
    "dsc_session_destroy": (None, [c_void_p]),
    "dsc_session_run": (c_int, [c_void_p, c_size_t, POINTER(Tensor), c_size_t, POINTER(Tensor), c_size_t, _errors]),
    "dsc_session_length": (c_int64, [c_void_p]),
    "dsc_session_capacity": (c_int64, [c_void_p]),
    "dsc_session_reset": (c_int, [c_void_p, _errors]),
    "dsc_session_truncate": (c_int, [c_void_p, c_int64, _errors]),
    "dsc_session_read_state": (c_int, [c_void_p, c_char_p, POINTER(Tensor), _errors]),
}


def _find():
    name = "libdsc_runtime.so"
    given = os.environ.get("DSC_RUNTIME_LIBRARY")
    if given:
        return given
    here = os.path.dirname(os.path.abspath(__file__))
    checkout = os.path.dirname(os.path.dirname(os.path.dirname(here)))
    places = [os.path.join(here, name), os.path.join(checkout, "build", "lib", name)]
    for place in places:
        if os.path.exists(place):
            return place
    raise ImportError(f"{name} is in neither of {', '.join(places)}; build it or set DSC_RUNTIME_LIBRARY to its path")


def _load():
    library = ctypes.CDLL(_find())
    for name, (result, arguments) in _signatures.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    return library


c = _load()
