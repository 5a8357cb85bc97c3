"""A start that can't succeed says why, and leaves what is there as it was."""

import pytest
from clients import Client, event, timestamp
from process import Server, run

SECONDS = 20


def test_a_port_in_use(server, own, tmp_path):
    other = run("serve", "--listen", server.address, "--data", tmp_path / "other", within=SECONDS)
    assert other.returncode not in (0, None)
    assert server.address in other.stderr
    assert "in use" in other.stderr
    own.record(event())


def test_a_data_folder_in_use(server, own):
    other = run("serve", "--listen", "127.0.0.1:0", "--data", server.data, within=SECONDS)
    assert other.returncode not in (0, None)
    assert str(server.data) in other.stderr
    assert "another" in other.stderr or "in use" in other.stderr
    own.record(event())
    assert len(own.events()) == 1


def test_a_data_folder_is_free_again_after_kill_9(tmp_path):
    server = Server(tmp_path / "data")
    server.kill()
    with Server(tmp_path / "data", listen=server.address) as again:
        assert again.address == server.address


def test_a_data_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    done = run("serve", "--listen", "127.0.0.1:0", "--data", tmp_path / "file", within=SECONDS)
    assert done.returncode not in (0, None)
    assert str(tmp_path / "file") in done.stderr


@pytest.mark.parametrize("listen", ["", "nonsense", "127.0.0.1", "127.0.0.1:99999", "[::1:5"])
def test_an_address_that_is_none_is_a_usage_error(tmp_path, listen):
    done = run("serve", "--listen", listen, "--data", tmp_path / "data", within=SECONDS)
    assert done.returncode == 64
    assert "listen" in done.stderr


def test_everything_is_there_after_a_restart(tmp_path, organization):
    with Server(tmp_path / "data") as first, Client(first.address, organization) as client:
        moment = timestamp(1_700_000_000)
        client.record(*(event(change=str(n), occurred_at=moment) for n in range(1000)))
        before = client.events()
        token = client.page(size=300).next_page_token
        status = client.status()
    with Server(tmp_path / "data") as second, Client(second.address, organization) as client:
        assert client.events() == before
        after = client.status()
        assert (after.head_sequence, after.event_count) == (1000, 1000)
        assert after.stored_bytes == status.stored_bytes
        # A page token outlives the process that made it.
        page = client.page(size=1, token=token)
        assert page.events[0].change == "699"
        # So does what an id stands for.
        (again,) = client.record(before[7])
        assert again.duplicate and again.sequence == before[7].sequence
        (next_one,) = client.record(event())
        assert next_one.sequence == 1001
