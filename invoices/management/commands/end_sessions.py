"""Ends every session of one person or of all people, for example if a phone is lost, a password has leaked,
or a person leaves the company."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from invoices.people import sign_in


class Command(BaseCommand):
    help = (
        "End all sessions of a person, or of everybody. With --lost, also remove the person's authenticator."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "username", nargs="?", help="the person's user name; if it is missing, everybody is signed out"
        )
        parser.add_argument(
            "--lost", action="store_true", help="also remove the authenticator and its recovery codes"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        people = get_user_model().objects.order_by("pk")
        if options["username"]:
            people = people.filter(username=options["username"])
            if not people.exists():
                raise CommandError(f"There is no user {options['username']} here.")
        elif options["lost"]:
            raise CommandError("Give the user name of the person who lost the authenticator.")
        ended = 0
        for person in people.iterator():
            ended += sign_in.end_all(person)
            if options["lost"]:
                sign_in.forget_factor(person)
        self.stdout.write(f"{ended} sessions ended")
