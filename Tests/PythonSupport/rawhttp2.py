"""An HTTP/2 connection whose every byte the test chooses: what no gRPC library would send."""

import socket
import struct
from dataclasses import dataclass, field

from h2.config import H2Configuration
from h2.connection import ConnectionInputs, ConnectionState, H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from transports import way_to

WAIT_SECONDS = 10
GOING_ON = (None, ConnectionState.CLIENT_OPEN)


def framed(message, compressed=0):
    """A gRPC message on the wire: a flag, the length, the bytes."""
    return struct.pack(">BI", compressed, len(message)) + message


@dataclass
class Answer:
    """What came on one stream."""

    headers: dict = field(default_factory=dict)
    data: bytes = b""
    trailers: dict = field(default_factory=dict)
    reset: int | None = None
    ended: bool = False

    @property
    def http_status(self):
        return self.headers.get(":status")

    @property
    def grpc_status(self):
        """Of the trailers, or of a response that is trailers only."""
        value = self.trailers.get("grpc-status", self.headers.get("grpc-status"))
        return None if value is None else int(value)

    @property
    def grpc_message(self):
        return self.trailers.get("grpc-message", self.headers.get("grpc-message", ""))

    @property
    def messages(self):
        found, rest = [], self.data
        while rest:
            (_, length), rest = struct.unpack(">BI", rest[:5]), rest[5:]
            found.append(rest[:length])
            rest = rest[length:]
        return found


class RawHTTP2:
    """One connection. With `reads` off it gives the peer no window: a reader that never reads.

    `to` is the address of a server, a host and a port, or a socket that is connected already.
    """

    def __init__(self, to, reads=True):
        self.reads = reads
        self.answers = {}
        self.last_stream_of_goaway = None
        self.closed = False
        self.socket = self._connected(to)
        self.h2 = H2Connection(
            H2Configuration(
                client_side=True, header_encoding="utf-8", validate_outbound_headers=False
            )
        )
        # h2 takes a GOAWAY for the end; RFC 9113, section 6.8, lets the streams below it go on.
        going_on = {(ConnectionState.CLIENT_OPEN, ConnectionInputs.RECV_GOAWAY): GOING_ON}
        machine = self.h2.state_machine
        machine._transitions = {**machine._transitions, **going_on}
        self.h2.initiate_connection()
        self._flush()

    @staticmethod
    def _connected(to):
        if isinstance(to, socket.socket):
            return to
        if isinstance(to, tuple):
            return socket.create_connection(to, WAIT_SECONDS)
        return way_to(to).connect(to, WAIT_SECONDS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _flush(self):
        if waiting := self.h2.data_to_send():
            self.socket.sendall(waiting)

    def open(self, method, headers=None, end=False, **replaced):
        """Sends the headers of a call; `replaced` headers have _ for -, None leaves one out."""
        chosen = {
            ":method": "POST",
            ":scheme": "http",
            ":path": f"/auditrpc.v1.AuditLog/{method}",
            ":authority": "localhost",
            "te": "trailers",
            "content-type": "application/grpc",
        }
        for name, value in {**replaced, **(headers or {})}.items():
            name = name if name.startswith(":") else name.replace("_", "-")
            if value is None:
                chosen.pop(name, None)
            else:
                chosen[name] = value
        stream = self.h2.get_next_available_stream_id()
        self.answers[stream] = Answer()
        self.h2.send_headers(stream, list(chosen.items()), end_stream=end)
        self._flush()
        return stream

    def send(self, stream, data, end=True):
        """Sends bytes as the window allows; stops when the peer has ended the stream."""
        if end and not data:
            self.h2.end_stream(stream)
            self._flush()
        answer = self.answers[stream]
        while data and not answer.ended and answer.reset is None:
            room = min(
                self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size
            )
            if room == 0:
                self._receive()
                continue
            self.h2.send_data(stream, data[:room], end_stream=end and len(data) <= room)
            data = data[room:]
            self._flush()

    def reset(self, stream, code=8):
        self.h2.reset_stream(stream, code)
        self._flush()

    def _receive(self):
        received = self.socket.recv(65536)
        if not received:
            self.closed = True
            raise ConnectionError("the peer closed the connection")
        for event in self.h2.receive_data(received):
            self._take(event)
        self._flush()

    def _take(self, event):
        answer = self.answers.get(getattr(event, "stream_id", None), Answer())
        if isinstance(event, ResponseReceived):
            answer.headers = dict(event.headers)
        elif isinstance(event, TrailersReceived):
            answer.trailers = dict(event.headers)
        elif isinstance(event, DataReceived):
            answer.data += event.data
            if self.reads and event.flow_controlled_length:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, StreamEnded):
            answer.ended = True
        elif isinstance(event, StreamReset):
            answer.reset = event.error_code
        elif isinstance(event, ConnectionTerminated):
            self.last_stream_of_goaway = event.last_stream_id

    def answer(self, stream):
        """Reads until the stream has ended."""
        answer = self.answers[stream]
        while not answer.ended and answer.reset is None:
            self._receive()
        return answer

    def until(self, condition):
        """Reads until the condition holds."""
        while not condition():
            self._receive()

    def call(self, method, message, **headers):
        """A whole unary call."""
        stream = self.open(method, **headers)
        self.send(stream, framed(message))
        return self.answer(stream)
