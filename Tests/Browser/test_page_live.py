"""New events arrive live on top, once, whatever happens to the connection and the server."""

import json

import pytest
from clients import Client, event
from page_server import PageServer
from process import eventually
from selenium.webdriver.common.keys import Keys


def named(*changes):
    return [event(change=change) for change in changes]


def test_what_is_recorded_appears_on_top(page, log):
    log.record(*named("first", "second"))
    page.open().await_all("second", "first")
    log.record(*named("third"))
    page.await_all("third", "second", "first")
    page.await_text("#toolbar", "3 events")
    page.screenshot("live")


def test_an_empty_log_says_so_and_what_comes_then_appears(page, log):
    page.open()
    page.await_text(".blank", "No events yet")
    page.screenshot("empty")
    log.record(*named("the first"))
    page.await_all("the first")
    page.await_gone(".blank")
    log.record(*named("the second"))
    page.await_all("the second", "the first")


def test_only_what_matches_arrives(page, log):
    log.record(event(change="kept", event_type="DELETE"))
    page.open({"event_type": "DELETE"}).await_all("kept")
    log.record(event(change="another", event_type="CREATE"), event(change="too", event_type="DELETE"))
    page.await_all("too", "kept")


def test_paused_events_wait_and_are_counted(page, log):
    log.record(*named("before"))
    page.open().await_all("before")
    page.press("p")
    page.await_text("#connection", "Paused")
    log.record(*named("one", "two"))
    page.await_text("#pause", "Resume (2)")
    page.await_text("#waiting", "2 newer events")
    page.await_all("before")
    page.screenshot("paused")
    page.click("#pause")
    page.await_all("two", "one", "before")
    page.await_text("#connection", "Live")
    log.record(*named("three"))
    page.await_all("three", "two", "one", "before")


def test_more_than_is_kept_waiting_is_counted_and_asked_for_anew(page, log):
    log.record(*named("before"))
    page.open().await_all("before")
    page.press("p")
    page.await_text("#pause", "Resume")
    for start in (0, 600):
        log.record(*named(*(f"event {number}" for number in range(start, start + 600))))
    page.await_text("#waiting", "1,200 newer events")
    page.click("#waiting")
    page.await_changes("event 1199", "event 1198", "event 1197")
    log.record(*named("after"))
    page.await_changes("after", "event 1199")
    assert every_change(page) == ["after", *(f"event {n}" for n in range(1199, -1, -1)), "before"]


def test_a_scrolled_table_does_not_move(page, log):
    log.record(*named(*(f"event {number}" for number in range(90))))
    page.open().await_changes("event 89")
    page.script("document.querySelector('.scroller').scrollTop = 640")
    eventually(lambda: "event 60" in page.changes())
    before = page.changes()
    log.record(*named("new"))
    page.await_text("#waiting", "1 newer event")
    assert page.changes() == before
    page.click("#waiting")
    page.await_changes("new", "event 89")
    page.await_gone("#waiting")


def every_change(page):
    """All rows, by scrolling through them; each is there once."""
    seen = page.browser.run(
        """
        const scroller = document.querySelector(".scroller");
        const drawn = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        const seen = new Map();
        scroller.scrollTop = 0;
        for (;;) {
            await drawn();
            for (const row of document.querySelectorAll("#grid tbody tr")) {
                seen.set(Number(row.getAttribute("aria-rowindex")), row.querySelector(".change-cell").textContent);
            }
            const before = scroller.scrollTop;
            scroller.scrollTop += scroller.clientHeight - 60;
            if (scroller.scrollTop === before && /all events that match|oldest event/.test(scroller.innerText)) break;
        }
        scroller.scrollTop = 0;
        return [...seen].sort(([one], [other]) => one - other);"""
    )
    assert [index for index, _ in seen] == list(range(2, len(seen) + 2))
    return [change for _, change in seen]


def test_pages_and_feed_join_without_loss_or_doubling(page, log):
    log.record(*named(*(f"event {number}" for number in range(250))))
    page.open().await_changes("event 249")
    log.record(*named("late"))
    page.await_changes("late", "event 249")
    assert every_change(page) == ["late", *(f"event {number}" for number in range(249, -1, -1))]


@pytest.mark.complaints("net::ERR_", "503")
def test_a_restart_of_the_server_loses_and_doubles_nothing(page_of, tmp_path, browser):
    with PageServer(tmp_path / "data") as server:
        page = page_of(server)
        with Client(server.address, "acme") as client:
            client.record(*named("one", "two"))
            page.open("/?organization_id=acme").await_live().await_all("two", "one")
            client.record(*named("three"))
            page.await_all("three", "two", "one")
        server.kill()
        page.await_text("#connection", "reconnecting in")
        page.screenshot("disconnected")
        with server.again() as next_server:
            with Client(next_server.address, "acme") as client:
                client.record(*named("four"))
                page.click("#reconnect")
                page.await_all("four", "three", "two", "one")
                client.record(*named("five"))
                page.await_all("five", "four", "three", "two", "one")
                page.await_live()


@pytest.mark.complaints("net::ERR_", "503")
def test_a_page_that_was_opened_without_a_server_begins_when_it_is_there(page_of, tmp_path, browser):
    with PageServer(tmp_path / "data") as server:
        page = page_of(server)
        with Client(server.address, "acme") as client:
            client.record(*named("one"))
        page.open("/?organization_id=acme").await_live().await_all("one")
        server.kill()
        page.await_text("#connection", "reconnecting in")
        page.click("#export")
        page.press(Keys.ESCAPE)
        page.press("/", "one", Keys.ENTER)
        page.await_text(".blank", "does not answer")
        with server.again():
            page.await_all("one", within=30)
            page.await_live()


def test_a_hidden_tab_lets_go_of_its_connection_and_loses_nothing(page, log):
    log.record(*named("one"))
    page.open().await_all("one")
    page.script(
        """const later = setTimeout;
        window.setTimeout = (action, pause, ...rest) => later(action, pause > 60_000 ? 0 : pause, ...rest);
        Object.defineProperty(document, "hidden", { get: () => window.isAway, configurable: true });
        window.isAway = true;
        document.dispatchEvent(new Event("visibilitychange"));"""
    )
    page.find("#connection[data-kind=resting]")
    log.record(*named("two"))
    page.script("window.isAway = false; document.dispatchEvent(new Event('visibilitychange'));")
    page.await_all("two", "one")


def test_events_are_announced(page, log):
    page.open()
    log.record(*named("one"))
    page.await_text("#live", "1 new event")


def test_a_row_shows_every_column(page, log):
    log.record(
        event(
            event_type="SCALE", change="replicas 1 to 3", source="CLI",
            snapshot=json.dumps({"replicas": 3}).encode(),
        )
    )  # fmt: skip
    page.open().await_all("replicas 1 to 3")
    (row,) = page.rows()
    assert row["type"] == "SCALE" and row["target-type"] == "SERVICE" and row["target"] == "Web"
    assert row["actor"] == "Ada" and row["source"] == "CLI" and row["outcome"] == "Success"
