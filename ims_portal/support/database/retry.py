"""Repeat a transaction that failed because another transaction changed the same rows."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import IntegrityError, OperationalError, connection

from ims_portal.kernel.errors import Busy

Given = ParamSpec("Given")
Result = TypeVar("Result")
SERIALIZATION_FAILURE, DEADLOCK = "40001", "40P01"
# if another transaction has just inserted the same row, this transaction cannot see the row and fails with a
# duplicate key
DUPLICATE = "23505"
ATTEMPTS = 4


def retried(work: Callable[Given, Result]) -> Callable[Given, Result]:
    """Return a function that calls `work`, and calls it again after a serialization failure, a deadlock or a
    duplicate key. After ATTEMPTS calls, the function raises `Busy`, or the `IntegrityError` of a duplicate
    key.

    Inside a caller's transaction, the function calls `work` only once, because a failure ends the caller's
    transaction."""

    @wraps(work)
    def again(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        for attempt in range(ATTEMPTS):
            outermost = not connection.in_atomic_block
            try:
                return work(*args, **kwargs)
            except (OperationalError, IntegrityError) as failure:
                code = getattr(failure.__cause__, "pgcode", None)
                if not outermost or code not in (SERIALIZATION_FAILURE, DEADLOCK, DUPLICATE):
                    raise
                if attempt == ATTEMPTS - 1:
                    if code == DUPLICATE:
                        raise
                    break
                time.sleep(0.05 * (attempt + 1))
        raise Busy(
            "BUSY",
            "Other users are changing the same records at this moment. Nothing was changed. Try again.",
        )

    return again
