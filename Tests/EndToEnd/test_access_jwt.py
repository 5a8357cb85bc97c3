"""JWTs of an issuer on a real server: who is let in, as whom, how long, and what a change of keys does."""

import json
import signal
import threading
import time

import grpc
import jwts
import pytest
import tokens
from access_file import STAYS, AccessFile, told
from auditrpc.v1 import administration_pb2 as admin
from auditrpc.v1 import audit_log_pb2 as log
from auditrpc.v1 import event_pb2
from clients import Client, Status, event, refusal
from process import Server, run

JWT = event_pb2.CREDENTIAL_TYPE_JWT


class World:
    """A server that believes one issuer, and the files that say so."""

    def __init__(self, folder):
        self.jwks, self.key = folder / "jwks.json", jwts.Key("one")
        jwts.write_keys(self.jwks, self.key)
        self.access = AccessFile(folder / "access.json", jwt=jwts.settings())
        self.server = Server(
            folder / "data", options=["--access", self.access.path, "--local-access", "none"]
        )
        self.root = tokens.first_token(self.server)

    def reload(self, *words):
        return self.access.reload(self.server, *words)

    def client(self, token, organization=""):
        return Client(self.server.address, organization, token=token)


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    with world.server:
        yield world


@pytest.fixture(scope="module")
def steady(tmp_path_factory):
    """One whose files stay as they are."""
    world = World(tmp_path_factory.mktemp("jwt"))
    with world.server:
        yield world


def ended(feed):
    """The status that a feed ends with."""
    with pytest.raises(grpc.RpcError) as raised:
        for _ in feed:
            pass
    return raised.value


def open_feed(client):
    feed = client.subscribe(timeout=60)
    feed.until("started")
    return feed


def refused(world, token):
    """Why; on a connection of its own and not from memory."""
    with world.client(token) as client:
        error = refusal(client.page)
    assert error.code() == Status.UNAUTHENTICATED, error.details()
    return error.details()


def test_an_event_tells_by_whom_it_was_recorded(steady):
    with steady.client(steady.key.token(audit_role="writer", sub="robot-1")) as client:
        result = client.record(event())[0]
    with steady.client(steady.key.token()) as client:
        stored = client.get(id=result.id).event
        assert stored.organization_id == "acme"
        assert (stored.recorder.credential, stored.recorder.id) == (JWT, "robot-1")
        assert stored.recorder.name == jwts.ISSUER


@pytest.mark.parametrize("algorithm", ["ES384", "RS256", "PS256", "EdDSA"])
def test_every_algorithm_of_public_keys(world, algorithm):
    key = jwts.Key("other", algorithm)
    assert "no key is known" in refused(world, key.token())
    jwts.write_keys(world.jwks, world.key, key)
    world.reload()
    with world.client(key.token()) as client:
        client.page()
    if algorithm == "RS256":
        # One key, and another algorithm than that it is for.
        key.algorithm = "PS256"
        assert "algorithm" in refused(world, key.token())


def test_what_nobody_signed_is_refused(steady):
    key = steady.key
    assert "algorithm" in refused(steady, key.unsigned())
    for secret in (key.public_pem, key.public_pem.strip(), json.dumps(key.jwk).encode()):
        assert "algorithm" in refused(steady, key.signed_with_its_public_key(secret))
    assert "signature" in refused(steady, jwts.Key("one").token())
    assert "no key" in refused(steady, jwts.Key("two").token())
    assert "no key" in refused(steady, key.token(headers={"kid": ""}))
    good = key.token()
    header, claims, signature = good.split(".")
    other = key.token(org="globex").split(".")[1]
    assert "signature" in refused(steady, f"{header}.{other}.{signature}")
    assert "signature" in refused(steady, f"{header}.{claims}.")
    assert "cannot be read" in refused(steady, f"{good}=")
    assert "not known" in refused(steady, f"{good}.{signature}")


