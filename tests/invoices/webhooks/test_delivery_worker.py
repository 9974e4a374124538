"""Deliveries have a queue and a worker of their own."""

from __future__ import annotations

import threading

import pytest

from ims_portal import embedded
from ims_portal.timetable import DELIVERIES, ROUTES, TIMETABLE
from invoices.webhooks import sending as webhooks

pytestmark = pytest.mark.once


@pytest.mark.once
def test_deliveries_have_a_queue_that_no_worker_of_the_portals_own_work_reads():
    from ims_portal.celery import app

    assert app.conf.task_routes == ROUTES
    assert ROUTES[TIMETABLE[DELIVERIES]["task"]]["queue"] not in ("", app.conf.task_default_queue)
    routed = app.amqp.router.route({}, "invoices.deliver_webhooks")["queue"].name
    others = {
        app.amqp.router.route({}, e["task"])["queue"].name for n, e in TIMETABLE.items() if n != DELIVERIES
    }
    assert routed not in others
    # a message that no worker takes expires within a minute, so messages do not pile up in the queue
    assert TIMETABLE[DELIVERIES]["options"]["expires"] <= 60


@pytest.mark.once
def test_embedded_mode_delivers_from_a_thread_of_its_own(monkeypatch):
    assert "invoices.deliver_webhooks" not in {entry["task"] for entry in embedded.by_beat().values()}
    over, rounds = threading.Event(), []

    def round_() -> None:
        rounds.append(threading.current_thread().name)
        if len(rounds) == 2:
            over.set()
        raise OSError("the first round fails, and the second comes all the same")

    monkeypatch.setattr(webhooks, "deliver_due", round_)
    monkeypatch.setitem(TIMETABLE, DELIVERIES, {**TIMETABLE[DELIVERIES], "schedule": 0.01})
    thread = threading.Thread(target=embedded.deliver, args=(over,), name="own")
    thread.start()
    thread.join(5)
    assert rounds == ["own", "own"]
