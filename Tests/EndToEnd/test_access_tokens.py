"""API tokens on a real server: shown once, kept as hashes, rotated, revoked, expiring."""

import json
import os
import stat
import threading
import time
from pathlib import Path

import grpc
import pytest
import tokens
from auditrpc.v1 import access_pb2 as access
from auditrpc.v1 import audit_log_pb2 as log
from auditrpc.v1 import event_pb2
from clients import Client, Event, Filter, Status, event, refusal, target
from google.protobuf.duration_pb2 import Duration
from process import Server, run

NO_PERMISSION = 77
USAGE = 64


@pytest.fixture
def server(tmp_path):
    with Server(tmp_path / "data", options=["--local-access", "none"]) as server:
        server.root = tokens.first_token(server)
        yield server


def ended(feed):
    """The status that a feed ends with."""
    try:
        for _ in feed:
            pass
    except grpc.RpcError as error:
        return error
    raise AssertionError("the feed ended well")


def open_feed(client):
    feed = client.subscribe(timeout=60)
    feed.until("started")
    return feed


def test_a_fresh_server_prints_an_operators_token_once(tmp_path):
    with Server(tmp_path / "data", options=["--local-access", "none"]) as server:
        secret = tokens.first_token(server)
        with Client(server.address, token=secret) as client:
            assert client.status().version
    with Server(tmp_path / "data", options=["--local-access", "none"]) as server:
        with Client(server.address, token=secret) as client:
            assert client.status().version
        assert server.terminate() == 0
        assert not tokens.SECRET.search(server.text())


def test_a_start_that_fails_keeps_no_token_that_nobody_was_shown(server, tmp_path):
    data = tmp_path / "other"
    done = run("serve", "--listen", server.address, "--data", data, within=30)
    assert done.returncode != 0 and not tokens.SECRET.search(done.stdout + done.stderr)
    with Server(data, options=["--local-access", "none"]) as other:
        with Client(other.address, token=tokens.first_token(other)) as client:
            assert client.status().version


def test_no_secret_is_written_anywhere(server, tmp_path):
    made = [tokens.create(server.address, server.root, "ci", "reader", "acme")[1]]
    with Client(server.address, token=made[0]) as client:
        client.page()
        made.append(tokens.viewer(server.address, made[0], Filter(target_ids=["web"])))
    with Client(server.address, token=made[0] + "0") as client:
        refusal(client.page)
    server.terminate()
    for secret in [server.root, *made]:
        hidden = secret.split("_")[-1]
        for line in server.errors:
            assert hidden not in line
        for path in (tmp_path / "data").rglob("*"):
            if path.is_file():
                assert hidden.encode() not in path.read_bytes(), path


def test_a_crash_leaves_no_secret_on_the_disk(server):
    limits = Path(f"/proc/{server.pid}/limits").read_text()
    (line,) = [line for line in limits.splitlines() if line.startswith("Max core file size")]
    assert line.split()[-3:] == ["0", "0", "bytes"]


def test_a_token_file_that_others_may_read_is_refused(server, tmp_path):
    file = tmp_path / "data" / "tokens.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    server.terminate()
    file.chmod(0o640)
    verified = run("store", "verify", tmp_path / "data")
    assert verified.returncode == 70 and "chmod 600" in verified.stdout + verified.stderr
    done = run("serve", "--listen", "127.0.0.1:0", "--data", tmp_path / "data", within=30)
    assert done.returncode != 0 and "chmod 600" in done.stderr
    mine = tmp_path / "token"
    mine.write_text(server.root)
    mine.chmod(0o644)
    done = run("query", "--token-file", mine, environment=server.environment)
    assert done.returncode == USAGE and "chmod 600" in done.stderr
    assert server.root not in done.stderr


