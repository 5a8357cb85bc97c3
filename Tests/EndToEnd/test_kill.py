"""kill -9 under load, again and again: what was promised is kept."""

import json
import os
import random
import time

import pytest
from auditrpc.v1 import audit_log_pb2 as log
from clients import Client, Filter, content
from guarantees import (
    Broken,
    Fact,
    Feed,
    complete_feed,
    complete_pages,
    dense,
    durable,
    exactly_once,
    isolated,
)
from load import Follower, Pager, StreamWriter, UnaryWriter
from process import Process, Server, eventually

ROUNDS = int(os.environ.get("AUDITRPC_KILL_ROUNDS", 20))
# Logs so small that each round ends some, and kills come while they are sealed.
OPTIONS = ["--log-bytes", "262144"]
# How long a round's load runs after the first answer of its server.
ROUND_SECONDS = (0.1, 0.6)


class Tail:
    """`auditrpc tail` with a resume file, over as many processes as it takes."""

    def __init__(self, address, resume_file):
        self.arguments = [
            "tail", "--server", address, "--resume-file", resume_file, "--output", "json",
        ]  # fmt: skip
        self.finished = []
        self.process = Process(self.arguments)

    def restart(self):
        self.process.terminate()
        self.finished += self.process.output
        self.process = Process(self.arguments)

    def lines(self):
        return [*self.finished, *self.process.output]

    def last_sequence(self):
        lines = self.lines()
        return json.loads(lines[-1])["sequence"] if lines else 0

    def feed(self):
        events = [json.loads(line) for line in self.lines()]
        return Feed(
            "auditrpc tail",
            0,
            [
                Fact(one["organization_id"], one["id"], one["sequence"], one["change"].encode())
                for one in events
            ],
        )


def facts(events, content_of=content):
    return [Fact(one.organization_id, one.id, one.sequence, content_of(one)) for one in events]


def await_answer(workers):
    """Returns once every writer has had an answer of the server that runs now."""
    counts = [len(worker.answered) for worker in workers]

    def all_answered():
        for worker in workers:
            if worker.failure is not None:
                raise AssertionError(f"{worker.name} failed") from worker.failure
        return all(len(w.answered) > count for w, count in zip(workers, counts))

    eventually(all_answered, within=30, what="every writer has an answer after the restart")


@pytest.mark.timeout(420)
def test_nothing_is_lost_doubled_or_reordered_by_kill_9(tmp_path):
    seed = int(os.environ.get("AUDITRPC_SEED", random.randrange(1 << 32)))
    print(f"AUDITRPC_SEED={seed} AUDITRPC_KILL_ROUNDS={ROUNDS}")
    chance = random.Random(seed)
    server = Server(tmp_path / "data", options=OPTIONS)
    address = server.address
    try:
        tail = Tail(address, tmp_path / "resume")
        follower = Follower("follower", address)
        filtered = Follower("filtered follower", address, "acme", Filter(sources=["S1"]))
        # Two organizations with the same ids: one seed for both.
        writers = [
            UnaryWriter("unary acme", address, "acme", seed),
            UnaryWriter("unary globex", address, "globex", seed),
            UnaryWriter("unary acme 2", address, "acme", seed + 1),
            StreamWriter("stream acme", address, "acme", seed + 2),
        ]
        pager = Pager("pager", address, "acme", "S1")
        follower.start()
        filtered.start()
        with Client(address) as client:
            eventually(
                lambda: client.status().subscriber_count == 3, within=30, what="all follow"
            )
        for worker in [*writers, pager]:
            worker.start()
        for number in range(ROUNDS):
            await_answer(writers)
            time.sleep(chance.uniform(*ROUND_SECONDS))
            if number % 5 == 4:
                tail.restart()
            server.kill()
            server = Server(tmp_path / "data", listen=address, options=OPTIONS)
        await_answer(writers)
        for worker in [*writers, pager]:
            worker.finish()
        check(address, writers, [follower, filtered], tail, pager)
        assert follower.resumes >= ROUNDS
        assert any((tmp_path / "data/segments").iterdir()), "nothing was sealed"
        assert server.terminate() == 0
    finally:
        server.kill()
        tail.process.kill()


def check(address, writers, followers, tail, pager):
    # As who reads all sees it, and as each organization does: each counts by itself.
    everything, *own = (Stored(address, name) for name in ("", "acme", "globex"))
    acme = own[0]
    eventually(
        lambda: followers[0].position >= everything.head, 30, "the follower has reached the head"
    )
    eventually(lambda: followers[1].position >= acme.head, 30, "so has the filtered one")
    eventually(
        lambda: tail.last_sequence() >= everything.head, 30, f"so has tail: {tail.process.errors}"
    )
    for follower in followers:
        follower.finish()

    answered = [fact for writer in writers for fact in writer.answered]
    print(
        f"{len(answered)} events answered OK, {len(everything.events)} stored, "
        f"{len(pager.walks)} walks"
    )
    everything.check(followers[0].feed.received)
    complete_feed(followers[0].feed, everything.facts(), everything.head)
    texts = facts(everything.events, lambda one: one.change.encode())
    complete_feed(tail.feed(), texts, everything.head)
    acme_s1 = facts(one for one in acme.events if one.source == "S1")
    complete_feed(followers[1].feed, acme_s1, acme.head)
    for began, sequences in pager.walks:
        walk = [Fact("acme", "", sequence) for sequence in sequences]
        complete_pages(walk, acme_s1, began, newest_first=True)
    observed = [fact for writer in writers for fact in [*writer.answered, *writer.repeated]]
    observed += followers[1].feed.received
    for stored in own:
        expected = [fact for fact in answered if fact.organization == stored.organization]
        durable(expected, stored.facts())
        stored.check([one for one in observed if one.organization == stored.organization])
        isolated(stored.organization, stored.facts(), expected)
        if stored.total.complete and stored.total.total_count != len(expected):
            raise Broken("Isolated", f"{stored.organization} counts {stored.total.total_count}")


class Stored:
    """What a server holds, as a reader of one organization sees it, or of all of them ("")."""

    def __init__(self, address, organization):
        self.organization = organization
        with Client(address, organization) as client:
            status = client.own_status()
            self.head, self.oldest = status.head_sequence, status.oldest_sequence
            self.events = client.events()
            self.newest_first = client.events(order=log.ORDER_NEWEST_FIRST)
            self.total = client.facets(log.FACET_FIELD_SOURCE)

    def facts(self):
        return facts(self.events)

    def check(self, observed):
        """`observed` are facts of any time, as the same reader saw them."""
        stored = self.facts()
        dense(stored, self.oldest, self.head, observed)
        exactly_once(stored, observed)
        complete_pages(stored, stored, self.head)
        complete_pages(facts(self.newest_first), stored, self.head, newest_first=True)
