"""Measures the release server beside a yardstick, in one run on the same cores, and prints ratios.

Absolute numbers say more of the machine than of the code; a ratio to a known program carries over.
The two sides run by turns, so that each round's ratio is of the same minute of the machine; the
median of those ratios counts. Every loop is bounded in count and time.

usage: make bench [BENCH_ARGS='--quick --only search']
"""

import argparse
import os
import platform
import re
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("AUDITRPC_BINARY", str(ROOT / ".build/release/auditrpc"))
sys.path[:0] = [str(ROOT / "Tests/PythonSupport"), str(ROOT / ".build/python-stubs")]

import echo  # noqa: E402
import feed  # noqa: E402
import feed_tables  # noqa: E402
import neighbour  # noqa: E402
import over_http  # noqa: E402
import search  # noqa: E402
from auditrpc.v1 import audit_log_pb2 as log  # noqa: E402
from clients import Client, actor, event, resource, target  # noqa: E402
from process import Server, eventually  # noqa: E402
from rawhttp2 import framed  # noqa: E402

EVENT_BYTES = 600
BATCH = 1000
NGHTTPD_PORT = 50951
RUN_SECONDS_MAX = 120


def make_event(number):
    """A plausible event of just EVENT_BYTES, without an id: each call stores another one."""
    made = event(
        organization_id="acme",
        occurred_at={"seconds": 1_700_000_000 + number, "nanos": 123_456_789},
        event_type=("CREATE", "UPDATE", "DELETE", "TRIGGER_DEPLOY")[number % 4],
        target=target("SERVICE", f"service-{number * 7919 % 10_000:05}", "checkout"),
        scope=[resource("PROJECT", "project-1", "Shop"), resource("ENVIRONMENT", "production")],
        actor=actor(1, f"user-{number * 104_729 % 1000:04}", "ada@example.org"),
        source="TERRAFORM_PROVIDER",
        change="replicas 2 -> 3",
        outcome="OUTCOME_SUCCESS",
        context={"ip_address": "198.51.100.7", "user_agent": "terraform/1.9.5"},
    )
    # A length field of the snapshot of two bytes: two more than its tag and text.
    room = EVENT_BYTES - made.ByteSize() - len(b'{"note":""}') - 3
    made.snapshot = b'{"note":"' + b"x" * room + b'"}'
    assert made.ByteSize() == EVENT_BYTES, made.ByteSize()
    return made


def h2load(url, body, calls, connections, streams, headers=()):
    """Calls per second; every answer must be a success."""
    arguments = ["h2load", "-n", calls, "-c", connections, "-m", streams, "-d", body, *headers, url]
    done = subprocess.run(
        [str(argument) for argument in arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=RUN_SECONDS_MAX,
    )
    if f"{calls} 2xx" not in done.stdout:
        raise SystemExit(f"not every call succeeded:\n{done.stdout}")
    return float(re.search(r"finished in .*?, ([\d.]+) req/s", done.stdout).group(1))


GRPC_HEADERS = ["-H", "content-type: application/grpc", "-H", "te: trailers"]


def record_url(server):
    return f"http://{server.address}/auditrpc.v1.AuditLog/Record"


class Nghttpd:
    """nghttpd with one small file: an HTTP/2 server in C that does nothing else."""

    def __init__(self, folder):
        (folder / "answer").write_bytes(bytes(60))
        self.url = f"http://127.0.0.1:{NGHTTPD_PORT}/answer"
        self.process = subprocess.Popen(
            ["nghttpd", "--no-tls", "-a", "127.0.0.1", "-d", str(folder), str(NGHTTPD_PORT)],
            stdout=subprocess.DEVNULL,
        )

    def __enter__(self):
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", NGHTTPD_PORT), 1).close()
                return self
            except ConnectionRefusedError:
                time.sleep(0.02)
        raise SystemExit("nghttpd does not answer")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)


def spread(values):
    return f"{min(values):,.0f} to {max(values):,.0f}"


