import AuditModel
import CAuditProto
import CProtobufC

extension SubscribeRequest: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.SubscribeRequest" }

    init(_ message: Auditrpc__V1__SubscribeRequest, _ check: inout FieldCheck) {
        organizationID = check.organization(message.organization_id)
        filter = check.filter(message.filter)
        start = .now
        onGap = check.enumeration(OnGap.self, message.on_gap.rawValue, "on_gap") ?? .unspecified
        progressInterval = check.duration(message.progress_interval, "progress_interval")
        if let interval = progressInterval,
            interval < Limits.progressIntervalMin || interval > Limits.progressIntervalMax
        {
            check.refuse("progress_interval", "is \(interval); 0.1 to 300 seconds are allowed")
        }
        switch message.start_case {
        case AUDITRPC__V1__SUBSCRIBE_REQUEST__START_NOW:
            if message.now == 0 { check.refuse("now", SubscribeRequest.falseStart) }
        case AUDITRPC__V1__SUBSCRIBE_REQUEST__START_OLDEST:
            start = .oldest
            if message.oldest == 0 { check.refuse("oldest", SubscribeRequest.falseStart) }
        case AUDITRPC__V1__SUBSCRIBE_REQUEST__START_AFTER_SEQUENCE:
            start = .after(Sequence(message.after_sequence))
        case AUDITRPC__V1__SUBSCRIBE_REQUEST__START_SINCE:
            if let time = check.timestamp(message.since, "since") { start = .since(time) }
        default:
            break
        }
    }

    /// False would have to mean some other start, and nobody could say which.
    private static let falseStart = "is false; set it to true or choose another start"

    func write(to message: inout Auditrpc__V1__SubscribeRequest, in arena: borrowing Arena) {
        message.organization_id = arena.copy(organizationID)
        message.filter = arena.filter(filter)
        switch start {
        case .now:
            message.start_case = AUDITRPC__V1__SUBSCRIBE_REQUEST__START_NOW
            message.now = 1
        case .oldest:
            message.start_case = AUDITRPC__V1__SUBSCRIBE_REQUEST__START_OLDEST
            message.oldest = 1
        case .after(let sequence):
            message.start_case = AUDITRPC__V1__SUBSCRIBE_REQUEST__START_AFTER_SEQUENCE
            message.after_sequence = sequence.rawValue
        case .since(let time):
            message.start_case = AUDITRPC__V1__SUBSCRIBE_REQUEST__START_SINCE
            message.since = arena.timestamp(time)
        }
        message.on_gap = Auditrpc__V1__OnGap(UInt32(bitPattern: onGap.rawValue))
        message.progress_interval = arena.duration(progressInterval)
    }
}

extension SubscribeResponse: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.SubscribeResponse" }

    init(_ message: Auditrpc__V1__SubscribeResponse, _ check: inout FieldCheck) {
        self = .unknown
        switch message.kind_case {
        case AUDITRPC__V1__SUBSCRIBE_RESPONSE__KIND_STARTED:
            guard let started = message.started?.pointee else { return }
            self = .started(
                head: Sequence(started.head_sequence), oldest: Sequence(started.oldest_sequence))
        case AUDITRPC__V1__SUBSCRIBE_RESPONSE__KIND_EVENTS:
            guard let events = message.events?.pointee else { return }
            check.enter("events")
            self = .events(check.list(Event.self, "events", events.n_events, events.events))
            check.leave()
        case AUDITRPC__V1__SUBSCRIBE_RESPONSE__KIND_PROGRESS:
            guard let progress = message.progress?.pointee else { return }
            self = .progress(Sequence(progress.sequence))
        case AUDITRPC__V1__SUBSCRIBE_RESPONSE__KIND_CAUGHT_UP:
            guard let caughtUp = message.caught_up?.pointee else { return }
            self = .caughtUp(Sequence(caughtUp.sequence))
        case AUDITRPC__V1__SUBSCRIBE_RESPONSE__KIND_FELL_BEHIND:
            guard let fellBehind = message.fell_behind?.pointee else { return }
            self = .fellBehind(Sequence(fellBehind.sequence))
        case AUDITRPC__V1__SUBSCRIBE_RESPONSE__KIND_GAP:
            guard let gap = message.gap?.pointee else { return }
            guard gap.first_sequence <= gap.last_sequence else {
                check.refuse(
                    "gap", "ends at \(gap.last_sequence), before its start at \(gap.first_sequence)"
                )
                return
            }
            let range = SequenceRange(
                first: Sequence(gap.first_sequence), last: Sequence(gap.last_sequence))
            check.enter("gap")
            self = .gap(range, reason: check.string(gap.reason, "reason"))
            check.leave()
        default:
            break
        }
    }

    func write(to message: inout Auditrpc__V1__SubscribeResponse, in arena: borrowing Arena) {
        switch self {
        case .started(let head, let oldest):
            message.kind_case = AUDITRPC__V1__SUBSCRIBE_RESPONSE__KIND_STARTED
            message.started = arena.make(Auditrpc__V1__SubscribeResponse__Started.self)
            message.started.pointee.head_sequence = head.rawValue
            message.started.pointee.oldest_sequence = oldest.rawValue
        case .events(let events):
            message.kind_case = AUDITRPC__V1__SUBSCRIBE_RESPONSE__KIND_EVENTS
            message.events = arena.make(Auditrpc__V1__SubscribeResponse__Events.self)
            message.events.pointee.n_events = events.count
            message.events.pointee.events = arena.messages(events)
        case .progress(let sequence):
            message.kind_case = AUDITRPC__V1__SUBSCRIBE_RESPONSE__KIND_PROGRESS
            message.progress = arena.make(Auditrpc__V1__SubscribeResponse__Progress.self)
            message.progress.pointee.sequence = sequence.rawValue
        case .caughtUp(let sequence):
            message.kind_case = AUDITRPC__V1__SUBSCRIBE_RESPONSE__KIND_CAUGHT_UP
            message.caught_up = arena.make(Auditrpc__V1__SubscribeResponse__CaughtUp.self)
            message.caught_up.pointee.sequence = sequence.rawValue
        case .fellBehind(let sequence):
            message.kind_case = AUDITRPC__V1__SUBSCRIBE_RESPONSE__KIND_FELL_BEHIND
            message.fell_behind = arena.make(Auditrpc__V1__SubscribeResponse__FellBehind.self)
            message.fell_behind.pointee.sequence = sequence.rawValue
        case .gap(let range, let reason):
            message.kind_case = AUDITRPC__V1__SUBSCRIBE_RESPONSE__KIND_GAP
            message.gap = arena.make(Auditrpc__V1__SubscribeResponse__Gap.self)
            message.gap.pointee.first_sequence = range.first.rawValue
            message.gap.pointee.last_sequence = range.last.rawValue
            message.gap.pointee.reason = arena.copy(reason)
        case .unknown:
            break
        }
    }
}
