"""Backup: snapshots of a busy server, servers restored from them, and what is refused."""

import json
import shutil
import socket
import stat
import tempfile
from pathlib import Path

import grpc
import pytest
import tokens
from auditrpc.v1 import administration_pb2 as admin
from auditrpc.v1 import administration_pb2_grpc
from auditrpc.v1 import audit_log_pb2 as log
from clients import Client, Filter, Status, content, event, refusal, violations
from guarantees import Broken, Fact, Feed, complete_feed, complete_pages, dense, durable
from load import StreamWriter, UnaryWriter
from process import Server, eventually, run

# Logs so small that some are sealed while a snapshot is made.
OPTIONS = ["--log-bytes", "131072"]


def facts(events):
    return [Fact(one.organization_id, one.id, one.sequence, content(one)) for one in events]


def restore(snapshot, data):
    """A copy, as the documentation says."""
    shutil.copytree(snapshot, data, symlinks=True)
    return data


def skipped_by(server, after, organization=""):
    """The Gap that a follower is told who resumes there, and the same by on_gap FAIL."""
    with Client(server.address, organization) as client:
        failed = refusal(lambda: list(client.subscribe(after_sequence=after)))
        assert failed.code() == Status.OUT_OF_RANGE, failed
        assert "restored from a snapshot" in failed.details()
        with client.subscribe(after_sequence=after, on_gap=log.ON_GAP_CONTINUE) as feed:
            gap = feed.until("gap")[-1].gap
            assert gap.reason == "restored from a snapshot without them"
            return gap.first_sequence, gap.last_sequence


@pytest.mark.timeout(300)
def test_a_busy_server_is_restored_beside_itself_and_no_sequence_is_used_twice(tmp_path):
    snapshot = tmp_path / "backup"
    with Server(tmp_path / "data", options=OPTIONS) as server:
        address = server.address
        held = run("retention", "set", "acme", "--legal-hold", "on", environment=server.environment)
        assert held.returncode == 0, held.stderr
        writers = [
            UnaryWriter("unary acme", address, "acme", 1),
            UnaryWriter("unary globex", address, "globex", 2),
            StreamWriter("stream acme", address, "acme", 3),
        ]
        for writer in writers:
            writer.start()
        segments = tmp_path / "data/segments"
        eventually(lambda: len([*segments.glob("*.segment")]) > 3, within=60, what="seals")
        before = [fact for writer in writers for fact in list(writer.answered)]
        made = run("snapshot", snapshot, "--output", "json", environment=server.environment)
        assert made.returncode == 0, made.stderr
        report = json.loads(made.stdout)
        # The writers are not held up by it.
        counts = [len(writer.answered) for writer in writers]
        eventually(
            lambda: all(len(w.answered) > n + 20 for w, n in zip(writers, counts)),
            within=60,
            what="recording goes on",
        )
        for writer in writers:
            writer.finish()
        with Client(address) as client:
            original = client.events()
            own = {name: Client(address, name).events() for name in ("acme", "globex")}
        with Client(address, "auditrpc") as client:
            told = client.get(sequence=report["event_sequence"]).event
        assert (told.event_type, told.target.id) == ("SNAPSHOT_CREATED", str(snapshot))
        head = report["head_sequence"]
        # Of all, as who reads all counts.
        (told_at,) = [one.sequence for one in original if one.id == told.id]
        assert told_at > head
        assert json.loads(told.snapshot)["head_sequence"] == head
        lost = [one for one in facts(original) if one.sequence > head]
        assert len(lost) > 20
        assert stat.S_IMODE(snapshot.stat().st_mode) == 0o700
        verified = run("store", "verify", snapshot)
        assert verified.returncode == 0, verified.stdout

        ranges = check_restored(tmp_path / "first", snapshot, report, original, before, lost)
        # The same snapshot once more, as after a second loss: not one sequence of the first comes again.
        again = check_restored(
            tmp_path / "second", snapshot, report, original, before, [*lost, *ranges[1]]
        )
        assert again[0][1] > max(fact.sequence for fact in ranges[1])

        # The server that it was taken of never knew.
        with Client(address, "globex") as client:
            (result,) = client.record(event())
            assert result.sequence == own["globex"][-1].sequence + 1
        with Client(address) as client:
            assert facts(client.events())[: len(original)] == facts(original)


