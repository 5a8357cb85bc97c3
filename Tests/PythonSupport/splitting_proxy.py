"""A TCP proxy that understands HTTP/2 frames: it makes DATA frames of one byte of those that pass through it."""

import socket
import threading

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
FRAME_HEADER_BYTES = 9
DATA, END_STREAM, PADDED = 0, 0x1, 0x8


def split(frame):
    """The bytes of DATA frames that carry one byte each; any other frame, and empty or padded ones, as they are."""
    kind, flags, count = frame[3], frame[4], len(frame) - FRAME_HEADER_BYTES
    if kind != DATA or flags & PADDED or count == 0:
        return frame
    single = b"\0\0\1" + bytes((DATA, 0)) + frame[5:9] + b"\0"
    pieces = bytearray(single * count)
    pieces[FRAME_HEADER_BYTES :: len(single)] = frame[FRAME_HEADER_BYTES:]
    pieces[-len(single) + 4] = flags & END_STREAM
    return bytes(pieces)


class SplittingProxy:
    """Listens on a free port of 127.0.0.1 and passes everything on to `target`, in both directions."""

    def __init__(self, target):
        self.target = target
        # Frames that were split, so that a test can know that it tested something.
        self.split_frames = 0
        self._sockets = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in [self._listener, *self._sockets]:
            one.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self.target)
            self._sockets += [client, server]
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for pair, preface in (((client, server), PREFACE), ((server, client), b"")):
                threading.Thread(target=self._pump, args=(*pair, preface), daemon=True).start()

    def _pump(self, source, sink, preface):
        try:
            with source.makefile("rb") as stream:
                sink.sendall(stream.read(len(preface)))
                while header := stream.read(FRAME_HEADER_BYTES):
                    frame = header + stream.read(int.from_bytes(header[:3], "big"))
                    pieces = split(frame)
                    self.split_frames += pieces is not frame
                    sink.sendall(pieces)
            sink.shutdown(socket.SHUT_WR)
        except (OSError, ValueError):
            # One side is gone, or the test is over: so is the other side.
            for one in (source, sink):
                one.close()
