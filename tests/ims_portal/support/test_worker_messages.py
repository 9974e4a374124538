"""No request waits for the broker, and a broker that does not answer is tried only now and then."""

from __future__ import annotations

import os
import threading

import pytest

from ims_portal.support import worker_messages
from ims_portal.support.worker_messages import Messenger

pytestmark = pytest.mark.once


def test_a_message_is_given_away_while_the_broker_is_silent(monkeypatch):
    answers, asked = threading.Event(), []

    def silent(task, arguments, **_how):
        asked.append((task, arguments))
        answers.wait(20)

    monkeypatch.setattr(worker_messages.current_app, "send_task", silent)
    messenger = Messenger()
    for number in range(3):
        messenger.send("invoices.run_job", number)
    # the requests are over, and the broker has not answered the first message
    assert not messenger.wait(0)
    answers.set()
    assert messenger.wait(20)
    assert asked == [("invoices.run_job", (number,)) for number in range(3)]


def test_a_broker_that_refuses_is_left_alone_for_a_while(monkeypatch):
    asked = []

    def away(*_message, **_how):
        asked.append(1)
        raise OSError("refused")

    monkeypatch.setattr(worker_messages.current_app, "send_task", away)
    messenger = Messenger()
    messenger.send("invoices.run_job", 1)
    messenger.send("invoices.run_job", 2)
    assert messenger.wait(20)
    assert asked == [1]


def test_a_forked_process_sends_its_own_messages(monkeypatch):
    monkeypatch.setattr(worker_messages.current_app, "send_task", lambda *message, **how: None)
    worker_messages.send("invoices.run_job", 1)
    assert worker_messages.wait(20)
    pid = os.fork()
    if not pid:
        worker_messages.send("invoices.run_job", 2)
        os._exit(0 if worker_messages.wait(20) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
