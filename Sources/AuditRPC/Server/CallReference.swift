package import NIOCore

/// Names a call from any thread, and outlives it.
package struct CallReference: @unchecked Sendable {
    // @unchecked: other threads only pass it on and read `eventLoop`, which never changes; everything else of the
    // call is touched on that loop. The last reference may be dropped anywhere: freeing a call frees memory only.
    private let call: ServerCall

    init(_ call: ServerCall) {
        self.call = call
    }

    package var eventLoop: any EventLoop { call.eventLoop }

    /// Runs `body` on the event loops of the calls, for the calls that are still open: one wake-up for each loop
    /// and one write for each connection, however many answers there are.
    package static func deliver<T: Sendable>(
        _ answers: [(CallReference, T)],
        _ body: @escaping @Sendable (ServerCall, T) -> Void
    ) {
        guard let first = answers.first else { return }
        let loop = first.0.eventLoop
        if answers.allSatisfy({ $0.0.eventLoop === loop }) {
            return deliver(answers, on: loop, body)
        }
        var groups: [(loop: any EventLoop, answers: [(CallReference, T)])] = []
        for answer in answers {
            let loop = answer.0.eventLoop
            if let group = groups.firstIndex(where: { $0.loop === loop }) {
                groups[group].answers.append(answer)
            } else {
                groups.append((loop, [answer]))
            }
        }
        for group in groups { deliver(group.answers, on: group.loop, body) }
    }

    private static func deliver<T: Sendable>(
        _ answers: [(CallReference, T)], on loop: any EventLoop,
        _ body: @escaping @Sendable (ServerCall, T) -> Void
    ) {
        loop.execute {
            var touched: [HTTP2Connection] = []
            for (reference, answer) in answers {
                let call = reference.call
                guard call.isOpen, let connection = call.connection else { continue }
                if connection.beginDelivery() { touched.append(connection) }
                body(call, answer)
            }
            for connection in touched { connection.endDelivery() }
        }
    }
}
