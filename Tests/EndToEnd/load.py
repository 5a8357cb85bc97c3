"""Writers, followers and pagers that live through restarts of the server and note what they saw."""

import json
import random
import threading
import uuid
from collections import deque

import grpc
from auditrpc.v1 import audit_log_pb2 as log
from clients import Client, Filter, Status, content, event
from google.protobuf import duration_pb2
from guarantees import Fact, Feed

# What a caller sees of a server that was killed: all of it means "ask again".
GONE = {Status.UNAVAILABLE, Status.DEADLINE_EXCEEDED, Status.CANCELLED}
CALL_SECONDS = 10
SOURCES = ("S0", "S1", "S2")


class Worker(threading.Thread):
    """A thread whose failure the test sees."""

    def __init__(self, name, address, organization=""):
        super().__init__(name=name, daemon=True)
        self.client = Client(address, organization)
        self.organization = organization
        self.ending = threading.Event()
        self.failure = None

    def run(self):
        try:
            self.work()
        except BaseException as failure:
            self.failure = failure
        finally:
            self.client.channel.close()

    def work(self):
        raise NotImplementedError

    def finish(self, within=60):
        """Lets it end what it has begun; raises what went wrong in it."""
        self.ending.set()
        self.join(within)
        assert not self.is_alive(), f"{self.name} did not end within {within} s"
        if self.failure is not None:
            raise AssertionError(f"{self.name} failed") from self.failure


class Writer(Worker):
    """Keeps the facts of every answer; a request without an answer is sent again as it was."""

    def __init__(self, name, address, organization, seed):
        super().__init__(name, address, organization)
        self.random = random.Random(seed)
        # Facts of the answers, with what was sent.
        self.answered = []
        # Facts of answers to what was sent again.
        self.repeated = []
        self._events = 0

    def make_request(self):
        events = [self._make_event() for _ in range(self.random.choice((1, 1, 3, 20)))]
        return log.RecordRequest(organization_id=self.organization, events=events)

    def _make_event(self):
        self._events += 1
        return event(
            id=str(uuid.UUID(int=self.random.getrandbits(128), version=4)),
            organization_id=self.organization,
            occurred_at={"seconds": 1_700_000_000 + self._events},
            outcome="OUTCOME_SUCCESS",
            source=SOURCES[self._events % len(SOURCES)],
            change=f"{self.name} {self._events}",
            snapshot=json.dumps({"n": self._events}).encode(),
        )

    def take(self, request, answer):
        assert len(answer.results) == len(request.events)
        for sent, result in zip(request.events, answer.results):
            assert result.id == sent.id
            self.answered.append(
                Fact(self.organization, result.id, result.sequence, content(sent))
            )


class UnaryWriter(Writer):
    """One Record after another; now and then an old one again, which must be a duplicate."""

    def work(self):
        old = []
        while not self.ending.is_set():
            request = self.make_request()
            self.take(request, self._send(request))
            if len(old) < 100:
                old.append(request)
            if self.random.random() < 0.1:
                again = self._send(self.random.choice(old))
                assert all(result.duplicate for result in again.results)
                self.repeated += [
                    Fact(self.organization, result.id, result.sequence) for result in again.results
                ]

    def _send(self, request):
        while True:
            try:
                return self.client.stub.Record(
                    request, timeout=CALL_SECONDS, wait_for_ready=True
                )
            except grpc.RpcError as error:
                if error.code() not in GONE:
                    raise


class StreamWriter(Writer):
    """A RecordStream with requests in flight; those without an answer open the next stream."""

    IN_FLIGHT = 16

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._unanswered = deque()
        self._changed = threading.Condition()
        self._stream = 0

    def work(self):
        while not self.ending.is_set() or self._unanswered:
            try:
                answers = self.client.stub.RecordStream(self._requests(), wait_for_ready=True)
                for answer in answers:
                    assert not answer.HasField("status"), answer.status
                    self.take(self._unanswered[0], answer)
                    with self._changed:
                        self._unanswered.popleft()
                        self._changed.notify_all()
            except grpc.RpcError as error:
                if error.code() not in GONE:
                    raise

    def _requests(self):
        """Those of one stream; it ends when a later stream has begun."""
        with self._changed:
            self._stream += 1
            own = self._stream
            first = list(self._unanswered)
            self._changed.notify_all()

        def generate():
            yield from first
            while True:
                with self._changed:
                    self._changed.wait_for(
                        lambda: self._stream != own
                        or self.ending.is_set()
                        or len(self._unanswered) < self.IN_FLIGHT,
                        timeout=1,
                    )
                    if self._stream != own or self.ending.is_set():
                        return
                    if len(self._unanswered) >= self.IN_FLIGHT:
                        continue
                    request = self.make_request()
                    self._unanswered.append(request)
                yield request

        return generate()


class Follower(Worker):
    """Subscribes, and after every end resumes behind the last sequence it was told.

    With `leaves_after` it goes by itself whenever it has had so many messages; with `stalls_until`, an event of
    threading, it takes nothing between its first events and that.
    """

    def __init__(
        self,
        name,
        address,
        organization="",
        filter=None,
        start=0,
        leaves_after=None,
        stalls_until=None,
    ):
        super().__init__(name, address, organization)
        self.leaves_after = leaves_after
        self.stalls_until = stalls_until
        self.feed = Feed(name, start)
        self.filter = filter
        self.position = start
        self.resumes = 0

    def work(self):
        while not self.ending.is_set():
            try:
                with self.client.subscribe(
                    self.filter,
                    timeout=None,
                    after_sequence=self.position,
                    on_gap=log.ON_GAP_CONTINUE,
                    progress_interval=duration_pb2.Duration(nanos=200_000_000),
                ) as subscription:
                    for count, message in enumerate(subscription, start=1):
                        self._take(message)
                        if self.ending.is_set():
                            return
                        if count == self.leaves_after:
                            break
                        if self.stalls_until and self.feed.received:
                            self.stalls_until.wait(60)
            except grpc.RpcError as error:
                if error.code() not in GONE:
                    raise
            self.resumes += 1
            self.ending.wait(0.02)

    def _take(self, message):
        kind = message.WhichOneof("kind")
        if kind == "events":
            for one in message.events.events:
                self.feed.received.append(
                    Fact(one.organization_id, one.id, one.sequence, content(one))
                )
                self.position = one.sequence
        elif kind == "gap":
            self.feed.gaps.append((message.gap.first_sequence, message.gap.last_sequence))
            self.position = max(self.position, message.gap.last_sequence)
        elif kind == "progress":
            self.position = max(self.position, message.progress.sequence)


class Pager(Worker):
    """Pages through a filter again and again, over restarts, with the tokens it was given."""

    def __init__(self, name, address, organization, source):
        super().__init__(name, address, organization)
        self.source = source
        # (head when the query began, sequences in the order of arrival) of each whole query.
        self.walks = []

    def work(self):
        while not self.ending.is_set():
            head = self._ask(self.client.own_status).head_sequence
            found, token = [], ""
            while True:
                page = self._ask(
                    lambda: self.client.page(Filter(sources=[self.source]), 500, token=token)
                )
                assert not page.unreadable
                found += [one.sequence for one in page.events]
                token = page.next_page_token
                if not token:
                    break
            self.walks.append((head, found))
            self.ending.wait(0.05)

    def _ask(self, call):
        while True:
            try:
                return call()
            except grpc.RpcError as error:
                if error.code() not in GONE:
                    raise
            self.ending.wait(0.02)
