"""Everything by the keyboard, and what a screen reader is told."""

from clients import event
from process import eventually
from selenium.webdriver.common.keys import Keys


def selected(page):
    return [row["change"] for row in page.rows() if row["selected"]]


def await_selected(page, change):
    eventually(lambda: selected(page) == [change], what=f"{change} selected")


def test_rows_are_walked_opened_and_closed(page, log):
    log.record(*(event(change=f"event {number}") for number in range(50)))
    page.open().await_changes("event 49")
    page.press("j")
    await_selected(page, "event 49")
    page.press("j", "j", "k")
    await_selected(page, "event 48")
    page.press(Keys.ARROW_DOWN)
    await_selected(page, "event 47")
    active = page.script(
        "return document.getElementById(document.activeElement.getAttribute('aria-activedescendant')).innerText"
    )
    assert "event 47" in active
    page.press(Keys.ENTER)
    page.await_text("#details .change", "event 47")
    assert page.script("return document.activeElement.closest('#details') !== null")
    page.press("j")
    page.await_text("#details .change", "event 46")
    page.press(Keys.ESCAPE)
    page.await_gone("#details")
    assert page.script("return document.activeElement.id") == "grid"
    for _ in range(40):
        page.press("j")
    await_selected(page, "event 6")
    eventually(lambda: page.script("return document.querySelector('.scroller').scrollTop > 0"))
    page.press("g")
    eventually(lambda: page.script("return document.querySelector('.scroller').scrollTop === 0"))


def test_letters_are_letters_where_one_types(page, log):
    log.record(event(change="jkp"))
    page.open().await_all("jkp")
    page.press("/", "jkp?")
    assert page.script("return document.activeElement.value") == "jkp?"
    assert not page.shows("dialog[open]") and page.text("#pause") == "Pause"
    page.press(Keys.ESCAPE, "?")
    page.find("dialog[open]", "Keyboard and help")
    page.screenshot("help")
    page.press("p", Keys.ESCAPE)
    page.await_gone("dialog[open]")
    assert page.text("#pause") == "Pause"


def test_a_menu_is_walked_by_arrows(page, log):
    log.record(event(event_type="A", change="a"), event(event_type="B", change="b"))
    page.open().await_all("b", "a")
    page.script("document.querySelectorAll('.filter-button')[1].focus()")
    page.press(Keys.ENTER)
    page.find(".menu:popover-open .option", "B")
    page.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.SPACE)
    eventually(lambda: len(page.rows()) == 1)
    page.press(Keys.ESCAPE)
    page.await_gone(".menu:popover-open")
    assert "filter-button" in page.script("return document.activeElement.className")


def test_the_table_is_one_for_a_screen_reader(page, log):
    log.record(*(event(change=f"event {number}") for number in range(150)))
    page.open().await_changes("event 149")
    assert page.script("return document.querySelector('#grid').getAttribute('aria-rowcount')") == "-1"
    page.script("document.querySelector('.scroller').scrollTop = 1e6")
    eventually(
        lambda: page.script("return document.querySelector('#grid').getAttribute('aria-rowcount')") == "151"
    )
    page.script("document.querySelector('.scroller').scrollTop = 1e6")
    eventually(lambda: "event 0" in page.changes())
    assert page.rows()[-1]["index"] == 151
    tree = page.browser.command("Accessibility.getFullAXTree")["nodes"]
    roles = [node.get("role", {}).get("value") for node in tree if not node.get("ignored")]
    assert roles.count("grid") == 1 and roles.count("row") == len(page.rows()) + 1
    assert roles.count("columnheader") == 8


def test_the_theme_is_kept_and_nothing_else(page, log):
    page.open()
    page.browser.emulate("light")
    assert background(page) == "rgb(245, 246, 248)"
    page.click("#theme")
    page.click("#theme")
    assert background(page) == "rgb(14, 17, 22)"
    page.driver.refresh()
    page.await_live()
    assert background(page) == "rgb(14, 17, 22)"
    assert page.script("return Object.keys(localStorage)") == ["auditrpc-theme"]
    page.script("localStorage.clear()")


def background(page):
    return page.script("return getComputedStyle(document.body).backgroundColor")


def test_counting_anew_takes_neither_focus_nor_letters(page, log):
    log.record(event(change="a"))
    page.open().await_all("a")
    page.find(".totals .bar-row", "Ada")
    page.script("document.querySelector('.totals .bar-row').focus()")
    log.record(event(change="aa"))
    eventually(lambda: page.text(".totals .bar-row .number") == "2")
    assert "bar-row" in page.script("return document.activeElement.className")
    page.press("/", "a")
    page.await_path("text=a")
    page.find(".chip", "Text")
    # A letter that the search has not taken up yet.
    page.script("document.querySelector('#search').value = 'aaa'")
    log.record(event(change="a third"))
    eventually(lambda: page.text(".totals .bar-row .number") == "3")
    assert page.script("return document.querySelector('#search').value") == "aaa"
