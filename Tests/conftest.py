"""What every process test can ask for: a server of its own, or the one that the tests share."""

import itertools
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "Tests/PythonSupport"), str(ROOT / ".build/python-stubs")]
# The modules of PythonSupport assert for the tests: show their values as pytest does in tests.
pytest.register_assert_rewrite("clients", "guarantees")

from clients import Client  # noqa: E402
from process import Server  # noqa: E402

_organizations = itertools.count(1)


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory):
    """One server for the tests that are kept apart by their organization."""
    with Server(tmp_path_factory.mktemp("shared") / "data") as server:
        yield server


@pytest.fixture
def organization():
    """A name that no other test uses."""
    return f"org-{next(_organizations)}"


@pytest.fixture
def client(shared_server, organization):
    """A client of the shared server in an organization of this test's own."""
    with Client(shared_server.address, organization) as client:
        yield client


@pytest.fixture
def server(tmp_path):
    """A server of this test's own, with nothing stored."""
    with Server(tmp_path / "data") as server:
        yield server


@pytest.fixture
def own(server, organization):
    """A client of this test's own server."""
    with Client(server.address, organization) as client:
        yield client
