"""One organization at ten times its quota, and the p99 of another one beside it and alone."""

import statistics
import subprocess
import time

import tokens
from auditrpc.v1 import access_pb2 as access
from auditrpc.v1 import audit_log_pb2 as log
from clients import Client
from process import Server
from rawhttp2 import framed

QUOTA = 1_000
ASKED = 10 * QUOTA
# Events of a request of the flood: many small ones cost the server most.
BATCHES = (1, 10)
CONNECTIONS = 8
CALM = {"connections": 2, "rate": 400}
RUN_SECONDS_MAX = 120
# What the flood has before and after what is measured beside it.
MARGIN_SECONDS = 1


class Neighbours:
    """A server with a loud organization, which has a quota, and a calm one, which has none."""

    def __init__(self, folder, make_event):
        self.server = Server(folder / "neighbour", options=["--local-access", "none"])
        self.root = tokens.first_token(self.server)
        self.fields, self.bodies = {}, {}
        event = make_event(1)
        event.ClearField("organization_id")
        for name in ("loud", "calm"):
            secret = tokens.create(self.server.address, self.root, name, "recorder", name)[1]
            self.fields[name] = ["-H", f"authorization: Bearer {secret}"]
        for count in BATCHES:
            self.bodies[count] = folder / f"neighbour-{count}.body"
            request = log.RecordRequest(events=[event] * count)
            self.bodies[count].write_bytes(framed(request.SerializeToString()))
        request = access.SetQuotaRequest(
            organization_id="loud", quota=access.Quota(events_per_second=QUOTA)
        )
        with Client(self.server.address, token=self.root) as client:
            client.administration.SetQuota(request, timeout=30)

    def start(self, name, seconds, connections, rate, batch=1, log=None):
        """h2load at a steady rate; each call is answered, with a refusal or not."""
        command = ["h2load", "-n", int(rate * seconds), "-c", connections, "-m", 100]
        command += [f"--rps={rate / connections}", "-d", self.bodies[batch], *self.fields[name]]
        command += ["-H", "content-type: application/grpc", "-H", "te: trailers"]
        command += [f"--log-file={log}"] if log else []
        command += [f"http://{self.server.address}/auditrpc.v1.AuditLog/Record"]
        return subprocess.Popen(
            [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def stored(self):
        with Client(self.server.address, token=self.root) as client:
            return client.status().event_count


def finish(run):
    """The output of h2load, which must have had an answer to each call."""
    output = run.communicate(timeout=RUN_SECONDS_MAX)[0].decode()
    if run.returncode or " 0 failed, 0 errored, 0 timeout" not in output:
        raise SystemExit(f"not every call was answered:\n{output}")


def p99(path):
    """In microseconds, of a log of h2load."""
    delays = sorted(int(line.split("\t")[2]) for line in path.read_text().splitlines())
    path.unlink()
    return delays[len(delays) * 99 // 100]


def measure(folder, rounds, seconds, make_event):
    """{events of a request of the flood: [(p99 alone, p99 beside it, its events stored a second)]}."""
    rows = {batch: [] for batch in BATCHES}
    log = folder / "neighbour.log"
    world = Neighbours(folder, make_event)
    with world.server:
        finish(world.start("calm", 1, **CALM))
        for _ in range(rounds):
            finish(world.start("calm", seconds, **CALM, log=log))
            alone = p99(log)
            for batch in BATCHES:
                beside, loud = beside_flood(world, seconds, batch, log)
                rows[batch].append((alone, beside, loud))
                print(f"a noisy neighbour, {batch} to a request: {beside / alone:.2f}", flush=True)
    return rows


def beside_flood(world, seconds, batch, log):
    """p99 of the calm one beside the flood, and the events a second that the flood stored."""
    before = world.stored()
    flood_seconds = seconds + 2 * MARGIN_SECONDS
    flood = world.start("loud", flood_seconds, CONNECTIONS, ASKED / batch, batch)
    time.sleep(MARGIN_SECONDS)
    finish(world.start("calm", seconds, **CALM, log=log))
    beside = p99(log)
    finish(flood)
    loud = world.stored() - before - int(CALM["rate"] * seconds)
    return beside, loud / flood_seconds


def table(rows):
    lines = [
        f"| p99 of Record at {CALM['rate']} a second, another organization asks for {ASKED:,} "
        f"events a second and may have {QUOTA:,} | ms alone | ms beside it | ratio, median (range) | aim "
        "| stored of the flood, events/s |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for batch, each in rows.items():
        alone, beside, loud = zip(*each)
        ratios = [one / other for one, other in zip(beside, alone)]
        lines.append(
            f"| {batch} to a request | {statistics.median(alone) / 1000:.1f} "
            f"| {statistics.median(beside) / 1000:.1f} | {statistics.median(ratios):.2f} "
            f"({min(ratios):.2f} to {max(ratios):.2f}) | 1.5 | {statistics.median(loud):,.0f} |"
        )
    return lines
