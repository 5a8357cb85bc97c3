"""The page's cores, which know no document: in the browser, as no other JavaScript is promised here."""

import pytest


@pytest.fixture
def core(page, log):
    """Runs a body with the exports of a module as `module`."""
    page.open()

    def run(module, body, *given):
        return page.browser.run(
            f"const module = await import('/assets/{module}'); {body}", *given
        )

    return run


STREAM = (
    "event: started\ndata: {\"head_sequence\":12}\n\n"
    "id: 13\ndata: {\"sequence\":13}\n\n"
    ": progress 20\nid: 20\n\n"
    "id: 21\ndata: a\ndata: b\n\n"
    "data:\n\n"
    "retry: 5\nunknown: x\nid: bad\0id\ndata:  two spaces\n\n"
    "id: 22\ndata: never ended"
)


def test_messages_come_out_whatever_the_pieces(core):
    wanted = [
        {"name": "started", "data": '{"head_sequence":12}', "id": ""},
        {"name": "", "data": '{"sequence":13}', "id": "13"},
        {"name": "", "data": "a\nb", "id": "21"},
        {"name": "", "data": "", "id": "21"},
        {"name": "", "data": " two spaces", "id": "21"},
    ]
    answers = core(
        "sse.js",
        """
        const [text] = given;
        const read = (sizes) => {
            const parser = new module.MessageParser();
            const messages = [];
            const ids = [];
            for (let at = 0, turn = 0; at < text.length; turn += 1) {
                const size = sizes[turn % sizes.length];
                messages.push(...parser.push(text.slice(at, at + size)));
                ids.push(parser.lastId);
                at += size;
            }
            return { messages, last: parser.lastId, moved: ids.includes("20") };
        };
        return [[1], [2], [3, 1], [7], [1000]].map(read);""",
        STREAM,
    )
    for answer in answers:
        assert answer["messages"] == wanted
        assert answer["last"] == "21"
    assert answers[0]["moved"]


def test_pauses_grow_and_are_bounded(core):
    pauses = core(
        "sse.js",
        "return [1, 2, 5, 50].map((attempt) => [0, 1].map((random) => module.pauseBefore(attempt, random)));",
    )
    assert pauses == [[250, 500], [500, 1000], [4000, 8000], [15000, 30000]]


@pytest.mark.parametrize(
    "address, again",
    [
        ("", "/"),
        ("?event_type=A&event_type=B&event_type=A", "/?event_type=A&event_type=B"),
        ("?scope=project%3Dp-1&since=7d", "/?scope=project%3Dp-1&since=7d"),
        ("?split_by=outcome&event=7&organization_id=acme", "/?organization_id=acme&split_by=outcome&event=7"),
        ("?split_by=event_type&text=a+b%26c&until=2026-07-01", "/?until=2026-07-01&text=a+b%26c"),
        ("?outcome=&actor_id=%E2%80%AE%00", "/?actor_id=%E2%80%AE%00"),
    ],
)  # fmt: skip
def test_addresses_go_there_and_back(core, address, again):
    answer = core(
        "state.js",
        """const { state, unknown } = module.parseAddress(given[0]);
        const formatted = module.formatAddress(state);
        return [formatted, module.formatAddress(module.parseAddress(formatted.slice(1)).state), unknown];""",
        address,
    )
    assert answer == [again, again, []]


def test_what_means_nothing_is_named(core):
    assert core(
        "state.js",
        "return module.parseAddress('?evnt_type=A&split_by=scope&evnt_type=B&outcome=DENIED').unknown;",
    ) == ["evnt_type", "split_by=scope"]


@pytest.mark.parametrize("key", ["17", "0192d3c4-0000-7000-8000-00000000ABCD", ""])
def test_an_event_is_named_by_its_id_or_sequence(core, key):
    assert core("state.js", _PARSED, key) == [key, []]


@pytest.mark.parametrize("key", ["export", "stream", "17/x", "../status"])
def test_no_other_method_is_asked_for_as_an_event(core, key):
    assert core("state.js", _PARSED, key) == ["", [f"event={key}"]]


_PARSED = """
const { state, unknown } = module.parseAddress(`?event=${encodeURIComponent(given[0])}`);
return [state.event, unknown];"""


