"""Filters: menus fed by facets, chips, the range, the address that holds them all, and links of other products."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest
from auditrpc.v1 import event_pb2
from clients import actor, event, resource, target, timestamp
from process import eventually
from selenium.webdriver.common.keys import Keys

HOUR = 3600
DAY = 24 * HOUR


def many():
    """Events that differ in every field that can be filtered."""
    now = time.time()
    shop, billing = resource("PROJECT", "p-1", "Shop"), resource("PROJECT", "p-2", "Billing")
    production = resource("ENVIRONMENT", "e-1", "Production")
    staging = resource("ENVIRONMENT", "e-2", "Staging")
    return [
        event(
            change="web made", event_type="CREATE", target=target("SERVICE", "s-1", "Web"),
            scope=[shop, production], actor=actor(event_pb2.ACTOR_TYPE_USER, "ada", "Ada"),
            source="CONSOLE", occurred_at=timestamp(now - 5 * DAY),
        ),
        event(
            change="cart changed", event_type="UPDATE", target=target("SERVICE", "s-2", "Cart"),
            scope=[shop, staging], actor=actor(event_pb2.ACTOR_TYPE_API_TOKEN, "ci", "Pipeline"),
            source="CLI", occurred_at=timestamp(now - 2 * DAY),
            outcome=event_pb2.OUTCOME_FAILURE,
        ),
        event(
            change="bucket removed", event_type="DELETE", target=target("BUCKET", "b-1", "Files"),
            scope=[billing], actor=actor(event_pb2.ACTOR_TYPE_AGENT, "bot", "Bot"),
            source="API", occurred_at=timestamp(now - 2 * HOUR),
            outcome=event_pb2.OUTCOME_DENIED,
        ),
        event(
            change="web changed", event_type="UPDATE", target=target("SERVICE", "s-1", "Web"),
            scope=[shop, production], actor=actor(event_pb2.ACTOR_TYPE_USER, "ada", "Ada"),
            source="CONSOLE", snapshot=b'{"colour": "turquoise"}',
        ),
    ]  # fmt: skip


ALL = ("web changed", "bucket removed", "cart changed", "web made")


@pytest.fixture
def filled(page, log):
    log.record(*many())
    return page


@pytest.mark.parametrize(
    "menu, option, parameter, left",
    [
        ("Event type", "UPDATE", "event_type=UPDATE", ("web changed", "cart changed")),
        ("Target type", "BUCKET", "target_type=BUCKET", ("bucket removed",)),
        ("User", "Pipeline", "actor_id=ci", ("cart changed",)),
        ("User type", "Agent", "actor_type=AGENT", ("bucket removed",)),
        ("Tool", "CONSOLE", "source=CONSOLE", ("web changed", "web made")),
        ("Outcome", "Denied", "outcome=DENIED", ("bucket removed",)),
    ],
)
def test_a_menu_narrows_and_its_chip_widens_again(filled, menu, option, parameter, left):
    filled.open().await_all(*ALL)
    filled.script(
        """[...document.querySelectorAll(".filter-button")].find(
            (one) => one.firstChild.textContent === arguments[0]).click()""",
        menu,
    )
    filled.click(".menu:popover-open .option", option)
    filled.await_all(*left)
    filled.await_path(parameter)
    filled.press(Keys.ESCAPE)
    filled.await_gone(".menu:popover-open")
    filled.await_text("#toolbar", f"{len(left)} event")
    filled.click(".chip button")
    filled.await_all(*ALL)
    assert parameter not in filled.path


def test_a_menu_has_counts_and_finds(filled):
    filled.open().await_all(*ALL)
    filled.click(".filter-button", "Event type")
    filled.find(".menu:popover-open .option", "UPDATE")
    options = filled.script(
        "return [...document.querySelectorAll('.menu:popover-open .option')].map((one) => one.innerText)"
    )
    assert [" ".join(one.split()) for one in options] == ["UPDATE 2", "CREATE 1", "DELETE 1"]
    filled.press("del")
    filled.await_gone(".menu:popover-open .option", "UPDATE")
    filled.screenshot("menu")
    filled.press(Keys.ENTER)
    filled.await_all("bucket removed")


def test_several_values_of_a_field_are_alternatives(filled):
    filled.open({"event_type": ["CREATE", "DELETE"]}).await_all("bucket removed", "web made")
    assert len(filled.driver.find_elements("css selector", ".chip")) == 2
    filled.click(".chips button", "Clear all")
    filled.await_all(*ALL)


def test_a_target_is_drilled_down_to(filled):
    filled.open().await_all(*ALL)
    filled.click(".filter-button:has(+ .filter-button)", "Target")
    filled.find(".menu:popover-open .option", "Shop")
    filled.screenshot("drill")
    assert not filled.shows(".menu:popover-open .option", "Production")
    filled.click(".menu:popover-open button.option", "Shop")
    filled.await_all("web changed", "cart changed", "web made")
    filled.click(".menu:popover-open button.option", "Production")
    filled.await_all("web changed", "web made")
    filled.await_path("scope=ENVIRONMENT%3De-1")
    assert "p-1" not in filled.path
    # The way up is told by the events, also where only the environment was in the address.
    filled.find(".menu:popover-open .path .link", "Shop")
    filled.click(".menu:popover-open label.option", "Web")
    filled.await_path("target_id=s-1")
    filled.click(".menu:popover-open .path .link", "Shop")
    filled.await_path("scope=PROJECT%3Dp-1")
    filled.click(".menu:popover-open .foot .link", "Clear")
    filled.await_all(*ALL)


def test_text_is_found_in_snapshots(filled):
    filled.open().await_all(*ALL)
    filled.press("/", "TURQ")
    filled.await_all("web changed")
    filled.await_path("text=TURQ")
    filled.driver.back()
    filled.await_all(*ALL)


def test_quick_ranges_and_exact_times(filled):
    filled.open().await_all(*ALL)
    filled.click(".filter-button.time")
    filled.click(".menu:popover-open .option", "Last 24 hours")
    filled.await_all("web changed", "bucket removed")
    filled.await_path("since=24h")
    filled.click(".filter-button.time")
    filled.script(
        """const [since, until] = document.querySelectorAll(".menu:popover-open input");
        since.value = arguments[0]; until.value = arguments[1];""",
        local_input(time.time() - 3 * DAY),
        local_input(time.time() - DAY),
    )
    filled.click(".menu:popover-open .primary")
    filled.await_all("cart changed")
    query = parse_qs(urlsplit(filled.path).query)
    assert query["since"][0].endswith("Z") and query["until"][0].endswith("Z")


def local_input(seconds):
    """As an <input type="datetime-local"> has it; the browser of the tests is in Berlin."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    return datetime.fromtimestamp(int(seconds), ZoneInfo("Europe/Berlin")).strftime(
        "%Y-%m-%dT%H:%M:%S"
    )


