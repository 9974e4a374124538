"""The Celery application."""

import os

from celery import Celery
from kombu.transport.redis import Channel

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ims_portal.settings")

# A Celery worker must not return its unfinished messages to Redis. If Redis has stopped, the attempt fails
# and ends the worker. The portal does not need the messages: jobs are rows of a table, and the sweeper finds
# a job whose message was lost.
Channel.do_restore = False

app = Celery("ims_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

from ims_portal.timetable import ROUTES, TIMETABLE  # noqa: E402  after the app exists

app.conf.beat_schedule = TIMETABLE
app.conf.task_routes = ROUTES
