"""A server that lets connections grow no older than it was told."""

import pytest
from clients import Client, event
from process import Server, eventually
from rawhttp2 import RawHTTP2


@pytest.mark.timeout(60)
def test_an_old_connection_is_asked_to_end_and_clients_go_on(tmp_path):
    server = Server(tmp_path / "data", options=["--max-connection-age", "1s"])
    try:
        with RawHTTP2(server.address) as raw:
            raw.until(lambda: raw.last_stream_of_goaway is not None)
            # Nothing is open on it, so it ends.
            with pytest.raises(ConnectionError):
                raw.until(lambda: False)
        with Client(server.address, "acme") as client:
            client.record(event())
            with RawHTTP2(server.address) as raw:
                raw.until(lambda: raw.last_stream_of_goaway is not None)
            # Older than that by now, and made anew without a word.
            client.record(event())
            eventually(lambda: len(client.sequences()) == 2, what="both are stored")
    finally:
        assert server.terminate() == 0
