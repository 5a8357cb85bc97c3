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
from transports import TRANSPORTS  # noqa: E402

_organizations = itertools.count(1)


def pytest_addoption(parser):
    parser.addoption(
        "--transport",
        choices=TRANSPORTS,
        help="the way to the servers of the tests; without, the tests that are marked "
        "each_transport run over each, and all others over plain TCP",
    )


def pytest_generate_tests(metafunc):
    if "transport" in metafunc.fixturenames:
        everywhere = metafunc.definition.get_closest_marker("each_transport")
        chosen = metafunc.config.getoption("transport")
        if everywhere and chosen is None:
            metafunc.parametrize("transport", TRANSPORTS, indirect=True, scope="session")


@pytest.fixture(scope="session")
def transport(request):
    """The way to the servers of a test."""
    name = getattr(request, "param", None) or request.config.getoption("transport") or "plain"
    return TRANSPORTS[name]


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory, transport):
    """One server for the tests that are kept apart by their organization."""
    with Server(tmp_path_factory.mktemp("shared") / "data", transport=transport) as server:
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
def server(tmp_path, transport):
    """A server of this test's own, with nothing stored."""
    with Server(tmp_path / "data", transport=transport) as server:
        yield server


@pytest.fixture
def own(server, organization):
    """A client of this test's own server."""
    with Client(server.address, organization) as client:
        yield client
