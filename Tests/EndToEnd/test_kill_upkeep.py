"""kill -9 while segments are written anew and removed, and while snapshots are made."""

import os
import random
import shutil
import tempfile
import time
from pathlib import Path

import pytest
from auditrpc.v1 import administration_pb2 as admin
from auditrpc.v1 import administration_pb2_grpc
from clients import Client, content, event
from google.protobuf.duration_pb2 import Duration
from guarantees import Broken, Fact, dense, durable, exactly_once, retained
from load import UnaryWriter
from process import Process, Server, eventually, run

ROUNDS = int(os.environ.get("AUDITRPC_KILL_ROUNDS", 20))
OPTIONS = ["--log-bytes", "65536"]
# Of events, by organization; "kept" has a legal hold.
AGES = {"brief": 1, "short": 4, "long": 12, "kept": None}
# The clocks of the test and of the server are one; a call in between takes a moment.
SLACK_SECONDS = 1
NEVER = 1e9


def chance():
    seed = int(os.environ.get("AUDITRPC_SEED", random.randrange(1 << 32)))
    print(f"AUDITRPC_SEED={seed} AUDITRPC_KILL_ROUNDS={ROUNDS}")
    return random.Random(seed)


def administration(client):
    return administration_pb2_grpc.AdministrationStub(client.channel)


def set_ages(client):
    for organization, age in AGES.items():
        request = admin.SetRetentionRequest(organization_id=organization)
        if age is None:
            request.legal_hold = admin.LEGAL_HOLD_ON
        else:
            request.policy.CopyFrom(admin.RetentionPolicy(max_age=Duration(seconds=age)))
        administration(client).SetRetention(request)


