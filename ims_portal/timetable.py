"""What runs by itself. Beat is a heartbeat; the law is the date: each entry asks what is due and does that."""

import os
from typing import Any

from celery.schedules import crontab

# read while the settings are still being read
# Deliveries wait for machines of other people: a queue of their own, which no worker of the portal's own work reads. What
# that queue holds is only a call to look; one that nobody took in a minute is worth nothing.
DELIVERIES, DELIVERY_QUEUE = "tell programs what happened", "deliveries"
ROUTES = {"invoices.deliver_webhooks": {"queue": DELIVERY_QUEUE}}
SWEEP_SECONDS = float(os.environ.get("JOB_SWEEP_SECONDS") or 15)
TIMETABLE: dict[str, dict[str, Any]] = {
    # every portal midnight that has passed: purge and reversion, expiry, provisional periods, and on the 14th the drafts
    "portal midnights": {"task": "invoices.heartbeat", "schedule": 20.0},
    # drafts that should be there and are not, whatever became of their night
    "drafts that are missing": {"task": "invoices.ensure_drafts", "schedule": crontab(minute=7)},
    "jobs whose message was lost": {"task": "invoices.sweep_jobs", "schedule": SWEEP_SECONDS},
    DELIVERIES: {"task": "invoices.deliver_webhooks", "schedule": 15.0, "options": {"expires": 60}},
    "forget old answers": {"task": "invoices.drop_old_answers", "schedule": crontab(minute=47)},
    "counters grown long": {"task": "invoices.fold_counters", "schedule": 60.0},
    "carry departed records away": {"task": "invoices.archive_departed", "schedule": crontab(minute=17)},
}
