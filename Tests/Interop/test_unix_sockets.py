"""Unix sockets: for grpcio and the commands, and what becomes of their files."""

import socket
import stat
import tempfile
from pathlib import Path

import pytest
from clients import Client, event
from process import Server, run

SECONDS = 20


@pytest.fixture
def path():
    # pytest's own folders have longer paths than a socket may have.
    with tempfile.TemporaryDirectory(prefix="auditrpc-") as folder:
        yield Path(folder) / "socket"


def serve(path, data):
    return run("serve", "--listen", f"unix:{path}", "--data", data, within=SECONDS)


def test_grpcio_and_the_commands(path, tmp_path, organization):
    with Server(tmp_path / "data", listen=f"unix:{path}") as server:
        assert server.address == f"unix:{path}"
        for address in (f"unix:{path}", f"unix://{path}"):
            with Client(address, organization) as client:
                client.record(event(change=address))
            done = run("query", "--server", address, "--organization", organization)
            assert done.returncode == 0 and address in done.stdout
    assert not path.exists()


def test_tcp_and_unix_at_once(path, tmp_path, organization):
    options = ["--listen", "127.0.0.1:0"]
    with Server(tmp_path / "data", listen=f"unix:{path}", options=options) as server:
        tcp = server.await_line(r"listening on \S+ and (\S+)").group(1)
        with Client(tcp, organization) as over_tcp, Client(server.address, organization) as local:
            over_tcp.record(event(change="tcp"))
            assert [one.change for one in local.events()] == ["tcp"]


def test_only_the_owner_may_connect_unless_told_otherwise(path, tmp_path):
    def mode():
        return stat.S_IMODE(path.stat().st_mode)

    with Server(tmp_path / "data", listen=f"unix:{path}"):
        assert mode() == 0o600
    with Server(tmp_path / "data", listen=f"unix:{path}", options=["--socket-mode", "0660"]):
        assert mode() == 0o660


def test_what_a_killed_server_leaves_is_replaced(path, tmp_path, organization):
    Server(tmp_path / "data", listen=f"unix:{path}").kill()
    assert path.is_socket()
    with Server(tmp_path / "data", listen=f"unix:{path}") as server:
        with Client(server.address, organization) as client:
            client.record(event())


def test_a_socket_in_use_is_refused_and_goes_on(path, tmp_path, organization):
    with Server(tmp_path / "data", listen=f"unix:{path}") as server:
        done = serve(path, tmp_path / "other")
        assert done.returncode != 0
        assert f"unix:{path}: another process listens there" in done.stderr
        with Client(server.address, organization) as client:
            client.record(event())


def test_a_socket_of_another_program_in_use_is_refused(path, tmp_path):
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen(1)
        done = serve(path, tmp_path / "data")
        assert done.returncode != 0 and "another process" in done.stderr
        assert path.is_socket()


def test_another_kind_of_file_is_left_alone(path, tmp_path):
    path.write_text("precious")
    done = serve(path, tmp_path / "data")
    assert done.returncode != 0
    assert "no socket lies there" in done.stderr
    assert path.read_text() == "precious"


def test_a_folder_that_is_not_there(path, tmp_path):
    done = serve(path / "none", tmp_path / "data")
    assert done.returncode != 0
    assert "no such file or folder" in done.stderr


def test_nobody_listens(path):
    done = run("status", "--server", f"unix:{path}")
    assert done.returncode == 69
    assert f"unix:{path}" in done.stderr and "is not there" in done.stderr
