"""A grpcio client of the audit log, events to record with it, and what its errors say."""

import time
import uuid

import grpc
from auditrpc.v1 import administration_pb2_grpc
from auditrpc.v1 import audit_log_pb2 as log
from auditrpc.v1 import audit_log_pb2_grpc, event_pb2, filter_pb2
from google.protobuf import timestamp_pb2
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from transports import way_to

Event = event_pb2.Event
Filter = filter_pb2.EventFilter
Status = grpc.StatusCode

SERVICE = "/auditrpc.v1.AuditLog/"
CALL_SECONDS = 30


def timestamp(seconds):
    """A protobuf time from seconds since 1970."""
    whole = int(seconds // 1)
    return timestamp_pb2.Timestamp(seconds=whole, nanos=round((seconds - whole) * 1e9))


def event(**fields):
    """A valid event; `fields` replace those of its own."""
    chosen = {
        "event_type": "UPDATE",
        "target": event_pb2.Target(type="SERVICE", id="service-1", name="Web"),
        "actor": event_pb2.Actor(type=event_pb2.ACTOR_TYPE_USER, id="user-1", name="Ada"),
        "source": "CONSOLE",
        **fields,
    }
    return Event(**chosen)


def new_id():
    return str(uuid.uuid4())


def target(type, id, name=""):
    return event_pb2.Target(type=type, id=id, name=name)


def resource(type, id, name=""):
    return event_pb2.Resource(type=type, id=id, name=name)


def actor(type, id, name=""):
    return event_pb2.Actor(type=type, id=id, name=name)


def content(stored):
    """What the caller said: an event without what the server set, as comparable bytes."""
    copy = Event()
    copy.CopyFrom(stored)
    copy.ClearField("sequence")
    copy.ClearField("recorded_at")
    copy.ClearField("recorder")
    return copy.SerializeToString(deterministic=True)


class Refused(AssertionError):
    """What `refusal` raises when a call was answered."""


def refusal(call, *arguments, **named):
    """The error of a call that must fail."""
    try:
        answer = call(*arguments, **named)
        if hasattr(answer, "__next__"):
            answer = list(answer)
    except grpc.RpcError as error:
        return error
    raise Refused(f"answered instead of refused: {answer!r}")


def violations(error):
    """{field: description} of a status's google.rpc.BadRequest; of a gRPC error or a message."""
    status = rpc_status.from_call(error) if isinstance(error, grpc.RpcError) else error
    found = {}
    for detail in status.details if status is not None else ():
        bad = error_details_pb2.BadRequest()
        if detail.Unpack(bad):
            found.update({one.field: one.description for one in bad.field_violations})
    return found


class _Bearer(
    grpc.UnaryUnaryClientInterceptor,
    grpc.UnaryStreamClientInterceptor,
    grpc.StreamUnaryClientInterceptor,
    grpc.StreamStreamClientInterceptor,
):
    """Shows an API token with each call. grpcio's own credentials of calls want TLS."""

    def __init__(self, token):
        self._field = ("authorization", f"Bearer {token}")

    def _call(self, continuation, details, request):
        metadata = [*(details.metadata or ()), self._field]
        return continuation(details._replace(metadata=metadata), request)

    intercept_unary_unary = intercept_unary_stream = _call
    intercept_stream_unary = intercept_stream_stream = _call


class Client:
    """The stub of one organization on one channel; methods take what they need by name."""

    def __init__(self, address, organization="", options=(), token=None):
        self.address = address
        self.organization = organization
        self.channel = way_to(address).channel(
            address,
            [
                # Every client is its own connection, and comes back soon when the server does.
                ("grpc.use_local_subchannel_pool", 1),
                ("grpc.initial_reconnect_backoff_ms", 50),
                # It is also how long one attempt may take.
                ("grpc.min_reconnect_backoff_ms", 5000),
                ("grpc.max_reconnect_backoff_ms", 200),
                ("grpc.enable_http_proxy", 0),
                ("grpc.max_receive_message_length", 64 << 20),
                *options,
            ],
        )
        self._calls = self.channel
        if token is not None:
            self._calls = grpc.intercept_channel(self.channel, _Bearer(token))
        self.stub = audit_log_pb2_grpc.AuditLogStub(self._calls)
        self.administration = administration_pb2_grpc.AdministrationStub(self._calls)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()

    def record(self, *events, partial=False, timeout=CALL_SECONDS):
        """One result per event."""
        request = log.RecordRequest(
            organization_id=self.organization, events=events, partial_success=partial
        )
        return list(self.stub.Record(request, timeout=timeout).results)

    def page(self, filter=None, size=0, order=log.ORDER_UNSPECIFIED, token=""):
        return self.stub.Query(
            log.QueryRequest(
                organization_id=self.organization,
                filter=filter,
                order=order,
                page_size=size,
                page_token=token,
            ),
            timeout=CALL_SECONDS,
        )

    def pages(self, filter=None, size=1000, order=log.ORDER_OLDEST_FIRST):
        """Every page of a query; a query that never ends fails."""
        token = ""
        for _ in range(100_000):
            page = self.page(filter, size, order, token)
            yield page
            token = page.next_page_token
            if not token:
                return
        raise AssertionError("a query has no end")

    def events(self, filter=None, size=1000, order=log.ORDER_OLDEST_FIRST):
        """All that match, oldest first."""
        return [event for page in self.pages(filter, size, order) for event in page.events]

    def sequences(self, filter=None):
        return [event.sequence for event in self.events(filter)]

    def subscribe(self, filter=None, timeout=CALL_SECONDS, **start):
        """A Feed; `start` is one of now, oldest, after_sequence, since, and on_gap and so on."""
        request = log.SubscribeRequest(
            organization_id=self.organization, filter=filter, **start
        )
        return Feed(self.stub.Subscribe(request, timeout=timeout))

    def get(self, **key):
        return self.stub.GetEvent(
            log.GetEventRequest(organization_id=self.organization, **key), timeout=CALL_SECONDS
        )

    def facets(self, field, filter=None, limit=0):
        return self.stub.ListFacets(
            log.ListFacetsRequest(
                organization_id=self.organization, field=field, filter=filter, limit=limit
            ),
            timeout=CALL_SECONDS,
        )

    def histogram(self, filter=None, **fields):
        """`fields` are bucket (a Duration), buckets, split_by and limit."""
        return self.stub.Histogram(
            log.HistogramRequest(organization_id=self.organization, filter=filter, **fields),
            timeout=CALL_SECONDS,
        )

    def status(self):
        """Of the whole server, as an operator sees it."""
        return self.stub.GetStatus(log.GetStatusRequest(), timeout=CALL_SECONDS)

    def own_status(self):
        """Of the client's organization, whose sequences count its own events."""
        request = log.GetStatusRequest(organization_id=self.organization)
        return self.stub.GetStatus(request, timeout=CALL_SECONDS)

    def raw(self, method, stream=False):
        """A call of any method by name that sends and receives bytes as they are."""
        make = self._calls.unary_stream if stream else self._calls.unary_unary
        return make(method, request_serializer=bytes, response_deserializer=bytes)


class Feed:
    """A subscription read message by message; iterating it ends with the stream's status."""

    def __init__(self, call):
        self.call = call

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.call.cancel()

    def __iter__(self):
        return iter(self.call)

    def next(self):
        return next(self.call)

    def until(self, kind):
        """The messages up to and with the first of a kind (started, events, caught_up ...)."""
        seen = []
        for message in self.call:
            seen.append(message)
            if message.WhichOneof("kind") == kind:
                return seen
        raise AssertionError(f"the feed ended before {kind}: {seen!r}")

    def take(self, count):
        """The next `count` events."""
        events = []
        while len(events) < count:
            message = self.next()
            if message.WhichOneof("kind") == "events":
                events.extend(message.events.events)
        assert len(events) == count, f"{len(events)} events where {count} were recorded"
        return events


def seconds_now():
    return time.time()
