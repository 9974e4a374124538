"""The timetable of tasks. Celery's beat only starts the tasks. Each task looks up which work is due by the
dates of the law, and does this work."""

import os
from typing import Any

from celery.schedules import crontab

# A webhook delivery may wait long for the server of another organisation. The deliveries therefore have a
# separate queue, which the workers of other jobs do not read. A message in this queue only asks a worker to
# look for due deliveries. A message that no worker reads within a minute is dropped.
DELIVERIES, DELIVERY_QUEUE = "deliver webhooks", "deliveries"
ROUTES = {"invoices.deliver_webhooks": {"queue": DELIVERY_QUEUE}}
# This module reads the environment itself, because it loads before the settings are complete.
SWEEP_SECONDS = float(os.environ.get("JOB_SWEEP_SECONDS") or 15)
TIMETABLE: dict[str, dict[str, Any]] = {
    # This task processes every portal midnight that has passed: purge and reversion, expiry, provisional
    # periods, and on the 14th the drafts.
    "portal midnights": {"task": "invoices.heartbeat", "schedule": 20.0},
    # This task queues jobs for drafts that were due in an earlier night and are still missing.
    "make missing drafts": {"task": "invoices.ensure_drafts", "schedule": crontab(minute=7)},
    "queue lost jobs again": {"task": "invoices.sweep_jobs", "schedule": SWEEP_SECONDS},
    DELIVERIES: {"task": "invoices.deliver_webhooks", "schedule": 15.0, "options": {"expires": 60}},
    "delete old answers": {"task": "invoices.drop_old_answers", "schedule": crontab(minute=47)},
    "fold long counters": {"task": "invoices.fold_counters", "schedule": 60.0},
    "archive departed records": {"task": "invoices.archive_departed", "schedule": crontab(minute=17)},
}
