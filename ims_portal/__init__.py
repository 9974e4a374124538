"""Project package. The package imports Celery's app, so that tasks find the app as soon as Django starts."""

from ims_portal.celery import app as celery_app

__all__ = ["celery_app"]
