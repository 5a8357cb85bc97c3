"""auditrpc store: what is in a data folder, and what is wrong with it."""

from clients import Client, event
from process import Server, eventually, run

OPTIONS = ["--log-bytes", "65536"]


def test_verify_beside_a_server_and_after_it(tmp_path, organization):
    data = tmp_path / "data"
    with Server(data, options=OPTIONS) as server, Client(server.address, organization) as client:
        for number in range(40):
            client.record(*(event(change=f"{number} " + "x" * 3000) for _ in range(4)))
            if number % 10 == 0:
                done = run("store", "verify", data)
                assert done.returncode == 0, done.stdout + done.stderr
        segments = data / "segments"
        eventually(lambda: len([*segments.glob("*.segment")]) > 4, what="logs are sealed")
    done = run("store", "verify", data)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "160 events" in done.stdout.splitlines()[-1]
    assert done.stdout.count("whole") == len(
        [*data.glob("*/*.segment"), *data.glob("log/*.log"), *data.glob("*.json")]
    )
    inspected = run("store", "inspect", data)
    assert inspected.stdout == done.stdout.replace("  whole", "")

    victim = sorted(segments.iterdir())[2]
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 4
    victim.write_bytes(content)
    damaged = run("store", "verify", data)
    assert damaged.returncode == 70
    (line,) = [line for line in damaged.stdout.splitlines() if "DAMAGED" in line]
    assert line.startswith(victim.name)
    assert "at byte" in damaged.stdout
    assert "1 of" in damaged.stderr
    # What is not damaged is served all the same.
    with Server(data, options=OPTIONS) as server, Client(server.address, organization) as client:
        assert client.get(sequence=1).event.sequence == 1


def test_no_data_folder(tmp_path):
    done = run("store", "inspect", tmp_path)
    assert done.returncode == 70
    assert "is not the data folder of a server" in done.stderr
