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
    with PageServer(tmp_path_factory.mktemp("million") / "data") as server:
        with Client(server.address, "acme") as client:
            now = time.time()

            def requests():
                for start in range(0, COUNT, BATCH):
                    moment = timestamp(now - (COUNT - start) * 2)
                    yield log_pb2.RecordRequest(
                        organization_id="acme",
                        events=[
                            event(
                                change=f"event {number}", occurred_at=moment,
                                event_type=f"TYPE_{number % 7}",
                                target=target("SERVICE", f"s-{number % 500}"),
                            )
                            for number in range(start, start + BATCH)
                        ],
                    )  # fmt: skip

            for response in client.stub.RecordStream(requests()):
                assert not response.status.code
            yield server


def test_a_million_events(full, browser):
    page = Page(browser, full.page)
    began = time.monotonic()
    page.open("/?organization_id=acme")
    page.await_changes(f"event {COUNT - 1}")
    first_rows = time.monotonic() - began
    page.await_text("#toolbar", "1,000,000 events", within=30)
    page.screenshot("million")
    rows = len(page.rows())
    assert rows < 60
    # Many pages further down there are as many rows in the document, and each is where it belongs.
    for _ in range(30):
        page.script("document.querySelector('.scroller').scrollTop += 5000")
        eventually(lambda: len(page.rows()) > 10)
        last = page.rows()[-1]
        assert last["change"] == f"event {COUNT + 1 - last['index']}"
    eventually(lambda: page.rows()[-1]["index"] > 2000)
    assert len(page.rows()) <= rows + 2
    page.press("g")
    page.await_changes(f"event {COUNT - 1}")
    # A rare word is in no index: the search goes on, page after page, until it is found.
    page.press("/", "event 77777", Keys.ENTER)
    page.await_changes("event 777779", within=60)
    assert first_rows < 10
