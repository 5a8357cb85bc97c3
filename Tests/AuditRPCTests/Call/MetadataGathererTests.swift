import Testing

@testable import AuditRPC

@Suite struct MetadataGathererTests {
    private func append(_ name: StaticString, _ value: StaticString, to it: inout MetadataGatherer)
    {
        it.append(name: name.bytes, value: value.bytes)
    }

    private func memory(of metadata: RPCMetadata) -> UnsafeRawPointer? {
        metadata.fields.storage.withUnsafeBytes { $0.baseAddress }
    }

    @Test func equalListsShareTheirMemory() {
        var gatherer = MetadataGatherer()
        let lists = (0..<3).map { _ in
            append("user-agent", "grpc-c/1", to: &gatherer)
            append("x-empty", "", to: &gatherer)
            return gatherer.take()
        }
        #expect(lists[0]["user-agent"] == "grpc-c/1")
        #expect(lists[0]["x-empty"] == "")
        #expect(memory(of: lists[0]) != nil)
        #expect(memory(of: lists[1]) == memory(of: lists[0]))
        #expect(memory(of: lists[2]) == memory(of: lists[0]))
    }

    @Test func listsThatDifferAreTheirOwn() {
        var gatherer = MetadataGatherer()
        append("a-name", "one", to: &gatherer)
        let first = gatherer.take()
        append("a-name", "two", to: &gatherer)
        let second = gatherer.take()
        let third = gatherer.take()
        append("a-name", "two", to: &gatherer)
        append("b-name", "two", to: &gatherer)
        let fourth = gatherer.take()
        #expect(first.values(named: "a-name") == ["one"])
        #expect(second.values(named: "a-name") == ["two"])
        #expect(third.isEmpty)
        #expect(fourth.values(named: "a-name") == ["two"])
        #expect(fourth.values(named: "b-name") == ["two"])
    }

    @Test func aLongListIsNotKept() {
        var gatherer = MetadataGatherer()
        let name: StaticString = "a-name"
        let value = [UInt8](repeating: 120, count: 2_000)
        let lists = (0..<2).map { _ in
            value.withUnsafeBytes { gatherer.append(name: name.bytes, value: $0) }
            return gatherer.take()
        }
        #expect(lists[1] == lists[0])
        #expect(memory(of: lists[1]) != memory(of: lists[0]))
    }

    @Test func aListThatBreaksOffLeavesNothing() {
        var gatherer = MetadataGatherer()
        append("a-name", "one", to: &gatherer)
        gatherer.discard()
        append("b-name", "two", to: &gatherer)
        let metadata = gatherer.take()
        #expect(metadata["a-name"] == nil)
        #expect(metadata["b-name"] == "two")
    }
}
