"""A million events: the page stays as quick as with ten, and has as many rows in the document."""

import time

import pytest
from auditrpc.v1 import audit_log_pb2 as log_pb2
from browser import Page
from clients import Client, event, target, timestamp
from page_server import PageServer
from process import eventually
from selenium.webdriver.common.keys import Keys

COUNT = 1_000_000
BATCH = 1_000


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    server = PageServer(tmp_path_factory.mktemp("million") / "data")
    try:
        with Client(server.address, "acme") as client:
            now = int(time.time())
            request = log_pb2.RecordRequest(
                organization_id="acme",
                events=[
                    event(
                        event_type=f"TYPE_{number % 7}", occurred_at=timestamp(now),
                        target=target("SERVICE", f"s-{number % 500}"),
                    )
                    for number in range(BATCH)
                ],
            )  # fmt: skip

            def requests():
                # The same messages again and again: making a million of them takes longer than storing them.
                for start in range(0, COUNT, BATCH):
                    for number, one in enumerate(request.events, start):
                        one.change = f"event {number}"
                        one.occurred_at.seconds = now - (COUNT - start) * 2
                    yield request

            for response in client.stub.RecordStream(requests()):
                assert not response.status.code
        yield server
    finally:
        # What it would still seal and index is of no use to anybody.
        server.kill()


def test_a_million_events(full, browser):
    page = Page(browser, full.page)
    page.open("/?organization_id=acme")
    page.await_changes(f"event {COUNT - 1}")
    page.await_text("#toolbar", "1,000,000 events", within=30)
    page.screenshot("million")
    rows = len(page.rows())
    assert rows < 60
    # Many pages further down there are as many rows in the document, and each is where it belongs.
    seen = page.browser.run(
        """
        const scroller = document.querySelector(".scroller");
        const shown = () => [...document.querySelectorAll("#grid tbody tr")]
            .map((row) => [Number(row.getAttribute("aria-rowindex")), row.querySelector(".change-cell").textContent]);
        const seen = [];
        while (!seen.some(([index]) => index > 2000)) {
            scroller.scrollTop = scroller.scrollHeight;
            await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
            seen.push(...shown());
        }
        return seen;"""
    )
    assert all(change == f"event {COUNT + 1 - index}" for index, change in seen)
    assert len(page.rows()) <= rows + 12
    page.press("g")
    page.await_changes(f"event {COUNT - 1}")
    # A rare word is in no index: the search goes on, page after page, until it is found.
    page.press("/", "event 97777", Keys.ENTER)
    page.await_changes("event 977779", within=60)
