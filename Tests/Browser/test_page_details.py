"""The details of an event: every field, the snapshot, the difference, and what is around it."""

import json
import time

import pytest
from auditrpc.v1 import event_pb2
from clients import actor, event, resource, target, timestamp
from process import eventually

DAY = 86_400


def full(change="replicas 1 to 3", snapshot=None, **fields):
    return event(
        **{
            "event_type": "SCALE",
            "target": target("SERVICE", "s-1", "Web"),
            "scope": [resource("PROJECT", "p-1", "Shop"), resource("ENVIRONMENT", "e-1", "Production")],
            "actor": actor(event_pb2.ACTOR_TYPE_AGENT, "bot-1", "Deploy bot"),
            "on_behalf_of": [actor(event_pb2.ACTOR_TYPE_USER, "ada", "Ada")],
            "source": "API",
            "change": change,
            "outcome": event_pb2.OUTCOME_FAILURE,
            "reason": "the health check failed",
            "snapshot": json.dumps(snapshot or {"replicas": 3, "zones": ["a", "b"]}).encode(),
            "context": event_pb2.RequestContext(
                ip_address="192.0.2.7", user_agent="curl/8", request_id="request-77",
                traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            ),
            "metadata": {"deployment": "d-9"},
            **fields,
        }
    )  # fmt: skip


def test_every_field_is_shown(page, log):
    result, = log.record(full())
    page.open().await_all("replicas 1 to 3")
    page.open_row("replicas 1 to 3")
    page.find("#details .json")
    text = page.text("#details")
    for words in (
        "SCALE", "Failure", "replicas 1 to 3", "Web", "s-1", "Shop", "p-1", "Production", "e-1",
        "Deploy bot", "bot-1", "Ada", "API", "the health check failed", "192.0.2.7", "curl/8",
        "request-77", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "deployment",
        "d-9", result.id, str(result.sequence), log.organization,
    ):  # fmt: skip
        assert words in text, words
    claim = page.text("#details .claim")
    assert "Recorded by" in claim and "127.0.0.1" in claim and "grpc-python" in claim
    assert "Deploy bot" not in claim
    page.screenshot("details")
    page.browser.emulate("dark")
    page.screenshot("details-dark")


def test_the_difference_to_the_previous_event_of_the_target(page, log):
    log.record(full("made", {"replicas": 1, "zones": ["a"], "old": True}))
    log.record(event(change="of another", target=target("SERVICE", "s-2")))
    log.record(full("scaled", {"replicas": 3, "zones": ["a", "b"], "new": {"deep": 1}}))
    page.open().await_all("scaled", "of another", "made")
    page.open_row("scaled")
    page.find("#details .differences")
    found = page.script(
        """return [...document.querySelectorAll(".differences li")]
            .map((one) => one.innerText.split(/\\s+/).join(" "))"""
    )
    joined = "\n".join(found)
    assert "/replicas" in joined and "− 1 + 3" in joined
    assert "/old" in joined and "− true" in joined
    assert "/new" in joined and '+ {"deep":1}' in joined
    page.click("#details h3 .link")
    page.await_text("#details .change", "made")
    page.await_text("#details", "No earlier event of this target")
    page.click("#details button", "Next event of this target")
    page.await_text("#details .change", "scaled")
    page.find("#details button:enabled", "Previous event of this target")
    page.press("[")
    page.await_text("#details .change", "made")
    page.find("#details button:enabled", "Next event of this target")
    page.press("]")
    page.await_text("#details .change", "scaled")
    page.find("#details button:enabled", "Previous event of this target")
    page.click("#details button", "Next event of this target")
    page.await_text("#details .when", "newest event of the target")


def test_the_next_event_is_found_behind_many_that_were_recorded_before(page, log):
    now = int(time.time()) - 1000
    at = lambda seconds, change: event(change=change, occurred_at=timestamp(now + seconds))  # noqa: E731
    log.record(*(at(10, f"early {number}") for number in range(120)), at(0, "this"), at(0, "that"))
    page.open().await_changes("that", "this")
    page.open_row("this")
    page.click("#details button", "Next event of this target")
    page.await_text("#details .change", "that")
    page.find("#details button:enabled", "Next event of this target")
    page.click("#details button", "Next event of this target")
    page.await_text("#details .when", "newest event of the target")


def test_a_link_opens_one_event(page, log):
    result, = log.record(full())
    log.record(event(change="another"))
    page.open({"event": result.id})
    page.await_text("#details .change", "replicas 1 to 3")
    page.await_changes("another", "replicas 1 to 3")
    page.click("#details button", "Close")
    page.await_gone("#details")
    assert "event=" not in page.path
    page.driver.back()
    page.await_text("#details .change", "replicas 1 to 3")


