"""The store beside SQLite and PostgreSQL: one file of events for all, read by the programs that are measured.

`StoreBench` makes the events and the pages that are asked for; it and the programs of `Search/` measure
inside their own process and print lines of a name and its values. They run by turns.
"""

import os
import pwd
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STORE = ROOT / ".build/release/StoreBench"
SQLITE = ROOT / ".build-bench/sqlite_search"
POSTGRES = ROOT / ".build-bench/postgres_search"

RUN_SECONDS_MAX = 3600
INGEST_SECONDS_MAX = 120
BATCH = 1000
SAMPLES = 1000
EXPIRED = 1_000_000
SEGMENTS = 1000
KINDS = {
    "organization-common": "newest of a common organization",
    "organization-rare": "newest of a rare organization",
    "actor-common": "a common actor",
    "actor-rare": "a rare actor, 2 to 5 events",
    "target-common": "a common target",
    "target-rare": "a rare target, 2 to 5 events",
    "fields-common": "common event type and source, within a day",
    "fields-rare": "rare event type and source, within a day",
    "histogram-organization": "histogram of a common organization: 60 buckets by event type",
    "histogram-all": "histogram of all organizations, likewise",
}


def run(*command, seconds_max=RUN_SECONDS_MAX):
    """What a program said: the numbers behind each name."""
    done = subprocess.run(
        [str(argument) for argument in command],
        capture_output=True,
        text=True,
        timeout=seconds_max,
    )
    if done.returncode != 0:
        raise SystemExit(f"{Path(command[0]).name} {command[1]}: {done.stderr}")
    said = {}
    for line in done.stdout.splitlines():
        words = line.split()
        names = 2 if words[0] == "page" else 1
        said[" ".join(words[:names])] = [float(word) for word in words[names:]]
    return said


