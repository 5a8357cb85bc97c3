#!/usr/bin/env python3
"""Starts a server with real CloudTrail data and the events of a developer platform, and opens the page.

Some events are last week's, and a few each second follow. Ends with Ctrl-C. Needs Python's standard library alone.

usage: Demo/demo.py [--binary FILE] [--http ADDRESS] [--data FOLDER] [--rate EVENTS] [--seconds S] [--no-browser]
"""

import argparse
import datetime
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import webbrowser
from pathlib import Path

from platform_model import Organization

ROOT = Path(__file__).resolve().parent.parent
ORGANIZATIONS = ("acme", "globex", "initech")
HISTORY_EVENTS = 6_000
HISTORY_DAYS = 7
BATCH = 500


def main():
    options = arguments()
    chance = random.Random(options.seed)
    folder = options.data or tempfile.mkdtemp(prefix="auditrpc-demo-")
    server = Server(options.binary, options.http, folder)
    try:
        server.import_cloudtrail()
        organizations = [Organization(name, chance) for name in ORGANIZATIONS]
        record_history(server, organizations, chance)
        print(f"\nThe page: {server.url}\n  what acme did:  {server.url}?organization_id=acme")
        print(f"About {options.rate:g} events a second follow. Ctrl-C ends the demo.", flush=True)
        if not options.no_browser:
            open_browser(server.url)
        follow(server, organizations, chance, options)
    except KeyboardInterrupt:
        print("\nending")
    finally:
        server.stop()
        if not options.data:
            shutil.rmtree(folder, ignore_errors=True)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=ROOT / ".build/release/auditrpc", type=Path)
    parser.add_argument("--http", default="127.0.0.1:8080", help="where the page is (port 0: any)")
    parser.add_argument("--data", help="a folder that is kept; a new one each time without")
    parser.add_argument("--rate", default=3.0, type=float, help="events a second")
    parser.add_argument("--seconds", type=float, help="end after that time")
    parser.add_argument("--seed", default=1, type=int)
    parser.add_argument("--no-browser", action="store_true")
    return parser.parse_args()


class Server:
    """`auditrpc serve` for everybody on this machine, over HTTP."""

    def __init__(self, binary, http, folder):
        self._binary = binary
        self._process = subprocess.Popen(
            [binary, "serve", "--listen", "127.0.0.1:0", "--http", http, "--data", folder,
             "--local-access", "operator", "--log-level", "warning"],
            stdout=subprocess.PIPE, text=True,
            # Ctrl-C is the demo's to hear.
            start_new_session=True,
        )
        self.grpc = self._said(r"listening on (\S+)")
        self.url = self._said(r"the page is at (\S+)")

    def _said(self, pattern):
        for line in self._process.stdout:
            if match := re.search(pattern, line):
                return match[1]
        sys.exit(f"{self._binary} did not start; its own words are above")

    def import_cloudtrail(self):
        shared = ROOT.parent / "shared/data/cloudtrail"
        # More of the same records, where they are.
        folder = shared if shared.is_dir() else ROOT / "Demo/cloudtrail"
        subprocess.run(
            [self._binary, "import", "cloudtrail", "--server", self.grpc, "--organization", "aws",
             folder], check=True,
        )

    def record(self, organization, events):
        body = json.dumps({"organization_id": organization, "events": events}).encode()
        request = urllib.request.Request(
            self.url + "v1/events", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()

    def stop(self):
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(30)


def record_history(server, organizations, chance):
    """Last week's events, the oldest first, more of them by day than by night."""
    now = datetime.datetime.now(datetime.timezone.utc)
    times = sorted(
        now - datetime.timedelta(seconds=chance.uniform(60, HISTORY_DAYS * 86_400))
        for _ in range(HISTORY_EVENTS)
    )
    times = [time for time in times if 7 <= time.hour < 20 or chance.random() < 0.2]
    waiting = {organization.name: [] for organization in organizations}
    count = 0
    for time_of_first in times:
        organization = chance.choices(organizations, weights=[5, 3, 2])[0]
        for number, event in enumerate(organization.next_events()):
            moment = time_of_first + datetime.timedelta(seconds=20 * number)
            event["occurred_at"] = moment.isoformat().replace("+00:00", "Z")
            waiting[organization.name].append(event)
            count += 1
        if len(waiting[organization.name]) >= BATCH:
            server.record(organization.name, waiting[organization.name])
            waiting[organization.name] = []
            if sys.stdout.isatty():
                print(f"\r{count} events of last week", end="", flush=True)
    for name, events in waiting.items():
        if events:
            server.record(name, events)
    print(f"{chr(13) if sys.stdout.isatty() else ''}{count} events of last week")


def follow(server, organizations, chance, options):
    end = time.monotonic() + options.seconds if options.seconds else None
    while end is None or time.monotonic() < end:
        organization = chance.choice(organizations)
        events = organization.next_events()
        for event in events:
            try:
                server.record(organization.name, [event])
            except urllib.error.URLError as error:
                print(f"not recorded: {error}", file=sys.stderr)
            time.sleep(chance.expovariate(options.rate))


def open_browser(url):
    """Where there is a screen; elsewhere the address is on the terminal."""
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform == "darwin":
        webbrowser.open(url)


if __name__ == "__main__":
    main()
