"""axe finds nothing serious, in both themes, wide and narrow, whatever is open."""

from pathlib import Path

import axe_core_python
import pytest
from browser import NARROW, WIDE
from clients import event, resource, target

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text()


def findings(page):
    """What axe calls serious or critical, in words."""
    # A script of the driver is not subject to the page's policy.
    page.driver.execute_script(AXE)
    found, passed = page.browser.run(
        """
        const { violations, passes } = await axe.run(document);
        return [violations.filter(({ impact }) => impact === "serious" || impact === "critical")
            .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((one) =>
                `${one.target} ${one.failureSummary}`).join(" | ").slice(0, 800)}`),
            passes.map(({ id }) => id)];"""
    )
    # A rule that meets a colour which it cannot read says nothing at all.
    assert {"color-contrast", "aria-allowed-attr", "button-name"} <= set(passed)
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_nothing_serious(page, log, theme, size):
    log.record(
        event(change="made", snapshot=b'{"replicas": 1}', scope=[resource("PROJECT", "p", "Shop")]),
        event(change="denied", outcome=3, target=target("BUCKET", "b")),
        event(change="failed", outcome=2, snapshot=b'{"replicas": 2, "word": "x", "list": [null, true]}'),
    )
    page.browser.resize(size)
    page.browser.emulate(theme, motion="reduce")
    page.open({"text": "e"}).await_all("failed", "denied", "made")
    page.find(".legend button" if size == WIDE else ".chart path")
    name = f"{theme}-{'wide' if size == WIDE else 'narrow'}"
    page.screenshot(name)
    assert findings(page) == []
    page.open_row("failed")
    page.find("#details .differences")
    page.screenshot(f"{name}-details")
    assert findings(page) == []
    page.click("#details button", "Close")
    page.await_gone("#details")
    page.click(".filter-button", "Event type")
    page.find(".menu:popover-open .option")
    assert findings(page) == []
    page.script("document.querySelector('.menu:popover-open').hidePopover()")
    page.script("document.querySelector('#help').click()")
    page.find("dialog[open]")
    assert findings(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_serious_in_an_empty_log(page, log, theme):
    page.browser.emulate(theme, motion="reduce")
    page.open()
    page.await_text(".blank", "No events yet")
    assert findings(page) == []
