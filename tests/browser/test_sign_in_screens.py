"""The screens of sign-in, second factor and account security are accessible and work by keyboard."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from invoices.models import Membership, Role
from tests.browser.test_every_screen import PASSWORD, Inspector
from tests.world import World

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_sign_in_screens_are_accessible_and_work_without_a_mouse(browser, live_server, transactional_db):
    world = World("2024-10-28 10:00")
    asha = get_user_model().objects.create_user("asha", password=PASSWORD)
    Membership.objects.create(user=asha, taxpayer=world.recipient, role=Role.AUDITOR)
    world.saves()
    auditor = Client()
    auditor.force_login(asha)
    auditor.post(f"/t/{world.recipient.gstin}/audit/")
    inspector = Inspector(browser, live_server.url)
    page = inspector.page
    try:
        inspector.enters("asha")
        for name, path in (
            ("security", "/me/security/"),
            ("password", "/accounts/password/"),
            ("confirm", "/accounts/confirm/"),
            ("audit-checked", f"/t/{world.recipient.gstin}/audit/"),
            ("authenticator", "/accounts/authenticator/"),
        ):
            page.goto(live_server.url + path)
            inspector.looks(name)
        # from here on, the test uses the keyboard alone
        device = TOTPDevice.objects.get(user=asha)
        page.get_by_role("textbox", name="Code").fill(f"{TOTP(device.bin_key).token():06d}")
        page.get_by_label("Your password").fill(PASSWORD)
        page.get_by_label("Your password").press("Enter")
        page.get_by_role("heading", name="Your recovery codes").wait_for()
        inspector.looks("recovery-codes")
        code = page.locator("ul.mono li").first.inner_text()
        inspector.context.clear_cookies()
        page.goto(f"{live_server.url}/accounts/login/")
        page.get_by_label("Username").fill("asha")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("Password").press("Enter")
        page.get_by_role("heading", name="Second factor").wait_for()
        inspector.looks("second-factor")
        page.get_by_role("textbox", name="Code").fill(code)
        page.get_by_role("textbox", name="Code").press("Enter")
        page.wait_for_url("**/t/**")
    finally:
        inspector.context.close()
    found = inspector.faults + inspector.watched.troubles
    assert not found, "\n".join(found)
