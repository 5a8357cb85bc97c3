"""Who may do what over HTTP is who may do it over gRPC; and no page of another site may do anything."""

import http.client

import pytest
import tokens
from auditrpc.v1 import access_pb2 as access
from clients import Client, Filter, new_id
from gateway import HTTPClient, HTTPServer, Refused, event
from process import eventually

CLOSED = {"AUDITRPC_LOCAL_ACCESS": "none"}


class World:
    def __init__(self, server):
        self.server = server
        self.root = tokens.first_token(server)
        self.secrets = {}
        for organization in ("acme", "globex"):
            for role in ("recorder", "reader", "admin"):
                self.secrets[role, organization] = self.create(role, organization)[1]
            with self.client("recorder", organization) as client:
                client.record(
                    event(change=f"of {organization}", target={"type": "SERVICE", "id": "s-1"}),
                    event(change=f"other of {organization}"),
                )

    def create(self, role, organization, **fields):
        return tokens.create(
            self.server.address, self.root, new_id(), role, organization, **fields
        )

    def client(self, role, organization="", **named):
        secret = self.root if role == "operator" else self.secrets[role, organization]
        return HTTPClient(self.server, token=secret, **named)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with HTTPServer(tmp_path_factory.mktemp("access"), environment=CLOSED) as server:
        yield World(server)


READS = ["/v1/events", "/v1/facets/event_type", "/v1/events/1", "/v1/events/export"]


@pytest.mark.parametrize("path", [*READS, "/v1/status", "/v1/events/stream", "/v1/histogram"])
def test_nothing_is_answered_without_a_credential(world, path):
    for token in (None, "auditrpc_" + "0" * 60, "x"):
        with HTTPClient(world.server, token=token) as client:
            answer = client.get(path)
            assert answer.status == 401, path
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert answer.error["code"] == "UNAUTHENTICATED"


def test_a_recorder_records_and_reads_nothing(world):
    with world.client("recorder", "acme") as client:
        assert client.record(event())
        for path in [*READS, "/v1/status", "/v1/events/stream"]:
            assert client.get(path).status == 403, path


def test_a_reader_reads_his_own_and_records_nothing(world):
    with world.client("reader", "acme") as client:
        assert client.post("/v1/events", {"events": [event()]}).status == 403
        shown = client.get("/v1/events").json["events"]
        assert shown and all("globex" not in one.get("change", "") for one in shown)
        assert {one["organization_id"] for one in shown} == {"acme"}


@pytest.mark.parametrize("path", [*READS, "/v1/status", "/v1/events/stream"])
def test_another_organization_is_refused_without_a_hint(world, path):
    with world.client("reader", "acme") as client:
        theirs = client.get(path, organization_id="globex")
        nobodys = client.get(path, organization_id="nobody")
        assert theirs.status == nobodys.status == 403
        assert theirs.body == nobodys.body
    with world.client("recorder", "acme") as client:
        answer = client.post("/v1/events", {"organization_id": "globex", "events": [event()]})
        assert answer.status == 403


def test_an_event_of_another_organization_is_not_there(world):
    with Client(world.server.address, "globex", token=world.root) as grpc:
        theirs = grpc.page().events[0]
    with world.client("reader", "acme") as client:
        assert client.get(f"/v1/events/{theirs.id}").status == 404
        # Each organization counts its own.
        own = client.get(f"/v1/events/{theirs.sequence}")
        assert own.status == 404 or own.json["event"]["id"] != theirs.id


def test_a_viewer_sees_what_his_filter_lets_pass(world):
    secret = tokens.viewer(
        world.server.address, world.secrets["reader", "acme"], Filter(target_ids=["s-1"])
    )
    with HTTPClient(world.server, token=secret) as client:
        [seen] = client.get("/v1/events").json["events"]
        assert seen["target"]["id"] == "s-1"
        assert client.get("/v1/facets/event_type").json["total_count"] == 1
        assert client.get("/v1/status").status == 403
        stream = client.stream(start="oldest")
        assert stream.events(1)[0]["id"] == seen["id"]


def test_everybody_is_told_who_they_are(world):
    with world.client("reader", "acme") as client:
        seen = client.get("/v1/whoami").json
        assert (seen["credential"], seen["roles"]) == ("API_TOKEN", ["reader"])
        assert seen["organizations"] == ["acme"]
    with world.client("operator") as client:
        seen = client.get("/v1/whoami").json
        assert seen["roles"] == ["operator"] and "organizations" not in seen
    secret = tokens.viewer(
        world.server.address, world.secrets["reader", "acme"], Filter(target_ids=["s-1"])
    )
    with HTTPClient(world.server, token=secret) as client:
        seen = client.get("/v1/whoami").json
        assert seen["roles"] == ["viewer"] and seen["bounds"] == {"target_ids": ["s-1"]}
        assert seen["expires_at"]
    with HTTPClient(world.server) as client:
        assert client.get("/v1/whoami").status == 401


