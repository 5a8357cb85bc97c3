import AuditModel

extension StoreOracle.Stored {
    /// Any event: one of a few organizations, a payload of up to `payloadBytesMax` bytes of which
    /// some are zero.
    package static func random(
        using generator: inout SeededGenerator, payloadBytesMax: Int = 200
    ) -> StoreOracle.Stored {
        let organizations = ["acme", "globex", "a-longer-organization-name", "o"]
        var payload = generator.bytes(Int.random(in: 0...payloadBytesMax, using: &generator))
        if Bool.random(using: &generator), !payload.isEmpty { payload[payload.count - 1] = 0 }
        return StoreOracle.Stored(
            organization: organizations.randomElement(using: &generator)!,
            id: EventID(high: generator.next(), low: generator.next()),
            occurredAt: Timestamp(
                nanosecondsSinceEpoch: Int64(truncatingIfNeeded: generator.next())),
            payload: payload)
    }

    package static func random(
        count: Int, using generator: inout SeededGenerator, payloadBytesMax: Int = 200
    ) -> [StoreOracle.Stored] {
        (0..<count).map { _ in random(using: &generator, payloadBytesMax: payloadBytesMax) }
    }
}
