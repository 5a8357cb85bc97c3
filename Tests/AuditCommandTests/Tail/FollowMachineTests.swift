import ArgumentParser
import AuditModel
import Codec
import Testing

@testable import AuditCommand

struct FollowMachineTests {
    func sequence(_ value: UInt64) -> AuditModel.Sequence { AuditModel.Sequence(value) }

    func events(_ sequences: UInt64...) -> [Event] {
        sequences.map { Event(id: "\($0)", sequence: sequence($0)) }
    }

    @Test func whatWasPrintedIsWhereTheNextConnectionBegins() {
        var machine = FollowMachine(start: .oldest)
        #expect(machine.received(.started(head: sequence(9), oldest: sequence(1))) == [])
        #expect(machine.start == .oldest)
        #expect(
            machine.received(.events(events(3, 5))) == [.print(events(3, 5)), .save(sequence(5))])
        #expect(machine.start == .after(sequence(5)))
    }

    @Test func nowIsTheMomentOfTheFirstConnection() {
        var machine = FollowMachine(start: .now)
        #expect(
            machine.received(.started(head: sequence(9), oldest: sequence(1)))
                == [.save(sequence(9))])
        // A second connection does not skip what was recorded in between.
        #expect(machine.received(.started(head: sequence(20), oldest: sequence(1))) == [])
        #expect(machine.start == .after(sequence(9)))
    }

    @Test func progressMovesAnIdleFeed() {
        var machine = FollowMachine(start: .after(sequence(4)))
        #expect(machine.received(.progress(sequence(8))) == [.save(sequence(8))])
        #expect(machine.received(.progress(sequence(8))) == [])
        #expect(machine.start == .after(sequence(8)))
    }

    @Test func thePositionNeverGoesBack() {
        var machine = FollowMachine(start: .after(sequence(8)))
        #expect(machine.received(.progress(sequence(3))) == [])
        #expect(machine.start == .after(sequence(8)))
    }

    @Test func catchingUpIsSaidOnceAConnectionUntilItFallsBehind() {
        var machine = FollowMachine(start: .after(sequence(4)))
        #expect(said(machine.received(.caughtUp(sequence(5)))).count == 1)
        #expect(said(machine.received(.caughtUp(sequence(6)))).isEmpty)
        let behind = said(machine.received(.fellBehind(sequence(6))))
        #expect(behind.count == 1 && behind[0].contains("nothing is lost"))
        #expect(said(machine.received(.caughtUp(sequence(9)))).count == 1)
    }

    @Test func aGapIsSaidAndPassedOver() {
        var machine = FollowMachine(start: .after(sequence(4)))
        let range = SequenceRange(first: sequence(5), last: sequence(7))
        let actions = machine.received(.gap(range, reason: "retention\u{1B}"))
        #expect(
            actions == [
                .say(#"events 5 to 7 are gone (retention\u001b)"#), .save(sequence(7)),
            ])
        #expect(machine.start == .after(sequence(7)))
    }

    @Test func whatIsNotKnownIsIgnored() {
        var machine = FollowMachine(start: .now)
        #expect(machine.received(.unknown) == [])
        #expect(machine.received(.events([])) == [])
    }

    private func said(_ actions: [FollowMachine.Action]) -> [String] {
        actions.compactMap { if case .say(let text) = $0 { text } else { nil } }
    }
}

struct TailCommandTests {
    let since = Timestamp(rfc3339: "2023-11-14T22:13:20Z")

    @Test func aKeptPositionGoesBeforeTheOptions() throws {
        let position = AuditModel.Sequence(7)
        let command = try TailCommand.parse(["--from-start", "--resume-file", "f"])
        #expect(command.start(resumingFrom: position, since: since) == .after(position))
        #expect(command.start(resumingFrom: nil, since: since) == .oldest)
    }

    @Test func sinceBeginsWhereItsFirstEventMayHaveBeenRecorded() throws {
        let command = try TailCommand.parse([])
        #expect(command.start(resumingFrom: nil, since: nil) == .now)
        #expect(
            command.start(resumingFrom: nil, since: since)
                == .since(try #require(Timestamp(rfc3339: "2023-11-14T22:08:20Z"))))
    }

    @Test func twoStartsAreOneTooMany() {
        #expect(throws: (any Error).self) {
            try TailCommand.parse(["--from-start", "--after", "3"])
        }
    }
}
