import AuditRPC
import Glibc
import Logging

/// Answers each unary call with the first bytes of its request, on the event loop: what a call costs in
/// AuditRPC alone. `bench.py` measures it beside other servers that do the same.
///
/// usage: echo-server [port]     says the port that it listens on, and serves until it is ended
final class EchoCall: ServerCallHandler {
    private static let answerBytes = 16
    private var answer: [UInt8] = []

    func receive(message: UnsafeRawBufferPointer, on call: ServerCall) {
        answer = Array(message.prefix(Self.answerBytes))
    }

    func receiveEnd(on call: ServerCall) {
        call.send(message: answer)
        call.finish()
    }

    func cancel(reason: CancelReason, on call: ServerCall) {}
}

let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 0
var router = RPCRouter()
router.add("/bench.Echo/Say", requests: .one) { _ in EchoCall() }
let server = try await RPCServer.start(
    on: try RPCListeners([.tcp(host: "127.0.0.1", port: port)]), router: router,
    configuration: RPCServer.Configuration(eventLoops: 1), logger: Logger(label: "echo"))
print("listening on \(server.boundAddress)")
// Standard output is a pipe here, and would keep the line.
fflush(nil)
while true { try await Task.sleep(for: .seconds(3600)) }
