# SPDX-License-Identifier: Apache-2.0
"""Engines and what they say about themselves."""

import ctypes
import os
from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple

from . import dtypes, errors, library
from .library import c


@dataclass(frozen=True)
class Value:
    """An input or output. A dimension is None where it is known only at run time."""

    name: str
    dtype: int
    dims: Tuple[Optional[int], ...]

    def __str__(self):
        dims = ", ".join("?" if d is None else str(d) for d in self.dims)
        return f"{self.name}: {dtypes.NAMES[self.dtype]}[{dims}]"


@dataclass(frozen=True)
class State:
    """A state as one entry uses it. `axis` grows, or is None."""

    name: str
    input_name: str
    output_name: str
    dtype: int
    rank: int
    axis: Optional[int]
    starts: bool


@dataclass(frozen=True)
class Entry:
    number: int
    name: str
    inputs: List[Value]
    outputs: List[Value]
    states: List[State]


def _value(read, engine, entry, index):
    info = library.ValueInfo()
    read(engine, entry, index, ctypes.byref(info))
    dims = tuple(None if d < 0 else d for d in info.dims[:info.rank])
    return Value(info.name.decode(), info.dtype, dims)


def _state(engine, entry, index):
    info = library.StateInfo()
    c.dsc_entry_state(engine, entry, index, ctypes.byref(info))
    return State(info.name.decode(), info.input_name.decode(), info.output_name.decode(), info.dtype,
                 info.rank, None if info.axis < 0 else info.axis, bool(info.starts))


class Engine:
    """An open engine file. `isa` forces a code variant, `verify` hashes all weights first."""

    def __init__(self, path, isa=None, verify=False):
        self._handle = ctypes.c_void_p()
        options = library.EngineOptions(ctypes.sizeof(library.EngineOptions), int(verify),
                                        isa.encode() if isa else None)
        error = library.ErrorBuffer()
        errors.check(c.dsc_engine_open(os.fsencode(path), options, ctypes.byref(self._handle), error), error)
        self.entries: Dict[str, Entry] = {}
        for i in range(c.dsc_engine_entry_count(self._handle)):
            entry = self._describe(i)
            self.entries[entry.name] = entry

    def _describe(self, i):
        h = self._handle
        return Entry(
            i, c.dsc_engine_entry_name(h, i).decode(),
            [_value(c.dsc_entry_input, h, i, k) for k in range(c.dsc_entry_input_count(h, i))],
            [_value(c.dsc_entry_output, h, i, k) for k in range(c.dsc_entry_output_count(h, i))],
            [_state(h, i, k) for k in range(c.dsc_entry_state_count(h, i))])

    @property
    def isa(self):
        return c.dsc_engine_isa(self._handle).decode()

    def close(self):
        """Sessions of the engine must be closed before."""
        if self._handle:
            c.dsc_engine_close(self._handle)
            self._handle = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        if getattr(self, "_handle", None):
            self.close()
