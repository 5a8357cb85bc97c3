"""Quotas of organizations and tokens on a real server: refused, told when to come again, let pass then."""

import json
import time

import grpc
import pytest
import tokens
from auditrpc.v1 import access_pb2 as access
from auditrpc.v1 import audit_log_pb2 as log
from clients import Client, Status, event, refusal
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from process import Server, eventually, run

NO_PERMISSION = 77
USAGE = 64
# More than a refusal here may ask for, and less than a test may take.
WAIT_SECONDS_MAX = 20


class World:
    """A server, its operator's token, and how to make others."""

    def __init__(self, server, root):
        self.server, self.root = server, root

    def token(self, role, organization="acme"):
        """(id, secret)."""
        token, secret = tokens.create(
            self.server.address, self.root, role, role, organization
        )
        return token.id, secret

    def client(self, role, organization="acme"):
        return Client(self.server.address, token=self.token(role, organization)[1])

    def quota(self, *arguments, secret=None):
        environment = {**self.server.environment, "AUDITRPC_TOKEN": secret or self.root}
        return run("quota", *arguments, environment=environment)

    def set(self, *arguments):
        done = self.quota("set", *arguments)
        assert done.returncode == 0, done.stderr

    def operator(self, organization=""):
        return Client(self.server.address, organization, token=self.root)


@pytest.fixture
def world(tmp_path):
    with Server(tmp_path / "data", options=["--local-access", "none"]) as server:
        yield World(server, tokens.first_token(server))


def retry_seconds(error):
    """Of the google.rpc.RetryInfo of a refusal; of a gRPC error or a message."""
    status = rpc_status.from_call(error) if isinstance(error, grpc.RpcError) else error
    for detail in status.details:
        info = error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            return info.retry_delay.ToTimedelta().total_seconds()
    raise AssertionError(f"no RetryInfo: {error}")


def over_quota(error, *words):
    """The seconds after which a call that was over a quota is to be made again."""
    assert error.code() == Status.RESOURCE_EXHAUSTED
    for word in words:
        assert word in error.details()
    seconds = retry_seconds(error)
    assert 0 < seconds <= 3600
    return seconds


def wait(seconds):
    assert seconds <= WAIT_SECONDS_MAX
    time.sleep(seconds)


def batch(count=1000):
    return [event() for _ in range(count)]


def test_events_over_the_quota_pass_after_the_time_that_is_told(world):
    world.set("acme", "--events-per-second", "200")
    with world.client("recorder") as client, world.client("recorder", "globex") as other:
        assert len(client.record(*batch())) == 1000
        seconds = over_quota(
            refusal(client.record, *batch(900)), "organization acme", "200 events per second"
        )
        assert seconds > 3
        assert len(other.record(*batch())) == 1000 == len(other.record(*batch()))
        wait(seconds)
        assert len(client.record(*batch(900))) == 900
    with world.operator("acme") as operator:
        stored = [one for one in operator.events() if one.event_type == "UPDATE"]
    assert len(stored) == 1900, "nothing of what was refused was stored"


def test_a_stream_goes_on_behind_a_request_over_the_quota(world):
    world.set("acme", "--events-per-second", "100")
    with world.client("recorder") as client:
        answers = client.stub.RecordStream(
            iter([log.RecordRequest(events=batch()), log.RecordRequest(events=batch(500))]),
            timeout=30,
        )
        first, second = list(answers)
    assert len(first.results) == 1000 and not first.HasField("status")
    assert second.status.code == Status.RESOURCE_EXHAUSTED.value[0]
    assert retry_seconds(second.status) > 3


def test_who_is_over_the_quota_is_refused_before_the_events_are_looked_into(world):
    world.set("acme", "--bytes-per-day", "1KiB")
    requests = [
        log.RecordRequest(events=[event(event_type="")]),
        log.RecordRequest(events=[event(organization_id="globex")]),
        log.RecordRequest(events=[event(event_type="")], partial_success=True),
        log.RecordRequest(events=[]),
    ]
    with world.client("recorder") as client:
        # In debt for days.
        client.record(event(snapshot=json.dumps({"text": "x" * 60_000}).encode()))

        def codes(requests):
            return [refusal(client.stub.Record, one, timeout=30).code() for one in requests]

        def streamed():
            answers = client.stub.RecordStream(iter(requests[:1]), timeout=30)
            return next(answers).status.code

        assert codes(requests[:3]) == [Status.RESOURCE_EXHAUSTED] * 3
        assert streamed() == Status.RESOURCE_EXHAUSTED.value[0]
        # What takes nothing is no question of quotas.
        assert codes(requests[3:]) == [Status.INVALID_ARGUMENT]
        assert world.quota("remove", "acme").returncode == 0
        assert codes(requests[:2]) == [Status.INVALID_ARGUMENT, Status.PERMISSION_DENIED]
        assert streamed() == Status.INVALID_ARGUMENT.value[0]