@pytest.mark.parametrize(
    "view, left",
    [
        ({"target_type": "SERVICE", "target_id": "s-1"}, ("web changed", "web made")),
        ({"scope": "PROJECT=p-1", "since": "3d"}, ("web changed", "cart changed")),
        ({"scope": "p-2"}, ("bucket removed",)),
        ({"actor_id": "ada", "event_type": ["DELETE", "UPDATE"]}, ("web changed",)),
    ],
)
def test_links_of_other_products(filled, view, left):
    filled.open(view).await_all(*left)


def test_back_and_forward_go_through_the_views(filled):
    filled.open().await_all(*ALL)
    filled.click(".totals .bar-row", "UPDATE")
    filled.await_all("web changed", "cart changed")
    filled.click(".totals .bar-row", "Pipeline")
    filled.await_all("cart changed")
    filled.driver.back()
    filled.await_all("web changed", "cart changed")
    filled.driver.back()
    filled.await_all(*ALL)
    filled.driver.forward()
    filled.await_all("web changed", "cart changed")
    filled.find(".totals .bar-row[aria-pressed=true]", "UPDATE")


@pytest.mark.complaints("400")
def test_a_filter_that_the_server_refuses_says_which(filled):
    filled.open({"since": "yesterday"}, live=False)
    filled.await_text(".blank", "does not take this filter")
    filled.await_text(".blank", "since")
    filled.click(".blank button", "Remove all filters")
    filled.await_all(*ALL)


def test_a_parameter_that_means_nothing_is_told(filled):
    filled.open({"evnt_type": "DELETE"}).await_all(*ALL)
    filled.await_text("#notices", "evnt_type")


def test_nothing_that_matches_says_what_to_do(filled):
    filled.open({"event_type": "NEVER", "since": "1h"})
    filled.await_text(".blank", "No event matches")
    filled.screenshot("no-match")
    filled.click(".blank button", "Look at all time")
    filled.await_text(".blank", "No event matches")
    filled.click(".blank button", "Remove all filters")
    filled.await_all(*ALL)


def bars(page):
    return page.script("return document.querySelectorAll('.chart path').length")


def test_the_histogram_is_coloured_and_zooms(filled):
    filled.open().await_all(*ALL)
    eventually(lambda: bars(filled) == 3, what="a series for each event type")
    filled.script(
        """const select = document.querySelector(".histogram select");
        select.value = "outcome";
        select.dispatchEvent(new Event("change"));"""
    )
    filled.await_path("split_by=outcome")
    filled.find(".legend button", "Denied")
    # By the keyboard: to the newest bucket, and in.
    filled.script("document.querySelector('.chart').focus()")
    filled.press(Keys.END)
    filled.await_text("#live", "event")
    filled.press(Keys.ENTER)
    filled.await_path("since=", "until=")
    filled.await_changes("web changed")
    filled.click(".histogram button", "Zoom out")
    eventually(lambda: "until=" not in filled.path or len(filled.changes()) > 0)


def test_a_drag_over_the_histogram_sets_the_range(filled):
    filled.open().await_all(*ALL)
    eventually(lambda: bars(filled) > 0)
    left, top, width, height = filled.script(
        """const box = document.querySelector(".chart").getBoundingClientRect();
        return [box.left, box.top, box.width, box.height];"""
    )

    def mouse(kind, x):
        filled.browser.command(
            "Input.dispatchMouseEvent", type=kind, x=x, y=top + height / 2, button="left",
            buttons=1, clickCount=1,
        )  # fmt: skip

    mouse("mousePressed", left + width * 0.5)
    mouse("mouseMoved", left + width * 0.7)
    mouse("mouseMoved", left + width - 4)
    filled.screenshot("brush")
    mouse("mouseReleased", left + width - 4)
    filled.await_path("since=", "until=")
    filled.await_changes("web changed", "bucket removed")
    assert "web made" not in filled.changes()


def test_the_page_says_how_far_back_the_log_reaches(filled):
    filled.open().await_all(*ALL)
    filled.await_text(".kept", "Kept for 30 days. Oldest from 20")


def test_an_operator_chooses_the_organization(page_of, page_server, log):
    log.record(event(change="here"))
    page = page_of(page_server).open("/").await_live()
    page.find("#organization input")
    assert page.shows("th.organization-cell")
    page.click("#organization input")
    page.press(log.organization, Keys.ENTER)
    page.await_path(f"organization_id={log.organization}")
    page.await_all("here")
    page.await_gone("th.organization-cell")
