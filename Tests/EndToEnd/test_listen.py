"""Where a server listens, from its options and its environment, and what it refuses."""

import socket

import pytest
from certificates import authority, server_identity
from clients import Client
from process import Process, Server, run
from transports import TRANSPORTS

SECONDS = 20
USAGE = 64


def test_plain_text_beyond_this_machine_is_refused(tmp_path):
    for address in ("0.0.0.0:0", "[::]:0"):
        done = run("serve", "--listen", address, "--data", tmp_path / "data", within=SECONDS)
        assert done.returncode == USAGE
        assert address in done.stderr
        assert "--tls-cert" in done.stderr and "--insecure" in done.stderr
    # One address is enough, and the store is not opened for it.
    both = ["--listen", "127.0.0.1:0", "--listen", "0.0.0.0:0"]
    assert run("serve", *both, "--data", tmp_path / "data", within=SECONDS).returncode == USAGE
    assert not (tmp_path / "data").exists()


def test_it_is_allowed_when_it_is_asked_for(tmp_path):
    with Server(tmp_path / "data", listen="0.0.0.0:0", options=["--insecure"]) as server:
        with Client(f"127.0.0.1:{server.host_and_port[1]}") as client:
            client.status()


def test_tls_makes_it_right(tmp_path):
    with Server(tmp_path / "data", listen="0.0.0.0:0", transport=TRANSPORTS["tls"]) as server:
        address = f"127.0.0.1:{server.host_and_port[1]}"
        done = run("status", "--server", address, "--tls-ca", authority().file)
        assert done.returncode == 0, done.stderr


def test_plain_text_to_another_machine_is_asked_for():
    done = run("status", "--server", "audit.example:50051")
    assert done.returncode == USAGE
    assert "--tls-ca" in done.stderr and "--insecure" in done.stderr


@pytest.mark.parametrize("kind", ["missing", "text", "swapped", "other key", "half"])
def test_files_that_cannot_be_used(tmp_path, kind):
    good, other = server_identity(), authority().issue()
    (tmp_path / "text").write_text("hello")
    certificate, key, problem = {
        "missing": (tmp_path / "none", good.key, "does not exist"),
        "text": (good.certificate, tmp_path / "text", "no private key in PEM"),
        "swapped": (good.key, good.certificate, "no certificate in PEM"),
        "other key": (good.certificate, other.key, "is not that of the first certificate"),
        "half": (good.certificate, None, "--tls-key"),
    }[kind]
    options = ["--tls-cert", certificate, *(["--tls-key", key] if key else [])]
    done = run("serve", *options, "--data", tmp_path / "data", within=SECONDS)
    assert done.returncode == USAGE
    assert problem in done.stderr
    assert not (tmp_path / "data").exists()


def has_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
def test_the_environment_says_it_too(tmp_path):
    identity = server_identity()
    environment = {
        "AUDITRPC_LISTEN": "127.0.0.1:0,[::1]:0",
        "AUDITRPC_DATA": str(tmp_path / "data"),
        "AUDITRPC_TLS_CERT": str(identity.certificate),
        "AUDITRPC_TLS_KEY": str(identity.key),
        "AUDITRPC_LOG_LEVEL": "error",
    }
    server = Process(["serve"], environment=environment)
    try:
        found = server.await_line(r"listening on (\S+) \(TLS\) and (\S+) \(TLS\)")
        for address in found.groups():
            client = {
                "AUDITRPC_SERVER": address,
                "AUDITRPC_TLS_CA": str(authority().file),
                "AUDITRPC_TIMEOUT": "20s",
            }
            done = run("status", environment=client)
            assert done.returncode == 0, done.stderr
        assert server.terminate() == 0
        assert (tmp_path / "data" / "log").is_dir()
        assert not any("store opened" in line for line in server.errors)
    finally:
        server.kill()


def test_an_option_goes_before_the_environment(tmp_path):
    environment = {"AUDITRPC_LISTEN": "nonsense", "AUDITRPC_DATA": "/nonsense"}
    with Server(tmp_path / "data", environment=environment):
        pass


def test_a_variable_that_is_wrong_is_named(tmp_path):
    for name in ("AUDITRPC_LISTEN", "AUDITRPC_RETENTION", "AUDITRPC_INSECURE"):
        done = run("serve", "--data", tmp_path / "data", environment={name: "nonsense"}, within=SECONDS)
        assert done.returncode == USAGE
        assert f"${name} 'nonsense'" in done.stderr