@pytest.mark.parametrize(
    "claims, words",
    [
        ({"aud": "another"}, "audience"),
        ({"aud": ["another", "auditrpc2"]}, "audience"),
        ({"iss": "https://login.example.com"}, "issuer"),
        ({"exp": int(time.time()) - 1}, "expired"),
        ({"exp": None}, "no exp"),
        ({"nbf": int(time.time()) + 3600}, "not valid yet"),
        ({"iat": int(time.time()) + 3600}, "not valid yet"),
        ({"org": None}, "no org"),
        ({"sub": None}, "no sub"),
        ({"padding": "x" * 8192}, "not known"),
    ],
)
def test_what_a_token_must_say(steady, claims, words):
    assert words in refused(steady, steady.key.token(**claims))


def test_roles(steady):
    """Spot checks: the table is walked by test_access_matrix.py."""
    record = lambda client: client.record(event())  # noqa: E731
    page = lambda client: client.page()  # noqa: E731
    listed = lambda client: client.administration.ListRetention(  # noqa: E731
        admin.ListRetentionRequest(), timeout=30
    )
    for role, allowed in {
        "writer": {record}, "reader": {page}, "chief": {page, listed},
        "root": {page, listed}, "staff": set(), "operator": set(), "READER": set(),
    }.items():  # fmt: skip
        with steady.client(steady.key.token(audit_role=role)) as client:
            for method in (record, page, listed):
                if method in allowed:
                    method(client)
                elif (role, method) != ("root", record):
                    assert refusal(method, client).code() == Status.PERMISSION_DENIED, role
    with steady.client(steady.key.token(audit_role=["writer", "reader"])) as client:
        record(client)
        page(client)


def test_organizations_come_from_the_claim(steady):
    for name in ("acme", "globex"):
        with steady.client(steady.root, name) as root:
            root.record(event(change=name))
    with steady.client(steady.key.token(), "globex") as client:
        assert refusal(client.page).code() == Status.PERMISSION_DENIED
        assert ended(client.subscribe(timeout=30)).code() == Status.PERMISSION_DENIED
    both = steady.key.token(org=["acme", "globex"])
    with steady.client(both, "globex") as client:
        assert {one.organization_id for one in client.events()} == {"globex"}
    with steady.client(both) as client:
        assert refusal(client.page).code() == Status.INVALID_ARGUMENT
    with steady.client(both, "initech") as client:
        assert refusal(client.page).code() == Status.PERMISSION_DENIED


def test_a_bad_token_is_not_none(tmp_path):
    """Also for those who may do everything without one."""
    with Server(tmp_path / "data", options=["--local-access", "operator"]) as server:
        with Client(server.address) as client:
            client.page()
        with Client(server.address, token=jwts.Key("one").token()) as client:
            assert refusal(client.page).code() == Status.UNAUTHENTICATED


def test_a_token_ends_in_the_middle_of_a_stream(world):
    with world.client(world.key.token(exp=time.time() + 3)) as client:
        error = ended(open_feed(client))
        assert error.code() == Status.UNAUTHENTICATED and "expired" in error.details()
        assert refusal(client.page).code() == Status.UNAUTHENTICATED


def test_keys_are_replaced(world):
    """Who came by the old key ends; who came by one that stays does not notice."""
    new = jwts.Key("two")
    old_token, new_token = world.key.token(), new.token()
    with world.client(old_token) as old, world.client(new_token) as next_client:
        old_feed = open_feed(old)
        assert refusal(next_client.page).code() == Status.UNAUTHENTICATED
        jwts.write_keys(world.jwks, world.key, new)
        world.reload()
        new_feed = open_feed(next_client)
        jwts.write_keys(world.jwks, new)
        world.reload()
        assert ended(old_feed).code() == Status.UNAUTHENTICATED
        assert refusal(old.page).code() == Status.UNAUTHENTICATED
        with world.client(world.root, "acme") as root:
            root.record(event(change="still here"))
        assert new_feed.take(1)[0].change == "still here"
        # On the same connection as before.
        jwts.write_keys(world.jwks, world.key, new)
        world.reload()
        old.page()


def test_a_recording_stream_ends_with_its_key(world):
    with world.client(world.key.token(audit_role="writer")) as client:
        over = threading.Event()

        def requests():
            yield log.RecordRequest(events=[event()])
            over.wait(30)

        call = client.stub.RecordStream(requests(), timeout=60)
        assert next(call).results[0].sequence
        jwts.write_keys(world.jwks, jwts.Key("two"))
        world.reload()
        with pytest.raises(grpc.RpcError) as raised:
            next(call)
        over.set()
        assert raised.value.code() == Status.UNAUTHENTICATED