def test_bytes_of_a_day(world):
    large = event(snapshot=json.dumps({"text": "x" * 60_000}).encode())
    world.set("acme", "--bytes-per-day", "100KiB")
    with world.client("recorder") as client, world.client("recorder", "globex") as other:
        client.record(large)
        seconds = over_quota(refusal(client.record, large), "organization acme", "bytes per day")
        assert seconds == 3600, "an hour at most is named"
        client.record(event())
        other.record(large)
        other.record(large)
        world.set("acme", "--bytes-per-day", "1GiB")
        client.record(large)


def test_a_request_larger_than_the_quota_of_a_day_passes_once(world):
    world.set("acme", "--bytes-per-day", "1KiB")
    large = event(snapshot=json.dumps({"text": "x" * 60_000}).encode())
    with world.client("recorder") as client:
        client.record(large)
        over_quota(refusal(client.record, event()), "1024 bytes per day")


def open_feed(client):
    feed = client.subscribe(timeout=60)
    feed.until("started")
    return feed


@pytest.mark.parametrize("ending", ["cancel", "disconnect", "revoke", "fail"])
def test_a_subscriber_gives_its_place_back_however_it_ends(world, ending):
    world.set("acme", "--subscribers", "2")
    id, secret = world.token("reader")
    leaving = Client(world.server.address, token=secret)
    with world.client("reader") as client, world.client("reader", "globex") as other:
        stays = open_feed(client)
        if ending == "fail":
            request = log.SubscribeRequest(after_sequence=1 << 40)
            for _ in range(5):
                error = refusal(leaving.stub.Subscribe, request, timeout=30)
                assert error.code() == Status.OUT_OF_RANGE
        feed = open_feed(leaving)
        over_quota(refusal(open_feed, client), "organization acme", "2 subscribers")
        elsewhere = open_feed(other)
        if ending == "disconnect":
            leaving.channel.close()
        elif ending == "revoke":
            with world.operator() as operator:
                operator.administration.RevokeToken(
                    access.RevokeTokenRequest(id=id), timeout=30
                )
        else:
            feed.call.cancel()

        def again():
            try:
                return open_feed(client)
            except grpc.RpcError as error:
                assert error.code() == Status.RESOURCE_EXHAUSTED

        # A call that nobody holds ends.
        held = [stays, elsewhere, eventually(again, what="the place is free again")]
        over_quota(refusal(open_feed, client), "2 subscribers")
        for feed in held:
            feed.call.cancel()
    leaving.channel.close()


def test_queries_over_their_time_wait_until_it_has_come_back(world):
    with world.operator("acme") as operator:
        for _ in range(20):
            operator.record(*[event(change=f"word {n}" * 20) for n in range(1000)])
    world.set("acme", "--query-ms-per-second", "100")
    with world.client("reader") as client, world.client("reader", "globex") as other:
        spent = None
        deadline = time.monotonic() + 60
        while spent is None and time.monotonic() < deadline:
            try:
                client.page(size=1000)
                client.facets(log.FACET_FIELD_SOURCE)
            except grpc.RpcError as error:
                spent = error
        assert spent is not None, "queries one after the other take more than a tenth of the time"
        seconds = over_quota(spent, "organization acme", "100 ms of each second")
        other.page()
        # What is owed may be paid back meanwhile; at the latest it is then.
        wait(seconds)
        client.page(size=1)


def test_a_token_has_its_quota_beside_that_of_its_organization(world):
    id, secret = world.token("recorder")
    world.set("acme", "--events-per-second", "10")
    world.set("--token", id, "--events-per-second", "5")
    with Client(world.server.address, token=secret) as small, world.client("recorder") as large:
        small.record(*batch(600))
        over_quota(refusal(small.record, *batch(600)), f"token {id}", "5 events per second")
        large.record(*batch(400))
        over_quota(refusal(small.record, *batch(300)), "organization acme")
        done = world.quota("remove", "acme")
        assert done.returncode == 0, done.stderr
        large.record(*batch())
        over_quota(refusal(small.record, *batch()), f"token {id}")


def test_an_operator_has_no_quota_but_that_of_its_token(world):
    world.set("--default", "--events-per-second", "1", "--subscribers", "1")
    with world.operator("acme") as operator:
        for _ in range(3):
            operator.record(*batch())
        feeds = [open_feed(operator) for _ in range(3)]
        request = access.ListTokensRequest()
        id = operator.administration.ListTokens(request, timeout=30).tokens[0].id
        world.set("--token", id, "--events-per-second", "1")
        operator.record(*batch())
        over_quota(refusal(operator.record, *batch()), f"token {id}")
        for feed in feeds:
            feed.call.cancel()
    with world.client("recorder") as client:
        client.record(*batch())
        over_quota(refusal(client.record, *batch()), "organization acme")


