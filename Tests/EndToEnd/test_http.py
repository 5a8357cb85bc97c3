"""The service over HTTP: each method says what gRPC says, and errors say what is wrong."""

import csv
import gzip
import io
import json

import pytest
from clients import Client, new_id
from clients import event as grpc_event
from gateway import HTTPClient, HTTPServer, event
from process import Server, run


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with HTTPServer(tmp_path_factory.mktemp("http")) as server:
        yield server


@pytest.fixture
def client(server):
    with HTTPClient(server) as client:
        yield client


def events(answer):
    assert answer.status == 200, answer.body
    return answer.json["events"]


def test_what_is_recorded_over_http_is_what_grpc_reads(server, client):
    id = new_id()
    sent = event(
        id=id,
        scope=[{"type": "PROJECT", "id": "p-1", "name": "Shop"}],
        change="scaled",
        snapshot={"replicas": 2, "text": "ä\u0000"},
        outcome="DENIED",
        context={"request_id": "r-1"},
        metadata={"k": "v"},
    )
    [result] = client.record(sent, organization_id="json")
    assert result["id"] == id and result["sequence"] > 0 and result["recorded_at"].endswith("Z")
    with Client(server.address, "json") as grpc:
        stored = grpc.get(id=id).event
    assert stored.sequence == result["sequence"]
    assert json.loads(stored.snapshot) == sent["snapshot"]
    assert stored.recorder.peer_address == "127.0.0.1"
    [seen] = events(client.get("/v1/events", organization_id="json"))
    assert {name: seen[name] for name in sent} == sent
    # A second time it is the same one.
    [again] = client.record(sent, organization_id="json")
    assert again["duplicate"] is True and again["sequence"] == result["sequence"]


def test_partial_success_says_which(client):
    good, bad = event(), event(event_type="")
    answer = client.post(
        "/v1/events", {"organization_id": "partial", "events": [good, bad], "partial_success": True}
    )
    first, second = answer.json["results"]
    assert first["sequence"] and second["error"]["violations"]
    refused = client.post("/v1/events", {"organization_id": "partial", "events": [good, bad]})
    assert refused.status == 400
    assert refused.error["code"] == "INVALID_ARGUMENT"
    assert [one["field"] for one in refused.error["violations"]] == ["events[1].event_type"]


def test_pages_have_every_event_once(client):
    ids = [client.record(event(), organization_id="pages")[0]["id"] for _ in range(7)]
    for order, expected in (("newest", ids[::-1]), ("oldest", ids)):
        found, token = [], ""
        while True:
            answer = client.get(
                "/v1/events", organization_id="pages", order=order, page_size=3, page_token=token
            )
            found += [one["id"] for one in events(answer)]
            token = answer.json.get("next_page_token", "")
            if not token:
                break
        assert found == expected


FIELDS = [
    ("event_type", "CREATE", {"event_type": "CREATE"}),
    ("target_type", "DATABASE", {"target": {"type": "DATABASE", "id": "x"}}),
    ("target_id", "t 1&=ä", {"target": {"type": "SERVICE", "id": "t 1&=ä"}}),
    ("scope", "PROJECT=p-9", {"scope": [{"type": "PROJECT", "id": "p-9"}]}),
    ("scope", "p-9", {"scope": [{"type": "PROJECT", "id": "p-9"}]}),
    ("actor_id", "grace", {"actor": {"type": "USER", "id": "grace"}}),
    ("actor_type", "AGENT", {"actor": {"type": "AGENT", "id": "bot"}}),
    ("source", "GIT", {"source": "GIT"}),
    ("outcome", "FAILURE", {"outcome": "FAILURE"}),
    ("text", "NEEDLE", {"change": "a needle in here"}),
    ("since", "2020-01-02", {"occurred_at": "2020-01-02T00:00:00Z"}),
    ("until", "2020-01-01T00:00:01Z", {"occurred_at": "2020-01-01T00:00:00Z"}),
]


@pytest.mark.parametrize("name,value,fields", FIELDS, ids=[f"{f[0]}={f[1]}" for f in FIELDS])
def test_each_field_of_the_filter_narrows(client, name, value, fields):
    organization = f"filter-{name}-{new_id()}"
    usual = {"occurred_at": "2020-01-01T12:00:00Z"}
    client.record(event(**usual), organization_id=organization)
    [wanted] = client.record(event(**{**usual, **fields}), organization_id=organization)
    found = events(client.get("/v1/events", **{"organization_id": organization, name: value}))
    assert [one["id"] for one in found] == [wanted["id"]]
    total = client.get(
        "/v1/facets/event_type", **{"organization_id": organization, name: value}
    ).json["total_count"]
    assert total == 1


