import AuditClient
import AuditModel
import Codec

/// Follows a feed: prints, saves the position, and comes back by itself when the server does.
struct Follower {
    private let settings: ConnectionSettings
    private let request: SubscribeRequest
    private let resumeFile: ResumeFile?
    private var machine: FollowMachine
    private var printer: EventPrinter
    private var backoff = Backoff()
    private var isAway = false

    init(
        settings: ConnectionSettings, request: SubscribeRequest, resumeFile: ResumeFile?,
        printer: EventPrinter
    ) {
        self.settings = settings
        self.request = request
        self.resumeFile = resumeFile
        self.printer = printer
        machine = FollowMachine(start: request.start)
    }

    /// Ends by an error only, or when the task is cancelled.
    ///
    /// Without a resume file a server that can't be reached at first is an error: most likely the
    /// address is wrong.
    mutating func run() async throws {
        try printer.printHeader()
        var hasConnected = resumeFile != nil
        while !Task.isCancelled {
            do {
                try await settings.withClient { client in
                    hasConnected = true
                    try await follow(client)
                }
            } catch let error as AuditClientError where Self.isWorthRetrying(error) {
                guard hasConnected, !Task.isCancelled else { throw error }
                if !isAway { note("\(error.message); trying again until it is") }
                isAway = true
            }
            try await Task.sleep(for: backoff.next(random: .random(in: 0...1)))
        }
    }

    private static func isWorthRetrying(_ error: AuditClientError) -> Bool {
        error.code == .unavailable || error.code == .timedOut
    }

    private mutating func follow(_ client: AuditLogClient) async throws {
        var request = request
        request.start = machine.start
        let subscription = try await client.subscribe(request)
        try await withTaskCancellationHandler {
            for try await response in subscription {
                if isAway { note("connected to \(client.address) again") }
                isAway = false
                backoff.succeeded()
                for action in machine.received(response) { try perform(action) }
            }
        } onCancel: {
            subscription.cancel()
        }
    }

    private mutating func perform(_ action: FollowMachine.Action) throws {
        switch action {
        case .print(let events): try printer.print(events)
        case .say(let text): note(text)
        case .save(let sequence): try resumeFile?.save(sequence)
        }
    }
}
