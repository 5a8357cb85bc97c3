import AuditModel
import Subscribe

/// Where one subscription stands: in the log, by which it goes on, and in the sequences that its reader sees, which
/// is all that he is told.
struct Follower: Sendable {
    /// Nil for who reads all.
    let organization: [UInt8]?
    private(set) var machine: FollowMachine
    private(set) var reader: ReaderPosition
    private let onGap: FollowMachine.OnGap

    init(of organization: [UInt8]?, from entry: FeedEntry, onGap: FollowMachine.OnGap) {
        self.organization = organization
        machine = FollowMachine(after: entry.place, onGap: onGap)
        reader = ReaderPosition(after: entry.sequence)
        self.onGap = onGap
    }

    /// In the log: everything up to it was sent, did not match, or is gone.
    var place: Sequence { machine.position }

    mutating func next<Waker>(in feed: Feed<Waker>) -> FollowMachine.Step {
        machine.next(feed.stored(of: organization, after: place))
    }

    mutating func send(_ portion: FeedPortion) {
        machine.passed(through: portion.through)
        reader.send(portion)
    }

    /// Nothing up to that place concerns it.
    mutating func pass(through place: Sequence) {
        if place > machine.position { machine.passed(through: place) }
    }

    /// It begins there, and what lies before it was not asked for.
    mutating func begin(at start: FeedStart) {
        pass(through: start.place)
        reader.pass(through: start.sequence)
    }

    /// What the reader is told of where the subscription stands.
    mutating func tell<Waker>(in feed: Feed<Waker>) -> Sequence {
        look(at: place, in: feed)
        return reader.tell()
    }

    /// The reader's sequence at a place that was come to, as far as it is known.
    mutating func look<Waker>(at place: Sequence, in feed: Feed<Waker>) {
        if let sequence = feed.sequence(at: place, of: organization) {
            reader.pass(through: sequence)
        }
    }

    // MARK: Gaps

    /// The reading from the place on found that these are gone.
    mutating func foundGone(
        through last: Sequence, _ reason: FollowMachine.GapReason
    ) -> FollowMachine.Step {
        machine.foundGone(through: last, reason)
    }

    /// What the reader is to be told of a gap.
    enum Gap: Hashable, Sendable {
        case say(SequenceRange)
        /// He wants to fail then.
        case fail(SequenceRange)
    }

    /// Passes what is gone of the log; nil when nothing of the reader's is gone with it.
    mutating func skip(_ places: SequenceRange, _ border: FeedBorder) -> Gap? {
        if let before = border.before { reader.pass(through: before) }
        let gone = reader.skip(to: border.next)
        if let gone, onGap == .fail { return .fail(gone) }
        // Who wants to fail where something of his is gone goes on where nothing is.
        pass(through: places.last)
        return gone.map(Gap.say)
    }
}
