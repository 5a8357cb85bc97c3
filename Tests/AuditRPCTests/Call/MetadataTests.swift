import Testing

@testable import AuditRPC

@Suite struct MetadataTests {
    @Test func everyValueInOrder() {
        var metadata = RPCMetadata([("One", "1"), ("two", "2"), ("one", "3")])
        metadata.add("raw-bin", bytes: [0, 255])
        #expect(metadata["ONE"] == "1")
        #expect(metadata.values(named: "one") == ["1", "3"])
        #expect(metadata["raw-bin"] == "AP8")
        #expect(metadata.bytes(named: "raw-bin") == [0, 255])
        #expect(metadata["three"] == nil)
        #expect(metadata.allBytes(named: "three").isEmpty)
    }

    @Test(arguments: [
        ("AQI", [[UInt8(1), 2]]), ("AQI=", [[1, 2]]), ("AQI=,AQI", [[1, 2], [1, 2]]),
        ("AQ, Ag==,\tAw", [[1], [2], [3]]), ("", [[]]), (",AQ", [[], [1]]),
    ])
    func binaryValuesMayComeJoinedAndPadded(text: String, values: [[UInt8]]) {
        let metadata = RPCMetadata([("a-bin", text), ("b-bin", "BA"), ("a-bin", "CQ")])
        #expect(metadata.allBytes(named: "a-bin") == values + [[9]])
        #expect(metadata.bytes(named: "a-bin") == values[0])
    }

    @Test func binaryValuesAreWrittenWithoutPadding() {
        for count in 0..<10 {
            var metadata = RPCMetadata()
            let value = [UInt8](repeating: 0xFB, count: count)
            metadata.add("a-bin", bytes: value)
            #expect(metadata["a-bin"]?.contains("=") == false)
            #expect(metadata.allBytes(named: "a-bin") == [value])
        }
    }

    private func send(_ name: String, _ value: String) -> (RPCMetadata, UnsendableField?) {
        var fields = HeaderFields()
        let problem = fields.append(sendable: RPCMetadata([(name, value)]))
        var sent = RPCMetadata()
        sent.fields = fields
        return (sent, problem)
    }

    @Test(arguments: [
        ("x", "1"), ("a_b-c.d0", " ~"), ("A", ""), ("x-bin", "AQI"), ("x-bin", "AQI=, AQ"),
        ("grpcx", "1"), ("-bin", ""), ("authorization", "Bearer a.b"),
    ])
    func whatMayBeSent(name: String, value: String) {
        let (sent, problem) = send(name, value)
        #expect(problem == nil)
        #expect(sent.values(named: name).count == 1)
    }

    @Test(arguments: [
        ("grpc-status", "0", MetadataRules.Refusal.reserved), ("grpc-new-thing", "0", .reserved),
        ("te", "trailers", .reserved), ("content-type", "a", .reserved),
        ("User-Agent", "a", .reserved), ("content-length", "1", .reserved),
        ("connection", "close", .reserved), (":path", "/", .name), ("", "1", .name),
        ("a b", "1", .name), ("ü", "1", .name), ("a\n", "1", .name), ("x", "a\nb", .value),
        ("x", "a\u{0}", .value), ("x", "ü", .value), ("x", "a\tb", .value),
        ("x-bin", "a", .base64), ("x-bin", "AQ,*", .base64),
    ])
    func whatMayNot(name: String, value: String, refusal: MetadataRules.Refusal) {
        let (sent, problem) = send(name, value)
        #expect(problem == UnsendableField(name: name.lowercased(), refusal: refusal))
        #expect(sent.isEmpty)
    }

    @Test func spacesAroundAValueAreStripped() {
        #expect(send("x", "  a b ").0["x"] == "a b")
    }

    @Test func aWorseFaultIsToldBeforeAReservedName() {
        var fields = HeaderFields()
        let metadata = RPCMetadata([("te", "a"), ("ok", "1"), ("x", "\n"), ("user-agent", "b")])
        let problem = fields.append(sendable: metadata)
        #expect(
            problem?.description
                == "the metadata field x cannot be sent: a value is printable ASCII")
        #expect(fields.count == 1)
    }

    @Test(arguments: [
        ("gzip", true), ("identity,gzip", true), ("identity, deflate, gzip", true),
        ("gzip ,br", true), ("", false), ("identity", false), ("gzipped,xgzip", false),
        (",,gzip", true),
    ])
    func acceptedEncodings(list: String, isAccepted: Bool) {
        Array(list.utf8).withUnsafeBytes {
            #expect(MessageEncoding.isGzipAccepted(by: $0) == isAccepted)
        }
    }
}
