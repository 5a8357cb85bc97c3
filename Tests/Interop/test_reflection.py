"""A client without a .proto file: it asks the server what there is, and calls it."""

import pytest
from clients import Status, refusal
from google.protobuf import descriptor_pool, json_format, message_factory
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

AUDIT_LOG = "auditrpc.v1.AuditLog"
SERVICES = {
    "auditrpc.v1.Administration",
    AUDIT_LOG,
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
}
CALL_SECONDS = 30


class Database(ProtoReflectionDescriptorDatabase):
    """grpcio's reflection client, for either version: their messages are the same."""

    def __init__(self, channel, version):
        super().__init__(channel)
        self.ask = channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
            response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
        )
        self._stub.ServerReflectionInfo = self.ask

    def answers(self, *requests):
        """The answers of one stream."""
        messages = [reflection_pb2.ServerReflectionRequest(**one) for one in requests]
        return list(self.ask(iter(messages), timeout=CALL_SECONDS))


class GenericClient:
    """Calls methods by name with plain dictionaries; all it knows comes from the server."""

    def __init__(self, channel, database):
        self.channel = channel
        self.pool = descriptor_pool.DescriptorPool(database)

    def methods(self, service):
        return self.pool.FindServiceByName(service).methods

    def call(self, method, request):
        """The answer of a call, or the list of them."""
        make_request = message_factory.GetMessageClass(method.input_type)
        make_response = message_factory.GetMessageClass(method.output_type)
        kind = "stream" if method.client_streaming else "unary"
        kind += "_stream" if method.server_streaming else "_unary"
        invoke = getattr(self.channel, kind)(
            f"/{method.containing_service.full_name}/{method.name}",
            request_serializer=make_request.SerializeToString,
            response_deserializer=make_response.FromString,
        )
        message = json_format.ParseDict(request, make_request())
        sent = iter([message]) if method.client_streaming else message
        answer = invoke(sent, timeout=CALL_SECONDS)
        if method.server_streaming:
            return Streamed(answer)
        return json_format.MessageToDict(answer)


class Streamed:
    """The answers of a call that may never end."""

    def __init__(self, call):
        self.call = call

    def first(self):
        try:
            return json_format.MessageToDict(next(self.call))
        finally:
            self.call.cancel()


@pytest.fixture(params=["v1", "v1alpha"])
def database(request, client):
    return Database(client.channel, request.param)


@pytest.fixture
def generic(client, database):
    return GenericClient(client.channel, database)


def test_the_services_are_those_of_the_server(database):
    assert set(database.get_services()) == SERVICES


def test_an_event_is_recorded_and_found_without_a_proto(generic, organization):
    methods = {method.name: method for method in generic.methods(AUDIT_LOG)}
    assert set(methods) == {
        "Record", "RecordStream", "Query", "Subscribe", "GetEvent", "ListFacets", "Histogram",
        "GetCaller", "GetStatus",
    }
    event = {
        "eventType": "UPDATE",
        "target": {"type": "SERVICE", "id": "web"},
        "actor": {"type": "ACTOR_TYPE_USER", "id": "ada"},
        "metadata": {"ticket": "OPS-1"},
        "occurredAt": "2026-01-02T03:04:05Z",
    }
    recorded = generic.call(
        methods["Record"], {"organizationId": organization, "events": [event]}
    )
    stored = generic.call(methods["Query"], {"organizationId": organization})["events"]
    assert [one["sequence"] for one in stored] == [recorded["results"][0]["sequence"]]
    assert {key: stored[0][key] for key in event} == event
    followed = generic.call(
        methods["Subscribe"], {"organizationId": organization, "oldest": True}
    ).first()
    assert "started" in followed


def test_every_method_that_is_described_is_there(generic, database):
    """An empty request gets an answer or a refusal, from a method that exists."""
    for service in database.get_services():
        for method in generic.methods(service):
            try:
                answer = generic.call(method, {})
                if isinstance(answer, Streamed):
                    answer.first()
            except Exception as error:
                assert error.code() != Status.UNIMPLEMENTED, method.full_name


def test_every_kind_of_question(database):
    answers = database.answers(
        {"host": "h", "list_services": ""},
        {"file_by_filename": "auditrpc/v1/audit_log.proto"},
        {"file_containing_symbol": "auditrpc.v1.Event"},
        {"file_containing_symbol": "google.protobuf.Timestamp"},
        {"all_extension_numbers_of_type": "auditrpc.v1.Event"},
        {"all_extension_numbers_of_type": "no.Message"},
        {
            "file_containing_extension": reflection_pb2.ExtensionRequest(
                containing_type="auditrpc.v1.Event", extension_number=1
            )
        },
        {"file_by_filename": "no.proto"},
        {"file_containing_symbol": "no.Symbol"},
        {},
    )
    kinds = [answer.WhichOneof("message_response") for answer in answers]
    assert kinds == [
        "list_services_response",
        *["file_descriptor_response"] * 3,
        "all_extension_numbers_response",
        *["error_response"] * 5,
    ]
    assert answers[0].valid_host == "h" and answers[0].original_request.host == "h"
    assert [one.error_response.error_code for one in answers[5:]] == [5, 5, 5, 5, 3]
    # The second has all that it needs; the others, sent on the same stream, are not repeated.
    assert [len(one.file_descriptor_response.file_descriptor_proto) for one in answers[1:4]] == [
        8, 1, 1,
    ]


def test_the_details_of_a_refusal_are_described(database):
    """A generic client can print google.rpc.BadRequest."""
    pool = descriptor_pool.DescriptorPool(database)
    assert pool.FindMessageTypeByName("google.rpc.BadRequest").fields_by_name["field_violations"]


def test_bytes_that_are_no_question(client, database):
    ask = client.channel.stream_stream(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        request_serializer=bytes,
        response_deserializer=bytes,
    )
    for question in (b"\xff", b"\x1a\xff\x7f" + b"x" * 16383):
        error = refusal(lambda: list(ask(iter([question]), timeout=CALL_SECONDS)))
        assert error.code() == Status.INVALID_ARGUMENT
