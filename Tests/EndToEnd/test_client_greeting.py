"""What `auditrpc serve` says to try next is what its client takes."""

import pytest
from process import Server, run


def said(server, pattern):
    return server.await_line(pattern).group(1)


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "0.0.0.0:0", "[::]:0"])
def test_the_next_command_finds_the_server(tmp_path, listen):
    with Server(tmp_path / "data", listen=listen, options=("--insecure",)) as server:
        options = said(server, r" tail (.*)").split()
        done = run("status", *options, within=60)
        assert (done.returncode, done.stderr) == (0, "")


def test_the_age_is_that_of_the_policy_in_force(tmp_path):
    kept = rf"events are kept in {tmp_path}/data (for \w+)"
    with Server(tmp_path / "data") as server:
        assert said(server, kept) == "for 30d"
        arguments = ("set", "--default", "--max-age", "7d", "--server", server.address)
        assert run("retention", *arguments, within=60).returncode == 0
    with Server(tmp_path / "data", options=("--retention", "90d")) as server:
        assert said(server, kept) == "for 7d"
