"""Client certificates as credentials on a real server: which rule is whose, and what a change of rules does."""

import grpc
import jwts
import pytest
import tokens
from access_file import AccessFile
from auditrpc.v1 import event_pb2
from certificates import Authority, authority
from clients import Client, Status, event, refusal
from process import Server, run
from transports import TLS, TRANSPORTS, Address

CERTIFICATE = event_pb2.CREDENTIAL_TYPE_CERTIFICATE
BILLING = {
    "uri": "spiffe://example.org/billing/*",
    "organization": "acme",
    "role": "recorder",
    "source": "BILLING",
    "name": "billing",
}
DASHBOARD = {"dns": "dashboard.example.org", "organizations": ["acme", "globex"], "role": "reader"}
OPS = {"subject": "CN=ops,O=Example", "role": "operator"}


class Shown(TLS):
    """TLS with a certificate of the client's."""

    name = "mutual"

    def __init__(self, identity):
        self._identity = identity

    def channel(self, address, options):
        credentials = grpc.ssl_channel_credentials(
            authority().pem, self._identity.key.read_bytes(), self._identity.certificate.read_bytes()
        )
        return grpc.secure_channel(address, credentials, options)


class World:
    """A server that asks for certificates of one authority, and the file with its rules."""

    def __init__(self, folder, authority):
        self.authority = authority
        rules = [BILLING, DASHBOARD, OPS]
        self.access = AccessFile(folder / "access.json", certificates=rules)
        self.server = Server(
            folder / "data",
            options=["--tls-client-ca", authority.file, "--access", self.access.path],
            transport=TRANSPORTS["tls"],
        )

    def replace(self, *rules):
        self.access.write(certificates=rules)
        self.access.reload(self.server)

    def client(self, organization="", token=None, authority=None, **names):
        identity = (authority or self.authority).issue_client(**names)
        return Client(Address(self.server.address, Shown(identity)), organization, token=token)


@pytest.fixture(scope="module")
def client_authority():
    return Authority()


@pytest.fixture
def world(tmp_path, client_authority):
    world = World(tmp_path, client_authority)
    with world.server:
        yield world


@pytest.fixture(scope="module")
def steady(tmp_path_factory, client_authority):
    """One whose rules stay as they are."""
    world = World(tmp_path_factory.mktemp("certificates"), client_authority)
    with world.server:
        yield world


def open_feed(client):
    feed = client.subscribe(timeout=60)
    feed.until("started")
    return feed


def ended(feed):
    """The status that a feed ends with."""
    with pytest.raises(grpc.RpcError) as raised:
        for _ in feed:
            pass
    return raised.value


def test_a_spiffe_id_says_who_records(steady):
    uri = "spiffe://example.org/billing/worker-1"
    with steady.client(uris=[uri]) as client:
        result = client.record(event(source=""))[0]
        assert refusal(client.page).code() == Status.PERMISSION_DENIED
    with steady.client(subject=["O=Example", "CN=ops"]) as ops:
        stored = ops.get(id=result.id).event
    assert (stored.organization_id, stored.source) == ("acme", "BILLING")
    recorder = stored.recorder
    assert (recorder.credential, recorder.id, recorder.name) == (CERTIFICATE, uri, "billing")


def test_a_name_of_a_host(steady):
    with steady.client("globex", dns=["other.example.org", "Dashboard.example.org"]) as client:
        client.page()
    with steady.client("initech", dns=["dashboard.example.org"]) as client:
        assert refusal(client.page).code() == Status.PERMISSION_DENIED
    with steady.client(dns=["dashboard.example.org"]) as client:
        assert refusal(client.page).code() == Status.INVALID_ARGUMENT


@pytest.mark.parametrize(
    "names",
    [
        {},
        {"uris": ["spiffe://example.org/billing"]},
        {"uris": ["spiffe://example.org/billing/../ops"]},
        {"uris": ["spiffe://example.com/billing/x"]},
        {"uris": ["spiffe://example.org/billing/x", "spiffe://example.org/billing/y"]},
        {"dns": ["*.example.org"]},
        {"dns": ["dashboard.example.org.evil.org"]},
        {"subject": ["CN=ops"]},
        {"subject": ["CN=ops", "O=Example"]},
        {"subject": ["O=Example", "CN=ops", "OU=x"]},
        {"subject": ["CN=ops,O=Example"]},
        {"dns": [f"host-{number}.example.org" for number in range(200)]},
    ],
)
def test_a_certificate_without_a_rule_is_nobodys(steady, names):
    """Though those on this machine may do everything without one, and the tests are on it."""
    with steady.client(**names) as client:
        error = refusal(client.page)
        assert error.code() == Status.UNAUTHENTICATED
        assert "example" not in error.details()


def test_the_log_names_a_certificate_without_a_rule(world):
    with world.client(subject=["O=Example", "CN=lost"], dns=["lost.example.org"]) as client:
        refusal(client.page)
    line = world.server.await_line(".*refused a call").group(0)
    assert "DNS:lost.example.org" in line and "CN=lost,O=Example" in line


def test_a_certificate_of_another_authority_does_not_connect(steady):
    with steady.client(authority=Authority(), subject=["O=Example", "CN=ops"]) as client:
        assert refusal(client.page).code() == Status.UNAVAILABLE


def test_a_token_counts_before_the_certificate(steady):
    with steady.client(subject=["O=Example", "CN=ops"]) as ops:
        ops.page()
    names = {"uris": ["spiffe://example.org/billing/worker-1"]}
    root = tokens.first_token(steady.server)
    with steady.client(token=root, **names) as client:
        client.page()
    changed = root[:-1] + ("1" if root.endswith("0") else "0")
    for bad in ("x", changed, jwts.Key("one").token()):
        with steady.client(token=bad, **names) as client:
            assert refusal(client.record, event()).code() == Status.UNAUTHENTICATED


def test_a_rule_that_is_gone_ends_its_streams(world):
    with (
        world.client("acme", dns=["dashboard.example.org"]) as dashboard,
        world.client("acme", subject=["O=Example", "CN=ops"]) as ops,
    ):
        ends, stays = open_feed(dashboard), open_feed(ops)
        world.replace(OPS)
        assert ended(ends).code() == Status.UNAUTHENTICATED
        assert refusal(dashboard.page).code() == Status.UNAUTHENTICATED
        ops.record(event(change="still here"))
        assert stays.take(1)[0].change == "still here"
        # It comes back for the connection that there is.
        world.replace(OPS, DASHBOARD)
        dashboard.page()


def test_a_certificate_ends_in_the_middle_of_a_stream(world):
    with world.client("acme", dns=["dashboard.example.org"], seconds=6) as client:
        error = ended(open_feed(client))
        assert error.code() == Status.UNAUTHENTICATED and "expired" in error.details()


def test_without_rules_a_certificate_says_nothing(tmp_path, client_authority):
    with Server(
        tmp_path / "data",
        options=["--tls-client-ca", client_authority.file, "--local-access", "none"],
        transport=TRANSPORTS["tls"],
    ) as server:
        identity = client_authority.issue_client(subject=["O=Example", "CN=ops"])
        address = Address(server.address, Shown(identity))
        with Client(address) as client:
            assert refusal(client.page).code() == Status.UNAUTHENTICATED
        with Client(address, token=tokens.first_token(server)) as client:
            client.page()


def test_the_command_line_is_known_by_its_certificate(steady):
    identity = steady.authority.issue_client(subject=["O=Example", "CN=ops"])
    done = run(
        "query", "--tls-cert", identity.certificate, "--tls-key", identity.key,
        environment=steady.server.environment,
    )
    assert done.returncode == 0, done.stderr
