"""The interop cases of gRPC: servers, and the clients of several languages that run one case each."""

import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from process import ROOT, Process

BUILT = ROOT / ".build/debug"
GRPC_SOURCE = ROOT / ".build/grpc-source"
# Where Python finds gRPC's own cases, and the messages that they use.
CASES_PATH = (GRPC_SOURCE / "src/python/grpcio_tests", GRPC_SOURCE / "stubs")
GRPC_SWIFT_CLIENT = ROOT / ".build-grpc-swift/debug/grpc-swift-client"

# The certificate of gRPC's own tests, which is in Debian's ruby-grpc, is for names like this one.
SERVER_NAME = "foo.test.google.fr"
GRPC_SERVICE = "grpc.testing.TestService"
CASE_SECONDS = 60

CASES = (
    "empty_unary",
    "large_unary",
    "client_compressed_unary",
    "server_compressed_unary",
    "client_streaming",
    "client_compressed_streaming",
    "server_streaming",
    "server_compressed_streaming",
    "slow_consumer",
    "ping_pong",
    "half_duplex",
    "empty_stream",
    "custom_metadata",
    "status_code_and_message",
    "special_status_message",
    "unimplemented_method",
    "unimplemented_service",
    "cancel_after_begin",
    "cancel_after_first_response",
    "timeout_on_sleeping_server",
    "rpc_soak",
    "channel_soak",
)


@cache
def ruby_grpc():
    """The folder of Debian's ruby-grpc that has gRPC's own client, and the certificates of its tests."""
    if shutil.which("dpkg") is None:
        raise AssertionError("Debian's ruby-grpc has the Ruby client, and this is no Debian")
    listed = subprocess.run(["dpkg", "-L", "ruby-grpc"], capture_output=True, text=True)
    for line in listed.stdout.splitlines():
        if line.endswith("/pb/test/client.rb"):
            return Path(line).parent.parent.parent
    raise AssertionError("ruby-grpc is missing: dev/install-dependencies test installs it")


def certificate(name):
    """A file of gRPC's test certificates: ca.pem, server1.pem or server1.key."""
    return ruby_grpc() / "spec/testdata" / name


class InteropServer(Process):
    """`interop-server`, ready to be called once constructed."""

    def __init__(self, *options):
        super().__init__(options, binary=BUILT / "interop-server")
        try:
            self.address = self.await_line(re.compile(r"listening on (\S+)")).group(1)
        except BaseException:
            self.kill()
            raise

    @classmethod
    def with_tls(cls):
        return cls(
            "--port", "0",
            "--tls-cert", certificate("server1.pem"), "--tls-key", certificate("server1.key"),
        )  # fmt: skip

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()


class Target:
    """Where a client finds a server."""

    def __init__(self, address, tls=False, soak_iterations=10):
        self.address = address
        self.tls = tls
        self.soak_iterations = soak_iterations

    @property
    def host_and_port(self):
        """Also of a Unix socket whose file is named so that these clients can name it: `unix:/folder/name`, `1`."""
        host, _, port = self.address.rpartition(":")
        return host, port


def run(arguments, environment=None):
    """Runs a client to its end; what it says is in the error of a case that fails."""
    arguments = [str(one) for one in arguments]
    done = subprocess.run(
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=CASE_SECONDS,
        env={**os.environ, **(environment or {})},
    )
    assert (
        done.returncode == 0
    ), f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}"
    return done.stdout


def options(case, target):
    """What gRPC's own clients want to know."""
    host, port = target.host_and_port
    tls = ["--use_tls=true", "--use_test_ca=true", f"--server_host_override={SERVER_NAME}"]
    where = [f"--server_host={host}", f"--server_port={port}", f"--test_case={case}"]
    return [*where, *(tls if target.tls else [])]


def run_python(case, target):
    """gRPC's own client for Python, on the grpcio of this environment."""
    path = os.pathsep.join(map(str, CASES_PATH))
    run(
        [sys.executable, "-m", "tests.interop.client", *options(case, target)],
        {"PYTHONPATH": path},
    )


def run_ruby(case, target):
    """gRPC's own client for Ruby."""
    said = run(["ruby", ruby_grpc() / "pb/test/client.rb", *options(case, target)])
    assert f"OK: {case}" in said, said


def run_swift(binary, case, target, *options):
    """A client in Swift: AuditRPC's and the one on grpc-swift-2 take the same options, but for these."""
    tls = ["--tls-ca", certificate("ca.pem"), "--tls-server-name", SERVER_NAME]
    soak = [
        "--soak-iterations",
        target.soak_iterations,
        "--soak-per-iteration-max-acceptable-latency-ms",
        CASE_SECONDS * 1000,
    ]
    said = run(
        [
            binary,
            "--server",
            target.address,
            "--test-case",
            case,
            *soak,
            *options,
            *(tls if target.tls else []),
        ]
    )
    assert f"ok {case}" in said, said
    return said


def run_auditrpc(case, target, *options):
    # gRPC's own pause after each of 2,000 responses is 20 ms.
    return run_swift(BUILT / "interop-client", case, target, "--slow-consumer-pause-ms", 1, *options)


def run_grpc_swift(case, target):
    run_swift(GRPC_SWIFT_CLIENT, case, target)


# The cases that each client has. gRPC's own for Python and Ruby know fewer; grpc-swift-2 compresses whole calls.
PYTHON_CASES = tuple(
    case
    for case in CASES
    if "compressed" not in case
    and "soak" not in case
    and case not in ("slow_consumer", "half_duplex")
)
RUBY_CASES = tuple(
    case
    for case in CASES
    if case in PYTHON_CASES
    and case != "special_status_message"
    or case in ("client_compressed_unary", "client_compressed_streaming")
)

GRPC_SWIFT_CASES = tuple(case for case in CASES if case != "client_compressed_streaming")

# Of calls of half a megabyte, which a proxy that makes frames of one byte passes on as millions of frames.
SOAK_ITERATIONS_OF_ONE_BYTE_FRAMES = 2

CLIENTS = {
    "python": (run_python, PYTHON_CASES),
    "ruby": (run_ruby, RUBY_CASES),
    "grpc-swift": (run_grpc_swift, GRPC_SWIFT_CASES),
    "auditrpc": (run_auditrpc, CASES),
}
