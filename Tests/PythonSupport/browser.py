"""Debian's Chromium, driven by Selenium: what a page shows, what it asked for, and what it complained of."""

import json
import os
from pathlib import Path
from urllib.parse import urlsplit

from process import ROOT, eventually
from selenium import webdriver
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    StaleElementReferenceException,
)
from selenium.webdriver.chrome.service import Service

CHROMIUM = os.environ.get("AUDITRPC_CHROMIUM", "/usr/bin/chromium")
CHROMEDRIVER = os.environ.get("AUDITRPC_CHROMEDRIVER", "/usr/bin/chromedriver")
SCREENSHOTS = ROOT / ".build/screenshots"
WIDE = (1440, 900)
NARROW = (390, 800)
SCRIPT_SECONDS = 30
# Of an element that is not where it was, or not any more: pages move while they load.
_MOVED = (ElementClickInterceptedException, StaleElementReferenceException)


class Browser:
    """One Chromium for many tests: `fresh` forgets what the one before left."""

    def __init__(self, downloads):
        self.downloads = Path(downloads)
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for argument in (
            "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
            "--lang=en-US", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-extensions", "--no-proxy-server",
        ):  # fmt: skip
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(CHROMEDRIVER))
        self.driver.set_script_timeout(SCRIPT_SECONDS)
        self.command(
            "Browser.setDownloadBehavior", behavior="allow", downloadPath=str(self.downloads)
        )

    def quit(self):
        self.driver.quit()

    def command(self, name, **parameters):
        """Of the Chrome DevTools Protocol."""
        return self.driver.execute_cdp_cmd(name, parameters)

    def fresh(self, size=WIDE, theme="light", zone="Europe/Berlin", motion="no-preference"):
        """An empty tab without storage, of a size, a theme, a time zone."""
        self.driver.get("about:blank")
        self.command("Network.enable")
        self.command("Network.clearBrowserCookies")
        # The performance log and the console are of one test.
        self.driver.get_log("performance")
        self.driver.get_log("browser")
        self.resize(size)
        self.command("Emulation.setTimezoneOverride", timezoneId=zone)
        self.emulate(theme, motion)

    def resize(self, size):
        width, height = size
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=width < 700,
        )  # fmt: skip

    def emulate(self, theme, motion="no-preference"):
        features = [("prefers-color-scheme", theme), ("prefers-reduced-motion", motion)]
        named = [{"name": name, "value": value} for name, value in features]
        self.command("Emulation.setEmulatedMedia", features=named)

    def console(self):
        """What it complained of since the last time: (level, message)."""
        return [(one["level"], one["message"]) for one in self.driver.get_log("browser")]

    def requested(self):
        """The addresses it asked for since the last time."""
        found = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                found.append(message["params"]["request"]["url"])
        return found

    def screenshot(self, name):
        """Kept as output of the build, to be looked at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(SCREENSHOTS / f"{name}.png"))

    def run(self, body, *arguments):
        """What an async function with this body returns; its arguments are in `given`."""
        answer = self.driver.execute_async_script(
            """
            const given = [...arguments];
            const done = given.pop();
            (async () => {%s})().then(
                (value) => done({ value }),
                (error) => done({ error: String(error?.stack ?? error) }));
            """
            % body,
            *arguments,
        )
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer.get("value")


_ROWS = """
return [...document.querySelectorAll("#grid tbody tr")].map((row) => {
    const cells = { index: Number(row.getAttribute("aria-rowindex")),
        selected: row.getAttribute("aria-selected") === "true" };
    for (const cell of row.children) cells[cell.classList[0].replace("-cell", "")] = cell.textContent;
    return cells;
}).sort((one, other) => one.index - other.index);
"""

# What a test sees of an element: rendered, and not only in the document.
_FIND = """
const [selector, words] = arguments;
return [...document.querySelectorAll(selector)].find((one) => one.checkVisibility()
    && (!words || `${one.textContent}\\n${one.ariaLabel ?? ""}`.includes(words))) ?? null;
"""


class Page:
    """The page of one server in a browser, as a reader uses it."""

    def __init__(self, browser, address):
        self.browser = browser
        self.driver = browser.driver
        self.address = address.rstrip("/")

    def open(self, path="/"):
        self.driver.get(self.address + path)
        return self

    @property
    def path(self):
        """The address as the tab shows it, without the server."""
        parts = urlsplit(self.driver.current_url)
        query = f"?{parts.query}" if parts.query else ""
        return parts.path + query + (f"#{parts.fragment}" if parts.fragment else "")

    def script(self, code, *arguments):
        return self.driver.execute_script(code, *arguments)

    def rows(self):
        """The rows that are in the document, as their cells by name."""
        return self.script(_ROWS)

    def changes(self):
        return [row["change"] for row in self.rows()]

    def await_changes(self, *wanted, within=15):
        """Until the first rows have these changes, newest first."""
        wanted = list(wanted)
        eventually(
            lambda: self.changes()[: len(wanted)] == wanted, within, f"{wanted} on top"
        )

    def await_all(self, *wanted, within=15):
        """Until the rows are exactly these."""
        wanted = list(wanted)
        seen = []

        def agrees():
            seen[:] = self.changes()
            return seen == wanted

        try:
            eventually(agrees, within)
        except AssertionError:
            raise AssertionError(f"{seen!r} where {wanted!r} were recorded") from None

    def find(self, selector, words=None, within=15):
        """The first element that is shown and has the words."""
        return eventually(
            lambda: self.script(_FIND, selector, words), within, f"{selector} {words or ''}"
        )

    def shows(self, selector, words=None):
        return self.script(_FIND, selector, words) is not None

    def await_gone(self, selector, words=None, within=15):
        eventually(lambda: not self.shows(selector, words), within, f"no {selector} {words or ''}")

    def click(self, selector, words=None):
        """Clicks it where it is then."""

        def clicks():
            try:
                self.find(selector, words).click()
                return True
            except _MOVED:
                return False

        eventually(clicks, what=f"click {selector}")

    def text(self, selector):
        return self.script(
            "return document.querySelector(arguments[0])?.innerText ?? ''", selector
        )

    def await_text(self, selector, words, within=15):
        eventually(lambda: words in self.text(selector), within, f"{words!r} in {selector}")

    def await_path(self, *parts, within=15):
        eventually(
            lambda: all(part in self.path for part in parts), within, f"{parts} in the address"
        )

    def press(self, *keys):
        """Keys as the browser gets them: to whatever has the focus."""
        actions = webdriver.ActionChains(self.driver, duration=0)
        for key in keys:
            actions.send_keys(key)
        actions.perform()

    def open_row(self, words):
        """Opens the event whose row has the words, with all that the server says of it."""
        self.click("#grid tbody tr", words)
        self.find("#details .facts")
        self.await_gone("#details .skeleton")

    def await_live(self):
        self.find("#connection[data-kind=live]")
        return self

    def screenshot(self, name):
        self.browser.screenshot(name)
