"""What runs by itself. Beat is a heartbeat; the law is the date: each entry asks what is due and does that."""

from celery.schedules import crontab

TIMETABLE = {
    # every portal midnight that has passed: purge, expiry, provisional periods, and on the 14th the drafts
    "portal midnights": {"task": "invoices.heartbeat", "schedule": 20.0},
    "jobs whose message was lost": {"task": "invoices.sweep_jobs", "schedule": 30.0},
    "tell programs what happened": {"task": "invoices.deliver_webhooks", "schedule": 15.0},
    "forget old answers": {"task": "invoices.drop_old_answers", "schedule": crontab(minute=47)},
    "counters grown long": {"task": "invoices.fold_counters", "schedule": 60.0},
    "carry departed records away": {"task": "invoices.archive_departed", "schedule": crontab(minute=17)},
}
