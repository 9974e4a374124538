"""Project package. Celery's app is made with Django, so that tasks find it."""

from ims_portal.celery import app as celery_app

__all__ = ["celery_app"]
