import Testing

@testable import AuditRPC

@Suite struct RequestHeadTests {
    /// Values of one field; nil leaves the field out.
    private static let fields: [(name: String, values: [String?])] = [
        (":method", ["POST", "GET", "HEAD", nil]),
        (
            "content-type",
            [
                "application/grpc", "application/grpc+proto", "APPLICATION/GRPC; a=b",
                "application/grpc+json", "text/html", nil,
            ]
        ),
        ("grpc-timeout", [nil, "1S", "0S", "S", "-1S"]),
        ("grpc-encoding", [nil, "identity", "gzip", "snappy"]),
        ("key-bin", [nil, "AAEC", "%"]),
        ("x-name", [nil, "value", String(repeating: "x", count: 2_000)]),
    ]

    @Test func aHeadIsFaultlessWhenNothingCallsForARefusal() {
        var faultless = 0
        for choice in Self.choices(Self.fields[...]) {
            var head = RequestHead()
            for (name, value) in choice {
                var (name, value) = (name, value)
                _ = name.withUTF8 { name in
                    value.withUTF8 { value in
                        head.receive(
                            name: UnsafeRawBufferPointer(name),
                            value: UnsafeRawBufferPointer(value), listBytesMax: 1_000)
                    }
                }
            }
            let refusal = head.refusal(unknownMethod: { nil }, limits: RPCLimits())
            #expect(head.isFaultless == (refusal == nil), "\(choice)")
            faultless += head.isFaultless ? 1 : 0
        }
        // Three types, two timeouts, three encodings, two binary and two other fields.
        #expect(faultless == 3 * 2 * 3 * 2 * 2)
    }

    /// Every combination of the fields' values.
    private static func choices(
        _ fields: ArraySlice<(name: String, values: [String?])>
    ) -> [[(String, String)]] {
        guard let field = fields.first else { return [[]] }
        return choices(fields.dropFirst()).flatMap { rest in
            field.values.map { value in value.map { [(field.name, $0)] + rest } ?? rest }
        }
    }
}
