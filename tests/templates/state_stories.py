"""The table of stories, `CELLS`. For each screen and state, the table has a story and the words that the page
must contain. A story is a function that brings the screen into the state and returns the page."""

from __future__ import annotations

import re
from collections.abc import Callable

from invoices.models import Job, Role
from returns.files import downloads
from returns.files.downloads import Wanted
from tests.desk_pages import at, client_for, some
from tests.pages import client_of, text
from tests.templates.test_screen_messages import SAYS, drafted
from tests.world import BY, World

Story = Callable[[World], tuple[str, ...] | str]
CELLS: dict[tuple[str, str], tuple[Story, tuple[str, ...], int]] = {}


def cell(screen: str, state: str, *says: str, year: int = 2024) -> Callable[[Story], Story]:
    """Register the decorated function as the story of this screen in this state.

    The story returns the page. `says` are regular expressions of words that the page must contain. `year` is
    the year in which the story begins: 2024 or 2025."""

    def keep(story: Story) -> Story:
        CELLS[screen, state] = (story, says, year)
        return story

    return keep


def quoted(screen: str, state: str, code: str, *says: str) -> None:
    """Use the story of a message code also as the story of this screen in this state. The page must contain
    the code and the words in `says`."""
    CELLS[screen, state] = (SAYS[code], (re.escape(code), *says), 2024)


def page(world: World, path: str, *roles: Role) -> str:
    return text(client_for(world, *roles).get(at(world, path)))


def of_supplier(world: World, path: str) -> str:
    return text(client_of(world, Role.SUPPLIER_CLERK, at=world.supplier).get(at_supplier(world, path)))


def at_supplier(world: World, path: str) -> str:
    return f"/t/{world.supplier.gstin}/{path}"


def stale(world: World) -> None:
    drafted(world)
    world.acts("reject", world.kept)


def asked_for(world: World) -> Job:
    some(world, 2)
    return downloads.ask(world.recipient, Wanted("ims"), by=BY)
