import AuditModel
import Codec

/// Where a feed stands, over any number of connections. Told what the server said, it answers
/// what to do.
struct FollowMachine: Hashable, Sendable {
    enum Action: Hashable, Sendable {
        case print([Event])
        /// A line for the person who follows.
        case say(String)
        /// Everything up to there has been printed.
        case save(AuditModel.Sequence)
    }

    /// Where the next connection begins.
    private(set) var start: SubscribeRequest.Start
    private var isLive = false

    init(start: SubscribeRequest.Start) { self.start = start }

    mutating func received(_ response: SubscribeResponse) -> [Action] {
        switch response {
        case .started(let head, let oldest):
            isLive = false
            return started(head: head, oldest: oldest)
        case .events(let events):
            guard let last = events.last else { return [] }
            return [.print(events)] + moved(to: last.sequence)
        case .progress(let sequence):
            return moved(to: sequence)
        case .caughtUp(let sequence):
            guard !isLive else { return moved(to: sequence) }
            isLive = true
            return [.say("caught up with event \(sequence): what follows is live")]
                + moved(to: sequence)
        case .fellBehind(let sequence):
            isLive = false
            return [.say("fell behind at event \(sequence): reading on from disk, nothing is lost")]
        case .gap(let range, let reason):
            let why = reason.isEmpty ? "" : " (\(SafeText.line(reason)))"
            return [.say("events \(range.first) to \(range.last) are gone\(why)")]
                + moved(to: range.last)
        case .unknown:
            return []
        }
    }

    /// "Now" means the moment of the first connection: a later one must not skip what came in
    /// between.
    private mutating func started(
        head: AuditModel.Sequence, oldest: AuditModel.Sequence
    ) -> [Action] {
        guard case .now = start else { return [] }
        start = .after(head)
        return [.save(head)]
    }

    private mutating func moved(to sequence: AuditModel.Sequence) -> [Action] {
        if case .after(let position) = start, position >= sequence { return [] }
        start = .after(sequence)
        return [.save(sequence)]
    }
}