def check_restored(data, snapshot, report, original, before, lost):
    """Restores, and compares with the original: what was skipped, and the facts that were stored then."""
    head = report["head_sequence"]
    kept = [one for one in facts(original) if one.sequence <= head]
    with Server(restore(snapshot, data), options=OPTIONS) as server:
        server.await_line("the store was restored from a snapshot")
        for organization in ("acme", "globex"):
            with Client(server.address, organization) as client:
                answered = [one for one in before if one.organization == organization]
                assert answered
                durable(answered, facts(client.events()))
        with Client(server.address) as client:
            stored = facts(client.events())
            complete_pages(stored, kept, head)
            assert stored == kept, "more or less than was there"
            status = client.status()
            assert status.event_count == report["event_count"] == len(kept)
            skipped = skipped_by(server, head)
            if skipped != (head + 1, status.head_sequence):
                raise Broken("CompleteFeed", f"{skipped} for a head of {status.head_sequence}")
            # Who has heard of what is lost is told from there on, and nothing is served in its place.
            last = max(fact.sequence for fact in lost if fact.sequence < skipped[1])
            assert skipped_by(server, last) == (last + 1, skipped[1])
            assert refusal(client.get, sequence=last).code() == Status.NOT_FOUND
        shown = run("retention", "get", "acme", environment=server.environment)
        assert " on" in shown.stdout.splitlines()[1], shown.stdout
        # What was lost may be sent again, and has sequences of its own.
        with Client(server.address, "globex") as client:
            results = [one for _ in range(30) for one in client.record(*(event() for _ in range(5)))]
            assert results[0].sequence == skipped[1] + 1
            # Who has heard of an event that is lost resumes behind it, in his own count.
            kept_own = sum(one.organization == "globex" for one in kept)
            assert skipped_by(server, kept_own + 1, "globex") == (kept_own + 2, skipped[1])
            assert refusal(client.get, sequence=kept_own + 1).code() == Status.NOT_FOUND
        check_reads(server, kept, skipped, lost)
    # A restart changes nothing more.
    with Server(data, options=OPTIONS) as server:
        assert "restored from a snapshot" not in server.text()
        return skipped, check_reads(server, kept, skipped, lost)


def check_reads(server, kept, skipped, lost):
    """Every way to read goes over what was skipped. Gives what is stored behind it."""
    with Client(server.address) as client:
        head = client.status().head_sequence
        stored = facts(client.events())
        dense(stored, 1, head, [*kept, *lost], [skipped])
        for order in (log.ORDER_OLDEST_FIRST, log.ORDER_NEWEST_FIRST):
            is_newest_first = order == log.ORDER_NEWEST_FIRST
            paged = [one for page in client.pages(size=7, order=order) for one in page.events]
            complete_pages(facts(paged), stored, head, newest_first=is_newest_first)
        feed = Feed("a follower", 0)
        with client.subscribe(oldest=True, on_gap=log.ON_GAP_CONTINUE) as subscription:
            for message in subscription.until("caught_up"):
                feed.received += facts(message.events.events)
                if message.WhichOneof("kind") == "gap":
                    feed.gaps.append((message.gap.first_sequence, message.gap.last_sequence))
        complete_feed(feed, stored, head)
        assert feed.gaps == [skipped]
        facets = client.facets(log.FACET_FIELD_SOURCE)
        assert facets.complete and facets.total_count == len(stored)
        console = Filter(sources=["CONSOLE"])
        with Client(server.address, "globex") as other:
            assert len(other.events(console)) == 150
        return [fact for fact in stored if fact.sequence > skipped[1]]


