# SPDX-License-Identifier: Apache-2.0
"""Runs dsc engines from Python; a thin layer over the C API of the runtime.

    with dsc.Engine("model.dsce") as engine, dsc.Session(engine) as session:
        logits = session.run("prefill", {"input_ids": ids})["logits"]
"""

from .engine import Engine, Entry, State, Value
from .errors import (
    BusyError,
    CapacityError,
    CorruptError,
    DeviceError,
    Error,
    IndexRangeError,
    InvalidArgumentError,
    Status,
    UnsupportedError,
)
from .session import Session

__version__ = "0.1.0"
__all__ = [
    "Engine", "Entry", "State", "Value", "Session", "Status", "Error", "InvalidArgumentError",
    "CorruptError", "UnsupportedError", "CapacityError", "BusyError", "IndexRangeError", "DeviceError",
]
