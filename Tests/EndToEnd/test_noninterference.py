"""What one organization is answered does not depend on what others do: the same calls on two servers, one of which
serves a busy neighbour, give the same answers to the byte, times aside."""

import os
import random

import grpc
import pytest
import tokens
from auditrpc.v1 import administration_pb2 as admin
from auditrpc.v1 import audit_log_pb2 as log
from clients import Client, Filter, actor, event, new_id, resource, target
from google.protobuf.duration_pb2 import Duration
from guarantees import Broken
from process import Server, eventually

STEPS = int(os.environ.get("AUDITRPC_INTERFERENCE_STEPS", 240))
# Small logs, so that most is read from segments; events expire and are removed meanwhile.
OPTIONS = ["--local-access", "none", "--no-read-trace", "--log-bytes", "65536"]
VALUES = [str(number) for number in range(5)]


class World:
    """One server, and the organization whose answers are compared."""

    def __init__(self, data, is_busy, options=()):
        self.data, self.is_busy = data, is_busy
        self.server = Server(data, options=[*OPTIONS, *options])
        root = tokens.first_token(self.server)
        self.secrets = {
            name: {
                role: tokens.create(self.server.address, root, role, role, name)[1]
                for role in ("recorder", "admin")
            }
            for name in ("acme", "globex")
        }
        self.root = root
        self.connect()

    def connect(self):
        address = self.server.address
        own = self.secrets["acme"]
        self.recorder = Client(address, token=own["recorder"])
        self.reader = Client(address, token=own["admin"])
        self.neighbour = Client(address, token=self.secrets["globex"]["recorder"])

    def restart(self):
        self.close()
        self.server = Server(self.data, options=OPTIONS)
        self.connect()

    def close(self):
        for client in (self.recorder, self.reader, self.neighbour):
            client.channel.close()
        self.server.kill()

    def disturb(self, chance):
        """What the neighbour does between two calls, if there is one."""
        if not self.is_busy:
            return
        for _ in range(chance.choice((0, 1, 5))):
            sent = [random_event(chance) for _ in range(chance.randrange(1, 40))]
            self.neighbour.record(*sent)


def random_event(chance):
    return event(
        id=str(new_id()),
        occurred_at={"seconds": 1_700_000_000 + chance.randrange(1_000_000)},
        event_type=chance.choice(["CREATE", "UPDATE"]),
        target=target("SERVICE", chance.choice(VALUES), "n"),
        actor=actor(1, chance.choice(VALUES), "n"),
        scope=[resource("PROJECT", chance.choice(VALUES), "n")],
        source=chance.choice(VALUES),
        change="x" * chance.randrange(300),
        snapshot=b'{"n": %d}' % chance.randrange(9),
    )


def random_filter(chance):
    filter = Filter()
    for field in chance.sample(["target_ids", "actor_ids", "sources"], chance.randrange(3)):
        getattr(filter, field).extend(chance.sample(VALUES, 2))
    if chance.random() < 0.1:
        filter.text = "xxxxxxxxxxxxxxxxxxxx"
    return filter


class Call:
    """One call with its arguments, which both servers are given."""

    def __init__(self, chance, recorded):
        self.filter = random_filter(chance)
        self.size = chance.choice((1, 7, 100))
        self.order = chance.choice((log.ORDER_NEWEST_FIRST, log.ORDER_OLDEST_FIRST))
        self.field = chance.randrange(1, 9)
        self.sequence = chance.randrange(0, recorded + 3)
        self.on_gap = chance.choice((log.ON_GAP_FAIL, log.ON_GAP_CONTINUE))
        self.start = chance.choice(
            [{"oldest": True}, {"now": True}, {"after_sequence": self.sequence}]
        )
        self.events = [random_event(chance) for _ in range(chance.randrange(1, 20))]
        self.kind = chance.choice(
            ["record"] * 4 + ["query", "query", "get", "facets", "histogram", "subscribe"] * 2
            + ["status", "retention"]
        )  # fmt: skip

    def run(self, world):
        try:
            return [masked(one) for one in getattr(self, self.kind)(world)]
        except grpc.RpcError as error:
            return [(error.code(), error.details())]

    def record(self, world):
        yield from world.recorder.record(*self.events)

    def query(self, world):
        yield from world.reader.pages(self.filter, self.size, self.order)

    def get(self, world):
        yield world.reader.get(sequence=self.sequence)

    def facets(self, world):
        # Not of the events that tell of the tokens, whose ids are random.
        if not self.filter.sources:
            self.filter.sources.extend(VALUES)
        yield world.reader.facets(self.field, self.filter)

    def histogram(self, world):
        filter = self.filter
        filter.since.seconds, filter.until.seconds = 1_700_000_000, 1_701_000_000
        yield world.reader.histogram(filter, bucket=Duration(seconds=50_000))

    def status(self, world):
        yield world.reader.own_status()

    def retention(self, world):
        yield world.reader.administration.SetRetention(
            admin.SetRetentionRequest(inherit=True, dry_run=True), timeout=30
        )

    def subscribe(self, world):
        """Events one by one: how many lie in a message is a matter of time."""
        with world.reader.subscribe(self.filter, on_gap=self.on_gap, **self.start) as feed:
            for message in feed.until("caught_up"):
                kind = message.WhichOneof("kind")
                if kind == "events":
                    yield from message.events.events
                elif kind != "progress":
                    yield message


