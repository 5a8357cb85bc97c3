"""gRPC's own test service for Python on PyPI's grpcio, which compresses as the cases ask."""

import sys
from concurrent import futures

import grpc
from interop import CASES_PATH, Target, certificate

sys.path[:0] = map(str, CASES_PATH)
from src.proto.grpc.testing import messages_pb2 as messages  # noqa: E402
from src.proto.grpc.testing import test_pb2_grpc as stubs  # noqa: E402
from tests.interop import service  # noqa: E402

THREADS = 8
STOP_SECONDS = 10


class TestService(service.TestService):
    """What gRPC's own lacks: it never compresses."""

    def UnaryCall(self, request, context):
        if request.response_compressed.value:
            context.set_compression(grpc.Compression.Gzip)
        return super().UnaryCall(request, context)

    def StreamingOutputCall(self, request, context):
        if any(one.compressed.value for one in request.response_parameters):
            context.set_compression(grpc.Compression.Gzip)
        responses = super().StreamingOutputCall(request, context)
        for parameters, response in zip(request.response_parameters, responses):
            if not parameters.compressed.value:
                context.disable_next_message_compression()
            yield response


class GrpcioServer:
    """The service on an address of this machine; `address` is `127.0.0.1:0` or `unix:/path`."""

    def __init__(self, address="127.0.0.1:0", tls=False):
        self.server = grpc.server(futures.ThreadPoolExecutor(THREADS))
        stubs.add_TestServiceServicer_to_server(TestService(), self.server)
        if tls:
            files = certificate("server1.key"), certificate("server1.pem")
            pair = tuple(one.read_bytes() for one in files)
            port = self.server.add_secure_port(address, grpc.ssl_server_credentials([pair]))
        else:
            port = self.server.add_insecure_port(address)
        unix = address.startswith("unix:")
        self.target = Target(address if unix else f"127.0.0.1:{port}", tls)

    def __enter__(self):
        self.server.start()
        return self

    def __exit__(self, *_):
        self.server.stop(STOP_SECONDS).wait()
