"""Damaged files: found, located and never served; a torn tail is cut and said."""

import shutil

import pytest
from auditrpc.v1 import audit_log_pb2 as audit_log
from clients import Client, event
from guarantees import Fact, dense, detected, durable
from process import Server, run

BATCHES = 40


def word(number):
    """A text that is in one batch only."""
    return f"<batch {number:04}>".encode()


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A data folder of 40 batches, and its log's name and bytes; the server has ended."""
    data = tmp_path_factory.mktemp("filled") / "data"
    with Server(data) as server, Client(server.address, "acme") as client:
        for number in range(BATCHES):
            client.record(event(change=word(number).decode()), event())
    (log,) = (data / "log").iterdir()
    return data, log.name, log.read_bytes()


@pytest.fixture
def copied(filled, tmp_path):
    """A copy that the test may damage, and the path of its log."""
    data, name, content = filled
    shutil.copytree(data, tmp_path / "data")
    return tmp_path / "data", tmp_path / "data/log" / name, content


def refused_start(data):
    done = run("serve", "--listen", "127.0.0.1:0", "--data", data, within=30)
    return done.returncode, done.stdout + done.stderr


def test_a_flipped_byte_anywhere_in_a_frame_stops_the_start(copied):
    data, log, content = copied
    here = content.index(word(BATCHES // 2))
    previous, following = content.index(word(BATCHES // 2 - 1)), content.index(
        word(BATCHES // 2 + 1)
    )
    # From inside the frame before, over a whole frame with its header, into the one behind.
    for offset in range(previous, following, 11):
        damaged = bytearray(content)
        damaged[offset] ^= 0x10
        log.write_bytes(damaged)
        code, output = refused_start(data)
        earliest = content.index(word(BATCHES // 2 - 2))
        detected(f"byte {offset} flipped", code, output, log.name, (earliest, offset))
        assert log.read_bytes() == damaged, "the start changed the damaged file"
    assert previous < here < following


def test_a_hole_in_the_middle_stops_the_start(copied):
    data, log, content = copied
    first, last = content.index(word(10)), content.index(word(30))
    log.write_bytes(content[:first] + bytes(last - first) + content[last:])
    code, output = refused_start(data)
    detected("a hole", code, output, log.name, (content.index(word(9)), first))


def test_a_file_that_is_no_log_stops_the_start(copied):
    data, log, _ = copied
    log.write_bytes(b"#!/bin/sh\necho this is no log\n" * 100)
    code, output = refused_start(data)
    detected("a strange file", code, output, log.name, (0, 0))


@pytest.mark.parametrize("cut", [1, 3, 40, 90])
def test_a_torn_tail_is_cut_and_said(copied, cut):
    data, log, content = copied
    end = content.index(word(BATCHES - 1)) + len(word(BATCHES - 1))
    torn = content[: end - cut]
    log.write_bytes(torn)
    with Server(data) as server, Client(server.address, "acme") as client:
        server.await_line("unfinished write")
        assert log.name in server.text()
        stored = [Fact("acme", one.id, one.sequence) for one in client.events()]
        whole = 2 * (BATCHES - 1)
        dense(stored, 1, whole)
        (result,) = client.record(event(change="after the cut"))
        assert result.sequence == whole + 1
    with Server(data) as server, Client(server.address, "acme") as client:
        assert "unfinished" not in server.text(), "the tail was cut once and for all"
        again = [Fact("acme", one.id, one.sequence) for one in client.events()]
        durable(stored, again)
        assert len(again) == whole + 1


def test_a_file_without_its_first_bytes_stops_the_start(copied):
    data, log, content = copied
    log.write_bytes(content[1:])
    code, output = refused_start(data)
    detected("a shifted file", code, output, log.name, (0, len(content)))


def test_a_missing_file_between_others_stops_the_start(tmp_path, organization):
    """Sequences have no holes: what comes after a lost file does not stand for it."""
    data = tmp_path / "data"
    with Server(data, options=["--log-bytes", "65536"]) as server:
        with Client(server.address, organization) as client:
            for _ in range(40):
                client.record(*(event(change="x" * 4000) for _ in range(4)))
    # Some of the logs have become segments meanwhile, the oldest first; each is named by its first sequence.
    files = sorted([*(data / "log").iterdir(), *(data / "segments").iterdir()], key=lambda f: f.stem)
    assert len(files) > 4
    files[2].unlink()
    code, output = refused_start(data)
    assert code not in (0, None)
    assert files[2].name in output or files[3].name in output


def repaired(data, status=65):
    done = run("store", "repair", data)
    assert done.returncode == status, done.stdout + done.stderr
    return done


def flipped(content):
    """A bit of a batch in the middle."""
    damaged = bytearray(content)
    damaged[content.index(word(20))] ^= 0x10
    return bytes(damaged)


def zeroed(content):
    """A few batches, as a bad sector would leave them."""
    first, last = content.index(word(10)), content.index(word(14))
    return content[:first] + bytes(last - first) + content[last:]


def headless(content):
    """A bit of the header, which can be mended."""
    return content[:34] + bytes([content[34] ^ 2]) + content[35:]


@pytest.mark.parametrize("damage, least", [(flipped, 78), (zeroed, 68), (headless, 80)])
def test_a_repair_serves_everything_that_can_be_read(copied, damage, least):
    data, log, content = copied
    log.write_bytes(damage(content))
    assert refused_start(data)[0] not in (0, None)
    planned = run("store", "repair", data, "--dry-run")
    assert log.read_bytes() == damage(content) and not [*data.glob("damaged-*")]
    status = 0 if least == 2 * BATCHES else 65
    done = repaired(data, status)
    assert planned.returncode == status
    (folder,) = data.glob("damaged-*")
    assert (folder / log.name).read_bytes() == damage(content), "the damaged file is kept"
    assert log.name in (folder / "REPORT").read_text()
    with Server(data) as server, Client(server.address, "acme") as client:
        events, unreadable = [], []
        for page in client.pages():
            events += page.events
            unreadable += [(gone.first, gone.last) for gone in page.unreadable]
        there = {one.sequence for one in events}
        lost = {number for first, last in unreadable for number in range(first, last + 1)}
        assert len(there) >= least
        assert there.isdisjoint(lost)
        assert there | lost == set(range(1, 2 * BATCHES + 1)), "a lost event is passed in silence"
        counted = client.facets(audit_log.FACET_FIELD_SOURCE)
        assert [(gone.first, gone.last) for gone in counted.unreadable] == unreadable
        assert client.status().store.lost_event_count == len(lost)
        for first, last in unreadable:
            assert f"events {first} to {last} are lost" in done.stdout
        (result,) = client.record(event(change="after the repair"))
        assert result.sequence > 2 * BATCHES
        # Who follows is told of the gap, exactly.
        told = []
        with client.subscribe(oldest=True, on_gap=audit_log.ON_GAP_CONTINUE) as feed:
            for answer in feed:
                if answer.WhichOneof("kind") == "gap":
                    told.append((answer.gap.first_sequence, answer.gap.last_sequence))
                if answer.WhichOneof("kind") == "caught_up":
                    break
        assert told == unreadable
    assert "nothing is wrong" in repaired(data, 0).stdout


def test_a_log_of_which_nothing_can_be_read_gives_no_sequence_twice(copied):
    data, log, _ = copied
    log.write_bytes(b"#!/bin/sh\necho this is no log\n" * 100)
    repaired(data)
    with Server(data) as server, Client(server.address, "acme") as client:
        assert client.events() == []
        (result,) = client.record(event(change="after the repair"))
        assert result.sequence > 2 * BATCHES


def test_a_repair_beside_a_server_is_refused(copied):
    data, _, _ = copied
    with Server(data) as server:
        done = repaired(data, 70)
        assert f"in use by process {server.pid}" in done.stderr
