"""The work that starts by itself. Beat only gives the rhythm: each task looks up in the dates of the law what
is due, and does that."""

import os
from typing import Any

from celery.schedules import crontab

# This module is read while the settings are still being read. Deliveries wait for machines of other people,
# so they have their own queue, which no worker of the portal's own work reads. A message in this queue only
# asks a worker to look. A message that no worker took within a minute is dropped.
DELIVERIES, DELIVERY_QUEUE = "tell programs what happened", "deliveries"
ROUTES = {"invoices.deliver_webhooks": {"queue": DELIVERY_QUEUE}}
SWEEP_SECONDS = float(os.environ.get("JOB_SWEEP_SECONDS") or 15)
TIMETABLE: dict[str, dict[str, Any]] = {
    # every portal midnight that has passed: purge and reversion, expiry, provisional periods, and on the 14th
    # the drafts
    "portal midnights": {"task": "invoices.heartbeat", "schedule": 20.0},
    # drafts that are due but do not exist, for whatever reason
    "drafts that are missing": {"task": "invoices.ensure_drafts", "schedule": crontab(minute=7)},
    "jobs whose message was lost": {"task": "invoices.sweep_jobs", "schedule": SWEEP_SECONDS},
    DELIVERIES: {"task": "invoices.deliver_webhooks", "schedule": 15.0, "options": {"expires": 60}},
    "forget old answers": {"task": "invoices.drop_old_answers", "schedule": crontab(minute=47)},
    "counters grown long": {"task": "invoices.fold_counters", "schedule": 60.0},
    "carry departed records away": {"task": "invoices.archive_departed", "schedule": crontab(minute=17)},
}
