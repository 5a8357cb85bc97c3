import AuditClient
import AuditModel
import Codec

/// Follows a feed: prints, saves the position, and comes back by itself when the server does.
struct Follower {
    private let settings: ConnectionSettings
    private let request: SubscribeRequest
    private let keeper: PositionKeeper?
    private let silenceMax: Duration
    private let say: @Sendable (String) -> Void
    private var machine: FollowMachine
    private var printer: EventPrinter
    private var backoff = Backoff()
    /// By a full server, since the last success.
    private var refusals = 0
    private var isAway = false

    /// - Parameters:
    ///   - silenceMax: how long nothing at all may come before the connection is given up; nil
    ///     for a multiple of the interval at which the server reports progress.
    ///   - say: takes a line for the person who follows.
    init(
        settings: ConnectionSettings, request: SubscribeRequest, keeper: PositionKeeper?,
        printer: EventPrinter, silenceMax: Duration? = nil,
        say: @escaping @Sendable (String) -> Void = note
    ) {
        self.settings = settings
        self.request = request
        self.keeper = keeper
        self.printer = printer
        self.say = say
        let interval = request.progressInterval ?? Limits.progressIntervalUsual
        self.silenceMax = silenceMax ?? interval * Limits.silentIntervalsMax
        machine = FollowMachine(start: request.start)
    }

    /// Ends by an error only, or when the task is cancelled. The position is saved whatever it
    /// ends by.
    ///
    /// Without a resume file a server that can't be reached at first is an error: most likely the
    /// address is wrong.
    mutating func run() async throws {
        do {
            try await followForEver()
        } catch {
            // What ended the feed says more than a second fault of the same disk.
            try? await keeper?.finish()
            throw error
        }
        try await keeper?.finish()
    }

    private mutating func followForEver() async throws {
        try printer.printHeader()
        var hasConnected = keeper != nil
        while !Task.isCancelled {
            do {
                try await settings.withClient { client in
                    hasConnected = true
                    try await follow(client)
                }
            } catch let error as AuditClientError where error.isWorthRetrying {
                if !error.isAbsence { refusals += 1 }
                guard hasConnected, !Task.isCancelled, refusals < Limits.retryAttempts else {
                    throw error
                }
                if !isAway { say("\(error.message); trying again") }
                isAway = true
            }
            try await Task.sleep(for: backoff.next(random: .random(in: 0...1)))
        }
    }

    private mutating func follow(_ client: AuditLogClient) async throws {
        var request = request
        request.start = machine.start
        let subscription = try await client.subscribe(request)
        let watch = SilenceWatch(silenceMax: silenceMax)
        let watching = Task { try await watch.run { subscription.cancel() } }
        defer { watching.cancel() }
        try await withTaskCancellationHandler {
            do {
                try await read(subscription, from: client.address, watch)
            } catch let error as AuditClientError where watch.isSilent && error.code == .cancelled {
                throw AuditClientError(
                    code: .unavailable, grpcCode: 14,
                    message: "nothing has come from the server at \(client.address) for "
                        + DurationExpression.text(silenceMax))
            }
        } onCancel: {
            subscription.cancel()
        }
    }

    private mutating func read(
        _ subscription: Subscription, from address: ServerAddress, _ watch: SilenceWatch
    ) async throws {
        var responses = subscription.makeAsyncIterator()
        watch.beginWaiting()
        while let response = try await responses.next() {
            watch.endWaiting()
            if isAway { say("connected to \(address) again") }
            isAway = false
            // A server that is full may still begin a feed; only what follows is a success.
            if case .started = response {} else { succeeded() }
            for action in machine.received(response) { try await perform(action) }
            watch.beginWaiting()
        }
    }

    private mutating func succeeded() {
        backoff.succeeded()
        refusals = 0
    }

    private mutating func perform(_ action: FollowMachine.Action) async throws {
        switch action {
        case .print(let events): try printer.print(events)
        case .say(let text): say(text)
        case .save(let sequence): try await keeper?.printed(upTo: sequence)
        }
    }
}