def test_a_revoked_token_stops_at_once_and_its_streams_too(server):
    token, secret = tokens.create(server.address, server.root, "dash", "reader", "acme")
    _, other = tokens.create(server.address, server.root, "other", "reader", "acme")
    with Client(server.address, token=secret) as client, Client(
        server.address, token=other
    ) as bystander:
        feeds = [open_feed(client) for _ in range(3)]
        unmoved = open_feed(bystander)
        done = run(
            "token", "revoke", token.id, "--reason", "found in a log",
            environment={**server.environment, "AUDITRPC_TOKEN": server.root},
        )
        assert done.returncode == 0, done.stderr
        for feed in feeds:
            assert ended(feed).code() == Status.UNAUTHENTICATED
        error = refusal(client.page)
        assert error.code() == Status.UNAUTHENTICATED and "revoked" in error.details()
        with Client(server.address, "acme", token=server.root) as root:
            root.record(event(change="still here"))
        assert unmoved.take(2)[-1].change == "still here"
    with Client(server.address, "acme", token=server.root) as root:
        told = {one.event_type: one for one in root.events()}
    assert told["TOKEN_REVOKED"].reason == "found in a log"
    assert told["TOKEN_REVOKED"].actor.name == "first operator"


def test_a_recording_stream_of_a_revoked_token_ends_too(server):
    token, secret = tokens.create(server.address, server.root, "ci", "recorder", "acme")
    more = threading.Event()

    def requests():
        from auditrpc.v1 import audit_log_pb2 as log

        yield log.RecordRequest(events=[event()])
        more.wait(30)

    with Client(server.address, token=secret) as client:
        call = client.stub.RecordStream(requests(), timeout=60)
        assert next(call).results[0].sequence
        with Client(server.address, token=server.root) as root:
            root.administration.RevokeToken(access.RevokeTokenRequest(id=token.id), timeout=30)
        with pytest.raises(grpc.RpcError) as raised:
            next(call)
        more.set()
        assert raised.value.code() == Status.UNAUTHENTICATED


def test_a_token_expires_in_the_middle_of_a_stream(server):
    _, secret = tokens.create(
        server.address, server.root, "brief", "reader", "acme", lifetime=Duration(seconds=3)
    )
    with Client(server.address, token=secret) as client:
        error = ended(open_feed(client))
        assert error.code() == Status.UNAUTHENTICATED and "expired" in error.details()
        assert refusal(client.page).code() == Status.UNAUTHENTICATED


def test_two_secrets_are_valid_during_a_rotation(server):
    token, old = tokens.create(server.address, server.root, "ci", "reader", "acme")
    with Client(server.address, token=server.root) as root, Client(
        server.address, token=old
    ) as holder:
        feed = open_feed(holder)
        rotated = root.administration.RotateToken(
            access.RotateTokenRequest(id=token.id, overlap=Duration(seconds=4)), timeout=30
        )
        with Client(server.address, token=rotated.secret) as changed:
            assert changed.page() is not None
            holder.page()
            assert ended(feed).code() == Status.UNAUTHENTICATED
            assert refusal(holder.page).code() == Status.UNAUTHENTICATED
            changed.page()
        last = root.administration.RotateToken(
            access.RotateTokenRequest(id=token.id, overlap=Duration()), timeout=30
        )
        with Client(server.address, token=rotated.secret) as past:
            assert refusal(past.page).code() == Status.UNAUTHENTICATED
        with Client(server.address, token=last.secret) as now:
            now.page()


def test_tokens_survive_a_kill(server, tmp_path):
    token, secret = tokens.create(server.address, server.root, "ci", "reader", "acme")
    gone, revoked = tokens.create(server.address, server.root, "gone", "reader", "acme")
    with Client(server.address, token=server.root) as root:
        root.administration.RevokeToken(access.RevokeTokenRequest(id=gone.id), timeout=30)
    server.kill()
    with Server(tmp_path / "data", options=["--local-access", "none"]) as again:
        with Client(again.address, token=secret) as client:
            client.page()
        with Client(again.address, token=revoked) as client:
            assert refusal(client.page).code() == Status.UNAUTHENTICATED


def test_a_restored_server_knows_the_tokens_of_its_snapshot(server, tmp_path):
    _, secret = tokens.create(server.address, server.root, "ci", "reader", "acme")
    environment = {**server.environment, "AUDITRPC_TOKEN": server.root}
    done = run("snapshot", tmp_path / "backup", environment=environment)
    assert done.returncode == 0, done.stderr
    server.terminate()
    with Server(tmp_path / "backup", options=["--local-access", "none"]) as restored:
        assert not tokens.SECRET.search(restored.text())
        for one in (secret, server.root):
            with Client(restored.address, token=one) as client:
                client.page()


