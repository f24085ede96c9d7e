"""Requests to moto one at a time: its models are plain dictionaries without locks, and Terraform sends ten at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.RLock()


@contextmanager
def taken() -> Iterator[None]:
    """Within the block no other request is answered by moto."""
    with _lock:
        yield


@contextmanager
def given_up() -> Iterator[None]:
    """Within this block inside `taken` others are served: for who waits for something that may itself ask AWS."""
    _lock.release()
    try:
        yield
    finally:
        _lock.acquire()
