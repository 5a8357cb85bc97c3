internal import AuditRPC
public import Codec

/// Any number of events on their way to the server: batches pipelined through one call, and through
/// another one when that is lost. What was not answered is sent again, at once and by itself; since
/// every event has an id, it is stored once.
///
/// One task sends; dropping the upload gives up what is not answered. An event that the server
/// refuses is answered with its error; the others of its batch are stored. A failure that no further
/// attempt mends is thrown by the next ``send(_:answered:)`` or by ``finish()``, and ends the upload;
/// so does the end of the sending task.
public actor RecordUpload {
    /// What became of one batch.
    public struct Answer: Hashable, Sendable {
        /// One for each event, in order.
        public var results: [RecordResult]
        /// The batch was sent more than once: what came with an id and is a `duplicate` was either
        /// stored by an attempt whose answer was lost, or was there before; nobody can tell.
        public var wasRepeated: Bool

        package init(results: [RecordResult], wasRepeated: Bool) {
            self.results = results
            self.wasRepeated = wasRepeated
        }
    }

    /// Gets the answer to a batch. Called in the order of the batches; what it throws ends the upload.
    public typealias Answered = @Sendable (Answer) throws -> Void

    private let calls: CallRunner
    private let organizationID: String
    private var queue: UploadQueue
    /// Who wants the answers to the batches in the queue, by their numbers.
    private var answered: [Int: Answered] = [:]
    /// The one that is open; the next one is opened when its end is known.
    private var stream: WatchedCall<RecordResponse>?
    private var streamBegan: OutageLog.Moment = 0
    private var receiver: Task<Void, Never>?
    /// Writes what the stream has not got and opens the next one, as long as there is anything to do.
    private var worker: Task<Void, Never>?
    /// Why the last stream ended, or none could be opened. When nothing was on its way, only what the
    /// next one would end with as well.
    private var failure: CallFailure?
    /// What ended the upload.
    private var ending: (any Error)?
    private var isFinishing = false
    /// The sending task, while it waits for an answer or an end.
    private var sender: CheckedContinuation<Void, Never>?

    init(calls: CallRunner, organizationID: String) {
        self.calls = calls
        self.organizationID = organizationID
        queue = UploadQueue(policy: calls.configuration.retryPolicy)
    }

    deinit { stream?.call.cancel() }

    /// A stream is open, as far as is known.
    var hasStream: Bool { stream != nil }

    /// Sends 1 to 1,000 events; waits while too many batches are not answered. Events without an
    /// id get one.
    ///
    /// - Throws: `.tooLarge` for a batch that no server would take, which is not sent: the upload goes
    ///   on without it. Anything else ends the upload.
    public func send(_ events: [Event], answered: @escaping Answered) async throws {
        let request = RecordRequest(
            organizationID: organizationID, events: events, partialSuccess: true)
        let identified = request.withIDs()
        let message: [UInt8]
        do throws(CallFailure) {
            message = try CallRunner.encoded(identified)
        } catch {
            throw error.error
        }
        try throwEnding()
        while queue.isFull {
            try await change()
            try throwEnding()
        }
        let number = queue.add(
            message, ids: identified.events.map(\.id), madeIDs: request.indicesWithoutID)
        self.answered[number] = answered
        work()
    }

    /// Waits until every batch is answered.
    public func finish() async throws {
        isFinishing = true
        defer { isFinishing = false }
        work()
        while ending == nil, !queue.isEmpty || stream != nil || worker != nil {
            try await change()
        }
        if let ending { throw ending }
        // How a call ended behind its last answer is of no interest.
        failure = nil
    }

    // MARK: The sending task

    private func throwEnding() throws {
        if ending == nil, queue.isEmpty, let failure { ending = failure.error }
        if let ending { throw ending }
    }

    /// Returns when there may be something new.
    private func change() async throws {
        precondition(sender == nil, "one task sends")
        await withTaskCancellationHandler {
            await withCheckedContinuation { sender = $0 }
        } onCancel: {
            Task { await wakeSender() }
        }
        guard Task.isCancelled else { return }
        let cancelled = CallFailure.cancelled.error
        ending = ending ?? cancelled
        stream?.call.cancel()
        throw cancelled
    }

    private func wakeSender() {
        sender?.resume()
        sender = nil
    }

    // MARK: Sending

    private func work() {
        guard worker == nil, ending == nil else { return }
        worker = Task { await run() }
    }

    private func run() async {
        while ending == nil, let batch = queue.next {
            if let failure {
                await recover(from: failure)
                continue
            }
            do throws(CallFailure) {
                let stream = if let stream { stream } else { try await open() }
                queue.sending()
                stream.watch.beginWaiting()
                try await stream.call.write(batch.message)
            } catch {
                await sendingFailed(with: error)
            }
        }
        if isFinishing, ending == nil, let stream {
            stream.watch.beginWaiting()
            stream.call.finishWriting()
        }
        worker = nil
        wakeSender()
    }

    private func open() async throws(CallFailure) -> WatchedCall<RecordResponse> {
        let configuration = calls.configuration
        let left = queue.timeLeft(at: .now)
        let deadline =
            left.map { CallDeadline(configuration.retryPolicy.outageMax, left: $0) }
            ?? CallDeadline(configuration.callTimeout)
        let call = try await calls.recordStream(isFirst: !queue.hasFailed, until: deadline)
        let stream = WatchedCall<RecordResponse>(
            call, silenceMax: configuration.callTimeout ?? Limits.silenceWithoutTimeout)
        queue.opened()
        self.stream = stream
        streamBegan = calls.outage.now
        receiver = Task { [weak self] in
            do {
                while let response = try await stream.next() {
                    try await self?.accept(response, from: stream)
                }
                await self?.ended(stream, by: nil)
            } catch {
                await self?.ended(stream, by: error)
            }
        }
        return stream
    }

    /// How a stream ended is for the receiver to say: an answer may tell more than the failed write.
    private func sendingFailed(with failure: CallFailure) async {
        if stream != nil { await receiver?.value }
        if !queue.isEmpty { self.failure = self.failure ?? failure }
    }

    private func recover(from failure: CallFailure) async {
        switch queue.onFailure(failure, at: .now, random: .random(in: 0...1)) {
        case .giveUp(let error): ending = ending ?? error
        case .again(let pause):
            calls.outage.retrying(after: failure.error)
            // Nobody cancels the worker.
            try? await calls.pause(for: pause)
            self.failure = nil
        }
    }

    // MARK: Answers

    private func accept(_ response: RecordResponse, from stream: WatchedCall<RecordResponse>) throws
    {
        switch queue.onResponse(response) {
        case .failed(let failure): throw failure
        case .settled(let batch, let results):
            calls.succeeded(stream.server, since: streamBegan)
            if queue.isEmpty, !isFinishing {
                stream.watch.endWaiting()
            } else {
                stream.watch.beginWaiting()
            }
            let answer = Answer(results: results, wasRepeated: batch.wasRepeated)
            try answered.removeValue(forKey: batch.number)?(answer)
            wakeSender()
        }
    }

    /// Nothing more comes from the server; nil: by its own will.
    private func ended(_ stream: WatchedCall<RecordResponse>, by error: (any Error)?) {
        self.stream = nil
        queue.streamEnded()
        switch error {
        case nil where queue.isEmpty: break
        case nil: failure = CallFailure(.connectionLost, .endedEarly(stream.server))
        case let error as CallFailure:
            stream.call.cancel()
            // With everything answered nothing was lost: the next batch finds the server anew.
            if !queue.isEmpty || error.kind.remedy == .none { failure = error }
        case let error?:
            stream.call.cancel()
            ending = ending ?? error
        }
        if !queue.isEmpty { work() }
        wakeSender()
    }
}
