# SPDX-License-Identifier: Apache-2.0
"""Status codes of the runtime as exceptions."""

import enum


class Status(enum.IntEnum):
    OK = 0
    INVALID_ARGUMENT = 1
    IO = 2
    CORRUPT = 3
    UNSUPPORTED = 4
    OUT_OF_MEMORY = 5
    CAPACITY_EXCEEDED = 6
    BUSY = 7
    INDEX_OUT_OF_RANGE = 8
    DEVICE = 9


class Error(Exception):
    """What the runtime refused; `status` says which kind of refusal it is."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = Status(status)


class InvalidArgumentError(Error, ValueError):
    pass


class FileError(Error, OSError):
    pass


class CorruptError(Error):
    pass


class UnsupportedError(Error):
    pass


class OutOfMemoryError(Error, MemoryError):
    pass


class CapacityError(Error):
    pass


class BusyError(Error):
    pass


class IndexRangeError(Error, IndexError):
    pass


class DeviceError(Error, RuntimeError):
    pass


_classes = {
    Status.INVALID_ARGUMENT: InvalidArgumentError,
    Status.IO: FileError,
    Status.CORRUPT: CorruptError,
    Status.UNSUPPORTED: UnsupportedError,
    Status.OUT_OF_MEMORY: OutOfMemoryError,
    Status.CAPACITY_EXCEEDED: CapacityError,
    Status.BUSY: BusyError,
    Status.INDEX_OUT_OF_RANGE: IndexRangeError,
    Status.DEVICE: DeviceError,
}


def check(status, error):
    """Raises for any status but OK, with the message in the C struct `error`."""
    if status != Status.OK:
        raise _classes.get(status, Error)(status, error.message.decode("utf-8", "replace"))
