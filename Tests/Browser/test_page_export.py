"""Export: what is filtered and nothing else, with a link or with a token, and over a cut connection."""

import csv
import json

import pytest
import tokens
from browser import Page
from clients import Client, event
from page_server import PageServer
from process import eventually

COUNT = 2_500


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    data = tmp_path_factory.mktemp("export") / "data"
    with PageServer(data, environment={"AUDITRPC_LOCAL_ACCESS": "none"}) as server:
        server.root = tokens.first_token(server)
        with Client(server.address, "acme", token=server.root) as client:
            for start in range(0, COUNT, 500):
                client.record(*(made(number) for number in range(start, start + 500)))
        yield server


def made(number):
    return event(
        change=f'event "{number}",\nof many', event_type="ODD" if number % 2 else "EVEN"
    )


def downloaded(browser, ending):
    """The content of the newest download, once it is there."""

    def whole():
        files = [one for one in browser.downloads.iterdir() if one.suffix == ending]
        return files and not list(browser.downloads.glob("*.crdownload")) and files

    (file,) = eventually(whole, within=20, what=f"a download {ending}")
    text = file.read_bytes().decode()
    file.unlink()
    return text


def test_a_link_downloads_what_is_filtered(page, log, browser):
    log.record(event(change="kept", event_type="A"), event(change="other", event_type="B"))
    page.open({"event_type": "A"}).await_all("kept")
    page.click("#export")
    page.await_text("dialog[open]", "1 event: exactly")
    page.screenshot("export")
    page.click("dialog[open] a", "Download")
    *lines, last = map(json.loads, downloaded(browser, ".ndjson").splitlines())
    assert [line["change"] for line in lines] == ["kept"]
    assert last["export"] == {"count": 1, "complete": True}


@pytest.mark.parametrize("format", ["ndjson", "csv"])
def test_with_a_token_it_is_fetched_and_goes_on_where_it_was_cut(closed, browser, format):
    page = Page(browser, closed.page)
    page.open(f"/?event_type=ODD#token={closed.root}").await_live()
    page.script(
        """
        // Browsers without a way to choose a file download; and the first body is cut in the middle of a record.
        delete window.showSaveFilePicker;
        window.cuts = 0;
        const fetched = window.fetch;
        window.fetch = async (address, options) => {
            const answer = await fetched(address, options);
            if (!String(address).includes("/v1/events/export") || window.cuts >= 2) return answer;
            window.cuts += 1;
            const whole = new Uint8Array(await answer.arrayBuffer());
            return new Response(whole.slice(0, Math.floor(whole.length / 2) + 7), answer);
        };"""
    )
    page.click("#export")
    page.await_text("dialog[open]", "1,250 events: exactly")
    page.script(
        """const select = document.querySelector("dialog[open] select");
        select.value = arguments[0];
        select.dispatchEvent(new Event("change"));""",
        format,
    )
    page.click("dialog[open] .primary", "Export")
    page.await_text("dialog[open]", "Done: 1,250 events, complete", within=30)
    assert page.script("return window.cuts") == 2
    text = downloaded(browser, f".{format}")
    wanted = [f'event "{number}",\nof many' for number in range(1, COUNT, 2)]
    if format == "ndjson":
        *lines, last = map(json.loads, text.splitlines())
        assert [line["change"] for line in lines] == wanted
        assert last["export"] == {"count": 1250, "complete": True}
    else:
        header, *records, last = csv.reader(text.splitlines(keepends=True))
        assert [record[header.index("change")] for record in records] == wanted
        assert last == ["# 1250 events", " complete"]
