"""The RPC layer alone: unary echo, 600 bytes in and 16 out, through AuditRPC and through other servers.

Each server has one core and the same h2load the other. All run by turns, so that each round's ratio is
of the same minute of the machine. The yardstick is nghttpd, which serves a file of 16 bytes: it is
HTTP/2 and nothing else, with neither the prefix nor the trailers of gRPC. A second nghttpd answers byte
for byte as a gRPC server does, which shows what these cost.
"""

import os
import re
import socket
import statistics
import subprocess
import time
from pathlib import Path

import grpc
from rawhttp2 import framed

ROOT = Path(__file__).resolve().parent.parent
METHOD = "/bench.Echo/Say"
REQUEST = bytes(number * 7 % 256 for number in range(600))
ANSWER = REQUEST[:16]
# Calls under way at once: connections, and streams of each.
LEVELS = {10: (1, 10), 100: (1, 100), 1000: (10, 100)}
NGHTTPD = "nghttpd"
# AuditRPC's ratio to nghttpd: gRPC's prefix, trailers and checks may cost a fifth.
AIM = 0.8
START_SECONDS_MAX = 20
RUN_SECONDS_MAX = 120


def programs(folder):
    """Name, command without its port, path and bytes of an answer's body of each server."""
    documents = folder / "documents"
    (documents / METHOD[1:]).parent.mkdir(parents=True, exist_ok=True)
    (documents / METHOD[1:]).write_bytes(ANSWER)
    (documents / f"{METHOD[1:]}.grpc").write_bytes(framed(ANSWER))
    (folder / "types").write_text("application/grpc grpc\n")
    nghttpd = ["nghttpd", "--no-tls", "-a", "127.0.0.1", "-m", "1000", "-d", documents]
    as_grpc = ["--mime-types-file", folder / "types", "--trailer", "grpc-status: 0"]
    grpc_bytes = len(framed(ANSWER))
    swift = ROOT / ".build-grpc-swift-bench/release/GRPCSwiftEcho"
    return [
        ("AuditRPC", [ROOT / ".build/release/EchoServer"], METHOD, grpc_bytes),
        (NGHTTPD, nghttpd, METHOD, len(ANSWER)),
        ("nghttpd, answering as gRPC does", nghttpd + as_grpc, f"{METHOD}.grpc", grpc_bytes),
        ("gRPC C++, asynchronous", [ROOT / ".build-bench/grpc_cpp_echo"], METHOD, grpc_bytes),
        ("grpc-swift-2", [swift], METHOD, grpc_bytes),
    ]


class EchoServer:
    """One of them, on its core, until the block ends."""

    def __init__(self, name, command, path, answer_bytes, core):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.name, self.path, self.answer_bytes = name, path, answer_bytes
        self.url = f"http://127.0.0.1:{self.port}{path}"
        arguments = ["taskset", "-c", core, *command, self.port]
        self.process = subprocess.Popen(list(map(str, arguments)), stdout=subprocess.DEVNULL)
        self.rates, self.cpu_microseconds, self.delays = [], [], []

    def __enter__(self):
        end = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < end and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except ConnectionRefusedError:
                time.sleep(0.02)
        self.__exit__()
        raise SystemExit(f"{self.name} does not answer")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(START_SECONDS_MAX)

    def check(self):
        """One call by a client that is nobody's here: the right bytes, and OK."""
        if self.answer_bytes == len(ANSWER):
            return
        with grpc.insecure_channel(f"127.0.0.1:{self.port}") as channel:
            answer = channel.unary_unary(self.path)(REQUEST, timeout=START_SECONDS_MAX)
        if answer != ANSWER:
            raise SystemExit(f"{self.name} answers {answer!r}")

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(server, body, calls, level, core, log=None):
    """Calls per second. Every answer must be a success with all of its bytes; a call that fails has none."""
    connections, streams = LEVELS[level]
    arguments = ["taskset", "-c", core, "h2load", "-n", calls, "-c", connections, "-m", streams]
    arguments += ["-d", body, "-H", "content-type: application/grpc", "-H", "te: trailers"]
    arguments += [f"--log-file={log}"] if log else []
    done = subprocess.run(
        [str(argument) for argument in [*arguments, server.url]],
        capture_output=True,
        text=True,
        check=True,
        timeout=RUN_SECONDS_MAX,
    ).stdout
    data = int(re.search(r"\((\d+)\) data", done).group(1))
    if f"{calls} 2xx" not in done or data != calls * server.answer_bytes:
        raise SystemExit(f"{server.name}: not every call succeeded:\n{done}")
    return float(re.search(r"finished in .*?, ([\d.]+) req/s", done).group(1))


def percentiles(log):
    """The median and the 99th percentile, in milliseconds."""
    delays = sorted(int(line.split("\t")[2]) for line in log.read_text().splitlines())
    return [delays[len(delays) * share // 100] / 1000 for share in (50, 99)]


def measure(folder, rounds, seconds):
    """Rows of (level, name, rates, ratios to nghttpd, [p50, p99], CPU microseconds of a call)."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise SystemExit("the echo benchmark needs two cores")
    body = folder / "echo.body"
    body.write_bytes(framed(REQUEST))
    rows = []
    for level in LEVELS:
        rows += measure_level(folder, rounds, seconds, body, level, cores)
    return rows


def measure_level(folder, rounds, seconds, body, level, cores):
    servers = []
    try:
        for program in programs(folder):
            servers.append(EchoServer(*program, cores[0]).__enter__())
        counts = {}
        for server in servers:
            server.check()
            load(server, body, 1000, level, cores[1])
            rate = load(server, body, 5000, level, cores[1])
            counts[server] = max(1000, int(rate * seconds) // 1000 * 1000)
        for _ in range(rounds):
            for server in servers:
                before = server.cpu_seconds()
                server.rates.append(load(server, body, counts[server], level, cores[1]))
                spent = server.cpu_seconds() - before
                server.cpu_microseconds.append(spent / counts[server] * 1e6)
                # Apart, because h2load is slower while it writes a log.
                log = folder / "echo.log"
                load(server, body, max(1000, counts[server] // 10), level, cores[1], log)
                server.delays.append(percentiles(log))
                log.unlink()
    finally:
        for server in servers:
            server.__exit__()
    yardstick = next(server.rates for server in servers if server.name == NGHTTPD)
    rows = []
    for server in servers:
        ratios = [one / other for one, other in zip(server.rates, yardstick)]
        delays = [statistics.median(each) for each in zip(*server.delays)]
        rows.append(
            (level, server.name, server.rates, ratios, delays, server.cpu_microseconds)
        )
        print(f"echo, {level:,} concurrent, {server.name}: {statistics.median(ratios):.2f}", flush=True)
    return rows


def table(rows):
    lines = [
        f"Unary echo, {len(REQUEST)} bytes in and {len(ANSWER)} out; aim: {AIM} of nghttpd.",
        "",
        "| concurrent calls | server | calls/s, median (range) | ratio to nghttpd of a round, median (range) "
        "| p50, ms | p99, ms | CPU of the server, µs a call |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for level, name, rates, ratios, (p50, p99), cpu in rows:
        lines.append(
            f"| {level:,} | {name} | {statistics.median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f}) "
            f"| {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) "
            f"| {p50:.2f} | {p99:.2f} | {statistics.median(cpu):.1f} |"
        )
    return lines
