import AuditClient
import AuditModel
import Codec

/// Follows a feed: prints it, says what happens to it, and saves the position.
struct Follower {
    private let client: AuditLogClient
    private let feed: EventFeed
    private let keeper: PositionKeeper?
    private let say: @Sendable (String) -> Void
    private var printer: EventPrinter
    private var isAway = false

    /// - Parameter say: takes a line for the person who follows.
    init(
        client: AuditLogClient, request: SubscribeRequest, keeper: PositionKeeper?,
        printer: EventPrinter, say: @escaping @Sendable (String) -> Void = note
    ) {
        self.client = client
        feed = client.follow(request)
        self.keeper = keeper
        self.printer = printer
        self.say = say
    }

    /// Ends by an error only, or when the task is cancelled. The position is saved whatever it
    /// ends by.
    ///
    /// - Parameter waitsForServer: a server that is not there at first is waited for, as one that
    ///   goes away later.
    mutating func run(waitsForServer: Bool) async throws {
        do {
            try printer.printHeader()
            if !waitsForServer { try await client.connect() }
            for try await update in feed { try await perform(update) }
        } catch {
            // What ended the feed says more than a second fault of the same disk.
            try? await keeper?.finish()
            throw error
        }
        try await keeper?.finish()
    }

    private mutating func perform(_ update: EventFeed.Update) async throws {
        switch update {
        case .connected(let server):
            if isAway { say("connected to \(server) again") }
            isAway = false
        case .disconnected(let error):
            isAway = true
            say("\(error.message); trying again")
        case .events(let events): try printer.print(events)
        case .caughtUp(let sequence):
            say("caught up with event \(sequence): what follows is live")
        case .fellBehind(let sequence):
            say("fell behind at event \(sequence): reading on from disk, nothing is lost")
        case .gap(let range, let reason):
            let why = reason.isEmpty ? "" : " (\(SafeText.line(reason)))"
            say("events \(range.first) to \(range.last) are gone\(why)")
        case .position(let sequence): try await keeper?.printed(upTo: sequence)
        }
    }
}
