/// Where a payload says what the store knows of its event: those texts are not stored a second time. Each
/// place is 0 when it is not said there.
struct PayloadShape: Hashable, BitwiseCopyable {
    /// Where the organization stands, plus 1. It is the store's copy that is not stored, not the payload's.
    var organization: UInt32 = 0
    /// Bytes before the id, plus 1.
    var id: UInt32 = 0
    /// Bytes between it, or else the start, and occurred_at, plus 1.
    var occurredAt: UInt32 = 0
    /// Bytes behind another occurred_at, plus 1.
    var lastOccurredAt: UInt32 = 0
    /// Bytes between it, or else the end, and the end of recorded_at, plus 1.
    var recordedAt: UInt32 = 0
    /// Bytes between that, or else what is behind it, and the end of the sequence, plus 1.
    var sequence: UInt32 = 0

    /// Calls `body` with each text that is left out of a payload, in order, and how many bytes of the payload
    /// lie between it and the one before. Returns how many lie behind the last one; nil, after any number
    /// of calls, when the texts do not fit.
    @inline(__always)
    func visit(
        _ texts: borrowing KnownTexts, payloadBytes: Int,
        _ body: (_ gap: Int, _ text: UnsafeRawBufferPointer) -> Void
    ) -> Int? {
        // From the end, where the distances are counted from.
        var start = payloadBytes
        let last = take(lastOccurredAt, texts[.occurredAt].count, &start)
        let recorded = take(recordedAt, texts[.recordedAt].count, &start)
        let sequence = take(sequence, texts[.sequence].count, &start)
        var end = 0
        func front(_ distance: UInt32, _ kind: KnownTexts.Kind) {
            guard distance != 0 else { return }
            let gap = Int(distance) - 1
            // What does not fit is not given away, and ends behind the start.
            if gap + texts[kind].count <= start - end { body(gap, texts[kind]) }
            end += gap + texts[kind].count
        }
        front(id, .id)
        front(occurredAt, .occurredAt)
        guard end <= start else { return nil }
        func back(_ place: Int?, _ kind: KnownTexts.Kind) {
            guard let place else { return }
            body(place - end, texts[kind])
            end = place + texts[kind].count
        }
        back(sequence, .sequence)
        back(recorded, .recordedAt)
        back(last, .occurredAt)
        return payloadBytes - end
    }

    /// Where the text begins that ends so many bytes, less 1, before `start`, which moves there.
    @inline(__always)
    private func take(_ distance: UInt32, _ count: Int, _ start: inout Int) -> Int? {
        guard distance != 0 else { return nil }
        start -= Int(distance) - 1 + count
        return start
    }
}

/// Finds the shapes of payloads. The next one's is likely to be that of the one before.
struct PayloadShapeFinder {
    private var before = PayloadShape()

    mutating func find(
        _ payload: UnsafeRawBufferPointer, organization: UnsafeRawBufferPointer,
        _ texts: borrowing KnownTexts
    ) -> PayloadShape {
        var shape = PayloadShape()
        var front = 0
        if let place = first(
            texts[.id], in: payload, from: 0, Limits.identifierTextOffsetMax, before.id)
        {
            shape.id = place + 1
            front = Int(place) + texts[.id].count
        }
        let time = texts[.occurredAt]
        if time.count >= Limits.knownTextBytesMin,
            let place = first(
                time, in: payload, from: front, Limits.timeOffsetMax, before.occurredAt)
        {
            shape.occurredAt = place + 1
            front += Int(place) + time.count
        }
        var end = payload.count
        if shape.occurredAt == 0, isAt(end - time.count, time, in: payload),
            end - time.count >= front
        {
            shape.lastOccurredAt = 1
            end -= time.count
        }
        shape.recordedAt = last(texts[.recordedAt], in: payload, front, &end, before.recordedAt)
        shape.sequence = last(texts[.sequence], in: payload, front, &end, before.sequence)
        if !organization.isEmpty,
            let place = first(
                organization, in: payload, from: 0, Limits.organizationOffsetMax,
                before.organization)
        {
            shape.organization = place + 1
        }
        before = shape
        return shape
    }

    private func isAt(
        _ place: Int, _ text: UnsafeRawBufferPointer, in payload: UnsafeRawBufferPointer
    ) -> Bool {
        guard place >= 0, place + text.count <= payload.count else { return false }
        return UnsafeRawBufferPointer(rebasing: payload[place..<place + text.count]).equals(text)
    }

    /// Bytes between `start` and the text, at most `most`.
    private func first(
        _ text: UnsafeRawBufferPointer, in payload: UnsafeRawBufferPointer, from start: Int,
        _ most: Int, _ expected: UInt32
    ) -> UInt32? {
        if expected > 0, isAt(start + Int(expected) - 1, text, in: payload) { return expected - 1 }
        let most = min(most, payload.count - text.count - start)
        guard most >= 0 else { return nil }
        return (0...UInt32(most)).first { distance in
            payload[start + Int(distance)] == text[0]
                && isAt(start + Int(distance), text, in: payload)
        }
    }

    /// Bytes, plus 1, between the text and `end`, which moves to where the text begins.
    private func last(
        _ text: UnsafeRawBufferPointer, in payload: UnsafeRawBufferPointer, _ front: Int,
        _ end: inout Int, _ expected: UInt32
    ) -> UInt32 {
        func isBefore(_ distance: UInt32) -> Bool {
            let place = end - Int(distance) + 1 - text.count
            return place >= front && isAt(place, text, in: payload)
        }
        let distance =
            expected > 0 && isBefore(expected)
            ? expected : (1...UInt32(Limits.knownTextDistanceMax)).first(where: isBefore)
        guard let distance else { return 0 }
        end -= Int(distance) - 1 + text.count
        return distance
    }
}