class Mixed:
    """Records events of all organizations, so that each segment holds some of each age."""

    def __init__(self):
        # By organization: {sequence: (recorded at, fact)} of each answer.
        self.answered = {organization: {} for organization in AGES}
        self.changes = 0

    def record(self, address, events):
        for organization in AGES:
            with Client(address, organization) as client:
                for _ in range(events // 20):
                    self._record(client, organization)

    def _record(self, client, organization):
        self.changes += 1
        sent = [
            event(
                organization_id=organization,
                occurred_at={"seconds": 1_700_000_000 + self.changes},
                change=f"{self.changes} {number} " + "x" * 500,
                outcome="OUTCOME_SUCCESS",
            )
            for number in range(20)
        ]
        for one, result in zip(sent, client.record(*sent)):
            one.id = result.id
            fact = Fact(organization, result.id, result.sequence, content(one))
            at = result.recorded_at.ToNanoseconds() / 1e9
            self.answered[organization][result.sequence] = (at, fact)

    def check(self, address):
        """What every organization reads, as old and as whole as it should be."""
        observed = [fact for one in self.answered.values() for _, fact in one.values()]
        for organization, age in AGES.items():
            answers = self.answered[organization]
            with Client(address, organization) as client:
                asked = time.time()
                events = [one for one in client.events() if one.source == "CONSOLE"]
                took = time.time() - asked
            read = [Fact(organization, e.id, e.sequence, content(e)) for e in events]
            times = {sequence: at for sequence, (at, _) in answers.items()}
            now = asked + took
            late = NEVER if age is None else age + SLACK_SECONDS + took
            kept = {fact.sequence for fact in read}
            retained(kept, times, now, NEVER if age is None else age, late)
            exactly_once(read, observed)
            # Every one of them is what was answered.
            durable([answers[one.sequence][1] for one in read], read)
            if [one.sequence for one in read] != sorted(kept):
                raise Broken("ExactlyOnce", f"{organization} reads events twice or out of order")


def interrupted_rewrites(data):
    """Segments that were being written anew: the one before is there beside them."""
    segments = data / "segments"
    return [one for one in segments.glob("*.segment.new") if one.with_suffix("").exists()]


def await_rewrite(data, within):
    """Returns as soon as a segment is being written anew, or after that many seconds.

    How long a server takes until it sweeps is the machine's; a kill by the clock alone might always miss it.
    """
    deadline = time.monotonic() + within
    while time.monotonic() < deadline and not interrupted_rewrites(data):
        time.sleep(0.0005)


@pytest.mark.timeout(420)
def test_kill_9_during_sweeps_removes_nothing_young_and_returns_nothing_old(tmp_path):
    seeded = chance()
    data = tmp_path / "data"
    mixed = Mixed()
    interrupted = swept = 0
    server = Server(data, options=OPTIONS)
    address = server.address
    try:
        with Client(address) as client:
            set_ages(client)
        for number in range(3 * ROUNDS):
            if number >= ROUNDS and interrupted > 2:
                break
            mixed.record(address, 240)
            mixed.check(address)
            server.kill()
            # A server sweeps when it starts: by now much is past its age.
            server = Server(data, listen=address, options=OPTIONS)
            if number % 2:
                await_rewrite(data, within=2)
                time.sleep(seeded.uniform(0, 0.003))
            else:
                time.sleep(seeded.uniform(0, 0.3))
            server.kill()
            interrupted += len(interrupted_rewrites(data))
            swept += sum("retention removed events" in line for line in server.errors)
            server = Server(data, listen=address, options=OPTIONS)
            mixed.check(address)
        print(f"{interrupted} kills in the middle of a segment, {swept} sweeps that had ended")
        assert interrupted > 0, "no kill came while a segment was written anew"
        eventually(
            lambda: any("retention removed events" in line for line in server.errors),
            within=60,
            what="a sweep comes to its end",
        )
        mixed.check(address)
        assert server.terminate() == 0
        verified = run("store", "verify", data)
        assert verified.returncode == 0, verified.stdout + verified.stderr
    finally:
        server.kill()


def copies_to(tmp_path):
    """A new folder on another file system where there is one: there a snapshot is a copy, and takes its time."""
    other = Path("/dev/shm")
    is_other = other.is_dir() and other.stat().st_dev != tmp_path.stat().st_dev
    return Path(tempfile.mkdtemp(prefix="auditrpc-kill-", dir=other if is_other else tmp_path))


@pytest.mark.timeout(420)
def test_kill_9_during_snapshots_leaves_whole_ones_or_refused_ones(tmp_path):
    seeded = chance()
    data = tmp_path / "data"
    backups = copies_to(tmp_path)
    server = Server(data, options=OPTIONS)
    address = server.address
    outcomes = {"made": 0, "refused": 0, "nothing": 0}
    try:
        Mixed().record(address, 1_000)
        writer = UnaryWriter("unary acme", address, "acme", seeded.randrange(1 << 30))
        writer.start()
        began = time.monotonic()
        assert run("snapshot", backups / "first", environment=server.environment).returncode == 0
        duration = time.monotonic() - began
        for number in range(3 * ROUNDS):
            if number >= ROUNDS and outcomes["refused"] and outcomes["made"]:
                break
            count = len(writer.answered)
            eventually(lambda: len(writer.answered) > count, within=30, what="an answer")
            before = list(writer.answered)
            folder = backups / str(number)
            command = Process(["snapshot", folder, "--server", address, "--no-retry"])
            time.sleep(seeded.uniform(0.2, 0.9) * duration)
            server.kill()
            status = command.wait()
            server = Server(data, listen=address, options=OPTIONS)
            outcome = judge(folder, before, was_made=status == 0)
            outcomes[outcome] += 1
            shutil.rmtree(folder, ignore_errors=True)
        print(outcomes)
        assert outcomes["refused"] > 0, "no kill came while a snapshot was made"
        writer.finish()
        with Client(address, "acme") as client:
            stored = facts(client)
            head = client.own_status().head_sequence
        durable(writer.answered, stored)
        dense(stored, 1, head, writer.answered)
        done = run("snapshot", backups / "last", environment=server.environment)
        assert done.returncode == 0, done.stderr
        assert judge(backups / "last", writer.answered, was_made=True) == "made"
        assert server.terminate() == 0
    finally:
        server.kill()
        shutil.rmtree(backups, ignore_errors=True)


def judge(folder, before, was_made):
    """A server starts on it with all that was answered before it was asked for, or not at all."""
    if not folder.exists() or not [*folder.iterdir()]:
        assert not was_made
        return "nothing"
    try:
        server = Server(folder, options=OPTIONS)
    except AssertionError as refused:
        assert not was_made and "was not finished" in str(refused), refused
        return "refused"
    with server, Client(server.address, "acme") as client:
        server.await_line("restored from a snapshot")
        durable(before, facts(client))
    return "made"


def facts(client):
    return [
        Fact(one.organization_id, one.id, one.sequence, content(one)) for one in client.events()
    ]
