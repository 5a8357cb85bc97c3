"""The `auditrpc` command against a real server: what a person types and what they see."""

import csv
import io
import json
import os
import signal
import subprocess

import pytest
from clients import Client, event, new_id, target
from process import BINARY, Process, eventually, run

USAGE, REFUSED, UNAVAILABLE = 64, 65, 69


@pytest.fixture
def auditrpc(shared_server, organization):
    """Runs a client command in this test's organization."""

    def call(*arguments, **options):
        environment = shared_server.environment
        return run(
            *arguments, "--organization", organization, environment=environment, **options
        )

    return call


def json_lines(done):
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_events_from_standard_input_are_recorded_and_come_back_as_they_were(auditrpc):
    given = [
        {
            "id": new_id(),
            "occurred_at": "2023-11-14T22:13:20.25Z",
            "event_type": "UPDATE",
            "target": {"type": "SERVICE", "id": "service-1", "name": "Wéb"},
            "scope": [{"type": "PROJECT", "id": "p1", "name": "Shop"}],
            "actor": {"type": "AGENT", "id": "agent-1", "name": "Deployer"},
            "on_behalf_of": [{"type": "USER", "id": "u1"}],
            "source": "API",
            "change": f"replicas {number} -> {number + 1}",
            "snapshot": {"replicas": number, "tags": ["a", None, 1.5e3]},
            "outcome": "DENIED",
            "reason": "quota",
            "context": {"ip_address": "2001:db8::1", "user_agent": "curl/8"},
            "metadata": {"region": "eu-west-3"},
        }
        for number in range(1200)
    ]
    text = "".join(json.dumps(one) + "\n" for one in given)
    done = auditrpc("record", input=text)
    assert done.returncode == 0, done.stderr
    assert [line.split()[1] for line in done.stdout.splitlines()] == [one["id"] for one in given]

    found = json_lines(auditrpc("query", "--all", "--output", "json"))
    assert len(found) == 1200
    sequences = [one.pop("sequence") for one in found]
    assert sequences == sorted(sequences, reverse=True), "newest first"
    for one in found:
        assert one.pop("recorded_at").endswith("Z")
        assert one.pop("recorder")["credential"] == "LOCAL"
        one.pop("organization_id")
    assert found[::-1] == given

    # What a query prints can be recorded again: one JSON view for input and output.
    printed = auditrpc("query", "--all", "--output", "json").stdout
    again = auditrpc("record", input=printed)
    assert again.returncode == 0, again.stderr
    assert len(json_lines(auditrpc("query", "--all", "--output", "json"))) == 1200


def test_a_line_that_is_refused_is_named(auditrpc):
    good = json.dumps(
        {
            "event_type": "UPDATE",
            "target": {"type": "S", "id": "1"},
            "actor": {"type": "USER", "id": "u"},
        }
    )
    done = auditrpc("record", input=f"{good}\nnot json\n{good}\n")
    assert done.returncode == REFUSED
    assert "line 2" in done.stderr


def fill(address, organization, count=30):
    with Client(address, organization) as client:
        return client.record(
            *(
                event(
                    change=f"number {number}",
                    source=("GIT", "CLI", "API")[number % 3],
                    target=target("SERVICE", f"s{number % 2}", "Web, \"quoted\"\nsecond line"),
                    snapshot=json.dumps({"n": number}).encode(),
                )
                for number in range(count)
            )
        )


def test_query_prints_a_page_or_everything(shared_server, auditrpc, organization):
    fill(shared_server.address, organization)
    page = json_lines(auditrpc("query", "--limit", "7", "--output", "json"))
    assert [one["change"] for one in page] == [f"number {n}" for n in range(29, 22, -1)]
    everything = json_lines(auditrpc("query", "--all", "--output", "json"))
    assert len(everything) == 30
    filtered = json_lines(
        auditrpc("query", "--all", "--source", "GIT", "--target", "s0", "--output", "json")
    )
    assert [one["change"] for one in filtered] == [f"number {n}" for n in range(24, -1, -6)]
    assert json_lines(auditrpc("query", "--since", "1h", "--text", "NUMBER 29", "--output", "json"))
    assert not json_lines(auditrpc("query", "--until", "1h", "--output", "json"))


def test_a_table_shows_what_happened_without_control_characters(
    shared_server, auditrpc, organization
):
    fill(shared_server.address, organization, 3)
    with Client(shared_server.address, organization) as client:
        client.record(event(change="\x1b[31mred\x07"))
    done = auditrpc("query")
    assert done.returncode == 0, done.stderr
    assert "number 2" in done.stdout and "UPDATE" in done.stdout
    assert "\x1b" not in done.stdout and "\x07" not in done.stdout
    rows = [line for line in done.stdout.splitlines() if "number" in line]
    assert len(rows) == 3, done.stdout