def test_values_of_one_field_are_alternatives(client):
    for kind in ("CREATE", "UPDATE", "DELETE"):
        client.record(event(event_type=kind), organization_id="alternatives")
    answer = client.get(
        "/v1/events", organization_id="alternatives", event_type=["CREATE", "DELETE"]
    )
    assert {one["event_type"] for one in events(answer)} == {"CREATE", "DELETE"}


def test_an_event_is_shown_with_what_changed(client):
    client.record(event(snapshot={"n": 1, "gone": True}), organization_id="diff")
    [second] = client.record(event(snapshot={"n": 2, "new": []}), organization_id="diff")
    for key in (second["id"], second["sequence"]):
        shown = client.get(f"/v1/events/{key}", organization_id="diff").json
        assert shown["event"]["id"] == second["id"]
        assert shown["previous"]["snapshot"] == {"n": 1, "gone": True}
        assert sorted(shown["differences"], key=lambda one: one["path"]) == [
            {"path": "/gone", "kind": "REMOVED", "before": True},
            {"path": "/n", "kind": "CHANGED", "before": 1, "after": 2},
            {"path": "/new", "kind": "ADDED", "after": []},
        ]
    assert client.get(f"/v1/events/{new_id()}").status == 404
    assert client.get("/v1/events/not-a-key").status == 400


def test_facets_are_those_of_grpc(server, client):
    for number in range(3):
        client.record(
            event(target={"type": "SERVICE", "id": f"s{min(number, 1)}", "name": "N"}),
            organization_id="facets",
        )
    answer = client.get("/v1/facets/target_id", organization_id="facets", limit=1).json
    assert answer["facets"] == [{"value": "s1", "count": 2, "name": "N", "type": "SERVICE"}]
    assert (answer["other_count"], answer["total_count"], answer["complete"]) == (1, 3, True)
    options = ("--organization", "facets", "--limit", "1", "--output", "json")
    theirs = run("facets", "target_id", *options, environment=server.environment)
    assert json.loads(theirs.stdout.splitlines()[0]) == answer["facets"][0]
    assert client.get("/v1/facets/colour").status == 400


def test_status_is_that_of_the_command_line(server, client):
    mine = client.get("/v1/status").json
    theirs = json.loads(run("status", "--output", "json", environment=server.environment).stdout)
    assert mine["head_sequence"] == theirs["head_sequence"] and mine["version"] == theirs["version"]
    assert mine.keys() == theirs.keys()


def test_an_export_is_whole_and_says_so(client):
    texts = ["plain", "=1+1", 'say "hi"', "two\nlines", "ä"]
    for text in texts:
        client.record(event(change=text), organization_id="export")
    answer = client.get("/v1/events/export", organization_id="export")
    lines = [json.loads(line) for line in answer.body.splitlines()]
    assert [line["change"] for line in lines[:-1]] == texts
    assert lines[-1] == {"export": {"count": 5, "complete": True}}
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert ".ndjson" in answer.headers["Content-Disposition"]
    table = client.get("/v1/events/export", organization_id="export", format="csv", order="newest")
    text = table.body.decode()
    *records, last = csv.reader(io.StringIO(text, newline=""))
    assert last == ["# 5 events", " complete"]
    column = records[0].index("change")
    assert [record[column] for record in records[1:]] == [
        "ä", "two\nlines", 'say "hi"', "'=1+1", "plain",
    ]


@pytest.mark.parametrize("order", ["oldest", "newest"])
def test_an_export_goes_on_where_it_was_cut(client, order):
    organization = f"resume-{order}"
    # Of more than one page, with others between.
    batches = [
        client.record(*[event() for _ in range(900)], organization_id=name)
        for name in (organization, "others", organization, "others")
    ]
    sequences = [one["sequence"] for batch in (batches[0], batches[2]) for one in batch]
    if order == "newest":
        sequences.reverse()

    def export(**parameters):
        answer = client.get(
            "/v1/events/export", organization_id=organization, order=order, **parameters
        )
        *lines, last = map(json.loads, answer.body.splitlines())
        assert last == {"export": {"count": len(lines), "complete": True}}
        return [line["sequence"] for line in lines]

    assert export() == sequences
    for cut in (0, 1, 899, 900, 1000, 1798, 1799):
        assert export(after_sequence=sequences[cut]) == sequences[cut + 1 :]