def test_a_viewer_sees_its_filter_and_nothing_else(server):
    _, reader = tokens.create(server.address, server.root, "page", "reader", "acme")
    web, api = target("SERVICE", "web"), target("SERVICE", "api")
    with Client(server.address, "acme", token=server.root) as root:
        shown = [root.record(event(target=web, change=f"web {n}"))[0] for n in range(3)]
        hidden = [root.record(event(target=api, change=f"api {n}"))[0] for n in range(3)]
        secret = tokens.viewer(
            server.address, reader, Filter(target_types=["SERVICE"], target_ids=["web"])
        )
        with Client(server.address, token=secret) as client:
            expected = [one.sequence for one in shown]
            assert client.sequences() == expected
            # Narrower filters narrow; others do not widen.
            assert client.sequences(Filter(target_ids=["api", "web"])) == expected
            assert client.sequences(Filter(target_ids=["api"])) == []
            assert client.sequences(Filter(text="web 1")) == [expected[1]]
            assert client.sequences(Filter(text="api")) == []
            for field in range(1, 9):
                assert client.facets(field).total_count == 3
            counted = client.histogram(split_by=log.FACET_FIELD_TARGET_ID)
            assert [one.value for one in counted.series] == ["web"]
            assert counted.total_count == 3 and not counted.other_counts
            assert client.get(id=shown[1].id).previous.change == "web 0"
            for one in hidden:
                assert refusal(client.get, id=one.id).code() == Status.NOT_FOUND
                assert refusal(client.get, sequence=one.sequence).code() == Status.NOT_FOUND
            with client.subscribe(oldest=True) as feed:
                assert [one.sequence for one in feed.take(3)] == expected
                root.record(event(target=api, change="api 3"))
                root.record(event(target=web, change="web 3"))
                assert feed.take(1)[0].change == "web 3"
            assert refusal(client.record, event()).code() == Status.PERMISSION_DENIED


@pytest.mark.parametrize(
    "filter",
    [
        Filter(),
        Filter(event_types=["CREATE"]),
        Filter(target_ids=["web"], text="x"),
        Filter(target_ids=[str(number) for number in range(21)]),
    ],
    ids=["empty", "no target", "text", "many"],
)
def test_a_viewers_filter_is_narrow(server, filter):
    error = refusal(tokens.viewer, server.address, server.root, filter, "acme")
    assert error.code() == Status.INVALID_ARGUMENT


def test_a_token_without_an_actor_is_the_actor(server):
    token, secret = tokens.create(
        server.address, server.root, "deployer", "recorder", "acme", source="GITHUB_ACTIONS"
    )
    bare = Event(event_type="DEPLOY", target=target("SERVICE", "web"))
    forged = event(
        recorder=event_pb2.Recorder(credential=event_pb2.CREDENTIAL_TYPE_SERVER, name="forged")
    )
    with Client(server.address, token=secret) as client:
        first = client.record(bare, forged)
        # A retry of the same content is the same event, whoever's connection it comes through.
        again = Event(id=first[0].id)
        again.MergeFrom(bare)
    with Client(server.address, token=secret, options=[("grpc.primary_user_agent", "x")]) as other:
        assert [one.duplicate for one in other.record(again)] == [True]
    with Client(server.address, "acme", token=server.root) as root:
        stored = {one.id: one for one in root.events()}
    one, two = stored[first[0].id], stored[first[1].id]
    assert (one.actor.type, one.actor.id) == (event_pb2.ACTOR_TYPE_API_TOKEN, token.id)
    assert (one.actor.name, one.source) == ("deployer", "GITHUB_ACTIONS")
    assert (two.actor.id, two.source) == ("user-1", "CONSOLE")
    for each in (one, two):
        assert each.recorder.credential == event_pb2.CREDENTIAL_TYPE_API_TOKEN
        assert (each.recorder.id, each.recorder.name) == (token.id, "deployer")
        assert each.recorder.peer_address in ("127.0.0.1", "::1", "unix")
        assert each.recorder.user_agent.startswith("grpc-python")


