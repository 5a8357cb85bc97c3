package import NIOCore

/// Names a call from any thread, and outlives it.
package struct CallReference: @unchecked Sendable {
    // @unchecked: other threads only pass it on and read `eventLoop` and its identity, which never
    // change; everything else of the call is touched on that loop. The last reference may be
    // dropped anywhere: freeing a call frees memory only.
    private let call: ServerCall
    /// Of its event loop.
    package let eventLoopID: ObjectIdentifier

    init(_ call: ServerCall) {
        self.call = call
        eventLoopID = call.eventLoopID
    }

    package var eventLoop: any EventLoop { call.eventLoop }

    /// Runs `body` on the event loop of the call, if the call is still open then.
    package func execute(_ body: @escaping @Sendable (ServerCall) -> Void) {
        Self.deliver([self], to: { $0 }, { call, _ in body(call) })
    }

    /// Runs `body` on the event loops of the calls, for the calls that are still open: one wake-up
    /// for each loop and one write for each connection, however many answers there are.
    ///
    /// Inlinable, so that a caller's answers are handled as what they are: generic code that is compiled here would
    /// look up types and copy through tables for each of them.
    ///
    /// - Parameter call: whom an answer is for.
    @inlinable
    package static func deliver<T: Sendable>(
        _ answers: [T], to call: @escaping @Sendable (T) -> CallReference,
        _ body: @escaping @Sendable (ServerCall, T) -> Void
    ) {
        deliver(
            count: answers.count, loop: { call(answers[$0]).eventLoopID },
            call: { call(answers[$0]) }, { body($0, answers[$1]) })
    }

    /// The same for answers that are numbered from 0.
    ///
    /// - Parameter loop: of `call`, for which that need not be touched: its memory belongs to another thread.
    package static func deliver(
        count: Int, loop: (Int) -> ObjectIdentifier,
        call: @escaping @Sendable (Int) -> CallReference,
        _ body: @escaping @Sendable (ServerCall, Int) -> Void
    ) {
        var groups: [(loop: ObjectIdentifier, answers: [Int])] = []
        var last = 0
        for answer in 0..<count {
            let loop = loop(answer)
            if last >= groups.count || groups[last].loop != loop {
                last = groups.firstIndex { $0.loop == loop } ?? groups.count
                if last == groups.count { groups.append((loop, [])) }
            }
            groups[last].answers.append(answer)
        }
        for group in groups {
            let answers = group.answers
            call(answers[0]).eventLoop.execute { deliver(answers, call, body) }
        }
    }

    /// On the event loop of the calls.
    private static func deliver(
        _ answers: [Int], _ call: (Int) -> CallReference, _ body: (ServerCall, Int) -> Void
    ) {
        deliverHere(answers, to: { call($0).call }, body)
    }

    /// Runs `body` for calls of the event loop that this is called on, for those that are still
    /// open: one write for each connection.
    package static func deliverHere<T>(
        _ answers: [T], to call: (T) -> ServerCall, _ body: (ServerCall, T) -> Void
    ) {
        var touched: [HTTP2Connection] = []
        for answer in answers {
            let call = call(answer)
            guard call.isOpen, let connection = call.connection else { continue }
            if connection.beginDelivery() { touched.append(connection) }
            body(call, answer)
        }
        for connection in touched { connection.endDelivery() }
    }
}
