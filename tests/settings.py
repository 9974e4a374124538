"""Settings of the suite: those of the portal, quicker where safety is not what is tested."""

import os
import tempfile

os.environ.setdefault("PORTAL_VAR", tempfile.mkdtemp(prefix="portal-tests-"))

from ims_portal.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
PORTAL_SANDBOX = True
CELERY_TASK_ALWAYS_EAGER = False
# tasks announced after commit go nowhere: jobs are run by the tests that want them
CELERY_BROKER_URL = "memory://"
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"  # noqa: F405
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # a file, not memory: live-server threads need to see the same database
    DATABASES["default"]["TEST"] = {"NAME": os.path.join(os.environ["PORTAL_VAR"], "test.sqlite3")}  # noqa: F405
