"""Functions that crash, hang or fail instead of decoding a file, for tests of benchmarks.files."""

import os
import threading

from benchmarks.files.look import Row


def crash(_data: bytes, _name: str) -> Row:
    os._exit(3)


def hang(_data: bytes, _name: str) -> Row:
    threading.Event().wait()
    raise AssertionError


def fail(_data: bytes, _name: str) -> Row:
    raise ZeroDivisionError