def test_an_event_of_another_organization_is_refused_with_its_request(server):
    _, secret = tokens.create(server.address, server.root, "ci", "recorder", "acme")
    with Client(server.address, token=secret) as client:
        for partial in (False, True):
            error = refusal(
                client.record, event(), event(organization_id="globex"), partial=partial
            )
            assert error.code() == Status.PERMISSION_DENIED
    with Client(server.address, token=server.root) as root:
        assert [one for one in root.events() if one.source == "CONSOLE"] == []


def test_this_machine_is_one_organization_for_development(tmp_path):
    options = ["--local-access", "development"]
    with Server(tmp_path / "data", options=options) as server:
        server.await_line("organization development")
        with Client(server.address) as client:
            assert client.record(event())[0].sequence
            assert [one.organization_id for one in client.events()] == ["development"]
            stored = client.events()[0].recorder
            assert stored.credential == event_pb2.CREDENTIAL_TYPE_LOCAL
        with Client(server.address, "acme") as client:
            assert refusal(client.page).code() == Status.PERMISSION_DENIED
            assert refusal(client.record, event()).code() == Status.PERMISSION_DENIED


def test_a_server_that_others_reach_lets_nobody_in_without_a_credential(tmp_path):
    """Its own machine included, unless the operator says otherwise."""
    environment = {"AUDITRPC_LOCAL_ACCESS": ""}
    with Server(
        tmp_path / "data", listen="0.0.0.0:0", options=["--insecure"], environment=environment
    ) as server:
        server.await_line("every call needs a credential")
        port = server.address.rpartition(":")[2]
        with Client(f"127.0.0.1:{port}") as client:
            assert refusal(client.page).code() == Status.UNAUTHENTICATED


def test_commands_say_what_is_missing(server):
    done = run("query", environment=server.environment)
    assert done.returncode == NO_PERMISSION
    assert "--token-file" in done.stderr and "AUDITRPC_TOKEN" in done.stderr
    _, secret = tokens.create(server.address, server.root, "ci", "recorder", "acme")
    environment = {**server.environment, "AUDITRPC_TOKEN": secret}
    assert run("query", environment=environment).returncode == NO_PERMISSION
    tailed = run("tail", environment={**server.environment, "AUDITRPC_TOKEN": "none"})
    assert tailed.returncode == NO_PERMISSION


def test_the_commands_make_tokens_that_work(server, tmp_path):
    root = {**server.environment, "AUDITRPC_TOKEN": server.root}
    made = run(
        "token", "create", "me", "--role", "reader", "--organization", "acme", "--expires", "1h",
        "--output", "json", environment=root,
    )
    assert made.returncode == 0, made.stderr
    answer = json.loads(made.stdout)
    file = tmp_path / "token"
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
    os.write(descriptor, answer["secret"].encode() + b"\n")
    os.close(descriptor)
    listed = run("query", "--token-file", file, environment=server.environment)
    assert listed.returncode == 0 and "TOKEN_CREATED" in listed.stdout
    whoami = run("whoami", "--token-file", file, "--output", "json", environment=server.environment)
    seen = json.loads(whoami.stdout)
    assert (seen["name"], seen["roles"], seen["organizations"]) == ("me", ["reader"], ["acme"])
    named = run("token", "list", environment=root).stdout
    assert answer["token"]["id"] in named and "first operator" in named
    viewed = run(
        "token", "viewer", "--target", "web", "--for", "5m", "--output", "json",
        "--token-file", file, environment=server.environment,
    )
    assert viewed.returncode == 0, viewed.stderr
    secret = json.loads(viewed.stdout)["secret"]
    environment = {**server.environment, "AUDITRPC_TOKEN": secret}
    assert run("query", environment=environment).returncode == 0
    assert run("status", environment=environment).returncode == NO_PERMISSION


def test_refusals_are_one_line_a_second_in_the_log(server):
    """Whoever tries credentials must not fill it."""
    began = time.monotonic()
    with Client(server.address, token="auditrpc_guess") as client:
        for _ in range(300):
            refusal(client.page)
    server.await_line("refused a call")
    seconds = time.monotonic() - began
    lines = [line for line in server.errors if "refused a call" in line]
    assert 1 <= len(lines) <= seconds + 1
    assert "guess" not in "".join(lines)
