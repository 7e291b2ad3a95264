# SPDX-License-Identifier: Apache-2.0
"""Sessions: runs and the state between them."""

import ctypes
import os

import numpy as np

from . import dtypes, errors, library
from .library import c


def _tensor(array, dtype):
    tensor = library.Tensor(dtype, array.ndim)
    tensor.dims[:array.ndim] = array.shape
    tensor.data = array.ctypes.data
    return tensor


def _view(tensor):
    """The tensor's memory as an array, without a copy."""
    shape = tuple(tensor.dims[:tensor.rank])
    kind = dtypes.storage(tensor.dtype)
    if 0 in shape:
        return np.empty(shape, kind)
    size = int(np.prod(shape, dtype=np.int64)) * kind.itemsize
    memory = (ctypes.c_char * size).from_address(tensor.data)
    return np.frombuffer(memory, dtype=kind).reshape(shape)


def _presentable(array, dtype):
    return dtypes.f32_from_bf16(array) if dtype == dtypes.BF16 else array


class Session:
    """State and memory of one user of an engine. One thread at a time.

    threads: including the caller's; None: one per core that this process may use.
    capacity: rows reserved for growing states; with fixed_capacity they never grow.
    device: "cpu", or for engines with CUDA kernels "cuda", "cuda:1" (a GPU) or "ptxsim" (its simulator).
    driver: path of the CUDA driver's library; None: where the system or this package has it.
    """

    def __init__(self, engine, threads=None, capacity=None, fixed_capacity=False, device="cpu", driver=None):
        self.engine = engine
        self._runtime = ctypes.c_void_p()
        self._handle = ctypes.c_void_p()
        self._error = library.ErrorBuffer()
        options = library.RuntimeOptions(ctypes.sizeof(library.RuntimeOptions), threads or 0, device.encode(),
                                         os.fsencode(driver) if driver else None)
        self._check(c.dsc_runtime_create(options, ctypes.byref(self._runtime), self._error))
        options = library.SessionOptions(ctypes.sizeof(library.SessionOptions), capacity or 0, int(fixed_capacity))
        self._check(c.dsc_session_create(self._runtime, engine._handle, options, ctypes.byref(self._handle),
                                         self._error))

    def _check(self, status):
        errors.check(status, self._error)

    def run(self, entry, inputs, copy=True):
        """Runs an entry (a name) on a dict of arrays and returns a dict of arrays.

        Arrays that have the input's type and are contiguous are read in place. bfloat16 inputs may be given
        as float32, as ml_dtypes.bfloat16 or as bits in uint16. Outputs are copies; with copy=False they are
        views that the session's next run overwrites. bfloat16 outputs are returned as float32, with
        copy=False as bits in uint16.
        """
        if entry not in self.engine.entries:
            raise errors.InvalidArgumentError(errors.Status.INVALID_ARGUMENT,
                                              f"no entry '{entry}'; there are {', '.join(self.engine.entries)}")
        spec = self.engine.entries[entry]
        unknown = set(inputs) - {v.name for v in spec.inputs}
        missing = [v.name for v in spec.inputs if v.name not in inputs]
        if unknown or missing:
            raise errors.InvalidArgumentError(
                errors.Status.INVALID_ARGUMENT,
                f"entry '{entry}': " + "; ".join(filter(None, [
                    missing and "missing inputs " + ", ".join(missing),
                    unknown and "no inputs " + ", ".join(sorted(unknown))])))
        arrays = [dtypes.to_storage(inputs[v.name], v.dtype, v.name) for v in spec.inputs]
        given = (library.Tensor * max(1, len(arrays)))(*[_tensor(a, v.dtype) for a, v in zip(arrays, spec.inputs)])
        taken = (library.Tensor * max(1, len(spec.outputs)))()
        self._check(c.dsc_session_run(self._handle, spec.number, given, len(arrays), taken, len(spec.outputs),
                                      self._error))
        results = {}
        for value, tensor in zip(spec.outputs, taken):
            array = _view(tensor)
            results[value.name] = _presentable(array.copy(), value.dtype) if copy else array
        return results

    @property
    def length(self):
        """Rows in the growing states."""
        return c.dsc_session_length(self._handle)

    @property
    def capacity(self):
        return c.dsc_session_capacity(self._handle)

    def reset(self):
        self._check(c.dsc_session_reset(self._handle, self._error))

    def truncate(self, length):
        """Keeps the first `length` rows of the states."""
        self._check(c.dsc_session_truncate(self._handle, length, self._error))

    def state_shape(self, name):
        tensor = self._describe_state(name)
        return tuple(tensor.dims[:tensor.rank])

    def _describe_state(self, name):
        tensor = library.Tensor()
        self._check(c.dsc_session_read_state(self._handle, name.encode(), ctypes.byref(tensor), self._error))
        return tensor

    def read_state(self, name):
        """A dense copy of a state."""
        tensor = self._describe_state(name)
        array = np.empty(tuple(tensor.dims[:tensor.rank]), dtypes.storage(tensor.dtype))
        tensor.data = array.ctypes.data
        self._check(c.dsc_session_read_state(self._handle, name.encode(), ctypes.byref(tensor), self._error))
        return _presentable(array, tensor.dtype)

    def close(self):
        if self._handle:
            c.dsc_session_destroy(self._handle)
            self._handle = None
        if self._runtime:
            c.dsc_runtime_destroy(self._runtime)
            self._runtime = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        if hasattr(self, "_runtime"):
            self.close()
