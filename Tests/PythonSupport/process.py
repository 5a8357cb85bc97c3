"""Real auditrpc processes: started, awaited by what they print, ended by their id."""

import os
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

from transports import PLAIN, Address

ROOT = Path(__file__).resolve().parent.parent.parent
BINARY = Path(os.environ.get("AUDITRPC_BINARY", ROOT / ".build/debug/auditrpc"))

START_SECONDS = 30
STOP_SECONDS = 30

# Most tests are about the log: they have many organizations, and count their events.
# A fixed port can be one server's only.
_FOR_TESTS = {
    "AUDITRPC_LOCAL_ACCESS": "operator",
    "AUDITRPC_NO_READ_TRACE": "1",
    "AUDITRPC_HTTP": "none",
}

_READY = re.compile(r"listening on (\S+)")


def eventually(condition, within=10.0, what=None):
    """Asks until the answer is truthy and returns it; fails once `within` seconds have passed."""
    deadline = time.monotonic() + within
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s: {what or condition}; last: {answer!r}")
        time.sleep(0.02)


class Process:
    """A child whose output is collected line by line while it runs."""

    def __init__(self, arguments, environment=None, prefix=(), binary=BINARY):
        self.arguments = [*map(str, prefix), str(binary), *map(str, arguments)]
        self.output = []
        self.errors = []
        self._changed = threading.Condition()
        self._process = subprocess.Popen(
            self.arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TZ": "UTC", **(environment or {})},
        )
        self._readers = [
            threading.Thread(target=self._collect, args=pair, daemon=True)
            for pair in ((self._process.stdout, self.output), (self._process.stderr, self.errors))
        ]
        for reader in self._readers:
            reader.start()

    def _collect(self, stream, lines):
        for line in stream:
            with self._changed:
                lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    @property
    def pid(self):
        return self._process.pid

    @property
    def exit_code(self):
        """None while it runs."""
        return self._process.poll()

    def text(self):
        """All it has printed, for a message of a failed test."""
        return "\n".join([*self.output, *self.errors])

    def await_line(self, pattern, within=START_SECONDS):
        """The first match of `pattern` in a line of either stream; fails when it ends without."""
        pattern = re.compile(pattern) if isinstance(pattern, str) else pattern
        deadline = time.monotonic() + within
        with self._changed:
            while True:
                for line in [*self.output, *self.errors]:
                    if match := pattern.search(line):
                        return match
                ended = not any(reader.is_alive() for reader in self._readers)
                left = deadline - time.monotonic()
                if ended or left <= 0:
                    raise AssertionError(
                        f"no line matches {pattern.pattern!r} of {self.arguments}, exit code "
                        f"{self.exit_code}, output:\n{self.text()}"
                    )
                self._changed.wait(min(left, 0.2))

    def signal(self, number):
        self._process.send_signal(number)

    def wait(self, within=STOP_SECONDS):
        """Its exit code, when all that it printed has been read."""
        code = self._process.wait(within)
        for reader in self._readers:
            reader.join(within)
        return code

    def terminate(self, within=STOP_SECONDS):
        """SIGTERM, then its exit code."""
        if self.exit_code is None:
            self.signal(signal.SIGTERM)
        return self.wait(within)

    def kill(self):
        """SIGKILL: no chance to write anything."""
        if self.exit_code is None:
            self.signal(signal.SIGKILL)
        return self.wait()

    def resident_mebibytes(self):
        """Its resident set, from /proc."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise AssertionError(f"{self.pid} has no VmRSS")


class Server(Process):
    """`auditrpc serve`, ready to be called once constructed."""

    def __init__(
        self, data, listen=None, options=(), prefix=(), transport=PLAIN, environment=None
    ):
        self.data = Path(data)
        listen = listen or transport.listen()
        options = [*transport.serve_options, *options]
        super().__init__(
            ["serve", "--listen", listen, "--data", self.data, *options],
            environment={**_FOR_TESTS, **(environment or {})},
            prefix=prefix,
        )
        try:
            self.address = Address(self.await_line(_READY).group(1), transport)
        except BaseException:
            self.kill()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.terminate()
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    @property
    def environment(self):
        """What the commands of a client need to find it."""
        return {"AUDITRPC_SERVER": self.address, **self.address.transport.environment}

    @property
    def host_and_port(self):
        """Of a server that listens on TCP."""
        host, _, port = self.address.rpartition(":")
        return host, int(port)


def run(*arguments, input=None, within=120, environment=None):
    """Runs one command to its end: its exit code, output and errors."""
    return subprocess.run(
        [str(BINARY), *map(str, arguments)],
        input=input,
        capture_output=True,
        text=True,
        timeout=within,
        env={**os.environ, "TZ": "UTC", **(environment or {})},
    )
