"""AuditRPC over HTTP: its streams beside those of gRPC, the weight of the page, and how soon it shows the newest.

Streams: events go to so many subscribers, by turns over gRPC (a Subscribe call each) and as server-sent events, by the
load program of the feed, which checks that each subscriber gets each event once and in order.

The page: headless Chromium opens it over a store of many events and over an empty one, by turns. What counts is the
time from the start of the navigation to the first row, or to the words that there is none.
"""

import statistics
import subprocess

from browser import Browser
from feed_servers import AUDITRPC, HTTP, RUN_SECONDS_MAX, Bench, pinned
from process import eventually

#: Subscribers, the window and the batch, as in the feed's own benchmark.
LEVELS = [(1, 8192, 500), (100, 1024, 100), (1000, 256, 32)]
RATES = [(500, 100), (1000, 1), (50_000, 1)]
PAGE_KIBIBYTES_MAX = 150
LOADS = 7
FIRST_ROW_SECONDS_MAX = 30

#: Before any script of the page: says when there is a row, or the words that there is none, and one frame has shown it.
WATCH = """
new MutationObserver((_, observer) => {
  const cell = document.querySelector("[role=gridcell]");
  if (!(cell && cell.textContent.trim()) && !document.querySelector(".blank:not([hidden]) h2")) return;
  observer.disconnect();
  requestAnimationFrame(() => { window.firstRowMilliseconds = performance.now(); });
}).observe(document, {childList: true, subtree: true, characterData: true});
"""
WEIGHT = """
return performance.getEntriesByType("resource")
  .concat(performance.getEntriesByType("navigation"))
  .filter((one) => !one.name.includes("/v1/"))
  .reduce((sum, one) => sum + one.encodedBodySize, 0);
"""


def measure(folder, rounds, seconds, template, events):
    bench = Bench(folder, template)
    return {
        "streams": streams(bench, rounds, seconds),
        "delays": delays(bench, rounds, seconds),
        "page": page(bench, folder, events),
    }


def streams(bench, rounds, seconds):
    """(subscribers, deliveries/s over gRPC, those as server-sent events), by rounds."""
    rows = []
    for subscribers, window, batch in LEVELS:
        both = {AUDITRPC: [], HTTP: []}
        for _ in range(rounds):
            for contender, rates in both.items():
                run = bench.run(
                    contender,
                    subscribers=subscribers,
                    window=window,
                    batch=batch,
                    seconds=seconds,
                    warm=seconds / 4,
                )
                rates.append(run["deliveries_per_second"] if run else 0)
        rows.append((subscribers, both[AUDITRPC], both[HTTP]))
        ratio = median_ratio(both[HTTP], both[AUDITRPC])
        print(f"http, {subscribers:,} streams / as many of gRPC: {ratio:.2f}", flush=True)
    return rows


def delays(bench, rounds, seconds):
    """(rate, subscribers, p99 over gRPC, that of server-sent events), in microseconds."""
    rows = []
    for rate, subscribers in RATES:
        both = {AUDITRPC: [], HTTP: []}
        for _ in range(rounds):
            for contender, times in both.items():
                run = bench.run(
                    contender, subscribers=subscribers, rate=rate, seconds=seconds, warm=seconds / 4
                )
                times.append(run["p99_us"] if run else float("inf"))
        rows.append((rate, subscribers, both[AUDITRPC], both[HTTP]))
        said = [f"{statistics.median(times) / 1000:.1f}" for times in both.values()]
        print(f"http, p99 in ms at {rate:,}/s to {subscribers}: {said}", flush=True)
    return rows


def page(bench, folder, events):
    """Bytes of the page, and the times to its first row: of many events, and of none."""
    with bench.server(HTTP) as full, bench.server(HTTP) as empty:
        load = subprocess.run(
            [
                *pinned(bench.load_core), bench.program, "auditrpc", str(full.port), bench.template,
                f"events={events}", "window=16384", "batch=500", "seconds=600", "subscribers=0",
                "warm=0",
            ],
            capture_output=True, text=True, errors="replace", timeout=RUN_SECONDS_MAX * 4,
        )
        if load.returncode != 0:
            raise SystemExit(f"the events of the page: {load.stderr}")
        logs = full.folder / "log"
        eventually(lambda: len(list(logs.iterdir())) == 1, within=120, what="full logs are sealed")
        times = {"full": [], "empty": []}
        browser = Browser(folder)
        try:
            browser.command("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
            for number in range(LOADS + 1):
                for name, server in (("full", full), ("empty", empty)):
                    milliseconds, weight = first_row(browser, server.process.url + "/")
                    # The first of each warms up.
                    if number > 0:
                        times[name].append(milliseconds)
        finally:
            browser.quit()
        ratio = statistics.median(times["full"]) / statistics.median(times["empty"])
        print(f"http, first row of {events:,} events / of none: {ratio:.2f}", flush=True)
        return events, weight, times["full"], times["empty"]


def first_row(browser, url):
    """Milliseconds, and the bytes of the page's files, from an empty cache."""
    browser.fresh()
    browser.command("Network.clearBrowserCache")
    browser.driver.get(url)
    milliseconds = eventually(
        lambda: browser.driver.execute_script("return window.firstRowMilliseconds"),
        within=FIRST_ROW_SECONDS_MAX,
    )
    return milliseconds, browser.driver.execute_script(WEIGHT)


def median_ratio(ours, theirs):
    return statistics.median(one / max(other, 1e-9) for one, other in zip(ours, theirs))


def table(results):
    lines = [
        "| streams | server-sent events, deliveries/s | gRPC | ratio |",
        "| --- | --- | --- | --- |",
    ]
    for subscribers, grpc, http in results["streams"]:
        lines.append(
            f"| {subscribers:,} | {statistics.median(http):,.0f} | {statistics.median(grpc):,.0f} "
            f"| {median_ratio(http, grpc):.2f} |"
        )
    lines += [
        "",
        "| events/s to subscribers | p99 of server-sent events, ms | of gRPC | ratio |",
        "| --- | --- | --- | --- |",
    ]
    for rate, subscribers, grpc, http in results["delays"]:
        lines.append(
            f"| {rate:,} to {subscribers} | {statistics.median(http) / 1000:.1f} "
            f"| {statistics.median(grpc) / 1000:.1f} | {median_ratio(http, grpc):.2f} |"
        )
    events, weight, full, empty = results["page"]
    lines += [
        "",
        "| page | value | limit |",
        "| --- | --- | --- |",
        f"| weight of all its files, KiB | {weight / 1024:.0f} | {PAGE_KIBIBYTES_MAX} |",
        f"| first row of {events:,} events, ms | {statistics.median(full):.0f} | |",
        f"| an empty store's page, ms | {statistics.median(empty):.0f} | |",
        f"| ratio | {statistics.median(full) / statistics.median(empty):.2f} | |",
    ]
    return lines
