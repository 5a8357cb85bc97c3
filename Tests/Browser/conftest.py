"""A Chromium and a server with its page for all browser tests; each test has its organization and an empty tab."""

import itertools
from urllib.parse import urlencode, urlsplit

import pytest
from browser import Browser, Page
from clients import Client
from page_server import PageServer

_organizations = itertools.count(1)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("downloads"))
    yield browser
    browser.quit()


@pytest.fixture(scope="session")
def page_server(tmp_path_factory):
    """One server for the tests that are kept apart by their organization."""
    with PageServer(tmp_path_factory.mktemp("page") / "data") as server:
        yield server


@pytest.fixture
def log(page_server):
    """A client of the shared server in an organization of this test's own."""
    with Client(page_server.address, f"page-{next(_organizations)}") as client:
        yield client


@pytest.fixture
def browser(chromium, request):
    """The Chromium with an empty tab; afterwards nothing was complained of and nobody else was asked.

    A test that breaks something on purpose says which complaints it expects: `complaints("503", ...)`.
    """
    marker = request.node.get_closest_marker("complaints")
    expected = marker.args if marker else ()
    chromium.fresh()
    yield chromium
    unexpected = [
        (level, message)
        for level, message in chromium.console()
        if not any(words in message for words in expected)
    ]
    hosts = {urlsplit(address).hostname for address in chromium.requested() if "://" in address}
    chromium.driver.get("about:blank")
    assert not unexpected, unexpected
    assert hosts <= {"127.0.0.1"}, hosts


@pytest.fixture
def page_of(browser):
    """Makes the page of a server."""
    return lambda server: Page(browser, server.page)


@pytest.fixture
def page(page_of, page_server, log):
    """The page of the shared server; `open` shows this test's organization and what else it is given."""
    made = page_of(page_server)
    open_path = made.open

    def open_view(view=(), hash="", live=True):
        pairs = [*(view.items() if isinstance(view, dict) else view)]
        query = urlencode([("organization_id", log.organization), *pairs], doseq=True)
        open_path(f"/?{query}{hash}")
        return made.await_live() if live else made

    made.open = open_view
    return made
