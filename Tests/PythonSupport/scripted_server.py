"""A gRPC server whose every frame the test chooses: what no gRPC library would send."""

import socket
import struct
import threading
import zlib
from dataclasses import dataclass, field

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    DataReceived,
    PingAckReceived,
    RequestReceived,
    StreamEnded,
    StreamReset,
    WindowUpdated,
)
from rawhttp2 import framed

WAIT_SECONDS = 30


class Closed(Exception):
    """The client has closed the connection, or the script wants it closed."""


@dataclass
class Request:
    """What came on one stream."""

    stream: int
    headers: dict
    data: bytes = b""
    ended: bool = False
    reset: int | None = None

    @property
    def method(self):
        return self.headers[":path"].rpartition("/")[2]

    @property
    def messages(self):
        """Each message, inflated, and whether it came compressed."""
        found, rest = [], self.data
        while rest:
            compressed, length = struct.unpack(">BI", rest[:5])
            message, rest = rest[5 : 5 + length], rest[5 + length :]
            found.append(
                (zlib.decompress(message, 31) if compressed else message, bool(compressed))
            )
        return found


@dataclass
class Peer:
    """One connection of a client, in the hands of a script."""

    socket: socket.socket
    requests: list = field(default_factory=list)
    # Off, nothing that comes gives its window back.
    reads: bool = True
    pings: int = 0
    ping_answers: int = 0

    def __post_init__(self):
        self.socket.settimeout(WAIT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.h2 = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self._next = 0

    def start(self, settings=None):
        """Says the preface, and these settings behind it."""
        self.h2.initiate_connection()
        if settings:
            self.h2.update_settings(settings)
        self.flush()

    def raw(self, kind, flags=0, stream=0, payload=b""):
        """Sends a frame that h2 would not, and does not hear of."""
        self.flush()
        header = struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream)
        self.socket.sendall(header + payload)

    def flush(self):
        if waiting := self.h2.data_to_send():
            self.socket.sendall(waiting)

    def receive(self):
        """Reads once and answers what HTTP/2 wants answered."""
        try:
            received = self.socket.recv(1 << 16)
        except ConnectionResetError:
            received = b""
        if not received:
            raise Closed
        for event in self.h2.receive_data(received):
            self._take(event)
        self.flush()

    def _take(self, event):
        if isinstance(event, RequestReceived):
            self.requests.append(Request(event.stream_id, dict(event.headers)))
        elif isinstance(event, PingAckReceived):
            self.ping_answers += 1
        elif isinstance(event, (DataReceived, StreamEnded, StreamReset)):
            request = next(one for one in self.requests if one.stream == event.stream_id)
            if isinstance(event, DataReceived):
                request.data += event.data
                if self.reads:
                    self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, StreamEnded):
                request.ended = True
            else:
                request.reset = event.error_code

    def next_request(self):
        """The next request, when all of it is there."""
        while self._next == len(self.requests) or not self.requests[self._next].ended:
            self.receive()
        self._next += 1
        return self.requests[self._next - 1]

    def until_closed(self):
        """Reads until the client closes the connection."""
        while True:
            self.receive()

    def ping(self):
        self.pings += 1
        self.h2.ping(struct.pack(">Q", self.pings))
        self.flush()

    def headers(self, stream, *extra, **replaced):
        chosen = {":status": "200", "content-type": "application/grpc", **replaced}
        self.h2.send_headers(stream, [*chosen.items(), *extra])
        self.flush()

    def send(self, stream, data, frame_bytes=None, padding=None):
        """Sends bytes in frames of at most `frame_bytes`, as the windows allow."""
        overhead = 0 if padding is None else padding + 1
        while data:
            window = self.h2.local_flow_control_window(stream) - overhead
            room = min(window, self.h2.max_outbound_frame_size - overhead)
            if room <= 0:
                self.flush()
                self.receive()
                continue
            count = min(room, frame_bytes or room, len(data))
            self.h2.send_data(stream, data[:count], pad_length=padding)
            data = data[count:]
        self.flush()

    def trailers(self, stream, status=0, *extra):
        self.h2.send_headers(stream, [("grpc-status", str(status)), *extra], end_stream=True)
        self.flush()

    def answer(self, stream, message, status=0):
        """A whole answer of one message."""
        self.headers(stream)
        self.send(stream, framed(message))
        self.trailers(stream, status)

    def reset(self, stream, code):
        self.h2.reset_stream(stream, code)
        self.flush()


class ScriptedServer:
    """Listens on a free port of 127.0.0.1 and runs `script(peer)` for each connection, until the client closes it."""

    def __init__(self, script):
        self.script = script
        self.peers = []
        self.problems = []
        self._threads = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # shutdown wakes the accept that waits.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(WAIT_SECONDS)
        if self.problems:
            raise self.problems[0]

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(Peer(connection),), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, peer):
        self.peers.append(peer)
        with peer.socket:
            try:
                self.script(peer)
                peer.until_closed()
            except Closed:
                pass
            except Exception as problem:
                self.problems.append(problem)
