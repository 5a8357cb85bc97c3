package import AuditModel

/// Reads a Record request: decodes, checks every limit of the contract and makes the canonical
/// bytes.
package enum RecordDecoder {
    /// Allocates a few times for a request, and never for an event that was sent as it is stored.
    ///
    /// - Parameters:
    ///   - now: the server's clock, for the limit on occurred_at.
    ///   - defaults: what the caller stands for.
    ///   - makeID: called once for each event that brings no id.
    /// - Throws: `.malformed`, or `.invalid` with the fields' names. With partial_success a refused
    ///   event becomes a rejection of the result instead.
    package static func decode(
        _ message: UnsafeRawBufferPointer, now: Timestamp, defaults: RecordDefaults = .none,
        makeID: () -> EventID
    ) throws(CodecError) -> PreparedRequest {
        try decode(RecordEnvelope(message), now: now, defaults: defaults, makeID: makeID)
    }

    /// The same for a request whose envelope is known.
    package static func decode(
        _ envelope: RecordEnvelope, now: Timestamp, defaults: RecordDefaults,
        makeID: () -> EventID
    ) throws(CodecError) -> PreparedRequest {
        try defaults.organization.withUnsafeBufferPointer { (organization) throws(CodecError) in
            var envelope = envelope
            envelope.complete(organization: UnsafeRawBufferPointer(organization))
            return try decode(envelope, now: now, defaults, makeID)
        }
    }

    private static func decode(
        _ envelope: RecordEnvelope, now: Timestamp, _ defaults: RecordDefaults,
        _ makeID: () -> EventID
    ) throws(CodecError) -> PreparedRequest {
        try envelope.check()
        var events: [PreparedEvent] = []
        events.reserveCapacity(envelope.eventCount)
        var rejections: [CodecError] = []
        var failure: CodecError?
        let bytesMax = envelope.payloadBytesMax(defaults)
        let bytes = [UInt8](unsafeUninitializedCapacity: bytesMax) { buffer, count in
            var packer = EventPacker(envelope, now: now, defaults)
            let output = UnsafeMutableRawBufferPointer(buffer)
            envelope.forEachEvent { index, encoded in
                switch packer.prepare(index, encoded, to: output, at: count, makeID) {
                case .prepared(let event):
                    events.append(event)
                    count = event.payload.upperBound
                case .refused(let error):
                    events.append(.refused(rejection: rejections.count))
                    rejections.append(error)
                case .ended(let error):
                    failure = error
                    return false
                case .noted:
                    break
                }
                return true
            }
            failure = failure ?? packer.finish()
        }
        if let failure { throw failure }
        return PreparedRequest(
            bytes: bytes, events: events, partialSuccess: envelope.partialSuccess,
            rejections: rejections)
    }
}

/// Makes the events of one request canonical, one after the other.
private struct EventPacker: ~Copyable {
    enum Outcome {
        case prepared(PreparedEvent)
        /// With partial success.
        case refused(CodecError)
        /// The request will be refused; the other events are still looked at, to name their faults
        /// as well.
        case noted
        /// The message cannot be read.
        case ended(CodecError)
    }

    private let envelope: RecordEnvelope
    private let rules: EventRules
    private let defaults: RecordDefaults
    /// For the events that must be encoded anew; most requests have none.
    private var arena: Arena?
    private var check: FieldCheck

    init(_ envelope: RecordEnvelope, now: Timestamp, _ defaults: RecordDefaults) {
        self.envelope = envelope
        self.defaults = defaults
        rules = EventRules(now: now)
        check = FieldCheck(
            violationsMax: envelope.partialSuccess
                ? Limits.violationsPerEventMax : Limits.violationsMax)
    }

    /// Writes the stored form of one event to `output` from `offset` on.
    mutating func prepare(
        _ index: Int, _ encoded: UnsafeRawBufferPointer, to output: UnsafeMutableRawBufferPointer,
        at offset: Int, _ makeID: () -> EventID
    ) -> Outcome {
        check.enter("events", index)
        defer { check.leave() }
        guard encoded.count <= Limits.eventBytesMax else {
            check.refuseWhole(tooLong(encoded.count, Limits.eventBytesMax))
            return refusal()
        }
        if let event = CanonicalEvent(canonical: encoded), !defaults.complete(event) {
            return finish(index, event, to: output, at: offset, makeID)
        }
        switch EventEncoding.fault(in: encoded) {
        case nil: break
        case .malformed: return .ended(EventPacker.malformed(index))
        case .repeated(let field):
            check.refuse(field, "is given more than once")
            return refusal()
        }
        guard let canonical = canonical(encoded) else {
            return .ended(EventPacker.malformed(index))
        }
        return canonical.withUnsafeBytes { bytes in
            guard let event = CanonicalEvent(canonical: bytes) else {
                return .ended(EventPacker.malformed(index))
            }
            return finish(index, event, to: output, at: offset, makeID)
        }
    }

    private mutating func canonical(_ encoded: UnsafeRawBufferPointer) -> [UInt8]? {
        var arena = self.arena.take() ?? makeArena()
        arena.reset()
        let canonical = EventEncoding.canonical(encoded, defaults, arena)
        self.arena = consume arena
        return canonical
    }

    private func makeArena() -> Arena {
        let eventBytes = min(envelope.largestEventBytes, Limits.eventBytesMax)
        return Arena(
            firstChunkBytes: eventBytes + defaults.bytesMax + Limits.arenaSlackBytes,
            bytesMax: eventBytes * Limits.arenaBytesPerMessageByte + Limits.arenaSlackBytes)
    }

    private mutating func finish(
        _ index: Int, _ event: CanonicalEvent, to output: UnsafeMutableRawBufferPointer,
        at offset: Int, _ makeID: () -> EventID
    ) -> Outcome {
        let organization = event.organization.isEmpty ? envelope.organization : event.organization
        rules.check(event, organization: organization, &check)
        guard check.isEmpty else { return refusal() }
        let free = UnsafeMutableRawBufferPointer(rebasing: output[offset...])
        guard let prepared = event.write(to: free, organization: organization, makeID) else {
            return .ended(.malformed("events[\(index)] grows when it is packed again"))
        }
        return .prepared(prepared.shifted(by: offset))
    }

    private static func malformed(_ index: Int) -> CodecError {
        .malformed("the bytes of events[\(index)] are not a valid auditrpc.v1.Event message")
    }

    private mutating func refusal() -> Outcome {
        guard envelope.partialSuccess, let error = check.take() else { return .noted }
        return .refused(error)
    }

    /// What was noted; nil when the request can be stored.
    mutating func finish() -> CodecError? { check.take() }
}