# What times and random ids make different.
MASKED = {"recorded_at", "started_at", "retention", "recorder"}


def masked(message):
    is_told = getattr(message, "source", "") == "ADMINISTRATION"
    for field, value in message.ListFields():
        if field.name in MASKED or is_told and field.name != "sequence":
            message.ClearField(field.name)
        elif field.message_type and not field.message_type.GetOptions().map_entry:
            for one in value if field.is_repeated else [value]:
                masked(one)
    return message


def compare(calls, quiet, busy, chance):
    for number, call in enumerate(calls):
        answers = [call.run(world) for world in (quiet, busy)]
        busy.disturb(chance)
        if answers[0] != answers[1]:
            raise Broken(
                "Isolated", f"call {number}, {call.kind}, depends on others:", answers
            )


@pytest.mark.timeout(300)
def test_the_answers_are_the_same_beside_a_busy_neighbour(tmp_path):
    seed = int(os.environ.get("AUDITRPC_SEED", random.randrange(1 << 32)))
    print(f"AUDITRPC_SEED={seed} AUDITRPC_INTERFERENCE_STEPS={STEPS}")
    chance = random.Random(seed)
    quiet = World(tmp_path / "quiet", is_busy=False)
    busy = World(tmp_path / "busy", is_busy=True)
    try:
        recorded = 0
        for part in range(2):
            calls = []
            for _ in range(STEPS // 2):
                calls.append(Call(chance, recorded))
                if calls[-1].kind == "record":
                    recorded += len(calls[-1].events)
            compare(calls, quiet, busy, chance)
            assert [*(busy.data / "segments").glob("*.segment")], "nothing was sealed"
            if part == 0:
                quiet.restart()
                busy.restart()
        kinds = {call.kind for call in calls}
        assert len(kinds) == 8 and recorded > 100
        # And it was busy: the log holds many more.
        with Client(busy.server.address, token=busy.root) as everyone:
            assert everyone.status().head_sequence > 3 * recorded
        assert busy.reader.own_status().head_sequence >= recorded
    finally:
        quiet.close()
        busy.close()


@pytest.mark.timeout(120)
def test_gaps_are_the_same_beside_a_busy_neighbour(tmp_path):
    """What retention took of one organization, told in its own sequences."""
    chance = random.Random(7)
    worlds = [World(tmp_path / name, name == "busy") for name in ("quiet", "busy")]
    try:
        calls = [Call(chance, 0) for _ in range(30)]
        for call in calls:
            call.kind = "record"
        recorded = sum(len(call.events) for call in calls)
        compare(calls, *worlds, chance)
        for world in worlds:
            world.reader.administration.SetRetention(
                admin.SetRetentionRequest(policy={"max_age": Duration(seconds=1)}), timeout=30
            )
        # The events that tell of two tokens and of the policy among them.
        head = recorded + 3
        for world in worlds:
            eventually(
                lambda: world.reader.own_status().oldest_sequence == head + 1,
                what="everything is past its age",
            )
        late = [Call(chance, recorded) for _ in range(60)]
        for call in late:
            call.kind = "subscribe"
        compare(late, *worlds, chance)
        for world in worlds:
            with world.reader.subscribe(after_sequence=3, on_gap=log.ON_GAP_CONTINUE) as feed:
                gap = feed.until("gap")[-1].gap
                assert (gap.first_sequence, gap.last_sequence) == (4, head)
    finally:
        for world in worlds:
            world.close()
