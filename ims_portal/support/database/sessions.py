"""Sessions in the database, as Django stores them. Every request reads its session with stored SQL
(`prepared`), because the ORM needs more processor time to write this query than the database to answer it."""

from __future__ import annotations

from datetime import datetime

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import QuerySet

from ims_portal.kernel import clock
from ims_portal.support.database import prepared


class SessionStore(db.SessionStore):
    def _get_session_from_db(self) -> Session | None:
        """Return the session's row, or None if the session does not exist or is over."""
        found = prepared.one(Session, _lasting, (str(self.session_key), clock.real_now()))
        if found is None:
            self._session_key = None
        return found


def _lasting(key: str, moment: datetime) -> QuerySet:
    found = Session.objects.filter(session_key=key, expire_date__gt=moment)
    return found.values_list(*prepared.columns_of(Session))