def test_names_are_forgotten_with_who_could_see_them(core):
    assert core(
        "words.js",
        """
        const name = () => module.valueWords("actor_id", "u-1").name;
        module.remember("actor_id", "u-1", "Ada");
        const before = name();
        module.forgetNames();
        return [before, name()];""",
    ) == ["Ada", "u-1"]


def test_ages_become_moments(core):
    answer = core(
        "state.js",
        """const now = new Date("2026-11-27T12:00:00Z");
        const { state } = module.parseAddress("?since=1h30m&until=2026-11-27T11:30:00%2B01:00&event_type=A&text=x");
        return [[], ["event_type", "since"]].map((without) => String(module.filterParameters(state, now, without)));""",
    )
    assert answer == [
        "event_type=A&since=2026-11-27T10%3A30%3A00.000Z&until=2026-11-27T10%3A30%3A00.000Z&text=x",
        "until=2026-11-27T10%3A30%3A00.000Z&text=x",
    ]


def test_hidden_signs_become_chips(core):
    answer = core(
        "text.js",
        r"""return ["plain", "a\u0000b\u202e", "\ud800x", "line\nbreak", "\ud83d\udc69\u200d\ud83d\ude80",
            "a\u200db", "\u{e0041}"]
            .map((text) => module.pieces(text).map((one) => one.text ?? [one.sign, one.label]));""",
    )
    assert answer == [
        ["plain"],
        ["a", ["NUL", "U+0000"], "b", ["U+202E", "U+202E"]],
        [["U+D800", "U+D800"], "x"],
        ["line", ["LF", "U+000A"], "break"],
        ["\U0001f469\u200d\U0001f680"],
        ["a", ["U+200D", "U+200D"], "b"],
        [["U+E0041", "U+E0041"]],
    ]


def test_a_pair_is_not_cut(core):
    assert core(
        "text.js",
        r"""return [module.cut('ab\u{1f600}c', 3), module.cut('ab', 5), module.plain('x'.repeat(300), 5),
            module.plain('a\u0007b')];""",
    ) == ["ab", "ab", "xxxxx\u2026", "a\u27e8BEL\u27e9b"]


def test_a_list_takes_every_event_once(core):
    answer = core(
        "list.js",
        """
        const event = (sequence) => ({ sequence });
        const list = new module.EventList();
        const rows = () => list.rows.map(({ sequence }) => sequence);
        list.replaceFirstPage([9, 7, 5].map(event), "more");
        const seen = [];
        seen.push(list.arrive([7, 9, 11].map(event), false), rows());
        seen.push(list.arrive([12, 14].map(event), true), list.waitingCount, rows());
        seen.push(list.arrive([15].map(event), false), list.waitingCount);
        seen.push(list.release(), rows(), list.waitingCount);
        list.append([5, 3, 1].map(event), "");
        seen.push(rows(), list.complete, [list.indexOf(3), list.indexOf(15), list.indexOf(4)]);
        return seen;""",
    )
    assert answer == [
        1, [11, 9, 7, 5], 2, 2, [11, 9, 7, 5], 1, 3, True, [15, 14, 12, 11, 9, 7, 5], 0,
        [15, 14, 12, 11, 9, 7, 5, 3, 1], True, [7, 0, -1],
    ]  # fmt: skip


def test_what_waits_is_bounded_and_a_refetch_misses_nothing(core):
    answer = core(
        "list.js",
        """
        const event = (sequence) => ({ sequence });
        const range = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => event(from + index));
        const list = new module.EventList();
        list.replaceFirstPage([event(1)], "");
        list.arrive(range(2, 1500), true);
        const seen = [list.waiting.length, list.waitingCount, list.overflowed, list.release()];
        list.beginRefetch();
        list.arrive(range(1501, 1502), false);
        seen.push(list.rows.length);
        list.failRefetch();
        seen.push(list.overflowed, list.waitingCount);
        list.beginRefetch();
        list.arrive(range(1503, 1504), false);
        list.replaceFirstPage([1503, 1502, 1501].map(event), "more");
        seen.push(list.rows.map(({ sequence }) => sequence), list.waitingCount, list.overflowed);
        list.beginRefetch();
        list.arrive(range(1505, 3000), false);
        list.replaceFirstPage([event(1600)], "more");
        seen.push(list.overflowed, list.waitingCount > 1000, list.rows.length);
        return seen;""",
    )
    assert answer == [
        0, 1499, True, False, 1, True, 1501, [1504, 1503, 1502, 1501], 0, False, True, True, 1,
    ]  # fmt: skip


