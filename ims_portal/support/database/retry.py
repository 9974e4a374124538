"""Repeat work that must see one snapshot if another transaction changed the same rows."""

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
# under one snapshot, a row that another transaction made first shows up only as a duplicate
DUPLICATE = "23505"
ATTEMPTS = 4


def retried(work: Callable[Given, Result]) -> Callable[Given, Result]:
    """Call `work` again after a serialization failure or deadlock (or a row made meanwhile), a few times,
    then raise `Busy`. Inside a caller's transaction nothing can be tried again, so the failure goes up to the
    code that began the transaction."""

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
                if code == DUPLICATE and attempt == ATTEMPTS - 1:
                    raise
                time.sleep(0.05 * (attempt + 1))
        raise Busy(
            "BUSY", "Others are changing the same records at this moment. Try again; nothing was changed."
        )

    return again
