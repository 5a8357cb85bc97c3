import AuditModel
import Codec

/// One event in full, as `show` prints it.
struct EventDetails {
    private let response: GetEventResponse
    private let style: Style

    init(_ response: GetEventResponse, style: Style) {
        self.response = response
        self.style = style
    }

    var text: String {
        let event = response.event
        var lines = Self.fields(event).map { line($0.name, $0.value, $0.color) }
        for (key, value) in event.metadata.sorted(by: { $0.key < $1.key }) {
            lines.append(line("Metadata", "\(key) = \(value)"))
        }
        if !event.snapshot.isEmpty {
            lines += ["", style.paint("Snapshot", .bold)]
            let pretty = String(decoding: JSONText.pretty(event.snapshot), as: UTF8.self)
            lines.append(SafeText.json(pretty))
        }
        lines.append("")
        lines += difference
        return lines.joined(separator: "\n") + "\n"
    }

    private static func fields(
        _ event: Event
    ) -> [(name: String, value: String, color: Style.Color?)] {
        let all: [(name: String, value: String, color: Style.Color?)] = [
            ("Sequence", event.sequence.description, nil),
            ("Id", event.id, nil),
            ("Organization", event.organizationID, nil),
            ("Occurred at", event.occurredAt?.rfc3339 ?? "", nil),
            ("Recorded at", event.recordedAt?.rfc3339 ?? "", nil),
            ("Event type", event.eventType, .bold),
            ("Target", named(event.target.type, event.target.id, event.target.name), nil),
            (
                "Scope",
                event.scope.map { named($0.type, $0.id, $0.name) }.joined(separator: " / "), nil
            ),
            ("Actor", named(event.actor.type.name, event.actor.id, event.actor.name), nil),
            (
                "On behalf of",
                event.onBehalfOf.map { named($0.type.name, $0.id, $0.name) }
                    .joined(separator: ", "), nil
            ),
            ("Tool", event.source, nil),
            ("Change", event.change, nil),
            ("Outcome", event.outcome.name, EventTable.color(event.outcome)),
            ("Reason", event.reason, nil),
            ("IP address", event.context.ipAddress, nil),
            ("User agent", event.context.userAgent, nil),
            ("Request id", event.context.requestID, nil),
            ("Traceparent", event.context.traceparent, nil),
            ("Recorded by", recorder(event.recorder), nil),
        ]
        return all.filter { !$0.value.isEmpty }
    }

    /// "API_TOKEN 3f2a9c01b7de (ci) from 10.1.2.3 with grpc-go/1.60".
    private static func recorder(_ recorder: Event.Recorder) -> String {
        guard recorder != Event.Recorder() else { return "" }
        var text = named(recorder.credential.name, recorder.id, recorder.name)
        if !recorder.peerAddress.isEmpty { text += " from \(recorder.peerAddress)" }
        if !recorder.userAgent.isEmpty { text += " with \(recorder.userAgent)" }
        return text
    }

    private static func named(_ type: String, _ id: String, _ name: String) -> String {
        let text = [type, id].filter { !$0.isEmpty }.joined(separator: " ")
        return name.isEmpty || name == id ? text : "\(text) (\(name))"
    }

    private func line(_ name: String, _ value: String, _ color: Style.Color? = nil) -> String {
        style.paint(DisplayWidth.pad(name, to: 14), .dim)
            + style.paint(SafeText.line(value), color)
    }

    private var difference: [String] {
        guard let previous = response.previous else {
            return [
                style.paint(
                    response.previousUnknown
                        ? "The search for an earlier event of this target was cut short."
                        : "No earlier event of this target is kept.", .dim)
            ]
        }
        let time = (previous.occurredAt ?? previous.recordedAt)?.rfc3339 ?? ""
        let heading = "Difference to event \(previous.sequence) (\(previous.eventType), \(time))"
        var lines = [style.paint(SafeText.line(heading), .bold)]
        if response.previousUnknown {
            lines.append(
                style.paint("  some events in between are damaged: another may come before", .dim))
        }
        if response.differences.isEmpty {
            lines.append(style.paint("  the snapshots are equal", .dim))
        }
        for one in response.differences {
            let path = SafeText.line(one.path.isEmpty ? "(whole value)" : one.path)
            let before = SafeText.json(one.before)
            let after = SafeText.json(one.after)
            switch one.kind {
            case .added: lines.append(style.paint("  + \(path): \(after)", .green))
            case .removed: lines.append(style.paint("  - \(path): \(before)", .red))
            case .changed, .unspecified:
                lines.append(style.paint("  - \(path): \(before)", .red))
                lines.append(style.paint("  + \(path): \(after)", .green))
            }
        }
        return lines
    }
}
