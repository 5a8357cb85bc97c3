"""Whatever is recorded is shown as text: nothing runs, nothing is asked for, nothing hides or turns around."""

import json

from auditrpc.v1 import event_pb2
from clients import actor, event, resource, target
from process import eventually
from selenium.webdriver.common.keys import Keys

MARKUP = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
TURNED = "\u202egpj.exe\u2066"
HIDDEN = "pay\u200bpal\u0007\u001b[31m"


def hostile():
    bad = MARKUP + TURNED + HIDDEN
    return event(
        event_type=bad,
        target=target(bad, bad, bad),
        scope=[resource(bad, bad, bad)],
        actor=actor(event_pb2.ACTOR_TYPE_USER, bad, bad),
        on_behalf_of=[actor(event_pb2.ACTOR_TYPE_USER, bad, bad)],
        source=bad,
        change=bad + "\nsecond line",
        reason=bad,
        outcome=event_pb2.OUTCOME_DENIED,
        snapshot=json.dumps(
            {
                "__proto__": {"hacked": MARKUP}, "constructor": MARKUP, MARKUP: TURNED,
                "null": "\u0000", "list": [HIDDEN, None, True, 1.5],
            }
        ).encode(),
        context=event_pb2.RequestContext(
            ip_address=bad, user_agent=bad, request_id=bad, traceparent=bad
        ),
        metadata={bad: bad},
    )  # fmt: skip


def assert_harmless(page):
    assert page.script("return window.hacked === undefined && ({}).hacked === undefined")
    strange = page.script(
        """return [...document.querySelectorAll("main *, .menu *, .hint *, dialog *")]
            .filter((one) => ["SCRIPT", "IFRAME", "OBJECT", "STYLE", "LINK"].includes(one.tagName)
                || (one.tagName === "IMG") || [...one.attributes].some(({ name }) => name.startsWith("on")))
            .map((one) => one.outerHTML.slice(0, 100))"""
    )
    assert strange == []
    raw = page.script(
        """return /[\\u0000-\\u0008\\u000b-\\u001f\\u007f\\u200b\\u202a-\\u202e\\u2066-\\u2069]/
            .exec(document.body.innerText)?.[0].codePointAt(0) ?? null"""
    )
    assert raw is None, hex(raw)


def test_hostile_content_is_text_everywhere(page, log):
    log.record(event(change="harmless"), hostile())
    page.open()
    page.find("#grid tbody tr", MARKUP)
    eventually(lambda: MARKUP in page.text(".totals"))
    eventually(lambda: "<img" in page.text(".legend"))
    assert_harmless(page)
    page.screenshot("hostile")
    (row,) = [row for row in page.rows() if "hacked" in row["change"]]
    for cell in ("type", "target-type", "target", "change", "actor", "source"):
        assert "<img" in row[cell], cell
    page.open_row(MARKUP)
    page.find("#details .json")
    assert_harmless(page)
    text = page.text("#details")
    for words in (MARKUP, "U+202E", "U+2066", "U+200B", "BEL", "ESC", "NUL", "__proto__"):
        assert words in text, words
    page.screenshot("hostile-details")
    # Chips, menus and hints of it.
    page.click("#details button", "Filter by")
    page.find(".chip", "<img")
    page.click("#details button", "Close")
    for button in page.driver.find_elements("css selector", ".filter-button"):
        button.click()
        page.find(".menu:popover-open")
        if "time" not in button.get_attribute("class"):
            page.find(".menu:popover-open .option")
        assert_harmless(page)
        page.press(Keys.ESCAPE)
        page.await_gone(".menu:popover-open")
    x, y = page.script(
        """const box = document.querySelector("#grid tbody .target-cell").getBoundingClientRect();
        return [box.left + 9, box.top + box.height / 2];"""
    )
    page.browser.command("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    page.await_text(".hint", "<img")
    assert_harmless(page)


def test_hostile_addresses_are_text(page, log):
    log.record(event(change="harmless"))
    page.open({"event_type": [MARKUP + TURNED], "text": MARKUP, MARKUP: "1"}, live=False)
    page.find(".chip", "<img")
    page.await_text("#notices", "<img")
    assert_harmless(page)


def test_the_largest_event_is_shown(page, log):
    long = "word " * 800
    log.record(event(change=long, snapshot=json.dumps("y" * 250_000).encode()))
    page.open()
    page.open_row("word word")
    page.find("#details .json .link", "all 250000 characters")
    page.click("#details .json .link", "all 250000 characters")
    eventually(lambda: len(page.text("#details .json")) > 250_000)
    assert page.text("#details .change").count("word") == 800


def test_the_page_lets_nothing_else_run(page, log):
    page.open()
    ran = page.browser.run(
        """
        const blocked = new Promise((resolve) => document.addEventListener("securitypolicyviolation",
            (event) => resolve(event.violatedDirective), { once: true }));
        const script = document.createElement("script");
        script.textContent = "window.hacked = 1";
        document.body.append(script);
        return [await blocked, window.hacked ?? null];"""
    )
    assert ran == ["script-src-elem", None]
    # The browser complains of what this test did, which the fixture would take for the page's fault.
    page.browser.console()
