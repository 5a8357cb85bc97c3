import AuditClient
import AuditModel
import Codec
import Synchronization
import TestSupport
import Testing

@testable import AuditCommand

/// Uploads to a whole server in this process.
struct UploaderTests {
    /// What was reported, in order.
    final class Reported: Sendable {
        let origins = Mutex<[String]>([])
        let errors = Mutex<[String]>([])

        func add(_ batch: UploadBatch, _ results: [RecordResult]) {
            origins.withLock { $0 += batch.origins }
            errors.withLock { errors in
                errors += zip(batch.origins, results).compactMap { $1.error == nil ? nil : $0 }
            }
        }
    }

    func batch(_ lines: Range<Int>, isRefused: (Int) -> Bool = { _ in false }) -> UploadBatch {
        var batch = UploadBatch()
        for line in lines {
            var event = Event.sample(type: isRefused(line) ? "" : "UPDATE", change: "\(line)")
            event.id = EventID(high: 0x7000, low: 0x8000_0000_0000_0000 | UInt64(line)).description
            batch.append(event, origin: "line \(line)", bytes: 100)
        }
        return batch
    }

    func client(of server: RunningServer) async throws -> AuditLogClient {
        try await AuditLogClient.connect(to: try #require(ServerAddress(server.address)))
    }

    @Test func everyEventIsAnsweredInOrder() async throws {
        let folder = try TemporaryDirectory()
        try await RunningServer.with(data: folder.path) { server in
            let reported = Reported()
            let uploader = Uploader(
                client: try await client(of: server), organizationID: "acme", report: reported.add)
            for start in stride(from: 0, to: 2_000, by: 50) {
                try await uploader.send(batch(start..<start + 50) { $0 == 777 })
            }
            try await uploader.send(batch(0..<10))
            try await uploader.finish()
            let tally = uploader.tally
            #expect(tally == UploadTally(stored: 1_999, duplicates: 10, refused: 1))
            #expect(reported.errors.withLock { $0 } == ["line 777"])
            let expected = (Array(0..<2_000) + Array(0..<10)).map { "line \($0)" }
            #expect(reported.origins.withLock { $0 } == expected)
        }
    }

    @Test func aRequestThatNoServerTakesIsNotSent() async throws {
        let folder = try TemporaryDirectory()
        try await RunningServer.with(data: folder.path) { server in
            let client = try await client(of: server)
            let uploader = Uploader(client: client, organizationID: "acme") { _, _ in }
            var large = UploadBatch()
            large.append(
                .sample(change: String(repeating: "x", count: 4_194_304)),
                origin: "line 7", bytes: 4_194_304)
            let error = await #expect(throws: CommandError.self) {
                try await uploader.send(large)
            }
            #expect(error?.status == .refused && error?.message.hasPrefix("line 7: ") == true)
            // The upload goes on with what fits.
            try await uploader.send(batch(0..<1))
            try await uploader.finish()
            #expect(uploader.tally == UploadTally(stored: 1))
            await client.close()
        }
    }

    @Test func aReaderThatHasGoneEndsTheUpload() async throws {
        let folder = try TemporaryDirectory()
        try await RunningServer.with(data: folder.path) { server in
            let uploader = Uploader(
                client: try await client(of: server), organizationID: "acme"
            ) { _, _ in throw StandardStream.ReaderGone() }
            await #expect(throws: StandardStream.ReaderGone.self) {
                for start in 0..<50 { try await uploader.send(batch(start..<start + 1)) }
                try await uploader.finish()
            }
        }
    }
}

struct UploadTallyTests {
    func results(_ count: Int, duplicate: Bool = false) -> [RecordResult] {
        (0..<count).map { RecordResult(id: "\($0)", duplicate: duplicate) }
    }

    func batch(_ count: Int) -> UploadBatch {
        var batch = UploadBatch()
        for number in 0..<count { batch.append(Event(), origin: "\(number)", bytes: 1) }
        return batch
    }

    @Test func whatNobodyCanTellIsNotSaidToBeStored() {
        var tally = UploadTally()
        for count in [5, 4, 3, 2] { tally.send(batch(count)) }
        tally.add(.init(results: results(5), wasRepeated: true))
        tally.add(.init(results: results(4, duplicate: true), wasRepeated: false))
        tally.add(.init(results: results(3, duplicate: true), wasRepeated: true))
        #expect(
            tally
                == UploadTally(stored: 5, duplicates: 4, storedOrDuplicates: 3, unanswered: 2))
        #expect(
            tally.text(noun: " events", refused: 1)
                == "5 events stored, 4 already there, 3 stored or already there, 1 refused, "
                + "2 sent without an answer")
    }

    @Test func whatIsNotThereIsNotTold() {
        #expect(UploadTally(stored: 1).text() == "1 stored, 0 already there")
    }
}

struct CloudTrailImportTests {
    @Test func filesAreImportedOnce() async throws {
        let folder = try TemporaryDirectory()
        try await RunningServer.with(data: folder.path) { server in
            let address = try #require(ServerAddress(server.address))
            let client = try await AuditLogClient.connect(to: address)
            let importer = CloudTrailImport(
                mapping: CloudTrailMapping(), paths: [CloudTrailMappingTests.fixture])
            let first = await importer.run(client: client)
            #expect(first.failure == nil)
            #expect(first.summary.text == "12 records read, 12 stored, 0 already there")
            let second = await importer.run(client: client)
            #expect(second.summary.text == "12 records read, 0 stored, 12 already there")
            await client.close()
            // What ends an import is no reason to be silent about it.
            let third = await importer.run(client: client)
            #expect(
                third.summary.text
                    == "12 records read, 0 stored, 0 already there, 12 sent without an answer")
            #expect((third.failure as? AuditClientError)?.message == "the client is closed")
        }
    }
}
