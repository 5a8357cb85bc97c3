/// Maps paths (`/package.Service/Method`) to handlers. Filled before the server starts; then it only reads.
package struct RPCRouter: Sendable {
    /// How many messages a request has. The server refuses any other number.
    package enum RequestKind: Sendable {
        case one
        case many
    }

    /// Makes the handler of one call, on its event loop.
    package typealias MakeHandler = @Sendable (ServerCall) -> any ServerCallHandler

    private struct Method {
        let requests: RequestKind
        let makeHandler: MakeHandler
    }

    private var routes: [String: Method] = [:]
    private let gate: (@Sendable (String) -> Admission.Gate)?

    /// - Parameter gate: says for each path who decides about its calls; asked once, when the server starts. Without it
    ///   everybody may call everything.
    package init(gate: (@Sendable (_ path: String) -> Admission.Gate)? = nil) {
        self.gate = gate
    }

    var table: RouteTable {
        RouteTable(
            routes.map { path, method in
                Route(
                    path: path, requests: method.requests, makeHandler: method.makeHandler,
                    gate: gate?(path))
            })
    }

    /// The paths of all methods, sorted.
    package var paths: [String] { routes.keys.sorted() }

    /// The full names of the services whose methods it has, sorted.
    package var services: [String] {
        Set(routes.keys.map { String($0.dropFirst().prefix { $0 != "/" }) }).sorted()
    }

    /// Serves `path` on the event loop. Registering a path twice is a programming error.
    package mutating func add(
        _ path: String, requests: RequestKind, handler: @escaping MakeHandler
    ) {
        precondition(path.hasPrefix("/"), "a path begins with a slash: \(path)")
        let method = Method(requests: requests, makeHandler: handler)
        let previous = routes.updateValue(method, forKey: path)
        precondition(previous == nil, "\(path) is registered twice")
    }

    /// One request, one response. The task is cancelled when the call ends early.
    package mutating func addUnary(
        _ path: String,
        _ body: @escaping @Sendable ([UInt8], CallContext) async throws -> [UInt8]
    ) {
        add(path, requests: .one) { call in
            AsyncCallHandler(call: call) { requests, writer, context in
                writer.finish(with: try await body(try await requests.only(), context))
            }
        }
    }

    /// One request, any number of responses; the call ends OK when `body` returns.
    package mutating func addServerStreaming(
        _ path: String,
        _ body: @escaping @Sendable ([UInt8], MessageWriter, CallContext) async throws -> Void
    ) {
        add(path, requests: .one) { call in
            AsyncCallHandler(call: call) { requests, writer, context in
                try await body(try await requests.only(), writer, context)
            }
        }
    }

    /// Any number of requests, one response.
    package mutating func addClientStreaming(
        _ path: String,
        _ body: @escaping @Sendable (RequestMessages, CallContext) async throws -> [UInt8]
    ) {
        add(path, requests: .many) { call in
            AsyncCallHandler(call: call) { requests, writer, context in
                writer.finish(with: try await body(requests, context))
            }
        }
    }

    /// Any number of both; the call ends OK when `body` returns.
    package mutating func addBidirectional(
        _ path: String,
        _ body:
            @escaping @Sendable (RequestMessages, MessageWriter, CallContext) async throws
            -> Void
    ) {
        add(path, requests: .many) { call in AsyncCallHandler(call: call, body) }
    }
}