def test_csv_is_one_row_an_event_whatever_a_text_holds(shared_server, auditrpc, organization):
    fill(shared_server.address, organization, 5)
    done = auditrpc("query", "--output", "csv")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout, newline="")))
    assert len(rows) == 5
    assert rows[0]["event_type"] == "UPDATE"
    assert {row["change"] for row in rows} == {f"number {n}" for n in range(5)}


def test_show_tells_an_event_and_what_changed(shared_server, auditrpc, organization):
    results = fill(shared_server.address, organization, 5)
    done = auditrpc("show", results[4].id)
    assert done.returncode == 0, done.stderr
    assert results[4].id in done.stdout and "number 4" in done.stdout
    assert "2" in done.stdout and "4" in done.stdout
    assert "\x1b" not in done.stdout, "colours are for terminals"
    (shown,) = json_lines(auditrpc("show", results[4].id, "--output", "json"))
    assert "number 4" in json.dumps(shown)
    missing = auditrpc("show", new_id())
    assert missing.returncode == REFUSED
    assert missing.stdout == ""


def test_facets_count_values(shared_server, auditrpc, organization):
    fill(shared_server.address, organization, 30)
    facets = json_lines(auditrpc("facets", "source", "--output", "json"))
    assert {one["value"]: one["count"] for one in facets} == {"GIT": 10, "CLI": 10, "API": 10}
    table = auditrpc("facets", "source", "--target", "s0")
    assert table.returncode == 0 and "GIT" in table.stdout and "5" in table.stdout
    assert auditrpc("facets", "colour").returncode == USAGE


def test_a_histogram_counts_over_time(shared_server, auditrpc, organization):
    fill(shared_server.address, organization, 30)
    # A fixed end: each call has the same buckets.
    asked = ["histogram", "--split-by", "source", "--limit", "2", "--until", "2100-01-01"]
    (answer,) = json_lines(auditrpc(*asked, "--output", "json"))
    assert answer["total_count"] == sum(answer["counts"]) == 30
    assert [sum(one["counts"]) for one in answer["series"]] == [10, 10]
    assert sum(answer["other_counts"]) == 10 and answer["split_by"] == "source"
    table = auditrpc(*asked)
    assert table.returncode == 0 and "█" in table.stdout
    lines = table.stdout.splitlines()
    assert lines[0].split() == ["TIME", "COUNT", "API", "CLI", "(others)"]
    assert len(lines) == len(answer["counts"]) + 2
    assert lines[-1].split()[-4:] == ["30", "10", "10", "10"]
    exported = auditrpc(*asked, "--output", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(exported)))
    assert sum(int(row["(others)"]) for row in rows) == 10
    refused = auditrpc("histogram", "--since", "30d", "--bucket", "1s")
    assert refused.returncode == REFUSED and "500 are allowed" in refused.stderr


def test_status_tells_what_is_held(shared_server, client):
    environment = shared_server.environment
    client.record(event())
    (status,) = json_lines(run("status", "--output", "json", environment=environment))
    with Client(shared_server.address) as client:
        assert status["head_sequence"] == client.status().head_sequence
    table = run("status", environment=environment)
    assert table.returncode == 0
    assert f"1 to {status['head_sequence']}" in table.stdout


def tail(server, organization, *arguments):
    return Process(
        ["tail", "--organization", organization, *arguments], environment=server.environment
    )


def test_tail_follows_and_resumes_where_it_was(server, own, organization, tmp_path):
    arguments = ["--resume-file", tmp_path / "resume", "--output", "json"]
    first = tail(server, organization, *arguments)
    try:
        eventually(lambda: own.status().subscriber_count == 1, within=30)
        own.record(*(event(change=str(number)) for number in range(10)))
        eventually(lambda: len(first.output) == 10, what="ten lines")
        first.signal(signal.SIGINT)
        first.wait()
    finally:
        first.kill()
    own.record(*(event(change=str(number)) for number in range(10, 20)))
    second = tail(server, organization, *arguments)
    try:
        eventually(lambda: len(second.output) == 10, within=30, what="ten more")
        own.record(event(change="20"))
        eventually(lambda: len(second.output) == 11, what="one more")
    finally:
        second.kill()
    lines = [json.loads(line) for line in [*first.output, *second.output]]
    assert [one["change"] for one in lines] == [str(number) for number in range(21)]