def test_new_files_are_seen_without_a_signal(world):
    new = jwts.Key("two")
    jwts.write_keys(world.jwks, new)
    world.server.await_line("new access rules are in force")
    with world.client(new.token()) as client:
        client.page()


def test_a_fault_leaves_what_was_and_is_said_once(world):
    with world.client(world.key.token()) as client:
        feed = open_feed(client)
        shared = {"kty": "oct", "kid": "s", "k": "c2VjcmV0LXNlY3JldA"}
        jwts.write_keys(world.jwks, world.key, more=[shared])
        line = world.reload(STAYS)
        assert "jwks.json" in line and "keys[1]" in line and shared["k"] not in line
        world.access.write(jwt=jwts.settings(audience=""))
        line = world.reload(STAYS)
        assert "access.json" in line and "audience of jwt" in line
        # Nothing is new at this signal, so that nothing is said.
        world.server.signal(signal.SIGHUP)
        client.page()
        with world.client(world.root, "acme") as root:
            root.record(event(change="as before"))
        assert feed.take(1)[0].change == "as before"
        jwts.write_keys(world.jwks, world.key)
        world.access.write(jwt=jwts.settings())
        world.reload()
        assert len(told(world.server, STAYS)) == 2
        client.page()


def test_other_settings_end_the_streams_of_before(world):
    token = world.key.token()
    with world.client(token) as client:
        feed = open_feed(client)
        world.access.write(jwt=jwts.settings(roles={"reader": "recorder"}))
        world.reload()
        assert ended(feed).code() == Status.UNAUTHENTICATED
        assert refusal(client.page).code() == Status.PERMISSION_DENIED
        client.record(event())


def test_a_server_does_not_start_on_a_fault(tmp_path):
    access = tmp_path / "access.json"
    key = jwts.Key("one")

    def start():
        done = run(
            "serve", "--listen", "127.0.0.1:0", "--data", tmp_path / "data", "--access", access,
            within=30,
        )
        assert done.returncode not in (0, None)
        return done.stderr

    assert f"{access} does not exist" in start()
    access.write_text(json.dumps({"jwt": jwts.settings()}))
    assert "jwks.json does not exist" in start()
    private = {**key.jwk, "kid": "private", "d": "c2VjcmV0LXNlY3JldA"}
    jwts.write_keys(tmp_path / "jwks.json", key, more=[private])
    text = start()
    assert "jwks.json: keys[1] is a private key" in text and private["d"] not in text
    access.write_text(json.dumps({"jwt": jwts.settings(isuer="x")}))
    assert f"{access}: jwt has a member that means nothing here: isuer" in start()
    access.write_text(json.dumps({"certificates": []}))
    assert "without --tls-client-ca" in start()
    assert not (tmp_path / "data").exists()


def test_many_calls_of_a_token_that_is_not_known_yet(steady):
    """They wait for one decision each, in one connection, and all are let in."""
    with steady.client(steady.key.token(sub="crowd")) as client:
        request = log.QueryRequest()
        calls = [client.stub.Query.future(request, timeout=30) for _ in range(200)]
        for call in calls:
            call.result()


def test_the_command_line_shows_a_jwt(steady, tmp_path):
    file = tmp_path / "token"
    file.write_text(steady.key.token() + "\n")
    file.chmod(0o600)
    done = run("query", "--token-file", file, environment=steady.server.environment)
    assert done.returncode == 0, done.stderr


def test_no_token_is_in_the_log_or_on_disk(tmp_path):
    world = World(tmp_path)
    with world.server:
        good, bad = world.key.token(audit_role="writer"), jwts.Key("one").token()
        with world.client(good) as client:
            client.record(event())
            refusal(client.page)
        refused(world, bad)
        world.server.await_line("refused a call")
        world.server.terminate()
        written = [world.server.text().encode()]
        written += [one.read_bytes() for one in (tmp_path / "data").rglob("*") if one.is_file()]
        for token in (good, bad):
            for part in token.split(".")[1:]:
                assert not any(part.encode() in text for text in written)
