"""The live feed beside NATS core, NATS JetStream, Redis pub/sub and Redis streams.

Events of the same bytes go through each server by turns, and the load program checks that every subscriber gets every
event of its organization once and in order. AuditRPC has synced an event to disk before anybody gets it; so has Redis
with streams and appendfsync always. JetStream, and Redis with everysec, have written it to a file and sync later. NATS
core and Redis pub/sub keep nothing.
"""

import math
import statistics
from dataclasses import dataclass, field

from feed_servers import (
    AUDITRPC,
    DISK,
    JETSTREAM,
    NATS,
    REDIS,
    REDIS_STREAMS,
    REDIS_SYNCED,
    SHARED,
    Bench,
    Disturbed,
)

ALL = [AUDITRPC, NATS, JETSTREAM, REDIS, REDIS_STREAMS, REDIS_SYNCED]
#: Subscribers, the window (events that the slowest may lack), events of a batch, and organizations. A window is large
#: enough to keep the disk and the subscribers busy, and small enough that no server drops who is behind.
LEVELS = [(1, 8192, 500, 1), (10, 4096, 250, 1), (100, 1024, 100, 1), (1000, 256, 32, 1), (1000, 8192, 500, 1000)]
#: Events a second, subscribers, and organizations. Every rate but the first gives each event to one subscriber, so that
#: no server needs all of its core for it.
RATES = [
    (500, 100, 1),
    (1000, 1, 1),
    (10_000, 1, 1),
    (50_000, 1, 1),
    (1000, 100, 100),
    (10_000, 100, 100),
    (50_000, 100, 100),
]
IDLE = 10_000
IDLE_KIBIBYTES_MAX = 16
STUCK_RATE = 500
#: What AuditRPC delivers for each event that a peer delivers: ahead of all of them.
AIM = 1


@dataclass
class Row:
    """What one contender did in one setting, by rounds."""

    setting: tuple
    contender: object
    runs: list = field(default_factory=list)

    @property
    def kept_up(self):
        return all(self.runs)

    def each(self, name):
        return [run[name] for run in self.runs]

    def median(self, name):
        return statistics.median(self.each(name))


@dataclass
class Results:
    throughput: list
    delays: list
    idle: list
    stuck: list


def by_turns(bench, contenders, setting, rounds, **settings):
    """A row for each contender; a round has a run of each of them."""
    rows = [Row(setting, contender) for contender in contenders]
    for _ in range(rounds):
        for row in rows:
            if row.contender is DISK:
                row.runs.append(bench.syncs(settings["seconds"] / 4))
            else:
                row.runs.append(bench.run(row.contender, **settings))
    return rows


def throughput(bench, rounds, seconds):
    rows = []
    for subscribers, window, batch, organizations in LEVELS:
        contenders = ALL[:1] + [SHARED] + ALL[1:] if subscribers >= SHARED.sharing else ALL
        rows += by_turns(
            bench,
            contenders,
            (subscribers, organizations),
            rounds,
            subscribers=subscribers,
            organizations=organizations,
            window=window,
            batch=batch,
            seconds=seconds,
            warm=seconds / 4,
        )
        print(f"feed, {subscribers:,} subscribers of {organizations:,}: " + latest(rows), flush=True)
    return rows


def latest(rows):
    """The last setting in a line, to look at while the rest is measured."""
    return ", ".join(
        f"{row.contender.name} {row.median('deliveries_per_second'):,.0f}" if row.kept_up else "-"
        for row in rows
        if row.setting == rows[-1].setting
    )


def delays(bench, rounds, seconds):
    rows = []
    for rate, subscribers, organizations in RATES:
        contenders = [DISK, *ALL]
        rows += by_turns(
            bench,
            contenders,
            (rate, subscribers, organizations),
            rounds,
            subscribers=subscribers,
            organizations=organizations,
            rate=rate,
            seconds=seconds,
            warm=seconds / 4,
        )
        said = [
            f"{row.contender.name} {row.median('p99_us') / 1000:.1f}" if row.kept_up else "-"
            for row in rows[-len(contenders) :]
        ]
        print(f"feed, p99 in ms at {rate:,}/s to {subscribers:,}: " + ", ".join(said), flush=True)
    return rows


