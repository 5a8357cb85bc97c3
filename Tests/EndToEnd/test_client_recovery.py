"""Servers that go away and come back, under the command line: nothing fails that need not, nothing is stored twice."""

import json
import signal
import subprocess
import threading

import pytest
from auditrpc.v1 import audit_log_pb2 as log
from clients import Client
from process import BINARY, ROOT, Process, Server, eventually, run
from rawhttp2 import framed
from scripted_server import Closed, ScriptedServer
from tcp_peer import TCPPeer, read_on

EVENTS = 20_000
PERMISSION_DENIED = 7
TRAIL = ROOT / "Tests/Fixtures/CloudTrail/records.json"


@pytest.fixture
def server(tmp_path):
    """A server in plain text, whatever way the other tests go."""
    with Server(tmp_path / "data") as server:
        yield server


def dead_address():
    """Where nobody listens: the port was free a moment ago."""
    with TCPPeer(read_on) as peer:
        return peer.address


def lines(first, last):
    for number in range(first, last):
        yield json.dumps(
            {
                "event_type": "UPDATE",
                "target": {"type": "SERVICE", "id": f"s{number % 7}"},
                "actor": {"type": "USER", "id": "ada"},
                "change": str(number),
            }
        )


class Upload:
    """`auditrpc record` that is fed line by line."""

    def __init__(self, address, *options):
        self.process = subprocess.Popen(
            [str(BINARY), "record", "--server", address, "--organization", "acme", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.receipts = []
        self.reader = threading.Thread(target=self._collect, daemon=True)
        self.reader.start()

    def _collect(self):
        for line in self.process.stdout:
            self.receipts.append(line)

    def feed(self, first, last):
        for line in lines(first, last):
            self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def finish(self):
        """Its exit code and what it said."""
        self.process.stdin.close()
        errors = self.process.stderr.read()
        code = self.process.wait(120)
        self.reader.join(10)
        return code, errors


def test_an_upload_goes_on_over_kill_9_and_each_event_is_stored_once(tmp_path):
    server = Server(tmp_path / "data")
    upload = Upload(server.address)
    try:
        for round in range(4):
            first = round * EVENTS // 4
            upload.feed(first, first + EVENTS // 8)
            eventually(lambda: len(upload.receipts) > first, within=30, what="receipts")
            # While it sends, and while answers are on their way.
            feeding = threading.Thread(target=upload.feed, args=(first + EVENTS // 8, first + EVENTS // 4))
            feeding.start()
            server.kill()
            server = Server(tmp_path / "data", listen=server.address)
            feeding.join(60)
        code, errors = upload.finish()
        assert code == 0, errors
        assert f"{EVENTS} events stored, 0 already there" in errors
        assert "trying again" in errors
        with Client(server.address, "acme") as client:
            stored = [int(event.change) for event in client.events()]
        assert sorted(stored) == list(range(EVENTS))
        assert len(upload.receipts) == EVENTS
    finally:
        upload.process.kill()
        server.kill()


def test_an_upload_goes_on_when_its_server_is_restarted_well(tmp_path):
    server = Server(tmp_path / "data")
    upload = Upload(server.address)
    try:
        for round in range(3):
            first = round * 1000
            upload.feed(first, first + 500)
            eventually(lambda: len(upload.receipts) > first, within=30, what="receipts")
            feeding = threading.Thread(target=upload.feed, args=(first + 500, first + 1000))
            feeding.start()
            assert server.terminate() == 0
            server = Server(tmp_path / "data", listen=server.address)
            feeding.join(60)
        code, errors = upload.finish()
        assert code == 0, errors
        with Client(server.address, "acme") as client:
            assert sorted(int(event.change) for event in client.events()) == list(range(3000))
    finally:
        upload.process.kill()
        server.kill()


def record(address, *options):
    return run(
        "record", "--server", address, "--organization", "acme", "--event-type", "UPDATE",
        "--target-type", "SERVICE", "--target", "web", "--actor", "ada", *options, within=60,
    )  # fmt: skip


def test_a_record_whose_answer_is_lost_is_sent_again_as_it_was():
    requests = []

    def script(peer):
        peer.start()
        request = peer.next_request()
        requests.append(request.messages[0][0])
        if len(requests) == 1:
            # Stored, for all that the client can know.
            raise Closed
        stored = log.RecordRequest.FromString(requests[0]).events[0]
        answer = log.RecordResponse()
        answer.results.add(id=stored.id, sequence=1, duplicate=True)
        peer.answer(request.stream, answer.SerializeToString())

    with ScriptedServer(script) as server:
        done = record(server.address)
    assert done.returncode == 0, done.stderr
    assert requests[0] == requests[1]
    event = log.RecordRequest.FromString(requests[0]).events[0]
    # It is there because of this command, which need not know it.
    assert done.stdout == f"1  {event.id}\n"
    assert done.stderr.splitlines()[-1] == f"auditrpc: the server at {server.address} answers again"


def test_without_retries_a_lost_answer_is_an_error():
    def script(peer):
        peer.start()
        peer.next_request()
        raise Closed

    with ScriptedServer(script) as server:
        done = record(server.address, "--no-retry")
    assert done.returncode == 69 and done.stdout == ""
    assert done.stderr.startswith(f"auditrpc: the connection to {server.address} is gone: ")
    assert len(server.peers) == 1


def test_the_second_server_takes_over_from_one_that_is_down(server):
    done = record(f"{dead_address()},{server.address}")
    assert done.returncode == 0 and done.stderr == ""
    table = run("status", "--server", f"{dead_address()},{server.address}").stdout
    assert server.address in table


def test_the_second_server_takes_over_from_one_that_hangs(server):
    """It listens, and never says a word."""
    with TCPPeer(read_on) as peer:
        done = record(f"{peer.address},{server.address}", "--timeout", "4s")
    assert done.returncode == 0 and done.stderr == "", done.stderr


def test_the_second_server_takes_over_in_the_middle_of_an_upload(tmp_path):
    with Server(tmp_path / "second") as second:
        first = Server(tmp_path / "first")
        upload = Upload(f"{first.address},{second.address}")
        upload.feed(0, 1000)
        eventually(lambda: len(upload.receipts) == 1000, within=30, what="receipts")
        first.kill()
        upload.feed(1000, 2000)
        code, errors = upload.finish()
        assert code == 0, errors
        with Client(second.address, "acme") as client:
            assert [int(event.change) for event in client.events()] == list(range(1000, 2000))


def test_a_script_may_start_a_server_and_record_at_once(tmp_path):
    address = dead_address()
    recording = Process(
        ["record", "--wait", "--server", address, "--organization", "acme", "--event-type", "U",
         "--target-type", "S", "--target", "web", "--actor", "ada"]
    )  # fmt: skip
    try:
        recording.await_line("nothing listens at .*; trying again")
        with Server(tmp_path / "data", listen=address):
            assert recording.wait() == 0
        assert recording.errors[-1] == f"auditrpc: the server at {address} answers again"
        assert len(recording.output) == 1
    finally:
        recording.kill()


def test_a_wait_ends_with_the_timeout():
    address = dead_address()
    done = run("status", "--wait", "--timeout", "1s", "--server", address, within=60)
    assert done.returncode == 69
    assert f"no connection to {address} within 1s: nothing listens at {address}" in done.stderr


def test_a_tail_that_waits_begins_when_the_server_does(tmp_path):
    address = dead_address()
    tail = Process(["tail", "--wait", "--from-start", "--server", address, "--output", "json"])
    try:
        tail.await_line("nothing listens at .*; trying again")
        with Server(tmp_path / "data", listen=address) as server:
            tail.await_line(f"connected to {address} again")
            assert record(address).returncode == 0
            eventually(lambda: len(tail.output) == 1, within=30, what="the event")
            tail.signal(signal.SIGINT)
            assert tail.wait() == 0
            assert server.exit_code is None
    finally:
        tail.kill()


# An upload whose producer takes its time.


def receive_message(peer):
    """Waits for the first message of the first call, which may stay open."""
    while not (peer.requests and peer.requests[0].messages):
        peer.receive()
    return log.RecordRequest.FromString(peer.requests[0].messages[0][0])


def test_what_was_lost_is_sent_again_while_the_producer_is_idle():
    uploads = []

    def script(peer):
        peer.start()
        uploads.append(receive_message(peer))
        if len(uploads) == 1:
            # The server dies with the event in its hands.
            raise Closed
        answer = log.RecordResponse()
        answer.results.add(id=uploads[1].events[0].id, sequence=7)
        peer.headers(peer.requests[0].stream)
        peer.send(peer.requests[0].stream, framed(answer.SerializeToString()))
        while not peer.requests[0].ended:
            peer.receive()
        peer.trailers(peer.requests[0].stream)

    with ScriptedServer(script) as server:
        upload = Upload(server.address)
        try:
            upload.feed(0, 1)
            # Nothing more is fed, and the input is not at its end.
            eventually(lambda: upload.receipts, within=30, what="the receipt")
            code, errors = upload.finish()
        finally:
            upload.process.kill()
    assert code == 0, errors
    assert uploads[0] == uploads[1]
    assert errors.splitlines()[-1] == "auditrpc: 1 events stored, 0 already there"


def test_without_retries_a_restart_between_two_events_costs_nothing(tmp_path):
    server = Server(tmp_path / "data")
    upload = Upload(server.address, "--no-retry")
    try:
        for number in range(3):
            upload.feed(number, number + 1)
            eventually(lambda: len(upload.receipts) == number + 1, within=30, what="the receipt")
            assert server.terminate() == 0
            server = Server(tmp_path / "data", listen=server.address)
        code, errors = upload.finish()
        assert code == 0, errors
        assert errors == "auditrpc: 3 events stored, 0 already there\n"
    finally:
        upload.process.kill()
        server.kill()


def test_an_upload_that_fails_says_what_was_stored():
    def script(peer):
        peer.start()
        request = receive_message(peer)
        answer = log.RecordResponse()
        for event in request.events:
            answer.results.add(id=event.id, sequence=1)
        stream = peer.requests[0].stream
        peer.headers(stream)
        peer.send(stream, framed(answer.SerializeToString()))
        while len(peer.requests[0].messages) < 2:
            peer.receive()
        peer.trailers(stream, PERMISSION_DENIED, ("grpc-message", "not you"))

    with ScriptedServer(script) as server:
        upload = Upload(server.address)
        try:
            upload.feed(0, 2)
            upload.process.stdin.write("no event\n")
            upload.process.stdin.flush()
            eventually(lambda: len(upload.receipts) == 2, within=30, what="the receipts")
            upload.feed(2, 5)
            code, errors = upload.finish()
        finally:
            upload.process.kill()
    assert code == 77
    complaint, *rest = errors.splitlines()
    assert complaint.startswith("auditrpc: line 3: ")
    assert rest == [
        "auditrpc: 2 events stored, 0 already there, 3 sent without an answer",
        "auditrpc: not you",
    ]


def test_an_import_that_fails_says_what_was_stored():
    def script(peer):
        peer.start()
        receive_message(peer)
        peer.headers(peer.requests[0].stream)
        peer.trailers(peer.requests[0].stream, PERMISSION_DENIED, ("grpc-message", "not you"))

    with ScriptedServer(script) as server:
        done = run("import", "cloudtrail", "--server", server.address, TRAIL)
    assert done.returncode == 77
    assert done.stdout == (
        "12 records read, 0 stored, 0 already there, 12 sent without an answer\n"
    )
    assert done.stderr == "auditrpc: not you\n"


def test_an_import_over_a_lost_connection_does_not_claim_what_was_there_before():
    """The first attempt was stored, or else an earlier import was: the server's answer is the same."""

    def script(peer):
        peer.start()
        request = receive_message(peer)
        if len(server.peers) == 1:
            raise Closed
        answer = log.RecordResponse()
        for event in request.events:
            answer.results.add(id=event.id, sequence=1, duplicate=True)
        stream = peer.requests[0].stream
        peer.headers(stream)
        peer.send(stream, framed(answer.SerializeToString()))
        while not peer.requests[0].ended:
            peer.receive()
        peer.trailers(stream)

    with ScriptedServer(script) as server:
        done = run("import", "cloudtrail", "--server", server.address, TRAIL)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "12 records read, 0 stored, 0 already there, 12 stored or already there\n"
    )
