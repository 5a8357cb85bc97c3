import Access
import AuditModel
import Codec
import EventStore

/// The event that tells of a snapshot: what left the store, and where it went.
enum SnapshotEvent {
    static func event(_ directory: String, _ report: SnapshotReport, by caller: Caller) -> Event {
        let numbers = [
            ("first_sequence", report.first.rawValue), ("head_sequence", report.head.rawValue),
            ("event_count", UInt64(report.events)), ("file_count", UInt64(report.files)),
            ("file_bytes", UInt64(report.bytes)),
        ]
        return Event(
            organizationID: RetentionEvent.operatorOrganization, eventType: "SNAPSHOT_CREATED",
            target: Event.Target(type: "SNAPSHOT", id: directory),
            actor: caller.identity.actor,
            source: "ADMINISTRATION",
            change: "\(report.events) events through sequence \(report.head)",
            snapshot: JSONValue.object(
                numbers.map { JSONValue.Member($0.0, .number(String($0.1))) }
            ).encoded(), outcome: .success)
    }
}