# A server whose answers to pages come when the test says so; a stream says one `started` and ends.
_FEED = """
const asked = [];
const range = (from, to) => Array.from({ length: from - to + 1 }, (_, index) => ({ sequence: from - index }));
const drawn = (milliseconds = 0) => new Promise((resolve) => setTimeout(resolve, milliseconds));
let streams = 0;
const feed = new module.Feed({
    events: (parameters) => new Promise((resolve, reject) => {
        asked.push({ token: parameters.get("page_token"), resolve, reject });
    }),
    open: async () => {
        streams += 1;
        return new Response('event: started\\ndata: {"head_sequence":7}\\n\\n');
    },
}, { changed: () => {}, arrived: () => {}, denied: () => {}, reached: () => {} });
const answer = (index, events, next_page_token) => {
    asked[index].resolve({ events, next_page_token });
    return drawn();
};
const tokens = () => asked.map(({ token }) => token);
const sequences = () => feed.list.rows.map(({ sequence }) => sequence);
feed.start(new URLSearchParams());
"""


def test_an_older_page_that_comes_after_the_rows_were_replaced_is_dropped(core):
    assert core(
        "feed.js",
        _FEED + """
        await answer(0, range(20, 19), "old");
        feed.loadMore();
        feed.list.overflowed = true;
        feed.release();
        feed.loadMore();
        await answer(1, range(18, 17), "older");
        await answer(2, range(90, 89), "new");
        feed.loadMore();
        await answer(3, range(88, 87), "");
        return [tokens(), sequences(), feed.list.complete];""",
    ) == [[None, "old", None, "new"], [90, 89, 88, 87], True]


def test_a_refetch_that_failed_is_tried_again_as_one(core):
    assert core(
        "feed.js",
        _FEED + """
        await answer(0, range(20, 19), "");
        feed.list.overflowed = true;
        feed.release();
        asked[1].reject(Object.assign(new Error("not for you"), { code: "PERMISSION_DENIED" }));
        await drawn();
        const failed = feed.error.code;
        feed.retry();
        await answer(2, range(21, 19), "");
        return [failed, tokens(), sequences(), feed.error ?? null];""",
    ) == ["PERMISSION_DENIED", [None, None, None], [21, 20, 19], None]


def test_a_feed_that_ended_before_its_first_id_asks_for_the_list_again(core):
    assert core(
        "feed.js",
        _FEED + """
        await answer(0, [], "");
        while (asked.length < 2) await drawn();
        await answer(1, [], "");
        while (asked.length < 3) await drawn();
        await answer(2, range(8, 8), "");
        feed.stop();
        return [streams, tokens(), sequences()];""",
    ) == [2, [None, None, None], [8]]


def test_a_full_table_goes_on_in_place_of_its_newest_rows(core):
    assert core(
        "feed.js",
        _FEED + """
        await answer(0, range(60_000, 10_001), "next");
        feed.loadMore();
        const full = [asked.length, feed.list.isFull];
        feed.further();
        await answer(1, range(10_000, 9_999), "");
        const rows = sequences();
        return [full, tokens(), rows.length, rows[0], rows.at(-1), feed.list.waitingCount, feed.list.release()];""",
    ) == [[1, True], [None, "next"], 1002, 11_000, 9_999, 49_000, False]


def test_exports_say_what_a_cut_body_could_not_read(core):
    answer = core(
        "export-parts.js",
        r'''
        const ndjson = new module.NDJSONRecords();
        let text = ndjson.push('{"sequence":1}\n{"unreadable":[{"first":2,"last":3}]}\n{"sequ');
        const cutAt = ndjson.lastSequence;
        ndjson.resume();
        text += ndjson.push('{"sequence":4}\n{"export":{"count":1,"complete":true}}\n');
        const csv = new module.CSVRecords();
        let table = csv.push('sequence,change\r\n1,a\r\n# could not read 2 to 3\r\n4,pla');
        const rowAt = csv.lastSequence;
        csv.resume();
        table += csv.push('sequence,change\r\n4,plain\r\n# 1 events, complete\r\n');
        const ends = [ndjson.end.complete, csv.end.complete];
        return [text + ndjson.lastLine(), cutAt, table + csv.lastLine(), rowAt, ...ends];''',
    )
    assert answer == [
        '{"sequence":1}\n{"unreadable":[{"first":2,"last":3}]}\n{"sequence":4}\n'
        '{"export":{"count":2,"complete":false}}\n',
        1,
        'sequence,change\r\n1,a\r\n# could not read 2 to 3\r\n4,plain\r\n# 2 events, incomplete\r\n',
        1,
        False,
        False,
    ]


