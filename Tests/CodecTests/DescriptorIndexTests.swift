import Codec
import Testing

@Suite("The index of descriptors")
struct DescriptorIndexTests {
    let contract = DescriptorIndex.contract

    @Test(
        "finds the file that declares a symbol of any kind",
        arguments: [
            ("auditrpc.v1.AuditLog", "auditrpc/v1/audit_log.proto"),
            ("auditrpc.v1.AuditLog.Record", "auditrpc/v1/audit_log.proto"),
            ("auditrpc.v1.SubscribeResponse.Gap", "auditrpc/v1/audit_log.proto"),
            ("auditrpc.v1.SubscribeResponse.kind", "auditrpc/v1/audit_log.proto"),
            ("auditrpc.v1.Event.target", "auditrpc/v1/event.proto"),
            ("auditrpc.v1.Event.MetadataEntry", "auditrpc/v1/event.proto"),
            ("auditrpc.v1.Outcome", "auditrpc/v1/event.proto"),
            ("auditrpc.v1.OUTCOME_DENIED", "auditrpc/v1/event.proto"),
            ("google.protobuf.Timestamp", "google/protobuf/timestamp.proto"),
            ("google.rpc.BadRequest", "google/rpc/error_details.proto"),
            ("grpc.health.v1.Health.List", "grpc/health/v1/health.proto"),
            ("grpc.reflection.v1.ServerReflection", "grpc/reflection/v1/reflection.proto"),
            ("grpc.reflection.v1alpha.ErrorResponse", "grpc/reflection/v1alpha/reflection.proto"),
        ])
    func symbols(symbol: String, file: String) throws {
        let found = try #require(contract.file(declaring: symbol))
        #expect(contract.files[found].name == file)
        #expect(contract.file(named: file) == found)
    }

    @Test(
        "knows nothing else",
        arguments: ["", "auditrpc.v1", ".auditrpc.v1.Event", "auditrpc.v1.Event.nothing", "Event"])
    func unknown(symbol: String) {
        #expect(contract.file(declaring: symbol) == nil)
        #expect(contract.extensionNumbers(of: symbol) == nil)
    }

    @Test("gives a file with all that it needs, itself first, nothing twice")
    func closure() throws {
        let file = try #require(contract.file(named: "auditrpc/v1/audit_log.proto"))
        let names = contract.closure(of: file).map { contract.files[$0].name }
        #expect(names.first == "auditrpc/v1/audit_log.proto")
        #expect(
            names.sorted() == [
                "auditrpc/v1/access.proto", "auditrpc/v1/audit_log.proto",
                "auditrpc/v1/event.proto", "auditrpc/v1/filter.proto",
                "google/protobuf/any.proto", "google/protobuf/duration.proto",
                "google/protobuf/timestamp.proto", "google/rpc/status.proto",
            ])
    }

    @Test("finds extensions, at the top of a file and within messages")
    func extensions() throws {
        let index = try index(of: bytes(hexadecimal: Golden.descriptors))
        let more = try #require(index.file(named: "more.proto"))
        #expect(index.file(extending: "a.b.Base", number: 100) == more)
        #expect(index.file(extending: "a.b.Base", number: 101) == more)
        #expect(index.file(extending: "a.b.Base", number: 102) == nil)
        #expect(index.extensionNumbers(of: "a.b.Base") == [100, 101])
        #expect(index.extensionNumbers(of: "Holder") == [])
        #expect(index.file(declaring: "outer") == more)
        #expect(index.file(declaring: "Holder.inner") == more)
    }

    @Test("refuses bytes that are no descriptors, wherever they are cut")
    func cut() throws {
        let whole = bytes(hexadecimal: Golden.descriptors)
        var refused = 0
        for count in 0..<whole.count where (try? index(of: Array(whole[..<count]))) == nil {
            refused += 1
        }
        // It is whole at its beginning and behind its first file.
        #expect(refused == whole.count - 2)
    }

    @Test("refuses messages that are nested without end")
    func nesting() {
        func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
            let count = content.count
            return [number << 3 | 2, UInt8(count & 127) | 128, UInt8(count >> 7)] + content
        }
        var message: [UInt8] = []
        for _ in 0..<2_000 { message = field(3, message) }
        #expect(throws: CodecError.self) { try index(of: field(1, field(4, message))) }
    }

    private func index(of bytes: [UInt8]) throws -> DescriptorIndex {
        try bytes.withUnsafeBytes { try DescriptorIndex(fileDescriptorSet: $0) }
    }
}
