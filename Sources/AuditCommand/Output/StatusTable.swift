import AuditModel
import Codec

enum StatusTable {
    static func text(_ status: GetStatusResponse, server: String, surface: Surface) -> String {
        switch surface.format {
        case .json: return JSONLine.text(status.json())
        case .csv:
            let fields = fields(status, server: server)
            return surface.csv.record(fields.map(\.name))
                + surface.csv.record(fields.map(\.value))
        case .table:
            return fields(status, server: server).map {
                surface.style.paint(DisplayWidth.pad($0.name, to: 16), .dim)
                    + SafeText.line($0.value) + "\n"
            }.joined()
        }
    }

    private static func fields(
        _ status: GetStatusResponse, server: String
    ) -> [(name: String, value: String)] {
        let holdsNothing = status.oldestSequence > status.headSequence
        return [
            ("Server", "\(server) (version \(status.version))"),
            ("Started at", status.startedAt?.rfc3339 ?? ""),
            ("Events", String(status.eventCount)),
            (
                "Sequences",
                holdsNothing
                    ? "none kept; the head is \(status.headSequence)"
                    : "\(status.oldestSequence) to \(status.headSequence)"
            ),
            ("On disk", bytes(status.storedBytes)),
            ("Retention", status.retention.map(DurationExpression.text) ?? "for ever"),
            ("Subscribers", String(status.subscriberCount)),
            (
                "Writes",
                status.refusingWrites.isEmpty ? "accepted" : "refused: \(status.refusingWrites)"
            ),
        ] + (status.store.map { fields($0) } ?? []) + (status.feed.map { fields($0) } ?? [])
    }

    private static func fields(_ store: StoreStatus) -> [(name: String, value: String)] {
        let waiting = store.sealableLogCount == 0 ? "" : ", \(store.sealableLogCount) to be sealed"
        let damaged = store.damagedLogCount == 0 ? "" : ", \(store.damagedLogCount) damaged"
        return [
            ("Segments", "\(store.segmentCount), \(bytes(store.segmentBytes))"),
            ("Logs", "\(store.logCount), \(bytes(store.logBytes))\(waiting)\(damaged)"),
            ("Sealed", sealed(store)),
            (
                "Last sweep",
                (store.lastSweepAt?.rfc3339 ?? "none yet")
                    + "; removed since the start: \(store.sweptEventCount) events, "
                    + bytes(store.sweptBytes)
            ),
            (
                "Size cap",
                store.maxBytes == 0
                    ? "none"
                    : "\(bytes(store.maxBytes)); removed since the start: "
                        + "\(store.droppedEventCount) events, \(bytes(store.droppedBytes))"
            ),
            ("Lost", store.lostEventCount == 0 ? "none" : "\(store.lostEventCount) events"),
        ]
    }

    private static func sealed(_ store: StoreStatus) -> String {
        guard store.sealedEventBytes > 0 else { return "no events" }
        let percent = store.segmentBytes.multipliedReportingOverflow(by: 100)
        let share =
            percent.overflow ? "" : " in \(percent.partialValue / store.sealedEventBytes)% of them"
        return "\(store.sealedEventCount) events of \(bytes(store.sealedEventBytes))\(share)"
    }

    private static func fields(_ feed: FeedStatus) -> [(name: String, value: String)] {
        [
            (
                "Feed",
                "\(feed.liveCount) live, \(feed.catchingUpCount) catching up, "
                    + "\(feed.stuckCount) stuck; \(feed.filterCount) filters"
            ),
            (
                "Delivered",
                "\(feed.deliveredEvents) events (\(bytes(feed.deliveredBytes))) in "
                    + "\(feed.deliveredMessages) messages"
            ),
            (
                "Lag",
                "largest \(lag(feed.lagLargest)); p99 \(lag(feed.lagP99)); "
                    + "median \(lag(feed.lagMedian))"
            ),
            (
                "Fell behind",
                "\(feed.fellBehindCount) times; \(feed.gapCount) gaps of "
                    + "\(feed.gapSequences) sequences"
            ),
        ]
    }

    private static func lag(_ lag: FeedLag?) -> String {
        guard let lag, lag.events > 0 else { return "none" }
        guard let time = lag.time else { return "\(lag.events) events" }
        return "\(lag.events) events, \(DurationExpression.text(time))"
    }

    /// In the largest binary unit that leaves a whole number, with one digit behind the point.
    static func bytes(_ count: UInt64) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB", "PiB"]
        guard count >= 1_024 else { return "\(count) bytes" }
        var tenths = count * 10 / 1_024
        var unit = 0
        while tenths >= 10_240, unit < units.count - 1 {
            tenths /= 1_024
            unit += 1
        }
        return "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}
