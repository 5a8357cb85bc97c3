import ArgumentParser
import AuditModel
import Codec

/// One event on the command line.
struct EventOptions: ParsableArguments {
    @Option(help: ArgumentHelp("What was done: CREATE, UPDATE, DELETE.", valueName: "type"))
    var eventType: String?

    @Option(help: ArgumentHelp("The type of what it was done to.", valueName: "type"))
    var targetType: String?

    @Option(help: ArgumentHelp("The id of what it was done to.", valueName: "id"))
    var target: String?

    @Option(help: ArgumentHelp("What people call the target.", valueName: "name"))
    var targetName: String?

    @Option(
        name: .customLong("scope"),
        help: ArgumentHelp(
            "What encloses the target, outermost first; may be repeated.", valueName: "type=id"))
    var scopes: [String] = []

    @Option(help: ArgumentHelp("The id of who did it.", valueName: "id"))
    var actor: String?

    @Option(
        help: ArgumentHelp("USER, API_TOKEN, SERVICE, SYSTEM or AGENT.", valueName: "type"))
    var actorType: String = "USER"

    @Option(help: ArgumentHelp("What people call the actor.", valueName: "name"))
    var actorName: String?

    @Option(help: ArgumentHelp("The tool.", valueName: "tool"))
    var source: String = "CLI"

    @Option(help: ArgumentHelp("One line that says what changed.", valueName: "text"))
    var change: String?

    @Option(help: ArgumentHelp("The target after the event, as JSON.", valueName: "json"))
    var snapshot: String?

    @Option(help: ArgumentHelp("SUCCESS, FAILURE or DENIED.", valueName: "outcome"))
    var outcome: String = "SUCCESS"

    @Option(help: ArgumentHelp("Why it failed or was denied.", valueName: "text"))
    var reason: String?

    @Option(help: ArgumentHelp("When it happened; now without it.", valueName: "time"))
    var occurredAt: String?

    @Option(
        help: ArgumentHelp(
            "A UUID: recorded again under it, the event is stored once.", valueName: "uuid"))
    var id: String?

    @Option(help: ArgumentHelp("Where the request came from.", valueName: "address"))
    var ipAddress: String?

    @Option(help: ArgumentHelp("The id of the request.", valueName: "id"))
    var requestID: String?

    @Option(
        name: .customLong("metadata"),
        help: ArgumentHelp("Anything else; may be repeated.", valueName: "key=value"))
    var metadata: [String] = []

    /// Whether the command line describes an event at all.
    var describesEvent: Bool {
        eventType != nil || targetType != nil || target != nil || actor != nil || change != nil
            || snapshot != nil
    }

    /// - Parameter now: what `--occurred-at 5m` counts from.
    func event(now: Timestamp) throws(CommandError) -> Event {
        var event = Event(
            id: id ?? "",
            eventType: try required(eventType, "--event-type"),
            target: Event.Target(
                type: try required(targetType, "--target-type"),
                id: try required(target, "--target"), name: targetName ?? ""),
            actor: Event.Actor(
                type: try one(actorType, "--actor-type"), id: try required(actor, "--actor"),
                name: actorName ?? ""),
            source: source, change: change ?? "",
            snapshot: JSONText.compact(Array((snapshot ?? "").utf8)),
            outcome: try one(outcome, "--outcome"), reason: reason ?? "",
            context: Event.RequestContext(
                ipAddress: ipAddress ?? "", requestID: requestID ?? ""))
        if let occurredAt { event.occurredAt = try TimeExpression.parse(occurredAt, now: now) }
        for text in scopes {
            let (type, id) = try pair(text, "--scope", "type=id")
            // The vocabulary of types is upper-case.
            event.scope.append(Event.Resource(type: type.uppercased(), id: id))
        }
        for text in metadata {
            let (key, value) = try pair(text, "--metadata", "key=value")
            event.metadata[key] = value
        }
        return event
    }

    private func required(_ value: String?, _ option: String) throws(CommandError) -> String {
        guard let value, !value.isEmpty else {
            throw CommandError(.usage, "an event needs \(option)")
        }
        return value
    }

    private func one<Value: WireEnumeration>(
        _ text: String, _ option: String
    ) throws(CommandError) -> Value {
        let values: [Value] = try FilterValues.enumeration([text], option: option)
        guard values.count == 1 else { throw CommandError(.usage, "\(option) takes one value") }
        return values[0]
    }

    private func pair(
        _ text: String, _ option: String, _ form: String
    ) throws(CommandError) -> (String, String) {
        guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
            throw CommandError(.usage, "\(option) '\(SafeText.line(text))' is not \(form)")
        }
        return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }
}
