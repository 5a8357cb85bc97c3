"""Servers of the interop test service that the tests of this folder share."""

import pytest
from interop import InteropServer, Target


@pytest.fixture(scope="session")
def interop_server():
    """Plain text on a port of 127.0.0.1."""
    with InteropServer("--port", "0") as server:
        yield Target(server.address)
