"""Many subscribers of a real process, of every kind, while events are recorded and the server is killed."""

import threading

from clients import Client, Filter, event
from guarantees import complete_feed
from load import Follower, StreamWriter, UnaryWriter
from process import Server, eventually
from test_kill import Stored, await_answer, facts

# Small logs, so that the disk that is read holds segments too.
OPTIONS = ["--log-bytes", "262144"]
# The organization and the source that a subscriber wants; empty for all.
WANTED = [("", ""), ("acme", ""), ("globex", ""), ("acme", "S1"), ("acme", "S2")]


def test_every_subscriber_gets_what_it_asked_for(tmp_path):
    server = Server(tmp_path / "data", options=OPTIONS)
    address = server.address
    recorded = threading.Event()
    followers = []
    try:
        for number, (organization, source) in enumerate(WANTED * 4):
            how = [{}, {}, {"leaves_after": 3}, {"stalls_until": recorded}][
                number // len(WANTED)
            ]
            follower = Follower(
                f"{number} {organization} {source} {how}",
                address,
                organization,
                Filter(sources=[source]) if source else None,
                **how,
            )
            followers.append((follower, organization, source))
            follower.start()
        writers = [
            UnaryWriter("unary acme", address, "acme", 1),
            UnaryWriter("unary globex", address, "globex", 2),
            StreamWriter("stream acme", address, "acme", 3),
        ]
        for writer in writers:
            writer.start()
        for _ in range(3):
            await_answer(writers)
            server.kill()
            server = Server(tmp_path / "data", listen=address, options=OPTIONS)
        await_answer(writers)
        for writer in writers:
            writer.finish()
        recorded.set()
        # Each organization counts by itself, and so does who reads all.
        stored = {name: Stored(address, name) for name in ("", "acme", "globex")}
        for follower, organization, _ in followers:
            head = stored[organization].head
            eventually(lambda: follower.position >= head, 60, f"{follower.name} is there")
        with Client(address) as everyone:
            feed = everyone.status().feed
        for follower, _, _ in followers:
            follower.finish()
        for follower, organization, source in followers:
            seen = stored[organization]
            due = facts(one for one in seen.events if source in ("", one.source))
            complete_feed(follower.feed, due, seen.head)
        assert feed.delivered_events >= feed.delivered_messages > 0
        assert 0 < feed.packed_messages <= feed.delivered_messages
        assert feed.lag_largest.events == 0
        assert feed.live_count + feed.catching_up_count + feed.stuck_count <= len(followers)
        assert server.terminate() == 0
    finally:
        server.kill()


def test_the_status_tells_of_the_feed(server):
    with Client(server.address, "acme") as client:
        before = client.status().feed
        assert (before.live_count, before.delivered_events) == (0, 0)
        assert not before.HasField("lag_largest")
        with client.subscribe(now=True) as one, client.subscribe(now=True) as two:
            one.until("caught_up")
            two.until("caught_up")
            client.record(event(), event())
            assert [len(feed.take(2)) for feed in (one, two)] == [2, 2]
            feed = client.status().feed
            assert (feed.live_count, feed.filter_count) == (2, 1)
            assert (feed.delivered_events, feed.delivered_messages) == (4, 2)
            assert feed.packed_messages == 1
            assert feed.lag_largest.events == 0
        eventually(lambda: client.status().feed.live_count == 0, what="both are gone")
        assert client.status().feed.filter_count == 0