def unary(folder, rounds, calls):
    """250 concurrent Records of one event against as many plain answers."""
    body = folder / "unary.body"
    body.write_bytes(framed(log.RecordRequest(events=[make_event(1)]).SerializeToString()))
    ours, theirs = [], []
    with Server(folder / "unary") as server, Nghttpd(folder) as nghttpd:
        h2load(record_url(server), body, calls // 5, 10, 25, GRPC_HEADERS)
        h2load(nghttpd.url, body, calls // 5, 10, 25)
        for _ in range(rounds):
            ours.append(h2load(record_url(server), body, calls, 10, 25, GRPC_HEADERS))
            theirs.append(h2load(nghttpd.url, body, calls, 10, 25))
    return row("durable unary Record / nghttpd, 250 concurrent, calls/s", ours, theirs, 0.3)


def ingest(folder, rounds, requests):
    """Batches of 1,000 events, each answered when it is on stable storage, against SQLite."""
    events = [make_event(number) for number in range(BATCH)]
    body = folder / "ingest.body"
    body.write_bytes(framed(log.RecordRequest(events=events).SerializeToString()))
    table = folder / "ingest.records"
    table.write_bytes(b"".join(map(sqlite_record, events)))
    program = folder / "sqlite_ingest"
    subprocess.run(
        ["cc", "-O2", "-o", program, ROOT / "Benchmarks/sqlite_ingest.c", "-lsqlite3"], check=True
    )
    ours, theirs = [], []
    for number in range(rounds):
        with Server(folder / f"ingest-{number}") as server:
            h2load(record_url(server), body, requests // 5, 1, 4, GRPC_HEADERS)
            rate = h2load(record_url(server), body, requests, 1, 4, GRPC_HEADERS)
            ours.append(rate * BATCH)
        shutil.rmtree(folder / f"ingest-{number}")
        seconds = max(1.0, requests / rate)
        database = folder / f"ingest-{number}.db"
        stored, taken = subprocess.run(
            [program, database, table, str(seconds)],
            capture_output=True,
            text=True,
            check=True,
            timeout=RUN_SECONDS_MAX,
        ).stdout.split()
        theirs.append(int(stored) / float(taken))
        for file in folder.glob(f"ingest-{number}.db*"):
            file.unlink()
    return row(f"durable ingest / SQLite, batches of {BATCH:,}, events/s", ours, theirs, 3)


def sqlite_record(one):
    texts = [
        one.organization_id.encode(),
        one.target.id.encode(),
        one.actor.id.encode(),
        one.event_type.encode(),
        one.SerializeToString(),
    ]
    wire = struct.pack("<q", one.occurred_at.ToNanoseconds())
    return wire + b"".join(struct.pack("<I", len(text)) + text for text in texts)


def memory(folder, total):
    """The resident set with idle connections and many events, and whether it grows with more."""
    body, one = folder / "ingest.body", folder / "unary.body"
    rows = []
    with Server(folder / "memory") as server:
        rows.append(("resident after the start", server.resident_mebibytes(), None))
        h2load(record_url(server), body, total // BATCH, 1, 4, GRPC_HEADERS)
        host_and_port = server.host_and_port
        idle = [socket.create_connection(host_and_port) for _ in range(100)]
        for connection in idle:
            # The preface and empty SETTINGS: a whole HTTP/2 connection that asks for nothing.
            connection.sendall(
                b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000")
            )
            connection.recv(9)
        with Client(server.address) as client:
            assert client.status().head_sequence == total
        # What follows a burst of events is over within seconds: logs become segments.
        logs = folder / "memory" / "log"
        eventually(lambda: len(list(logs.iterdir())) == 1, within=60, what="all full logs are sealed")
        what = f"resident with {total:,} events and 100 idle connections"
        before = server.resident_mebibytes()
        rows.append((what, before, 200))
        h2load(record_url(server), one, total, 10, 25, GRPC_HEADERS)
        after = server.resident_mebibytes()
        rows.append((f"resident after {total:,} unary Records more", after, None))
        # What grows from one line to the next is what an event costs: its id and its place.
        for _ in range(3):
            h2load(record_url(server), body, total // BATCH, 1, 4, GRPC_HEADERS)
            last = server.resident_mebibytes()
            rows.append((f"resident after {total:,} events more, in batches", last, None))
        for connection in idle:
            connection.close()
    with Server(folder / "memory") as server:
        what = f"resident after a restart over {5 * total:,} events"
        rows.append((what, server.resident_mebibytes(), None))
    return rows


def row(name, ours, theirs, aim):
    ratios = [one / other for one, other in zip(ours, theirs)]
    print(f"{name}: {statistics.median(ratios):.2f}", flush=True)
    return name, ours, theirs, ratios, aim


def report(echoes, ratios, resident, feeds, searches, neighbours, https):
    lines = [
        f"Measured {time.strftime('%Y-%m-%d', time.gmtime())} on {os.cpu_count()} cores, "
        f"{platform.system()} {platform.machine()}; events of {EVENT_BYTES} bytes.",
        "",
    ]
    if echoes:
        lines += [*echo.table(echoes), ""]
    if feeds:
        lines += [*feed_tables.table(feeds), ""]
    if searches:
        lines += [*search.table(searches), ""]
    if neighbours:
        lines += [*neighbour.table(neighbours), ""]
    if https:
        lines += [*over_http.table(https), ""]
    if not ratios:
        return "\n".join(lines)
    lines += [
        "| what | ours, median (range) | yardstick, median (range) | ratio of a round, median (range) | aim |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, ours, theirs, each, aim in ratios:
        lines.append(
            f"| {name} | {statistics.median(ours):,.0f} ({spread(ours)}) "
            f"| {statistics.median(theirs):,.0f} ({spread(theirs)}) "
            f"| {statistics.median(each):.2f} ({min(each):.2f} to {max(each):.2f}) | {aim} |"
        )
    lines += ["", "| memory | MiB | limit |", "| --- | --- | --- |"]
    lines += [f"| {what} | {value:,.0f} | {limit or ''} |" for what, value, limit in resident]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds, for a first look")
    parts = ["echo", "feed", "store", "search", "neighbour", "http"]
    parser.add_argument("--only", choices=parts, help="one part")
    parser.add_argument(
        "--events", type=int, help="events that are searched, and shown: 10,000,000, or 1,000,000 if quick"
    )
    parser.add_argument("--folder", help="where data is written (default: a temporary folder)")
    options = parser.parse_args()
    rounds, share = (3, 10) if options.quick else (7, 1)
    # Not /tmp where that is memory: a sync must reach a disk.
    parent = options.folder or ROOT / ".build"
    with tempfile.TemporaryDirectory(prefix="bench-", dir=parent) as folder:
        folder = Path(folder)
        # PostgreSQL is run by another user.
        folder.chmod(0o711)
        echoes, ratios, resident, feeds, searches, neighbours, https = [], [], [], None, None, [], None
        if options.only in (None, "echo"):
            echoes = echo.measure(folder, rounds, 2 / share)
        if options.only in (None, "feed"):
            feeds = feed.measure(folder, *((1, 2) if options.quick else (3, 4)), make_event)
        if options.only in (None, "search"):
            searches = search.measure(folder, 3, options.events or 10_000_000 // share)
        if options.only in (None, "neighbour"):
            neighbours = neighbour.measure(folder, rounds, 5, make_event)
        if options.only in (None, "http"):
            https = over_http.measure(
                folder, *((1, 2) if options.quick else (3, 4)), feed.template(make_event),
                options.events or 10_000_000 // share,
            )
        if options.only in (None, "store"):
            ratios = [
                unary(folder, rounds, 200_000 // share),
                ingest(folder, rounds, 500 // share),
            ]
            resident = memory(folder, 1_000_000 // share)
    text = report(echoes, ratios, resident, feeds, searches, neighbours, https)
    results = ROOT / "Benchmarks/results"
    results.mkdir(exist_ok=True)
    (results / "latest.md").write_text(text)
    print()
    print(text, end="")


if __name__ == "__main__":
    main()
