"""What the page weighs, and that all of it comes from the server."""

import re
import urllib.request

from clients import event
from process import ROOT

FOLDER = ROOT / "Sources/PageAssets/page"
BYTES_MAX = 150 << 10


def test_the_whole_page_is_small(page, log):
    log.record(event(change="one"))
    page.open().await_all("one")
    requested = {address.split("?")[0] for address in page.browser.requested()}
    assets = {address for address in requested if "/assets/" in address}
    assert {address.rpartition("/")[2] for address in assets} == {
        file.name for file in FOLDER.iterdir() if file.suffix != ".json" and file.name != "index.html"
    }
    sizes = {}
    for address in [*assets, f"{page.address}/"]:
        with urllib.request.urlopen(address) as answer:
            sizes[address] = len(answer.read())
    assert sum(sizes.values()) < BYTES_MAX, sizes


def test_no_file_names_another_server():
    for file in FOLDER.iterdir():
        if file.suffix in (".js", ".css", ".html"):
            found = re.findall(r"https?://[^\"'` ]+", file.read_text())
            assert set(found) <= {"http://www.w3.org/2000/svg"}, file


def test_the_first_paint_waits_for_no_answer(page, log):
    log.record(event(change="one"))
    page.open().await_all("one")
    painted, asked = page.script(
        """const paint = performance.getEntriesByType("paint").find(({ name }) => name === "first-contentful-paint");
        const calls = performance.getEntriesByType("resource").filter(({ name }) => name.includes("/v1/events?"));
        return [paint.startTime, calls[0].responseEnd];"""
    )
    assert painted < asked