@pytest.mark.complaints("404")
def test_a_link_to_an_event_that_is_gone_says_so(page, log):
    log.record(event(change="kept"))
    page.open({"event": "01920000-0000-7000-8000-000000000000"})
    page.await_text("#details", "There is no such event")
    page.await_all("kept")


def test_links_to_what_is_around(page, log):
    now = time.time()
    other = actor(event_pb2.ACTOR_TYPE_USER, "grace", "Grace")
    log.record(
        full("earliest", occurred_at=timestamp(now - 3 * DAY)),
        event(change="by the same, elsewhere", target=target("BUCKET", "b-1"),
              actor=actor(event_pb2.ACTOR_TYPE_AGENT, "bot-1", "Deploy bot"),
              occurred_at=timestamp(now - 2 * DAY)),
        full("the one", occurred_at=timestamp(now - DAY)),
        full("latest", actor=other),
    )  # fmt: skip
    page.open().await_changes("latest")

    def follow(words):
        page.click("#details a", words)

    page.open_row("the one")
    follow("All of this target")
    page.await_all("latest", "the one", "earliest")
    page.open_row("the one")
    follow("Earlier ones")
    page.await_all("earliest")
    page.driver.back()
    page.await_changes("latest")
    page.open_row("the one")
    follow("Later ones")
    page.await_all("latest", "the one")
    page.open_row("the one")
    follow("All of this user")
    page.await_all("the one", "by the same, elsewhere", "earliest")
    page.open_row("the one")
    follow("The user\u2019s earlier ones")
    page.await_all("by the same, elsewhere", "earliest")


def test_the_events_of_one_request(page, log):
    other = target("DATABASE", "d-1")
    log.record(
        event(change="of another request", context={"request_id": "request-78"}),
        full("asked for"),
        event(change="and done", target=other, context={"request_id": "request-77"}),
    )
    page.open().await_changes("and done")
    page.open_row("asked for")
    page.click("#details a", "All of this request")
    page.await_all("and done", "asked for")


def test_a_field_of_the_details_narrows(page, log):
    log.record(event(change="other"), full())
    page.open().await_all("replicas 1 to 3", "other")
    page.open_row("replicas 1 to 3")
    page.click("#details button", "Filter by PROJECT=p-1")
    page.await_path("scope=PROJECT%3Dp-1")
    page.await_all("replicas 1 to 3")


def test_the_snapshot_is_copied_exactly(page, log):
    digits = "12345678901234567890.123456789"
    log.record(full(snapshot=None, change="exact"), event(
        change="numbers", target=target("SERVICE", "s-9"),
        snapshot=('{"big": %s, "one": 1.0, "text": "1"}' % digits).encode()))  # fmt: skip
    page.open().await_changes("numbers")
    page.open_row("numbers")
    page.await_text("#details .json", digits)
    page.script(
        "navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }"
    )
    page.click("#details button", "Copy the snapshot")
    copied = eventually(lambda: page.script("return window.copied"))
    assert digits in copied and json.loads(copied)["text"] == "1"
    page.find("[data-done=Copied]")


def test_a_large_snapshot_folds_and_the_tab_stays_quick(page, log):
    rows = [{"id": number, "value": "x" * 20} for number in range(4500)]
    log.record(event(change="large", snapshot=json.dumps({"rows": rows}).encode()))
    page.open().await_all("large")
    page.open_row("large")
    page.find("#details .json .fold", "rows")
    assert page.script("return document.querySelectorAll('#details .json *').length") < 500
    page.click("#details .json .fold", "rows")
    page.find("#details .json .link", "100 more of 4400")
    assert page.script("return document.querySelectorAll('#details .json *').length") < 3000


def test_hovering_tells_times_and_where_the_target_is(page, log):
    moment = timestamp(1_793_880_000)
    log.record(full(occurred_at=moment))
    page.open().await_all("replicas 1 to 3")
    (row,) = page.rows()
    assert "2026-11-05" in row["time"] and "13:00:00" in row["time"]

    def hover(cell):
        x, y = page.script(
            """const box = document.querySelector(arguments[0]).getBoundingClientRect();
            return [box.left + 20, box.top + box.height / 2];""",
            f"#grid tbody .{cell}",
        )
        page.browser.command("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    hover("time-cell")
    page.await_text(".hint", "2026-11-05 12:00:00 UTC")
    page.await_text(".hint", "ago")
    hover("target-cell")
    page.await_text(".hint", "p-1")
    page.await_text(".hint", "e-1")
    page.await_text(".hint", "s-1")
    page.screenshot("hint")
