package import NIOCore

/// Names a call from any thread, and outlives it.
package struct CallReference: @unchecked Sendable {
    // @unchecked: other threads only pass it on and read `eventLoop` and its identity, which never
    // change; everything else of the call is touched on that loop. The last reference may be
    // dropped anywhere: freeing a call frees memory only.
    private let call: ServerCall

    init(_ call: ServerCall) {
        self.call = call
    }

    package var eventLoop: any EventLoop { call.eventLoop }

    /// Runs `body` on the event loop of the call, if the call is still open then.
    package func execute(_ body: @escaping @Sendable (ServerCall) -> Void) {
        Self.deliver([self], to: { $0 }, { call, _ in body(call) })
    }

    /// Runs `body` on the event loops of the calls, for the calls that are still open: one wake-up
    /// for each loop and one write for each connection, however many answers there are.
    ///
    /// - Parameter call: whom an answer is for.
    package static func deliver<T: Sendable>(
        _ answers: [T], to call: @escaping @Sendable (T) -> CallReference,
        _ body: @escaping @Sendable (ServerCall, T) -> Void
    ) {
        guard let first = answers.first else { return }
        let loop = call(first).call.eventLoopID
        if answers.allSatisfy({ call($0).call.eventLoopID == loop }) {
            return deliver(answers, on: call(first).eventLoop, to: call, body)
        }
        var groups: [(loop: ObjectIdentifier, answers: [T])] = []
        for answer in answers {
            let loop = call(answer).call.eventLoopID
            if let group = groups.firstIndex(where: { $0.loop == loop }) {
                groups[group].answers.append(answer)
            } else {
                groups.append((loop, [answer]))
            }
        }
        for group in groups {
            deliver(group.answers, on: call(group.answers[0]).eventLoop, to: call, body)
        }
    }

    private static func deliver<T: Sendable>(
        _ answers: [T], on loop: any EventLoop, to call: @escaping @Sendable (T) -> CallReference,
        _ body: @escaping @Sendable (ServerCall, T) -> Void
    ) {
        loop.execute {
            var touched: [HTTP2Connection] = []
            for answer in answers {
                let call = call(answer).call
                guard call.isOpen, let connection = call.connection else { continue }
                if connection.beginDelivery() { touched.append(connection) }
                body(call, answer)
            }
            for connection in touched { connection.endDelivery() }
        }
    }
}