FAULTS = [
    ("/v1/events?evnt_type=CREATE", 400, "evnt_type"),
    ("/v1/events?page_size=-1", 400, "page_size"),
    ("/v1/events?page_token=abc", 400, "page_token"),
    ("/v1/events?order=best", 400, "order"),
    ("/v1/events?since=soon", 400, "since"),
    ("/v1/events?text=a&text=b", 400, "text"),
    ("/v1/events?actor_type=ROBOT", 400, "actor_type"),
    ("/v1/events/stream?start=later", 400, "start"),
    ("/v1/events/stream?start=now&after_sequence=1", 400, "start"),
    ("/v1/events/export?format=xml", 400, "format"),
    ("/v1/status?verbose=1", 400, "verbose"),
]


@pytest.mark.parametrize("path,status,field", FAULTS, ids=[fault[0] for fault in FAULTS])
def test_faults_name_their_parameter(client, path, status, field):
    answer = client.get(path)
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/json"
    assert field in [one["field"] for one in answer.error["violations"]]
    assert answer.error["message"]


@pytest.mark.parametrize("number", [0, 2**63, 2**64 - 2, 2**64 - 1, 2**64, 10**30])
def test_numbers_of_any_size_are_answered(client, number):
    client.record(event(), organization_id="numbers")
    for path in ("/v1/events/export", "/v1/events/stream"):
        for order in ("oldest", "newest") if "export" in path else (None,):
            parameters = {"order": order} if order else {"on_gap": "fail"}
            # The first event of all is still there, and a stream of it has no end.
            if number == 0 and "stream" in path:
                continue
            answer = client.get(path, after_sequence=number, **parameters)
            assert answer.status in (200, 400), (path, answer.body)
    for name in ("page_size",):
        assert client.get("/v1/events", **{name: number}).status in (200, 400)
    for path in ("/v1/facets/source", "/v1/histogram"):
        assert client.get(path, limit=number).status in (200, 400)
    assert client.get("/v1/histogram", buckets=number).status in (200, 400)
    assert client.get("/v1/histogram", bucket=f"{number}s").status in (200, 400)
    assert client.get(f"/v1/events/{number}").status in (400, 404)
    assert client.get("/v1/status").status == 200


def test_what_is_not_there_is_said(client):
    assert client.get("/v1/nothing").status == 404
    assert client.get("/nothing.js").status == 404
    assert client.get("/v1/events/stream", after_sequence=10**9).error["code"] == "OUT_OF_RANGE"
    refused = client.send("DELETE", "/v1/events")
    assert refused.status == 404 and b"DELETE /v1/events" in refused.read()


def test_bodies_have_limits_and_clear_faults(client):
    for body, said in [
        (b"{", "not valid JSON"),
        (b"[]", "an object is expected"),
        (b"{}", "events"),
        (b'{"events": []}', "events"),
        (b'{"events": [{"event_typo": "X"}]}', "events[0].event_typo"),
        (b'{"events": [{"target": 7}]}', "events[0].target"),
        (b'{"events": [{}], "other": 1}', "other"),
        (b"\xff", "not valid JSON"),
    ]:
        answer = client.post("/v1/events", body)
        assert answer.status == 400 and said in answer.error["message"], answer.body
    assert client.post("/v1/events", {"events": [event()] * 1001}).status == 400


def test_a_body_that_is_too_large_is_refused(server):
    with HTTPClient(server) as client:
        answer = client.post("/v1/events", b" " * ((4 << 20) + 1))
        assert answer.status == 413 and "4194304" in answer.error["message"]


def test_the_page_is_there_and_changes_with_its_content(client):
    page = client.get("/")
    assert page.status == 200 and b"<script" in page.body
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert client.get("/", headers={"If-None-Match": page.headers["ETag"]}).status == 304
    assert client.get("/", headers={"If-None-Match": '"other"'}).status == 200


def test_the_page_is_compressed_for_who_takes_it(client):
    plain = client.get("/assets/page.css")
    assert "Content-Encoding" not in plain.headers
    for accepted in ("gzip", "br, gzip;q=0.5, *;q=0"):
        packed = client.get("/assets/page.css", headers={"Accept-Encoding": accepted})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.body) == plain.body
        assert len(packed.body) < len(plain.body) / 2
    for refused in ("gzip;q=0", "br", ""):
        answer = client.get("/assets/page.css", headers={"Accept-Encoding": refused})
        assert "Content-Encoding" not in answer.headers