def test_a_revoked_token_ends_its_streams(world):
    token, secret = world.create("reader", "acme")
    with HTTPClient(world.server, token=secret) as client:
        stream = client.stream()
        stream.until("caught_up")
        with Client(world.server.address, token=world.root) as grpc:
            grpc.administration.RevokeToken(access.RevokeTokenRequest(id=token.id), timeout=30)
        end = list(stream)[-1]
        assert (end.name, end.data["code"]) == ("end", "UNAUTHENTICATED")
    with HTTPClient(world.server, token=secret) as client:
        assert client.get("/v1/events").status == 401


def test_reads_leave_a_trace(tmp_path):
    environment = {**CLOSED, "AUDITRPC_NO_READ_TRACE": "0"}
    with HTTPServer(tmp_path, environment=environment) as server:
        world = World(server)
        with HTTPClient(
            server,
            token=world.secrets["reader", "acme"],
            headers={"User-Agent": "Browser/1.0 \u00e9"},
        ) as client:
            client.get("/v1/events")

            def trace():
                found = client.get("/v1/events", event_type="AUDIT_READ").json["events"]
                return found[-1] if found else None

            seen = eventually(trace)
        assert int(seen["metadata"]["queries"]) >= 1
        assert seen["recorder"]["peer_address"] == "127.0.0.1"
        assert seen["recorder"]["user_agent"] == "Browser/1.0 ?"


# MARK: Browsers


@pytest.fixture(scope="module")
def open_server(tmp_path_factory):
    """Answers callers of this machine without a credential, as it does out of the box."""
    environment = {"AUDITRPC_LOCAL_ACCESS": "development"}
    with HTTPServer(tmp_path_factory.mktemp("open"), environment=environment) as server:
        yield server


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"Host": "localhost.evil.example:80"},
    ],
    ids=str,
)
def test_a_page_of_another_site_reads_and_records_nothing(open_server, headers):
    with HTTPClient(open_server) as client:
        spelled = ["//v1/events", "/v1//events", "///v1/events/export", "//v1/events/stream"]
        for path in [*READS, "/v1/status", "/v1/events/stream", *spelled]:
            assert client.get(path, headers=headers).status == 403, path
        assert client.post("/v1/events", {"events": [event()]}, headers=headers).status == 403
        assert client.get("/v1/events").json["events"] == []


@pytest.mark.parametrize(
    "type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None]
)
def test_what_a_form_can_send_is_not_recorded(open_server, type):
    with HTTPClient(open_server) as client:
        headers = {"Content-Type": type} if type else {}
        response = client.send("POST", "/v1/events", b'{"events":[{}]}', headers)
        assert response.status == 415
        response.read()


def test_no_other_origin_is_allowed_to_read(open_server):
    with HTTPClient(open_server) as client:
        response = client.send(
            "OPTIONS",
            "/v1/events",
            headers={"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"},
        )
        response.read()
        assert response.status >= 400
        assert not [name for name in response.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("path", ["/", "/assets/page.css", "/v1/events", "/v1/nothing", "/x"])
def test_every_answer_keeps_browsers_in_bounds(open_server, path):
    with HTTPClient(open_server) as client:
        answer = client.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "Set-Cookie" not in answer.headers
        if path.startswith("/v1"):
            assert answer.headers["Cache-Control"] == "no-store"


def test_links_from_other_sites_open_the_page(open_server):
    with HTTPClient(open_server) as client:
        headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
        assert client.get("/", headers=headers, target_id="s-1").status == 200


# MARK: Hostile clients


def test_headers_have_limits(open_server):
    for headers in ({"X": "a" * 40_000}, {f"X-{n}": "a" for n in range(300)}):
        with HTTPClient(open_server) as client:
            try:
                response = client.send("GET", "/v1/status", headers=headers)
                response.read()
                assert response.status in (400, 413, 431)
            except (http.client.HTTPException, ConnectionError):
                pass
    with HTTPClient(open_server) as client:
        assert client.get("/v1/status").status == 200


def test_a_path_that_is_no_text_is_a_fault(open_server):
    with HTTPClient(open_server) as client:
        for path in ("/v1/events?text=%ff", "/v1/events/%ff", "/v1/facets/%00", "/v1/events/..%2f"):
            assert client.get(path).status in (400, 404)


def test_a_stream_that_is_refused_says_why(world):
    with HTTPClient(world.server) as client, pytest.raises(Refused) as refused:
        client.stream()
    assert refused.value.answer.error["code"] == "UNAUTHENTICATED"
