"""On a telephone: cards instead of columns, details over all, and nothing that sticks out."""

import pytest
from browser import NARROW
from clients import event


@pytest.mark.parametrize("width", [320, 390, 640, 900])
def test_nothing_sticks_out(page, log, width):
    log.record(*(event(change=f"event {number} " + "long " * 60) for number in range(30)))
    page.browser.resize((width, 800))
    page.open()
    page.find("#grid tbody tr", "event 29")
    wide = page.script("return document.documentElement.scrollWidth")
    assert wide <= width
    page.screenshot(f"width-{width}")


def test_rows_are_cards(page, log):
    log.record(event(change="replicas 1 to 3"))
    page.browser.resize(NARROW)
    page.open()
    row = page.find("#grid tbody tr", "replicas 1 to 3")
    assert row.size["height"] > 60
    for cell in ("time", "type", "change", "target", "actor", "outcome"):
        assert page.shows(f"#grid tbody .{cell}-cell"), cell
    page.open_row("replicas 1 to 3")
    box = page.find("#details").rect
    assert (box["x"], box["width"]) == (0, NARROW[0])
    page.click("#details button", "Close")
    page.await_gone("#details")
