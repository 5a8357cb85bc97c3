"""`make demo`: it starts, has its history, and goes on."""

import http.client
import json
import signal
import subprocess
import sys
import time

from process import BINARY, ROOT, eventually


def test_the_demo_has_a_past_and_a_present(tmp_path):
    demo = subprocess.Popen(
        [
            sys.executable, ROOT / "Demo/demo.py", "--binary", BINARY, "--http", "127.0.0.1:0",
            "--data", tmp_path, "--rate", "50", "--seconds", "60", "--no-browser",
        ],
        stdout=subprocess.PIPE,
        text=True,
        # Where the tests run in the background, their shell has told them to ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        port = None
        deadline = time.monotonic() + 60
        while port is None and time.monotonic() < deadline:
            line = demo.stdout.readline()
            assert line, "the demo ended"
            if line.startswith("The page: http://127.0.0.1:"):
                port = int(line.rstrip("/\n").rpartition(":")[2])

        def get(path):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())

        organizations = get("/v1/facets/outcome")
        assert organizations["total_count"] > 5_000
        assert {one["value"] for one in organizations["facets"]} >= {"SUCCESS", "FAILURE", "DENIED"}
        for name in ("acme", "globex", "initech", "aws"):
            assert get(f"/v1/facets/event_type?organization_id={name}")["total_count"] > 0
        before = get("/v1/status")["head_sequence"]
        eventually(lambda: get("/v1/status")["head_sequence"] > before)
        # A service's history differs from event to event.
        [update] = get("/v1/events?organization_id=acme&source=GIT&page_size=1&order=newest")["events"]
        shown = get(f"/v1/events/{update['id']}?organization_id=acme")
        assert any("image" in one["path"] for one in shown["differences"])
    finally:
        demo.send_signal(signal.SIGINT)
        assert demo.wait(30) == 0