def test_the_description_names_each_method(client):
    description = client.get("/v1/openapi.json").json
    assert description["openapi"].startswith("3.1")
    assert {(path, method) for path, value in description["paths"].items() for method in value} >= {
        ("/v1/events", "get"),
        ("/v1/events", "post"),
        ("/v1/events/{key}", "get"),
        ("/v1/facets/{field}", "get"),
        ("/v1/histogram", "get"),
        ("/v1/status", "get"),
        ("/v1/whoami", "get"),
        ("/v1/events/stream", "get"),
        ("/v1/events/export", "get"),
    }


def undescribed(schema, value, schemas, place="$"):
    """What an answer has that its description does not name, or of another type."""
    if "$ref" in schema:
        return undescribed(schemas[schema["$ref"].rpartition("/")[2]], value, schemas, place)
    types = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
    if "type" in schema and not isinstance(value, types[schema["type"]]):
        return [f"{place} is {value!r}, not {schema['type']}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{place} is {value!r}, not one of {schema['enum']}"]
    found = []
    if isinstance(value, dict) and "properties" in schema:
        found += [f"{place} lacks {name}" for name in schema.get("required", []) if name not in value]
        for name, inner in value.items():
            if name in schema["properties"]:
                known = schema["properties"][name]
                found += undescribed(known, inner, schemas, f"{place}.{name}")
            else:
                found.append(f"{place}.{name} is not described")
    if isinstance(value, list) and "items" in schema:
        for number, inner in enumerate(value):
            found += undescribed(schema["items"], inner, schemas, f"{place}[{number}]")
    return found


def test_answers_are_as_they_are_described(client):
    whole = event(
        scope=[{"type": "PROJECT", "id": "p", "name": "P"}],
        on_behalf_of=[{"type": "USER", "id": "u"}],
        change="c",
        snapshot={"a": 1},
        outcome="FAILURE",
        reason="r",
        context={"ip_address": "::1", "user_agent": "u", "request_id": "q", "traceparent": "t"},
        metadata={"k": "v"},
        occurred_at="2026-01-01T00:00:00Z",
    )
    client.record(whole, organization_id="described")
    [second] = client.record({**whole, "snapshot": {"b": 2}}, organization_id="described")
    description = client.get("/v1/openapi.json").json
    schemas = description["components"]["schemas"]
    asked = 0
    for path, methods in description["paths"].items():
        content = methods["get"]["responses"]["200"]["content"]
        if "application/json" not in content:
            continue
        parameters = {"organization_id": "described"} if path != "/v1/whoami" else {}
        if path == "/v1/histogram":
            parameters["split_by"] = "outcome"
        real = path.replace("{key}", second["id"]).replace("{field}", "scope")
        answer = client.get(real, **parameters)
        assert answer.status == 200, (path, answer.body)
        schema = content["application/json"]["schema"]
        assert undescribed(schema, answer.json, schemas) == [], path
        # Each parameter that is described is one that is known.
        for parameter in methods["get"]["parameters"]:
            if "$ref" in parameter:
                name = parameter["$ref"].rpartition("/")[2]
                parameter = description["components"]["parameters"][name]
            if parameter["in"] == "query":
                said = client.get(real, **{parameter["name"]: "\u00e4"})
                assert b"is not a parameter" not in said.body, (path, parameter["name"])
        asked += 1
    assert asked == 6
    refused = client.get("/v1/events?order=best")
    error = description["components"]["responses"]["Error"]["content"]["application/json"]["schema"]
    assert undescribed(error, refused.json, schemas) == []


def test_grpc_and_http_see_the_same(server, client):
    with Client(server.address, "same") as grpc:
        sent = [grpc_event(id=new_id(), change=str(number)) for number in range(3)]
        grpc.record(*sent)
        stored = grpc.page().events
    shown = events(client.get("/v1/events", organization_id="same"))
    assert [one["id"] for one in shown] == [one.id for one in stored]
    assert [one["change"] for one in shown] == [one.change for one in stored]


def test_without_it_nothing_listens(tmp_path):
    with Server(tmp_path, environment={"AUDITRPC_HTTP": "none"}) as server:
        assert not any("the page is at" in line for line in server.output)


def test_an_address_that_is_taken_is_an_error_only_when_asked_for(server, tmp_path):
    taken = f"127.0.0.1:{server.http_port}"
    result = run("serve", "--listen", "127.0.0.1:0", "--data", tmp_path / "a", "--http", taken)
    assert result.returncode != 0
    assert taken in result.stderr and "--http" in result.stderr
    assert "the page is at" not in result.stdout


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0"])
def test_other_machines_are_not_answered_in_plain_text(tmp_path, address):
    result = run("serve", "--listen", "127.0.0.1:0", "--data", tmp_path, "--http", address)
    assert result.returncode != 0
    assert "--tls-cert" in result.stderr
