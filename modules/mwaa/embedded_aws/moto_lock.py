"""Requests to moto one at a time: its models are plain dictionaries without locks, and Terraform sends ten at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.RLock()


@contextmanager
def moto_lock() -> Iterator[None]:
    """Hold the lock for the block: moto answers no other request in it."""
    with _lock:
        yield


@contextmanager
def released() -> Iterator[None]:
    """Release the lock for a block inside `moto_lock`, to wait for a process that may itself ask AWS."""
    _lock.release()
    try:
        yield
    finally:
        _lock.acquire()