def test_folders_that_cannot_be_used_are_refused(tmp_path):
    with Server(tmp_path / "data") as server, Client(server.address, "acme") as client:
        client.record(event())
        environment = server.environment
        (tmp_path / "full").mkdir()
        (tmp_path / "full/file").touch()
        (tmp_path / "link").symlink_to(tmp_path / "data/log")
        for folder, why in [
            (tmp_path / "nowhere/backup", "does not exist"),
            (tmp_path / "full", "not empty"),
            (tmp_path / "full/file", "Not a directory"),
            (tmp_path / "data/backup", "data folder"),
            (tmp_path / "data", "data folder"),
            (tmp_path / "link/backup", "data folder"),
            ("/sys/backup", "no snapshot was made"),
        ]:
            done = run("snapshot", folder, environment=environment)
            assert done.returncode == 65, (folder, done)
            assert why in done.stderr, (folder, done.stderr)
            assert done.stdout == ""
        assert [*(tmp_path / "full").iterdir()] == [tmp_path / "full/file"]
        stub = administration_pb2_grpc.AdministrationStub(client.channel)
        error = refusal(stub.CreateSnapshot, admin.CreateSnapshotRequest(directory="backup"))
        assert error.code() == Status.INVALID_ARGUMENT
        assert violations(error) == {"directory": "is not an absolute path"}
        # Empty is as good as new; a second one does not overwrite the first.
        (tmp_path / "empty").mkdir()
        done = run("snapshot", tmp_path / "empty/", environment=environment)
        assert done.returncode == 0, done.stderr
        assert "1 to 1" in done.stdout and f"cp -a {tmp_path}/empty NEW-FOLDER" in done.stdout
        again = run("snapshot", tmp_path / "empty", environment=environment)
        assert again.returncode == 65 and "holds a snapshot already" in again.stderr


def test_a_caller_on_another_machine_is_refused(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Sends nothing: only asks which address packets would come from.
            probe.connect(("192.0.2.1", 9))
            host = probe.getsockname()[0]
        except OSError:
            pytest.skip("this machine has no address but loopback")
    options = ["--listen", f"{host}:0", "--insecure"]
    with Server(tmp_path / "data", options=options) as server:
        other = server.await_line(rf"({host}:\d+)").group(1)
        with Client(other, token=tokens.first_token(server)) as operator:
            request = admin.CreateSnapshotRequest(directory=str(tmp_path / "backup"))
            error = refusal(operator.administration.CreateSnapshot, request, timeout=30)
        assert error.code() == Status.PERMISSION_DENIED
        assert "server's machine" in error.details()
        assert not (tmp_path / "backup").exists()
        done = run("snapshot", tmp_path / "backup", environment=server.environment)
        assert done.returncode == 0, done.stderr


def test_another_file_system_gets_copies(tmp_path):
    other = Path("/dev/shm")
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system to write to")
    snapshot = Path(tempfile.mkdtemp(prefix="auditrpc-", dir=other))
    try:
        with Server(tmp_path / "data", options=OPTIONS) as server:
            with Client(server.address, "acme") as client:
                for _ in range(40):
                    client.record(*(event(change="x" * 3000) for _ in range(10)))
                segments = tmp_path / "data/segments"
                eventually(lambda: len([*segments.glob("*.segment")]) > 3, what="seals")
                done = run(
                    "snapshot", snapshot, "--output", "json", environment=server.environment
                )
                report = json.loads(done.stdout)
                assert report["linked_files"] == 0
                # The API tokens are copied with the files that have events.
                assert report["copied_files"] == report["file_count"] + 2 > 4
                expected = client.events()
        with Server(restore(snapshot, tmp_path / "restored")) as server:
            with Client(server.address, "acme") as client:
                assert client.events() == expected
    finally:
        shutil.rmtree(snapshot, ignore_errors=True)


def test_what_is_not_all_of_a_snapshot_is_not_started(tmp_path):
    with Server(tmp_path / "data", options=OPTIONS) as server:
        with Client(server.address, "acme") as client:
            for _ in range(20):
                client.record(*(event(change="x" * 3000) for _ in range(10)))
            segments = tmp_path / "data/segments"
            eventually(lambda: len([*segments.glob("*.segment")]) > 2, what="seals")
        done = run("snapshot", tmp_path / "backup", environment=server.environment)
        assert done.returncode == 0, done.stderr

    def refusal_of(change):
        data = restore(tmp_path / "backup", tmp_path / "restored")
        change(data)
        done = run("serve", "--data", data, "--listen", "127.0.0.1:0")
        shutil.rmtree(data)
        assert done.returncode == 70, done
        assert "Nothing was changed" in done.stderr
        return done.stderr

    assert "not all of its snapshot" in refusal_of(
        lambda data: sorted((data / "segments").iterdir())[0].unlink()
    )
    assert "is missing" in refusal_of(lambda data: sorted((data / "log").iterdir())[-1].unlink())
    assert "SNAPSHOT is damaged" in refusal_of(lambda data: (data / "SNAPSHOT").write_text(""))