#: Who waits, what for, and where: different filters in the organization that is recorded in are the hardest. Of
#: the 10,000 connections that the server takes, two publish.
IDLE_SETTINGS = {
    "nobody": None,
    "in 1,000 other organizations": dict(filters=IDLE, filter_first=1, filter_organizations=1000),
    "in the same one, equal filters": dict(filters=1),
    "in the same one, 10,000 filters": dict(filters=IDLE),
    "in the same one, equal filters, a connection each": dict(
        filters=1, subscribers=IDLE - 2, connections=IDLE - 2
    ),
}


@dataclass
class IdleRow:
    """What some idle subscribers cost, by rounds."""

    name: str
    kibibytes: list = field(default_factory=list)
    #: CPU of the server for each recorded event, and that to nobody's in the same round.
    microseconds: list = field(default_factory=list)
    ratios: list = field(default_factory=list)
    #: What ended them, if anything did.
    failure: str = ""


def idle(bench, rounds, seconds):
    rows = [IdleRow(name) for name in IDLE_SETTINGS]
    recording = dict(window=8192, batch=500, seconds=seconds, warm=seconds / 4)
    for _ in range(rounds):
        for row, others in zip(rows, IDLE_SETTINGS.values()):
            try:
                with bench.server(AUDITRPC) as server:
                    record_beside(server, row, others, recording)
            except Disturbed as error:
                row.failure = str(error)
                continue
            row.ratios.append(row.microseconds[-1] / rows[0].microseconds[-1])
    for row in rows:
        each = row.failure or f"{statistics.median(row.ratios):.2f}"
        print(f"feed, CPU of recording beside idle subscribers {row.name}: {each}", flush=True)
    return rows


def record_beside(server, row, others, recording):
    if others is None:
        row.microseconds.append(recording_cost(server, recording))
        return
    held = {"subscribers": IDLE, "connections": 100, **others}
    before = server.process.resident_mebibytes()
    with server.hold(**held):
        after = server.process.resident_mebibytes()
        row.kibibytes.append((after - before) * 1024 / held["subscribers"])
        row.microseconds.append(recording_cost(server, recording))


def recording_cost(server, recording):
    run = server.load(**recording)
    if run is None:
        raise Disturbed("recording did not come to its end")
    return run["server_cpu_seconds"] / run["published"] * 1e6


def stuck(bench, rounds, seconds):
    """(contender, p99 of 100 without a stuck one, p99 beside one, ratios); microseconds."""
    rows = []
    fast = dict(rate=STUCK_RATE, seconds=seconds, warm=seconds / 4)
    for contender in (AUDITRPC, NATS, REDIS):
        without, beside = [], []
        for _ in range(rounds):
            without.append(p99(bench.run(contender, subscribers=100, **fast)))
            beside.append(p99(bench.run(contender, subscribers=101, stuck=1, **fast)))
        ratios = [one / max(other, 1) for one, other in zip(beside, without)]
        rows.append((contender, without, beside, ratios))
        print(f"feed, a stuck one, {contender.name}: {statistics.median(ratios):.2f}", flush=True)
    return rows


def p99(run):
    """In microseconds; without end when the server did not keep up."""
    return run["p99_us"] if run else math.inf


def template(make_event):
    """An event of the benchmarks, with texts that the load program finds and replaces."""
    event = make_event(1)
    total = event.ByteSize()
    event.organization_id, event.change = "org-00000", "MARK" * 6
    spare = event.ByteSize() - total
    event.snapshot = event.snapshot.replace(b"x" * spare, b"", 1)
    assert event.ByteSize() == total
    return event.SerializeToString()


def measure(folder, rounds, seconds, make_event):
    """Everything, with runs of so many seconds."""
    bench = Bench(folder, template(make_event))
    return Results(
        throughput(bench, rounds, seconds),
        delays(bench, rounds, seconds),
        idle(bench, rounds, seconds),
        stuck(bench, rounds, seconds),
    )
