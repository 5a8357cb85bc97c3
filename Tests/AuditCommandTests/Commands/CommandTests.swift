import ArgumentParser
import AuditClient
import AuditModel
import AuditService
import Codec
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import AuditCommand

struct CommandRunnerTests {
    @Test(arguments: [
        (AuditClientError.Code.refused, CommandStatus.refused), (.tooLarge, .refused),
        (.unusable, .usage),
        (.unavailable, .unavailable),
        (.timedOut, .unavailable), (.failed, .failure), (.cancelled, .failure),
    ])
    func theStatusTellsWhatToDo(code: AuditClientError.Code, status: CommandStatus) {
        let error = AuditClientError(code: code, grpcCode: 2, message: "why")
        #expect(CommandRunner.failure(for: error) == CommandError(status, "why"))
    }

    @Test func aClosedPipeIsNoFailure() {
        #expect(CommandRunner.failure(for: StandardStream.ReaderGone()) == nil)
    }

    @Test func theToolNamesItself() {
        #expect(CommandRunner.usageText("Error: no\nUsage: x") == "auditrpc: no\nUsage: x\n")
    }

    @Test(arguments: [
        ["nonsense"], ["query", "--nonsense"], ["query", "--limit", "many"],
        ["query", "--limit", "0"], ["query", "--output", "xml"], ["facets"],
        ["facets", "colour"], ["facets", "unspecified"], ["show"], ["import", "cloudtrail"],
        ["histogram", "--split-by", "scope"], ["histogram", "--split-by", "colour"],
        ["histogram", "--bucket", "wide"], ["histogram", "--buckets", "501"],
        ["histogram", "--limit", "0"],
    ])
    func aWrongCommandLineIsAUsageError(arguments: [String]) {
        let error = #expect(throws: (any Error).self) {
            try RootCommand.parseAsRoot(arguments)
        }
        #expect(
            error.map { RootCommand.exitCode(for: $0).rawValue } == CommandStatus.usage.rawValue)
    }
}

struct RecordCommandTests {
    @Test func aReaderThatHasGoneDoesNotStopTheUpload() async throws {
        let folder = try TemporaryDirectory()
        let input = folder.path + "/events.ndjson"
        let lines = (0..<2_000).map { number in
            #"{"event_type":"UPDATE","target":{"type":"SERVICE","id":"web"},"#
                + #""actor":{"type":"USER","id":"ada"},"change":"\#(number)"}"#
        }
        try Data((lines.joined(separator: "\n") + "\n").utf8)
            .write(to: URL(fileURLWithPath: input))
        let file = try #require(FileHandle(forReadingAtPath: input))
        let attempts = Mutex(0)
        let receipts = Receipts { _ in
            attempts.withLock { $0 += 1 }
            throw StandardStream.ReaderGone()
        }
        try await RunningServer.with(data: folder.path + "/data") { server in
            let client = try await AuditLogClient.connect(
                to: try #require(ServerAddress(server.address)))
            try await RecordCommand.parse(["--event-type", "X"]).record(
                ByteSource(descriptor: file.fileDescriptor), client: client,
                organizationID: "acme", surface: Surface(format: .table, style: .plain),
                receipts: receipts)
            #expect(try await client.getStatus().eventCount == 2_000)
            await client.close()
        }
        #expect(attempts.withLock { $0 } == 1)
    }

    @Test func anotherFaultOfTheOutputIsNotPassedOver() {
        let receipts = Receipts { _ in throw CommandError(.failure, "the disk is full") }
        #expect(throws: CommandError.self) { try receipts.print("1") }
    }
}

struct ShowCommandTests {
    @Test func aKeyIsAnIDOrASequence() throws {
        #expect(try ShowCommand.key("42") == .sequence(AuditModel.Sequence(42)))
        let id = "0190d2b4-7c3a-7000-8000-000000000001"
        #expect(try ShowCommand.key(id) == .id(try #require(EventID(id))))
        for text in ["0", "-1", "x", "18446744073709551616", ""] {
            let error = #expect(throws: CommandError.self) { try ShowCommand.key(text) }
            #expect(error?.status == .usage)
        }
    }
}

struct FacetArgumentTests {
    @Test(arguments: FacetArgument.allValueStrings)
    func everyNameThatIsOfferedIsRead(name: String) {
        #expect(FacetArgument(argument: name) != nil)
    }
}

struct EventOptionsTests {
    let now = Timestamp(nanosecondsSinceEpoch: 1_700_000_000_000_000_000)
    let required = [
        "--event-type", "UPDATE", "--target-type", "SERVICE", "--target", "web", "--actor", "ada",
    ]

    func event(_ arguments: [String]) throws -> Event {
        try RecordCommand.parse(arguments).event.event(now: now)
    }

    @Test func flagsDescribeAnEvent() throws {
        let event = try event(
            required + [
                "--scope", "project=42", "--actor-type", "agent", "--change", "a -> b",
                "--snapshot", #"{"a":1}"#, "--outcome", "failure", "--occurred-at", "1h",
                "--metadata", "k=v=w", "--ip-address", "::1",
            ])
        #expect(event.id.isEmpty, "the client gives it one")
        #expect(event.scope == [.init(type: "PROJECT", id: "42")])
        #expect(event.actor == .init(type: .agent, id: "ada"))
        #expect(event.snapshot == Array(#"{"a":1}"#.utf8))
        #expect(event.outcome == .failure && event.source == "CLI")
        #expect(event.occurredAt == now.advanced(by: .seconds(-3_600)))
        #expect(event.metadata == ["k": "v=w"])
    }

    @Test(arguments: ["--event-type", "--target-type", "--target", "--actor"])
    func whatIsMissingIsNamed(option: String) throws {
        var arguments = required
        let place = try #require(arguments.firstIndex(of: option))
        arguments.removeSubrange(place...place + 1)
        let error = #expect(throws: CommandError.self) { try event(arguments) }
        #expect(error == CommandError(.usage, "an event needs \(option)"))
    }

    @Test(arguments: [["--scope", "42"], ["--metadata", "=v"], ["--outcome", "maybe"]])
    func refuses(arguments: [String]) {
        let error = #expect(throws: CommandError.self) { try event(required + arguments) }
        #expect(error?.status == .usage)
    }
}

struct UnreadableTests {
    @Test func whatCouldNotBeReadIsNamed() {
        #expect(Unreadable.text([]) == nil)
        let range = SequenceRange(first: AuditModel.Sequence(3), last: AuditModel.Sequence(9))
        #expect(Unreadable.text([range])?.contains("events 3 to 9") == true)
    }
}
