"""Work that must see one snapshot is tried again when another transaction got in between."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import wraps
from itertools import count
from typing import ParamSpec, TypeVar

from django.db import IntegrityError, OperationalError, connection

from ims_portal.kernel.errors import Busy

Given = ParamSpec("Given")
Result = TypeVar("Result")
SERIALIZATION_FAILURE, DEADLOCK = "40001", "40P01"
# under one snapshot, a row another transaction made first is met as a duplicate only
DUPLICATE = "23505"
# a duplicate that is met this often is one: nobody is making the row at this moment
DUPLICATES = 4
# Counted in time and not in attempts: of twenty who recompute one large desk at once each waits for those before it.
PATIENCE = 20.0  # seconds
LONGEST_PAUSE = 0.5


def retried(work: Callable[Given, Result]) -> Callable[Given, Result]:
    """Call again after a serialization failure or deadlock (or a row made meanwhile) for `PATIENCE` seconds, then raise
    `Busy`. Inside a caller's transaction nothing can be tried again, so there the failure goes up to whoever began it."""

    @wraps(work)
    def again(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        began, duplicates = time.monotonic(), 0
        for attempt in count(1):
            outermost = not connection.in_atomic_block
            try:
                return work(*args, **kwargs)
            except (OperationalError, IntegrityError) as failure:
                code = getattr(failure.__cause__, "pgcode", None)
                if not outermost or code not in (SERIALIZATION_FAILURE, DEADLOCK, DUPLICATE):
                    raise
                duplicates += code == DUPLICATE
                if duplicates == DUPLICATES:
                    raise
                if time.monotonic() - began > PATIENCE:
                    break
                # by chance, so that those who were refused together do not come back together
                time.sleep(random.uniform(0.01, min(0.05 * attempt, LONGEST_PAUSE)))
        raise Busy(
            "BUSY", "Others are changing the same records at this moment. Try again; nothing was changed."
        )

    return again
