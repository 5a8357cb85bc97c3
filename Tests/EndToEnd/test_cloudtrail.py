"""Real CloudTrail deliveries, imported and read back; the data lies beside the project."""

import json
import re

import pytest
from process import ROOT, Server, run

DATA = ROOT.parent / "shared/data/cloudtrail"
RECORDS = 2093
ACCOUNT = "123837392027"


@pytest.fixture(scope="module")
def files():
    found = sorted(DATA.glob("*.json"))
    if not found:
        pytest.skip(f"no CloudTrail files in {DATA}")
    return found


@pytest.fixture(scope="module")
def imported(files, tmp_path_factory):
    """A server that holds them, and what the first import said."""
    with Server(tmp_path_factory.mktemp("cloudtrail") / "data") as server:
        done = run("import", "cloudtrail", "--server", server.address, *files)
        assert done.returncode == 0, done.stderr
        yield server, done.stdout + done.stderr


def ask(server, *arguments):
    done = run(*arguments, "--server", server.address)
    assert done.returncode == 0, done.stderr
    return done.stdout


def query(server, *arguments):
    lines = ask(server, "query", "--all", "--output", "json", *arguments).splitlines()
    return [json.loads(line) for line in lines]


def numbers(text):
    return [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", text)]


def test_every_record_is_stored_once(imported, files):
    server, said = imported
    assert RECORDS in numbers(said), said
    again = run("import", "cloudtrail", "--server", server.address, *files)
    assert again.returncode == 0, again.stderr
    assert RECORDS in numbers(again.stdout + again.stderr)
    assert "already" in again.stdout + again.stderr
    events = query(server)
    assert len(events) == RECORDS
    assert sorted(one["sequence"] for one in events) == list(range(1, RECORDS + 1))


def test_each_record_says_what_aws_said(imported, files):
    server, _ = imported
    records = {
        record["eventID"]: record
        for file in files
        for record in json.loads(file.read_text())["Records"]
    }
    events = {one["id"]: one for one in query(server)}
    assert events.keys() == records.keys()
    for id, record in records.items():
        stored = events[id]
        assert stored["organization_id"] == ACCOUNT
        assert stored["occurred_at"] == record["eventTime"]
        assert stored["event_type"] == record["eventName"]
        assert stored["target"]["type"] and stored["target"]["id"]
        assert stored["actor"]["type"] and stored["actor"]["id"]
        context = stored.get("context", {})
        assert context.get("ip_address", "") == record.get("sourceIPAddress", "")
        failed = "errorCode" in record
        assert (stored["outcome"] != "SUCCESS") == failed, record
        if record.get("responseElements"):
            assert stored["snapshot"] == record["responseElements"]


def test_filters_find_what_the_files_hold(imported, files):
    server, _ = imported
    records = [
        record for file in files for record in json.loads(file.read_text())["Records"]
    ]
    names = {record["eventName"] for record in records}
    for name in sorted(names)[:10]:
        expected = sum(record["eventName"] == name for record in records)
        assert len(query(server, "--event-type", name)) == expected
    failed = sum("errorCode" in record for record in records)
    assert len(query(server, "--outcome", "FAILURE", "--outcome", "DENIED")) == failed
    facets = ask(server, "facets", "event-type", "--limit", "1000", "--output", "json")
    counts = {one["value"]: one["count"] for one in map(json.loads, facets.splitlines())}
    assert counts.keys() == names and sum(counts.values()) == RECORDS


def test_an_organization_of_ones_own_and_a_file_that_is_none(files, tmp_path):
    strange = tmp_path / "strange.json"
    strange.write_text("not CloudTrail")
    with Server(tmp_path / "data") as server:
        done = run(
            "import", "cloudtrail", "--server", server.address, "--organization", "mine", files[0]
        )
        assert done.returncode == 0, done.stderr
        assert {one["organization_id"] for one in query(server)} == {"mine"}
        done = run("import", "cloudtrail", "--server", server.address, strange)
        assert done.returncode == 65
        assert "strange.json" in done.stderr
        done = run("import", "cloudtrail", "--server", server.address, tmp_path / "missing")
        assert done.returncode != 0 and "missing" in done.stderr
