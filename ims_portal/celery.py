"""The Celery application."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ims_portal.settings")

app = Celery("ims_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

from ims_portal.timetable import TIMETABLE  # noqa: E402  after the app exists

app.conf.beat_schedule = TIMETABLE
