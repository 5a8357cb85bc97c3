internal import AuditRPC
public import Codec

/// Any number of events on their way to the server: batches pipelined through one call, and through
/// another one when that is lost. What was not answered is sent again; since every event has an
/// id, it is stored once.
///
/// One task sends; dropping the upload gives up what is not answered. An event that the server
/// refuses is answered with its error; the others of its batch are stored. A failure that no further
/// attempt mends is thrown by the next ``send(_:answered:)`` or by ``finish()``, and ends the upload.
public actor RecordUpload {
    /// Gets one result for each event of a batch. Called in the order of the batches; what it throws
    /// ends the upload.
    public typealias Answered = @Sendable ([RecordResult]) throws -> Void

    private let calls: CallRunner
    private let organizationID: String
    private var queue: UploadQueue
    /// Who wants the results of the batches in the queue, by their numbers.
    private var answered: [Int: Answered] = [:]
    private var stream: WatchedCall<RecordResponse>?
    private var streamBegan: OutageLog.Moment = 0
    private var receiver: Task<Void, Never>?
    private var failure: (any Error)?
    /// The sending task, while too much is not answered.
    private var sender: CheckedContinuation<Void, Never>?

    init(calls: CallRunner, organizationID: String) {
        self.calls = calls
        self.organizationID = organizationID
        queue = UploadQueue(policy: calls.configuration.retryPolicy)
    }

    deinit { stream?.call.cancel() }

    /// Sends 1 to 1,000 events; waits while too many batches are not answered. Events without an
    /// id get one.
    ///
    /// - Throws: `.refused` for a batch that no server would take, which is not sent: the upload goes
    ///   on without it. Anything else ends the upload.
    public func send(_ events: [Event], answered: @escaping Answered) async throws {
        let request = RecordRequest(
            organizationID: organizationID, events: events, partialSuccess: true
        ).withIDs()
        let message: [UInt8]
        do throws(CallFailure) {
            message = try CallRunner.encoded(request)
        } catch {
            throw error.error
        }
        try await waitForRoom()
        let batch = queue.add(message, ids: request.events.map(\.id))
        self.answered[batch.number] = answered
        guard let stream, failure == nil else { return try await restart() }
        do {
            try await transmit(batch, through: stream)
        } catch {
            await writingFailed(with: error)
            try await restart()
        }
    }

    /// Waits until every batch is answered.
    public func finish() async throws {
        while true {
            stream?.call.finishWriting()
            await receiver?.value
            // How a call ended behind its last answer is of no interest.
            if queue.isEmpty, failure == nil || failure is CallFailure {
                failure = nil
                stream = nil
                return
            }
            try await restart()
        }
    }

    // MARK: Sending

    private func waitForRoom() async throws {
        while queue.isFull, failure == nil {
            precondition(sender == nil, "one task sends")
            await withTaskCancellationHandler {
                await withCheckedContinuation { sender = $0 }
            } onCancel: {
                Task { await wakeSender() }
            }
            if Task.isCancelled { throw CallFailure.cancelled.error }
        }
    }

    private func transmit(
        _ batch: UploadQueue.Batch, through stream: WatchedCall<RecordResponse>
    ) async throws(CallFailure) {
        queue.sending(batch.number)
        stream.watch.beginWaiting()
        try await stream.call.write(batch.message)
    }

    /// How the call ended is for the receiver to say: an answer may tell more than the failed write.
    private func writingFailed(with failure: CallFailure) async {
        // A task that is cancelled may leave a call behind that goes on.
        if Task.isCancelled { stream?.call.cancel() }
        await receiver?.value
        self.failure = self.failure ?? failure
    }

    /// Sends what was not answered through a new stream. Throws what a new attempt can't mend.
    private func restart() async throws {
        while true {
            stream?.call.cancel()
            await receiver?.value
            if let failure { try await pause(after: failure) }
            failure = nil
            do throws(CallFailure) {
                let stream = try await open()
                for batch in queue.batches { try await transmit(batch, through: stream) }
                return
            } catch {
                await writingFailed(with: error)
            }
        }
    }

    private func open() async throws(CallFailure) -> WatchedCall<RecordResponse> {
        let call = try await calls.recordStream(isFirst: queue.failures == 0)
        let stream = WatchedCall<RecordResponse>(
            call,
            silenceMax: calls.configuration.callTimeout ?? Limits.silenceWithoutTimeout)
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

    private func pause(after failure: any Error) async throws {
        // Anything else is of whoever wanted the results.
        guard let failure = failure as? CallFailure else { throw failure }
        switch queue.onFailure(failure, random: .random(in: 0...1)) {
        case .giveUp(let error): throw error
        case .again(let pause):
            calls.outage.retrying(after: failure.error)
            do throws(CallFailure) {
                try await calls.pause(for: pause)
            } catch {
                throw error.error
            }
        }
    }

    // MARK: Answers

    private func accept(_ response: RecordResponse, from stream: WatchedCall<RecordResponse>) throws
    {
        switch queue.onResponse(response) {
        case .failed(let failure): throw failure
        case .settled(let batch, let results):
            calls.succeeded(stream.server, since: streamBegan)
            if queue.isEmpty { stream.watch.endWaiting() } else { stream.watch.beginWaiting() }
            try answered.removeValue(forKey: batch.number)?(results)
            wakeSender()
        }
    }

    /// Nothing more comes from the server; nil: by its own will.
    private func ended(_ stream: WatchedCall<RecordResponse>, by error: (any Error)?) {
        if let error {
            failure = failure ?? error
            stream.call.cancel()
        } else if queue.isEmpty {
            // What is sent from now on goes through another one.
            self.stream = nil
        } else {
            failure = failure ?? CallFailure(.connectionLost, .endedEarly(stream.server))
        }
        wakeSender()
    }

    private func wakeSender() {
        sender?.resume()
        sender = nil
    }
}
