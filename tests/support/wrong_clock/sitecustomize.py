"""Gives a Python process a wrong clock if this folder is on its PYTHONPATH.

CLOCK_OFFSETS lists seconds, as in `-60,0,60`; each process chooses one of them. Python imports this module before any
other, so all other modules see the wrong clock. `time.monotonic` stays correct.
"""

import datetime as dt
import os
import random
import time

_offset = float(random.choice(os.environ["CLOCK_OFFSETS"].split(",")))
_time, _datetime = time.time, dt.datetime


class _AnyDatetime(type):
    """Also accepts instances of the replaced class, which C code still creates, for example when it parses a time."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _datetime)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, _datetime)


class _WrongDatetime(_datetime, metaclass=_AnyDatetime):  # type: ignore[misc, valid-type]
    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
        return _datetime.now(tz) + dt.timedelta(seconds=_offset)

    @classmethod
    def utcnow(cls) -> dt.datetime:
        return cls.now(dt.UTC).replace(tzinfo=None)


dt.datetime = _WrongDatetime  # type: ignore[misc]
time.time = lambda: _time() + _offset
