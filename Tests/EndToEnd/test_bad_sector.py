"""A sector that the disk does not read: named by a start and a verification, and repaired around."""

import shutil
import subprocess

import pytest
from clients import Client, event
from process import ROOT, Server, eventually, run

SECTOR_BYTES = 512


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    """Makes the reads of a process fail, where this machine can compile that."""
    library = tmp_path_factory.mktemp("shim") / "bad_sector.so"
    if shutil.which("cc") is None:
        pytest.skip("no C compiler")
    source = ROOT / "Tests/PythonSupport/bad_sector.c"
    command = ["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]
    subprocess.run(command, check=True)
    return library


def bad(shim, path, offset):
    """The environment of a process that does not get that sector."""
    return {
        "LD_PRELOAD": str(shim),
        "BAD_SECTOR_FILE": str(path.resolve()),
        "BAD_SECTOR_OFFSET": str(offset),
    }


@pytest.fixture
def filled(tmp_path):
    """A folder with segments and a log behind them, and its number of events."""
    data = tmp_path / "data"
    with Server(data, options=["--log-bytes", "65536"]) as server:
        with Client(server.address, "acme") as client:
            for number in range(60):
                client.record(*(event(change=f"{number} " + "x" * 600) for _ in range(4)))
        eventually(lambda: [*(data / "segments").glob("*.segment")], what="a log is sealed")
    return data, 240


def test_a_bad_sector_is_named_and_repaired_around(filled, shim):
    data, events = filled
    log = sorted((data / "log").glob("*.log"))[-1]
    segment = sorted((data / "segments").glob("*.segment"))[0]
    for path, least in ((log, events - 16), (segment, events // 3)):
        environment = bad(shim, path, 4 * SECTOR_BYTES)
        verified = run("store", "verify", data, environment=environment)
        assert verified.returncode == 70
        (line,) = [line for line in verified.stdout.splitlines() if "DAMAGED" in line]
        assert line.startswith(path.name)
        if path == log:
            refused = run(
                "serve", "--listen", "127.0.0.1:0", "--data", data, environment=environment
            )
            assert refused.returncode not in (0, None)
            said = refused.stdout + refused.stderr
            assert f"disk does not read in {path} at byte {4 * SECTOR_BYTES}" in said
            assert "auditrpc store repair" in said
        repaired = run("store", "repair", data, environment=environment)
        assert repaired.returncode == 65, repaired.stdout + repaired.stderr
        # What was written anew lies elsewhere.
        with Server(data) as server, Client(server.address, "acme") as client:
            served, lost = 0, 0
            for page in client.pages():
                served += len(page.events)
                lost += sum(gone.last - gone.first + 1 for gone in page.unreadable)
            assert served >= least
            assert served + lost >= events
        assert run("store", "verify", data).returncode == 0


def test_queries_go_on_around_a_sector_that_went_bad(filled, shim):
    data, events = filled
    segment = sorted((data / "segments").glob("*.segment"))[0]
    environment = bad(shim, segment, 4 * SECTOR_BYTES)
    with Server(data, environment=environment) as server, Client(server.address, "acme") as client:
        served, lost = 0, 0
        for page in client.pages():
            served += len(page.events)
            lost += sum(gone.last - gone.first + 1 for gone in page.unreadable)
        assert lost > 0 and served + lost == events