def test_tail_ends_with_the_reader_of_its_pipe_though_nothing_happens(server, organization):
    environment = {**os.environ, **server.environment}
    arguments = [BINARY, "tail", "--organization", organization, "--output", "json"]
    following = subprocess.Popen(
        arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert "caught up" in following.stderr.readline()
        assert following.poll() is None
        following.stdout.close()
        assert following.wait(30) == 0
        assert following.stderr.read() == ""
    finally:
        following.kill()
        following.wait()


def test_a_server_that_is_not_there_is_unavailable():
    for command in (["query"], ["status"], ["facets", "source"], ["show", new_id()]):
        done = run(*command, "--server", "127.0.0.1:1", within=60)
        assert done.returncode == UNAVAILABLE, (command, done.stderr)
        assert "127.0.0.1:1" in done.stderr
        assert done.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["query", "--nonsense"],
        ["query", "--limit", "many"],
        ["query", "--since", "yesterday-ish"],
        ["query", "--outcome", "MAYBE"],
        ["query", "--output", "xml"],
        ["query", "--server", "nonsense"],
        ["facets"],
    ],
)
def test_a_wrong_command_line_is_a_usage_error(arguments):
    done = run(*arguments)
    assert done.returncode == USAGE, done.stderr
    assert done.stderr and done.stdout == ""


def test_what_the_server_refuses_is_refused(auditrpc):
    done = auditrpc("query", "--text", "x" * 2000)
    assert done.returncode == REFUSED
    assert "text" in done.stderr


COMMANDS = ["serve", "record", "query", "tail", "show", "facets", "histogram", "status", "import"]


def test_help_lists_the_commands_and_each_has_an_example():
    top = run("--help")
    assert top.returncode == 0
    for command in COMMANDS:
        assert command in top.stdout
        shown = run(command, "--help")
        assert shown.returncode == 0
        assert f"auditrpc {command}" in shown.stdout


def test_version_is_the_one_that_status_tells(shared_server):
    version = run("--version").stdout.strip()
    with Client(shared_server.address) as client:
        assert client.status().version in version


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completions(shell):
    done = run("--generate-completion-script", shell)
    assert done.returncode == 0 and "auditrpc" in done.stdout


def test_retention_is_printed_and_changed(shared_server, organization):
    environment = shared_server.environment

    def retention(*arguments):
        return run("retention", *arguments, environment=environment)

    inherited = json_lines(retention("get", organization, "--output", "json"))[0]
    assert inherited["inherited"] and not inherited["legal_hold"]
    assert inherited["max_age"] == f"{30 * 86_400}s"
    dry = retention("set", organization, "--plan", "team", "--dry-run")
    assert dry.stdout.startswith(f"{organization}: would be TEAM 7d, was 30d by default")
    done = retention("set", organization, "--plan", "team", "--reason", "order 1", "--legal-hold", "on")
    assert done.stdout.startswith(f"{organization}: is TEAM 7d, legal hold, was 30d by default")
    assert "tells of it" in done.stdout
    assert retention("set", organization, "--plan", "team").stdout.strip().endswith("as before")
    listed = json_lines(retention("list", "--output", "json"))
    assert "organization_id" not in listed[0], "the default policy comes first"
    (own,) = [one for one in listed if one.get("organization_id") == organization]
    assert own == {
        "organization_id": organization,
        "plan": "TEAM",
        "max_age": "604800s",
        "inherited": False,
        "legal_hold": True,
    }
    row = [line for line in retention("list").stdout.splitlines() if line.startswith(organization)]
    assert row[0].split() == [organization, "TEAM", "7d", "own", "on"]
    back = json_lines(retention("set", organization, "--inherit", "--legal-hold", "off", "--output", "json"))
    assert back[0]["after"] == inherited


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        (["acme"], "nothing to change"),
        (["--plan", "team"], "name one organization, or give --default"),
        (["acme", "--default", "--plan", "team"], "name one organization, or give --default"),
        (["acme", "--plan", "enterprise"], "needs --max-age"),
        (["acme", "--inherit", "--for-ever"], "exclude each other"),
        (["acme", "--max-age", "soon"], "is not a duration"),
    ],
)
def test_a_change_of_retention_that_is_unclear_is_refused(shared_server, arguments, complaint):
    done = run("retention", "set", *arguments, environment=shared_server.environment)
    assert done.returncode == USAGE
    assert complaint in done.stderr
