import GRPCCore
import GRPCNIOTransportHTTP2
import Glibc

/// Answers each unary call with the first bytes of its request, by grpc-swift-2.
///
/// usage: GRPCSwiftEcho port
struct EchoService: RegistrableRPCService {
    private static let answerBytes = 16

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        router.registerHandler(
            forMethod: MethodDescriptor(fullyQualifiedService: "bench.Echo", method: "Say"),
            deserializer: Bytes(), serializer: Bytes()
        ) { request, _ in
            let request = try await ServerRequest(stream: request)
            let answer = Array(request.message.prefix(Self.answerBytes))
            return StreamingServerResponse(single: ServerResponse(message: answer))
        }
    }
}

/// A message is its bytes, as it is for the other servers.
struct Bytes: MessageSerializer, MessageDeserializer {
    func serialize<Message: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Message {
        Message(message)
    }

    func deserialize<Message: GRPCContiguousBytes>(_ bytes: Message) throws -> [UInt8] {
        bytes.withUnsafeBytes { Array($0) }
    }
}

guard let port = CommandLine.arguments.dropFirst().first.flatMap({ Int($0) }) else {
    print("usage: GRPCSwiftEcho port")
    exit(64)
}
var configuration = HTTP2ServerTransport.Posix.Config.defaults
configuration.http2.maxConcurrentStreams = 1_000
let server = GRPCServer(
    transport: .http2NIOPosix(
        address: .ipv4(host: "127.0.0.1", port: port), transportSecurity: .plaintext,
        config: configuration),
    services: [EchoService()])
try await server.serve()