def test_a_restart_keeps_the_quotas_and_a_damaged_file_stops_it(world, tmp_path):
    world.set("acme", "--events-per-second", "10")
    world.set("--default", "--subscribers", "7")
    assert world.server.terminate() == 0
    file = tmp_path / "data" / "quotas.json"
    text = file.read_text()
    with Server(tmp_path / "data", options=["--local-access", "none"]) as server:
        again = World(server, world.root)
        with again.client("recorder") as client:
            client.record(*batch())
            over_quota(refusal(client.record, *batch()), "organization acme")
        listed = again.quota("list", "--output", "json").stdout.splitlines()
        assert [json.loads(line) for line in listed] == [
            {"quota": {"subscribers": 7}},
            {"organization_id": "acme", "quota": {"events_per_second": 10}},
        ]
    file.write_text(text.replace("10", '"ten"'))
    done = run("serve", "--listen", "127.0.0.1:0", "--data", tmp_path / "data", within=30)
    assert done.returncode != 0 and "quotas.json is damaged" in done.stderr


def test_every_change_is_an_event(world):
    world.set("acme", "--events-per-second", "10", "--reason", "order 4711")
    world.set("acme", "--events-per-second", "10")
    id, _ = world.token("recorder")
    world.set("--token", id, "--unlimited")
    assert world.quota("remove", "acme").returncode == 0
    world.set("--default", "--bytes-per-day", "1KiB")
    with world.operator("acme") as operator:
        told = [one for one in operator.events() if one.event_type == "QUOTA_SET"]
    assert [(one.target.id, one.change, one.reason) for one in told] == [
        ("acme", "none -> 10 events per second", "order 4711"),
        (id, "none -> unlimited", ""),
        ("acme", "10 events per second -> none", ""),
    ]
    assert {one.actor.name for one in told} == {"first operator"}
    assert json.loads(told[0].snapshot)["quota"] == {"events_per_second": 10}
    with world.operator("auditrpc") as operator:
        told = [one for one in operator.events() if one.event_type == "QUOTA_SET"]
    assert [(one.target.id, one.change) for one in told] == [
        ("default", "none -> 1024 bytes per day")
    ]


def test_admins_set_the_quotas_of_their_tokens_alone(world):
    _, admin = world.token("admin")
    own, _ = world.token("recorder")
    other, _ = world.token("recorder", "globex")
    world.set("--default", "--subscribers", "9")
    world.set("--token", other, "--subscribers", "3")
    assert world.quota("set", "--token", own, "--subscribers", "1", secret=admin).returncode == 0
    for arguments in (["acme"], ["globex"], ["no-such-one"], ["--default"]):
        done = world.quota("set", *arguments, "--subscribers", "1", secret=admin)
        assert done.returncode == NO_PERMISSION and "operator" in done.stderr
    done = world.quota("set", "--token", other, "--subscribers", "1", secret=admin)
    assert done.returncode != 0 and "no token with this id" in done.stderr
    listed = world.quota("list", "--output", "json", secret=admin).stdout.splitlines()
    assert [json.loads(line) for line in listed] == [
        {"organization_id": "acme", "quota": {"subscribers": 9}, "inherited": True},
        {"organization_id": "acme", "token_id": own, "quota": {"subscribers": 1}},
    ]


def test_the_list_comes_in_pages(world):
    with world.operator() as operator:
        for number in range(5):
            request = access.SetQuotaRequest(
                organization_id=f"org-{number}", quota=access.Quota(subscribers=number + 1)
            )
            operator.administration.SetQuota(request, timeout=30)
        seen, token = [], ""
        for _ in range(10):
            request = access.ListQuotasRequest(page_size=2, page_token=token)
            page = operator.administration.ListQuotas(request, timeout=30)
            assert len(page.quotas) <= 2
            seen += [one.organization_id for one in page.quotas]
            token = page.next_page_token
            if not token:
                break
    assert seen == ["", *(f"org-{number}" for number in range(5))]


def test_a_command_line_that_limits_nothing_is_refused(world):
    for arguments in (
        ["set", "acme"],
        ["set", "--subscribers", "1"],
        ["set", "acme", "--default", "--subscribers", "1"],
        ["set", "acme", "--subscribers", "0"],
        ["set", "acme", "--subscribers", "1", "--unlimited"],
        ["set", "acme", "--bytes-per-day", "much"],
        ["remove"],
    ):
        assert world.quota(*arguments).returncode == USAGE, arguments


def test_our_own_client_waits_as_it_is_told(world, tmp_path):
    world.set("acme", "--events-per-second", "400")
    _, secret = world.token("recorder")
    lines = [
        json.dumps(
            {
                "event_type": "UPDATE",
                "target": {"type": "SERVICE", "id": "web"},
                "actor": {"type": "USER", "id": "ada"},
                "source": "TEST",
                "change": str(number),
            }
        )
        for number in range(3000)
    ]
    done = run(
        "record", "--quiet", input="\n".join(lines) + "\n",
        environment={**world.server.environment, "AUDITRPC_TOKEN": secret},
    )
    assert done.returncode == 0, done.stderr
    with world.operator("acme") as operator:
        stored = [one for one in operator.events() if one.event_type == "UPDATE"]
    assert sorted(int(one.change) for one in stored) == list(range(3000))