def test_exports_are_joined_where_they_were_cut(core):
    answer = core(
        "export-parts.js",
        r'''
        const ndjson = new module.NDJSONRecords();
        let text = ndjson.push('{"sequence":1,"change":"a"}\n{"sequence":2}\n{"sequ');
        const cutAt = ndjson.lastSequence;
        ndjson.resume();
        text += ndjson.push('{"sequence":3}\n{"export":{"count":1,"complete":true}}\n');
        const csv = new module.CSVRecords();
        let table = csv.push('sequence,change\r\n1,"a\r\nb ""c"""\r\n2,pla');
        const rowAt = csv.lastSequence;
        csv.resume();
        table += csv.push('sequence,change\r\n2,plain\r\n# 1 events, complete\r\n');
        return [text + ndjson.lastLine(), cutAt, table + csv.lastLine(), rowAt];''',
    )
    assert answer == [
        '{"sequence":1,"change":"a"}\n{"sequence":2}\n{"sequence":3}\n{"export":{"count":3,"complete":true}}\n',
        2,
        'sequence,change\r\n1,"a\r\nb ""c"""\r\n2,plain\r\n# 2 events, complete\r\n',
        1,
    ]


def test_levels_of_scopes(core):
    facets = [
        {"type": "PROJECT", "value": "p-1", "count": 9}, {"type": "ENVIRONMENT", "value": "e-1", "count": 5},
        {"type": "ENVIRONMENT", "value": "e-2", "count": 4}, {"type": "ZONE", "value": "z-1", "count": 2},
    ]  # fmt: skip
    sample = {
        "scope": [
            {"type": "PROJECT", "id": "p-1"}, {"type": "ENVIRONMENT", "id": "e-1"}, {"type": "ZONE", "id": "z-1"},
        ]
    }  # fmt: skip
    answer = core(
        "drill.js",
        """const show = ({ above, below, all }) => [above, below.map(({ value }) => value), all.length];
        return ["", "PROJECT=p-1", "e-1", "ZONE=z-1"].map((current) => show(module.levels(current, ...given)));""",
        facets,
        sample,
    )
    assert answer == [
        [[], ["PROJECT=p-1"], 4],
        [[], ["ENVIRONMENT=e-1", "ENVIRONMENT=e-2"], 3],
        [["PROJECT=p-1"], ["ZONE=z-1"], 2],
        [["PROJECT=p-1", "ENVIRONMENT=e-1"], ["ENVIRONMENT=e-2"], 1],
    ]


def test_bars_and_ticks(core):
    answer = core(
        "chart.js",
        """return [
            module.stackedPaths([[1, 0], [1, 2]], { width: 20, height: 10, highest: 2 }),
            [0, 3, 7, 99, 101, 1234].map(module.niceCeiling),
            module.ticks(0, 86_400_000, 4, 0),
            module.ticks(0, 86_400_000, 4, 3600).times[0],
            [-5, 0, 9.9, 10, 25].map((x) => module.bucketAt(x, 20, 2)),
            Object.values(module.rangeOf(3, 1, 0, 60)).map(Number),
        ];""",
    )
    assert answer == [
        ["M1 10V5H9V10Z", "M1 5V0H9V5ZM11 10V0H19V10Z"],
        [1, 3, 8, 100, 150, 1500],
        {"step": 21600, "times": [0, 21_600_000, 43_200_000, 64_800_000]},
        18_000_000,
        [0, 0, 0, 1, 1],
        [60_000, 240_000],
    ]


def test_numbers_keep_their_digits(core):
    assert core(
        "api.js",
        """const value = module.parseExactly('{"a": 12345678901234567890, "b": 1.5, "c": 9007199254740993, "d": 7}');
        return [value.a.source, value.b, value.c.source, value.d];""",
    ) == ["12345678901234567890", 1.5, "9007199254740993", 7]


@pytest.mark.parametrize(
    "text, seconds", [("90m", 5400), ("1h30m", 5400), ("7d", 604_800), ("x", None), ("", None)]
)
def test_ages(core, text, seconds):
    assert core("time.js", "return module.parseAge(given[0]);", text) == seconds
