"""A TCP server that is no audit server: it does with each connection what a test says."""

import socket
import threading


class TCPPeer:
    """Listens on a free port of 127.0.0.1 and gives each connection to `serve`, then closes it."""

    def __init__(self, serve):
        self.serve = serve
        self.connections = 0
        self._open = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # shutdown wakes whoever waits.
        for one in [self._listener, *self._open]:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection):
        try:
            self.serve(connection)
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        connection.close()


def read_on(connection):
    """Takes what comes and says nothing."""
    while connection.recv(1 << 16):
        pass


def says(text):
    """Says `text` when the client has said something, and then nothing."""

    def serve(connection):
        connection.recv(1 << 16)
        connection.sendall(text)
        read_on(connection)

    return serve


def says_first(text):
    """Says `text` before the client says anything."""

    def serve(connection):
        connection.sendall(text)
        read_on(connection)

    return serve
