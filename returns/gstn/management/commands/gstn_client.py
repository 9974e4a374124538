"""Command `gstn_client`: make, list and revoke clients of GSTN's API."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ims_portal.kernel.errors import Invalid
from returns.gstn import clients
from returns.gstn.models import Client


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="make a client id, a secret and an OTP, and show them once")
        create.add_argument("name", help="a name for the client, shown by the list command")
        create.add_argument(
            "--user",
            action="append",
            required=True,
            help="user name that the client may sign in for; can be repeated",
        )
        create.add_argument("--otp", default="", help="six digits; without it, a random OTP is made")
        create.add_argument("--operator", action="store_true", help="let the client move the sandbox's clock")
        verbs.add_parser("list", help="list the clients and the users they may sign in for")
        revoke = verbs.add_parser("revoke", help="revoke a client and end its sessions")
        revoke.add_argument("client_id")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['verb']}")(options)
        except Invalid as bad:
            raise CommandError(bad.message) from None

    def _create(self, options: dict[str, Any]) -> None:
        made = clients.create(
            options["name"], options["user"], otp=options["otp"], operator=options["operator"]
        )
        self.stdout.write(f"client id      {made.client.client_id}")
        self.stdout.write(f"client secret  {made.secret}")
        self.stdout.write(f"OTP            {made.otp}")
        self.stdout.write("Write these values down now. The portal stores only their digests.")

    def _list(self, options: dict[str, Any]) -> None:
        for client in Client.objects.prefetch_related("users"):
            users = ", ".join(user.get_username() for user in client.users.all())
            state = "revoked" if client.revoked_at else "operator" if client.is_operator else "active"
            self.stdout.write(f"{client.client_id}  {state:9} {client.name}: {users}")

    def _revoke(self, options: dict[str, Any]) -> None:
        client = clients.revoke(options["client_id"])
        self.stdout.write(f"{client.name} is revoked; its sessions have ended.")
