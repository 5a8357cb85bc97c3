"""What a server seldom says: gaps, damage, fallen behind, refusals. Each says what happened and what to do.

The answers are put into the page's own fetch, since no server can be made to give them at once.
"""

import pytest
from clients import event

# Answers of the server are replaced by path; a stream says its messages and stays open.
_INSTEAD = """
const [path, answer] = arguments;
window.instead ??= {};
window.instead[path] = answer;
if (!window.asked) {
    window.asked = window.fetch;
    window.fetch = async (address, options) => {
        const found = Object.keys(window.instead).find((one) => String(address).startsWith(one));
        if (!found) return window.asked(address, options);
        const { status = 200, headers = {}, messages, body, also } = window.instead[found];
        if (messages) {
            return new Response(new ReadableStream({
                start(controller) {
                    controller.enqueue(new TextEncoder().encode(messages.map(([name, data]) =>
                        `event: ${name}\\ndata: ${JSON.stringify(data)}\\n\\n`).join("")));
                    options.signal.addEventListener("abort", () => controller.error(options.signal.reason));
                },
            }));
        }
        if (!also) return new Response(JSON.stringify(body), { status, headers });
        const real = await (await window.asked(address, options)).json();
        return new Response(JSON.stringify({ ...real, ...also }));
    };
}
"""

STARTED = ["started", {"head_sequence": 1_000_000, "oldest_sequence": 1}]


def instead(page, path, **answer):
    page.script(_INSTEAD, path, answer)


def look_again(page):
    """Another filter asks for everything again."""
    page.click(".totals .bar-row", "Ada")


@pytest.fixture
def shown(page, log):
    log.record(event(change="one"))
    page.open().await_all("one")
    page.find(".totals .bar-row", "Ada")
    return page


def test_a_gap_is_told_and_can_be_put_away(shown):
    gap = {"first_sequence": 10, "last_sequence": 20, "reason": "retention took them <b>"}
    instead(shown, "/v1/events/stream", messages=[STARTED, ["gap", gap], ["caught_up", {"sequence": 21}]])
    look_again(shown)
    shown.await_text("#notices", "Sequences 10 to 20 will not be shown: retention took them <b>")
    shown.screenshot("gap")
    shown.click("#notices button", "Put away")
    shown.await_gone("#notices .notice")


def test_who_fell_behind_is_told_that_nothing_is_lost(shown):
    messages = [STARTED, ["caught_up", {"sequence": 1}], ["fell_behind", {"sequence": 1}]]
    instead(shown, "/v1/events/stream", messages=messages)
    look_again(shown)
    shown.await_text("#connection", "Fell behind, catching up. Nothing is lost")


def test_an_end_that_waiting_cannot_mend_says_why(shown):
    error = {"code": "PERMISSION_DENIED", "status": 403, "message": "not for you"}
    instead(shown, "/v1/events/stream", messages=[STARTED, ["end", error]])
    look_again(shown)
    shown.await_text("#connection", "Not live: this is not for you to see")
    shown.find("#reconnect", "Try again")


def test_an_end_that_passes_is_waited_for(shown):
    error = {"code": "UNAVAILABLE", "status": 503, "message": "the server is shutting down", "retry_after": "9s"}
    instead(shown, "/v1/events/stream", messages=[STARTED, ["end", error]])
    look_again(shown)
    shown.await_text("#connection", "reconnecting in 8 s")
    shown.script("window.instead = {}")
    shown.click("#reconnect")
    shown.await_live()


def test_what_cannot_be_read_is_told(shown):
    instead(shown, "/v1/events?", also={"unreadable": [{"first": 4, "last": 5}]})
    look_again(shown)
    shown.await_text("#notices", "Sequences 4 to 5")
    shown.await_text("#notices", "auditrpc store verify")


def test_counts_of_a_part_say_so(shown):
    instead(shown, "/v1/histogram", also={"complete": False})
    instead(shown, "/v1/facets/", also={"complete": False})
    look_again(shown)
    shown.await_text(".histogram header", "incomplete")
    shown.await_text(".totals", "of a part")
    shown.click(".filter-button", "Event type")
    shown.await_text(".menu:popover-open .foot", "newest events only")


def test_a_server_that_takes_no_events_is_told_of(shown):
    instead(shown, "/v1/status", also={"refusing_writes": "the disk is full"})
    look_again(shown)
    shown.await_text("#notices", "takes no new events. the disk is full")


def test_too_much_at_once_says_when_to_come_again(shown):
    error = {"error": {"code": "RESOURCE_EXHAUSTED", "status": 429, "message": "the quota is used up"}}
    instead(shown, "/v1/events?", status=429, headers={"Retry-After": "7"}, body=error)
    look_again(shown)
    shown.await_text(".blank", "Too much at once")
    shown.await_text(".blank", "wait 7 s")
    shown.script("window.instead = {}")
    shown.click(".blank button", "Try again")
    shown.await_all("one")


def test_parts_fail_for_themselves(shown):
    error = {"error": {"code": "DEADLINE_EXCEEDED", "status": 504, "message": "too slow"}}
    instead(shown, "/v1/histogram", status=504, body=error)
    instead(shown, "/v1/facets/", status=504, body=error)
    look_again(shown)
    shown.await_text(".chart", "It took too long")
    shown.await_text(".totals", "It took too long")
    shown.await_all("one")
    shown.script("window.instead = {}")
    shown.click(".chart button", "Try again")
    shown.find(".chart path")
