"""Tokens: from a link, by the dialog, expired, revoked, of a viewer; never in the address, gone with the tab."""

import pytest
import tokens
from browser import Page
from clients import Client, Filter, event, target
from google.protobuf.duration_pb2 import Duration
from page_server import PageServer
from process import run

REFUSED = pytest.mark.complaints("401", "403")
LOCAL_NONE = {"AUDITRPC_LOCAL_ACCESS": "none"}


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    """A server that lets nobody in without a credential, with a token of each kind."""
    data = tmp_path_factory.mktemp("closed") / "data"
    with PageServer(data, environment=LOCAL_NONE) as server:
        server.root = tokens.first_token(server)
        server.reader = tokens.create(server.address, server.root, "dashboard", "reader", "acme")[1]
        with Client(server.address, "acme", token=server.root) as client:
            client.record(
                event(change="of web", target=target("SERVICE", "web")),
                event(change="of cart", target=target("SERVICE", "cart")),
            )
        with Client(server.address, "globex", token=server.root) as client:
            client.record(event(change="of globex"))
        yield server


@pytest.fixture
def page(browser, closed):
    return Page(browser, closed.page)


def stored(page):
    return page.script("return [sessionStorage.length, localStorage.length, document.cookie]")


@REFUSED
def test_without_a_token_one_signs_in(page, closed):
    page.open("/?event_type=UPDATE")
    page.find("dialog[open]", "Sign in")
    page.screenshot("sign-in")
    page.find("dialog[open] input").send_keys("auditrpc_000000000000_" + "0" * 64)
    page.click("dialog[open] button", "Sign in")
    page.await_text("dialog[open]", "does not know this token")
    page.find("dialog[open] input").clear()
    page.find("dialog[open] input").send_keys(closed.reader)
    page.click("dialog[open] button.primary")
    page.await_all("of cart", "of web")
    page.await_live()
    page.await_text("#organization", "acme")
    page.await_text("#caller", "dashboard")
    assert page.path == "/?event_type=UPDATE"
    # The tab has it, so a reload asks nothing.
    page.driver.refresh()
    page.await_all("of cart", "of web")
    assert not page.shows("dialog[open]")


@REFUSED
def test_a_token_in_a_link_is_taken_out_of_the_address(page, closed):
    page.open(f"/?target_id=web#token={closed.reader}")
    page.await_all("of web")
    assert page.path == "/?target_id=web"
    assert stored(page) == [1, 0, ""]
    assert not any(closed.reader in address for address in page.browser.requested())
    page.driver.get("about:blank")
    page.open("/?event_type=UPDATE")
    page.find("#grid tbody tr", "of cart")
    page.click("#caller button", "Sign out")
    page.find("dialog[open]", "Sign in")
    page.await_gone("#grid tbody tr")
    assert stored(page)[0] == 0


@REFUSED
def test_a_viewer_sees_its_target_alone(page, closed):
    secret = tokens.viewer(closed.address, closed.reader, Filter(target_ids=["web"]))
    page.open(f"/#token={secret}")
    page.await_all("of web")
    page.await_live()
    page.await_text(".kept", "Oldest from 20")
    assert "Kept for" not in page.text(".kept")
    assert not page.shows("dialog[open]")
    page.open_row("of web")
    page.find("#details .claim")
    page.screenshot("viewer")


@REFUSED
def test_an_expired_viewer_is_told_and_goes_on_with_another_token(page, closed):
    secret = tokens.viewer(
        closed.address, closed.reader, Filter(target_ids=["web"]), lifetime=Duration(seconds=3)
    )
    page.open(f"/?target_id=web#token={secret}")
    page.await_all("of web")
    page.find("dialog[open]", "not valid any more")
    page.screenshot("expired")
    assert page.changes() == ["of web"]
    page.find("dialog[open] input").send_keys(closed.reader)
    page.click("dialog[open] button.primary")
    page.await_live()
    with Client(closed.address, "acme", token=closed.root) as client:
        client.record(event(change="web again", target=target("SERVICE", "web")))
    page.await_changes("web again", "of web")
    assert page.path == "/?target_id=web"


@REFUSED
def test_a_revoked_token_ends_the_feed(page, closed):
    token, secret = tokens.create(closed.address, closed.root, "lost", "reader", "acme")
    page.open(f"/?target_id=cart#token={secret}").await_live()
    done = run(
        "token", "revoke", token.id,
        environment={**closed.environment, "AUDITRPC_TOKEN": closed.root},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    page.find("dialog[open]", "not valid any more")


@REFUSED
def test_another_organization_is_refused_in_words(page, closed):
    page.open(f"/?organization_id=globex&target_id=cart#token={closed.reader}")
    page.await_text(".blank", "not for you to see")
    page.screenshot("forbidden")
    page.click(".blank button", "Leave the organization out")
    page.await_changes("of cart")


def test_an_operator_sees_all_organizations(page, closed):
    page.open(f"/?event_type=UPDATE#token={closed.root}")
    page.await_live()
    page.find("#grid tbody tr", "globex")
    page.find("#grid tbody tr", "acme")
    page.find("#organization input")
