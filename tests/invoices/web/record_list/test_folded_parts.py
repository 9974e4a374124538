"""The further filters and the choice of columns are drawn only when somebody asks for them. Until then, the filter form
keeps what they hold."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

from tests.desk_pages import at, client_for
from tests.invoices.web.record_list.list_pages import numbers


class Fields(HTMLParser):
    """Collects what a browser sends with the button of the filter form: its fields of text and its hidden fields."""

    def __init__(self, page: str):
        super().__init__()
        self.inside, self.sent = False, {}
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self.inside = "data-filters" in given
        # the button that applies a group of boxes has no name
        elif self.inside and given.get("name") and given.get("value") and given.get("type") != "checkbox":
            self.sent[given["name"]] = given["value"]


def test_the_page_has_the_further_filters_only_if_the_address_asks_for_them(desk):
    client = client_for(desk)
    closed = client.get(at(desk, "ims/inward/all/")).content.decode()
    assert 'name="taxmin"' not in closed
    assert 'name="column"' not in closed
    filters = client.get(at(desk, "ims/inward/all/", more="filters")).content.decode()
    assert 'name="taxmin"' in filters
    assert "data-remember open" in filters
    columns = client.get(at(desk, "ims/inward/all/", more="columns")).content.decode()
    assert 'name="column"' in columns
    assert 'name="taxmin"' not in columns
    # the links of the closed parts lead there, and keep the filters that are set
    few = client.get(at(desk, "ims/inward/all/", kind="CN")).content.decode()
    assert f'href="{at(desk, "ims/inward/all/")}?kind=CN&amp;more=filters"' in few
    assert f'href="{at(desk, "ims/inward/all/")}?kind=CN&amp;more=columns"' in few
    # an unknown part is no part
    assert client.get(at(desk, "ims/inward/all/", more="rows")).status_code == 200


def test_a_script_gets_the_part_alone(desk):
    client, script = client_for(desk), {"headers": {"HX-Request": "true"}}
    for more, field in (("filters", 'name="taxmin"'), ("columns", 'name="column"')):
        for grouped in ({}, {"group": "supplier"}):
            part = client.get(at(desk, "ims/inward/all/", more=more, **grouped), **script).content.decode()
            assert field in part
            assert "<html" not in part
            assert "INV-1" not in part


def test_a_search_keeps_the_filters_and_the_order_that_are_not_drawn(desk):
    client = client_for(desk)
    address = at(desk, "ims/inward/all/")
    given = {"kind": "INV,DN", "taxmin": "1000", "sort": "-tax"}
    closed = client.get(address, given)
    sent = Fields(closed.content.decode()).sent
    assert sent == given
    found = client.get(address, {**sent, "q": "INV"})
    assert numbers(found) == {"INV-1", "INV-2", "INV-3"}
    assert [row.record.number for row in found.context["rows"]] == ["INV-2", "INV-3", "INV-1"]
    # with the further filters open, each value stands once, in its own field
    opened = client.get(address, {**given, "more": "filters"}).content.decode()
    assert opened.count('name="taxmin"') == 1
    assert 'type="hidden" name="kind"' not in opened
    grouped = client.get(address, {"group": "supplier", "order": "-records"}).content.decode()
    assert Fields(grouped).sent == {"group": "supplier", "order": "-records"}


def test_without_scripts_one_link_leads_to_the_further_filters_and_to_the_columns(desk):
    client = client_for(desk)
    page = client.get(at(desk, "ims/inward/b2b/")).content.decode()
    links = re.findall(r'<noscript><a [^>]*href="([^"]*)"', page)
    opened = [client.get(unescape(link)).content.decode() for link in links]
    assert ['id="f-min"' in opened[0], 'name="density"' in opened[1]] == [True, True]
    assert [len(re.findall("<noscript><a", one)) for one in opened] == [1, 1]
