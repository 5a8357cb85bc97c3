"""The servers that the benchmark of the live feed compares, and the load program that drives each of them.

A server has one core and the load program the other, as in the echo benchmark. Each run has a fresh server on an
empty folder, on a port of its own.
"""

import json
import os
import resource
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from gateway import HTTPServer
from process import Process, Server

ROOT = Path(__file__).resolve().parent.parent
RUN_SECONDS_MAX = 180
#: Enough of them for a 99th percentile, also on a slow disk.
SYNCS_MIN = 100
#: The exit code of the load program when the time ran out before all was delivered.
TOO_SLOW = 2


def pinned(core):
    return ["taskset", "-c", core]


def start_auditrpc(folder, core):
    server = Server(folder, prefix=pinned(core))
    return server, server.host_and_port[1]


def start_http(folder, core):
    server = HTTPServer(folder, prefix=pinned(core))
    return server, server.host_and_port[1]


def start_nats(folder, core):
    return _start_nats(core)


def start_jetstream(folder, core):
    return _start_nats(core, "-js", "-sd", folder)


def _start_nats(core, *options):
    arguments = ["-a", "127.0.0.1", "-p", "-1", *options]
    # Debian keeps it where only root's PATH looks.
    binary = shutil.which("nats-server", path=f"{os.environ['PATH']}:/usr/sbin")
    server = Process(arguments, prefix=pinned(core), binary=binary)
    ready = server.await_line(r"Listening for client connections on 127\.0\.0\.1:(\d+)")
    return server, int(ready.group(1))


def start_redis(folder, core):
    return _start_redis(folder, core, "--appendonly", "no")


def start_redis_durable(folder, core):
    """Written to a file before a client is told or reads of it, synced once a second: what Redis recommends."""
    return _start_redis(folder, core, "--appendonly", "yes", "--appendfsync", "everysec")


def start_redis_synced(folder, core):
    """What a client is told, or reads, is on stable storage: the promise that AuditRPC makes too."""
    return _start_redis(folder, core, "--appendonly", "yes", "--appendfsync", "always")


def _start_redis(folder, core, *options):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", folder]
    arguments += ["--maxclients", 11_000]
    server = Process([*arguments, *options], prefix=pinned(core), binary="redis-server")
    server.await_line("Ready to accept connections")
    return server, port


@dataclass(frozen=True)
class Contender:
    name: str
    protocol: str
    start: callable
    #: Subscriptions that share a connection.
    sharing: int = 1

    def connections(self, subscribers):
        return max(1, subscribers // self.sharing)


AUDITRPC = Contender("AuditRPC", "auditrpc", start_auditrpc)
SHARED = Contender("AuditRPC, 10 subscriptions a connection", "auditrpc", start_auditrpc, 10)
#: Server-sent events, of which each has a connection.
HTTP = Contender("AuditRPC over HTTP", "http", start_http)
NATS = Contender("NATS core", "nats", start_nats)
JETSTREAM = Contender("NATS JetStream", "jetstream", start_jetstream)
REDIS = Contender("Redis pub/sub", "redis", start_redis)
REDIS_STREAMS = Contender("Redis streams", "redis-streams", start_redis_durable)
REDIS_SYNCED = Contender("Redis streams, each synced", "redis-streams", start_redis_synced)
#: No server: the yardstick for those that sync.
DISK = Contender("a write and a sync alone", "", None)


class Bench:
    """Where the runs happen: the cores, the program, the template of the events."""

    def __init__(self, folder, template):
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) < 2:
            raise SystemExit("the benchmark of the feed needs two cores")
        self.server_core, self.load_core = map(str, cores[:2])
        # A connection of each of ten thousand subscribers is a file, here and in each server.
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        self.folder = folder
        self.template = folder / "feed.template"
        self.template.write_bytes(template)
        self.program = folder / "feed_load"
        sources = sorted((ROOT / "Benchmarks/feed_load").glob("*.c"))
        warnings = ["-Wall", "-Wextra", "-Werror"]
        subprocess.run(
            ["cc", "-O2", *warnings, "-D_GNU_SOURCE", "-o", self.program, *sources, "-lnghttp2"],
            check=True,
        )
        self._runs = 0

    def syncs(self, seconds):
        """What the disk alone takes: one thread that writes an event and syncs, again and again."""
        delays = []
        event, end = self.template.read_bytes(), time.monotonic() + seconds
        file = os.open(self.folder / "feed.syncs", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        while len(delays) < SYNCS_MIN or time.monotonic() < end:
            start = time.monotonic_ns()
            os.write(file, event)
            os.fdatasync(file)
            delays.append((time.monotonic_ns() - start) // 1000)
        os.close(file)
        delays.sort()
        return {"p50_us": delays[len(delays) // 2], "p99_us": delays[len(delays) * 99 // 100]}

    def server(self, contender):
        self._runs += 1
        return RunningServer(contender, self.folder / f"feed-{self._runs}", self)

    def run(self, contender, **settings):
        """One run on a fresh server; None when it did not keep up."""
        with self.server(contender) as server:
            return server.load(**settings)


class RunningServer:
    def __init__(self, contender, folder, bench):
        self.contender, self.folder, self.bench = contender, folder, bench
        folder.mkdir()
        self.process, self.port = contender.start(folder, bench.server_core)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.process.terminate()
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            shutil.rmtree(self.folder)

    def arguments(self, settings):
        if settings.get("subscribers"):
            shared = self.contender.connections(settings["subscribers"])
            settings = {"connections": shared, **settings}
        return [
            *pinned(self.bench.load_core),
            self.bench.program,
            self.contender.protocol,
            str(self.port),
            self.bench.template,
            *([f"http-port={self.process.http_port}"] if self.contender is HTTP else []),
            *(f"{name.replace('_', '-')}={value}" for name, value in settings.items()),
        ]

    def load(self, **settings):
        """What the load program measured, and the CPU time of the server meanwhile."""
        before = self.cpu_seconds()
        done = subprocess.run(
            self.arguments(settings), capture_output=True, text=True, timeout=RUN_SECONDS_MAX
        )
        if done.returncode == TOO_SLOW:
            return None
        if done.returncode != 0:
            said = "\n".join(self.process.text().splitlines()[-10:])
            raise SystemExit(f"{self.contender.name}, {settings}: {done.stderr}\n{said}")
        measured = json.loads(done.stdout)
        measured["server_cpu_seconds"] = self.cpu_seconds() - before
        return measured

    def hold(self, **settings):
        return Held(self.arguments({**settings, "hold": 1, "seconds": RUN_SECONDS_MAX}))

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Disturbed(Exception):
    """The server did not keep the subscriptions that it had."""


class Held:
    """Subscriptions that are there until the block ends. Disturbed when the server ended one of them."""

    def __init__(self, arguments):
        self._process = subprocess.Popen(
            list(map(str, arguments)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self):
        # The program ends by itself when it does not become ready.
        if self._process.stdout.readline() != "ready\n":
            raise SystemExit(f"the idle subscribers are not there: {self._process.stderr.read()}")
        return self

    def __exit__(self, *_):
        _, errors = self._process.communicate(timeout=RUN_SECONDS_MAX)
        if self._process.returncode != 0:
            raise Disturbed(errors.strip())
