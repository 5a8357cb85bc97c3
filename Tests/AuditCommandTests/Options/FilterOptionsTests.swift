import ArgumentParser
import AuditModel
import Codec
import Testing

@testable import AuditCommand

struct FilterOptionsTests {
    let now = Timestamp(nanosecondsSinceEpoch: 1_700_000_000_000_000_000)

    func filter(_ arguments: String...) throws -> EventFilter {
        let command = try QueryCommand.parse(arguments)
        return try command.filter.filter(now: now)
    }

    @Test func nothingNarrowsNothing() throws {
        #expect(try filter() == EventFilter())
    }

    @Test func everyOptionFillsItsField() throws {
        let filter = try filter(
            "--since", "2h", "--until", "2023-11-14T22:00:00Z", "--event-type", "UPDATE",
            "--target-type", "SERVICE", "--target", "web", "--scope", "PROJECT=42", "--actor",
            "ada", "--actor-type", "user,api-token", "--source", "CLI", "--outcome", "denied",
            "--text", "100%")
        #expect(
            filter
                == EventFilter(
                    eventTypes: ["UPDATE"], targetTypes: ["SERVICE"], targetIDs: ["web"],
                    scopes: [.init(type: "PROJECT", id: "42")], actorIDs: ["ada"],
                    actorTypes: [.user, .apiToken], sources: ["CLI"], outcomes: [.denied],
                    since: Timestamp(rfc3339: "2023-11-14T20:13:20Z"),
                    until: Timestamp(rfc3339: "2023-11-14T22:00:00Z"), text: "100%"))
    }

    @Test func valuesAreRepeatedOrSeparatedByCommas() throws {
        let filter = try filter("--target", "a,b", "--target", #"c\,d,e\\,f\g"#)
        #expect(filter.targetIDs == ["a", "b", "c,d", #"e\\"#, #"f\g"#])
    }

    @Test func lowerCaseIsLookedForInBothForms() throws {
        #expect(try filter("--event-type", "update").eventTypes == ["UPDATE", "update"])
        #expect(try filter("--event-type", "CreateVpc").eventTypes == ["CreateVpc"])
        let scopes = try filter("--scope", "project=42").scopes
        #expect(scopes == [.init(type: "PROJECT", id: "42"), .init(type: "project", id: "42")])
    }

    @Test func aScopeWithoutATypeIsOfAnyType() throws {
        #expect(try filter("--scope", "us-east-1").scopes == [.init(id: "us-east-1")])
    }

    @Test func anEmptyValueDoesNotWidenTheFilter() {
        let error = #expect(throws: CommandError.self) { try filter("--actor", "") }
        #expect(error == CommandError(.usage, "--actor has no value"))
        #expect(throws: CommandError.self) { try filter("--scope", "project=") }
    }

    @Test(arguments: [("--outcome", "MAYBE"), ("--outcome", "UNSPECIFIED"), ("--actor-type", "x")])
    func anUnknownNameIsAUsageErrorThatListsTheKnownOnes(option: String, value: String) {
        let error = #expect(throws: CommandError.self) { try filter(option, value) }
        #expect(error?.status == .usage)
        #expect(error?.message.contains(option) == true)
        #expect(error?.message.contains("'\(value)' is not one of") == true)
    }
}