class Postgres:
    """A cluster of its own on a Unix socket, run by the postgres user and ended by its process number."""

    PORT = 50952
    START_SECONDS_MAX = 60
    # As much as SQLite and the store get to cache, and plans for data that is in memory.
    SETTINGS = {
        "listen_addresses": "",
        "port": PORT,
        "shared_buffers": "256MB",
        "effective_cache_size": "8GB",
        "random_page_cost": "1.1",
        "maintenance_work_mem": "1GB",
        "max_wal_size": "16GB",
        "jit": "off",
        "autovacuum": "off",
    }

    def __init__(self, parent):
        self.folder = Path(tempfile.mkdtemp(prefix="bench-postgres-", dir=parent))
        self.connection = f"host={self.folder} port={self.PORT} user=postgres dbname=postgres"
        # Another user has to get there.
        for folder in self.folder.parents:
            if os.getuid() == 0 and not folder.stat().st_mode & 0o001:
                raise SystemExit(f"{folder} is closed to the postgres user; see --folder")
        if os.getuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        self.programs = max(Path("/usr/lib/postgresql").glob("*/bin"))

    def command(self, program, *arguments):
        command = [str(self.programs / program), *arguments]
        account = ["--reuid=postgres", "--regid=postgres", "--clear-groups"]
        return command if os.getuid() else ["setpriv", *account, *command]

    def __enter__(self):
        data = self.folder / "data"
        subprocess.run(
            self.command("initdb", "--locale=C", "--encoding=UTF8", "-U", "postgres", "-A", "trust", "-D", str(data)),
            check=True, capture_output=True, cwd="/", timeout=RUN_SECONDS_MAX,
        )
        settings = {**self.SETTINGS, "unix_socket_directories": self.folder}
        lines = [f"{name} = '{value}'\n" for name, value in settings.items()]
        with open(data / "postgresql.conf", "a") as file:
            file.writelines(lines)
        self.process = subprocess.Popen(
            self.command("postgres", "-D", str(data)), cwd="/",
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        is_ready = [self.programs / "pg_isready", "-q", "-h", self.folder, "-p", str(self.PORT)]
        end = time.monotonic() + self.START_SECONDS_MAX
        while subprocess.run(is_ready, timeout=self.START_SECONDS_MAX).returncode != 0:
            if time.monotonic() > end or self.process.poll() is not None:
                self.__exit__()
                raise SystemExit("PostgreSQL does not start")
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(self.START_SECONDS_MAX)
        shutil.rmtree(self.folder, ignore_errors=True)


def ingest(folder, rounds):
    """Durable batches until all is sealed, by turns; (events/s of ours, of SQLite, bytes of memory)."""
    ours, theirs, memory = [], [], {}
    for number in range(rounds):
        store = folder / f"ingest-{number}"
        said = run(STORE, "ingest", store, folder / "ingest.events", BATCH)
        ours.append(said["events"][0] / said["sealed-seconds"][0])
        memory["AuditRPC, ingest"] = said["resident-bytes"][0]
        shutil.rmtree(store)
        database = folder / f"ingest-{number}.db"
        said = run(
            SQLITE, "ingest", database, folder / "ingest.events", BATCH, INGEST_SECONDS_MAX
        )
        theirs.append(said["events"][0] / said["stored-seconds"][0])
        memory["SQLite, ingest"] = said["resident-bytes"][0]
        for file in folder.glob(f"ingest-{number}.db*"):
            file.unlink()
    return ours, theirs, memory


def pages(folder, rounds, store, database, postgres):
    """Name of the program to kind to (medians, 99th percentiles, events of a page) of the rounds."""
    commands = {
        "AuditRPC": (STORE, "search", store),
        "SQLite": (SQLITE, "search", database),
        "PostgreSQL": (POSTGRES, "search", postgres.connection),
    }
    figures = {name: {kind: ([], [], []) for kind in KINDS} for name in commands}
    memory = {}
    for _ in range(rounds):
        for name, command in commands.items():
            said = run(*command, folder / "requests", SAMPLES)
            for kind in KINDS:
                for list_, value in zip(figures[name][kind], said[f"page {kind}"]):
                    list_.append(value)
            memory[f"{name}, search"] = said["resident-bytes"][0]
    for kind in KINDS:
        found = {name: figures[name][kind][2][0] for name in commands}
        if len(set(found.values())) != 1:
            raise SystemExit(f"the programs do not find the same events: {kind}: {found}")
    memory["PostgreSQL, search (the client; its server has 256 MiB of buffers)"] = memory.pop(
        "PostgreSQL, search")
    return figures, memory


def measure(folder, rounds, events):
    """Everything, in a folder that has room for about 4 KiB an event."""
    made = run(STORE, "make-events", folder / "events", folder / "requests", events)
    size = made["event-bytes"][0]
    count = min(events, EXPIRED)
    run(STORE, "make-events", folder / "ingest.events", folder / "ingest.requests", count)
    ours, theirs, memory = ingest(folder, rounds)
    print(f"ingest until sealed / SQLite: {ratio(ours, theirs):.1f}", flush=True)

    store, database = folder / "store", folder / "search.db"
    stored = run(STORE, "ingest", store, folder / "events", BATCH)
    in_sqlite = run(SQLITE, "load", database, folder / "events")
    with Postgres(folder) as postgres:
        in_postgres = run(POSTGRES, "load", postgres.connection, folder / "events")
        (folder / "events").unlink()
        found, more = pages(folder, rounds, store, database, postgres)
    memory.update(more)
    database.unlink()
    opened = run(STORE, "open", store)
    memory[f"AuditRPC, open with {events:,} events"] = opened["resident-bytes"][0]
    expired = run(STORE, "expire", store, min(EXPIRED, events // 2))
    shutil.rmtree(store)
    small = folder / "small"
    run(STORE, "ingest", small, folder / "ingest.events", BATCH, count // SEGMENTS)
    many = run(STORE, "open", small)
    return {
        "events": events,
        "event-bytes": size,
        "ingest": (ours, theirs),
        "disk": [
            said["disk-bytes"][0] / said["events"][0] for said in (stored, in_sqlite, in_postgres)
        ],
        "pages": found,
        "memory": memory,
        "opened": opened,
        "many": many,
        "expired": expired,
    }


def ratio(ours, theirs):
    return statistics.median(one / other for one, other in zip(ours, theirs))


def table(measured):
    ours, theirs = measured["ingest"]
    store, sqlite, postgres = measured["disk"]
    size = measured["event-bytes"]
    expired, opened, many = measured["expired"], measured["opened"], measured["many"]
    lines = [
        f"The store beside SQLite and PostgreSQL: {measured['events']:,} events of {size:.0f} bytes, 100 "
        "organizations.",
        "",
        "| what | | aim |",
        "| --- | --- | --- |",
        f"| durable ingest until sealed / SQLite, batches of {BATCH:,} | {ratio(ours, theirs):.1f} "
        f"({statistics.median(ours):,.0f} / {statistics.median(theirs):,.0f} events/s) | 5 |",
        f"| bytes on disk / SQLite's | {store / sqlite:.2f} ({store:.0f} / {sqlite:.0f} an event) | 0.25 |",
        f"| bytes on disk / PostgreSQL's | {store / postgres:.2f} ({postgres:.0f} an event) | |",
        f"| bytes on disk / the events' own | {store / size:.2f} | 0.25 |",
        f"| open, {opened['segments'][0]:.0f} segments, ms | {opened['open-seconds'][0] * 1e3:.0f} | 1,000 |",
        f"| open, {many['segments'][0]:.0f} segments, ms | {many['open-seconds'][0] * 1e3:.0f} | |",
        f"| expire {expired['expired-events'][0]:,.0f} events, ms of CPU "
        f"| {expired['expire-processor-seconds'][0] * 1e3:.0f} | 50 |",
        "",
        "| page of 100, warm | events | p50, µs | p99, ms (aim 5) | p50 / SQLite (aim 1) "
        "| p50 / PostgreSQL (aim 1) | SQLite p50, µs | PostgreSQL p50, µs |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for kind, name in KINDS.items():
        of = {program: measured["pages"][program][kind] for program in measured["pages"]}
        medians = {program: statistics.median(values[0]) for program, values in of.items()}
        lines.append(
            f"| {name} | {of['AuditRPC'][2][0]:.0f} | {medians['AuditRPC']:.0f} "
            f"| {statistics.median(of['AuditRPC'][1]) / 1e3:.2f} "
            f"| {ratio(of['AuditRPC'][0], of['SQLite'][0]):.2f} "
            f"| {ratio(of['AuditRPC'][0], of['PostgreSQL'][0]):.2f} "
            f"| {medians['SQLite']:.0f} | {medians['PostgreSQL']:.0f} |"
        )
    lines += ["", "| memory | MiB |", "| --- | --- |"]
    lines += [f"| {name} | {value / 2**20:,.0f} |" for name, value in measured["memory"].items()]
    return lines
