package import AuditModel

// The JSON view of what a server answers, on one line each; fields that are not set are left out.

extension RecordResult {
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { json in
            json.member("id", id)
            json.member("sequence", sequence.rawValue)
            json.member("recorded_at", recordedAt)
            json.member("duplicate", duplicate)
            guard let error else { return }
            json.key("error")
            json.status(error)
        }
        return writer.bytes
    }
}

extension RecordResponse {
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { json in
            json.key("results")
            json.array { for result in results { $0.raw(result.json()) } }
        }
        return writer.bytes
    }
}

extension QueryResponse {
    /// `events` is there also when it is empty.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { json in
            json.key("events")
            json.array { for event in events { $0.event(event) } }
            json.member("next_page_token", nextPageToken)
            json.member("scanned_through", scannedThrough.rawValue)
            json.member("oldest_sequence", oldestSequence.rawValue)
            json.member("unreadable", unreadable)
        }
        return writer.bytes
    }
}

extension GetEventResponse {
    /// The texts of the differences are embedded as the JSON that they are.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { json in
            json.key("event")
            json.event(event)
            if let previous {
                json.key("previous")
                json.event(previous)
            }
            json.member("differences", differences) { json, difference in
                json.object { json in
                    // The empty path is the whole value.
                    json.key("path")
                    json.string(difference.path)
                    json.member("kind", difference.kind)
                    json.member("before", json: Array(difference.before.utf8))
                    json.member("after", json: Array(difference.after.utf8))
                }
            }
            json.member("previous_unknown", previousUnknown)
        }
        return writer.bytes
    }
}

extension Facet {
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.facet(self)
        return writer.bytes
    }
}

extension ListFacetsResponse {
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { json in
            json.key("facets")
            json.array { for facet in facets { $0.facet(facet) } }
            json.member("other_count", otherCount)
            json.key("total_count")
            json.number(totalCount)
            json.key("complete")
            json.bool(complete)
            json.member("scanned_through", scannedThrough.rawValue)
            json.member("unreadable", unreadable)
        }
        return writer.bytes
    }
}

extension HistogramResponse {
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { json in
            json.member("start", start)
            json.key("bucket")
            json.string(bucket.wireText)
            if splitBy != .unspecified {
                json.key("split_by")
                json.string(splitBy.name.lowercased())
                json.key("series")
                json.array { for one in series { $0.series(one) } }
            }
            if !otherCounts.isEmpty { json.numbers("other_counts", otherCounts) }
            json.numbers("counts", counts)
            json.key("total_count")
            json.number(totalCount)
            json.key("complete")
            json.bool(complete)
            json.member("scanned_through", scannedThrough.rawValue)
            json.member("unreadable", unreadable)
        }
        return writer.bytes
    }
}

extension GetStatusResponse {
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { json in
            // Zeros are said here: they are what is asked for.
            for (name, value) in [
                ("head_sequence", headSequence.rawValue),
                ("oldest_sequence", oldestSequence.rawValue), ("event_count", eventCount),
                ("stored_bytes", storedBytes),
            ] {
                json.key(name)
                json.number(value)
            }
            json.member("retention", retention.map(\.wireText) ?? "")
            json.member("version", version)
            json.member("started_at", startedAt)
            json.key("subscriber_count")
            json.number(subscriberCount)
            json.member("refusing_writes", refusingWrites)
            if let store {
                json.key("store")
                json.object { store.write(to: &$0) }
            }
            if let feed {
                json.key("feed")
                feed.write(to: &json)
            }
        }
        return writer.bytes
    }
}

extension OrganizationRetention {
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.retention(self)
        return writer.bytes
    }
}

extension SetRetentionResponse {
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { json in
            json.key("before")
            json.retention(before)
            json.key("after")
            json.retention(after)
            for (name, value) in [
                ("oldest_sequence_before", oldestSequenceBefore.rawValue),
                ("oldest_sequence_after", oldestSequenceAfter.rawValue),
            ] {
                json.key(name)
                json.number(value)
            }
            json.member("event_sequence", eventSequence.rawValue)
        }
        return writer.bytes
    }
}

extension CreateSnapshotResponse {
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { json in
            json.member("created_at", createdAt)
            for (name, value) in [
                ("first_sequence", firstSequence.rawValue),
                ("head_sequence", headSequence.rawValue),
                ("event_count", eventCount), ("file_count", UInt64(fileCount)),
                ("file_bytes", fileBytes), ("linked_files", UInt64(linkedFiles)),
                ("copied_files", UInt64(copiedFiles)),
            ] {
                json.key(name)
                json.number(value)
            }
            json.member("event_sequence", eventSequence.rawValue)
        }
        return writer.bytes
    }
}

extension JSONWriter {
    package mutating func member(_ name: String, _ ranges: [SequenceRange]) {
        member(name, ranges) { json, range in
            json.object { json in
                json.member("first", range.first.rawValue)
                json.member("last", range.last.rawValue)
            }
        }
    }

    fileprivate mutating func retention(_ retention: OrganizationRetention) {
        object { json in
            json.member("organization_id", retention.organizationID)
            json.member("plan", retention.policy.plan)
            json.member("max_age", retention.policy.effectiveAge.map(\.wireText) ?? "")
            json.key("inherited")
            json.bool(retention.inherited)
            json.key("legal_hold")
            json.bool(retention.legalHold)
        }
    }

    fileprivate mutating func facet(_ facet: Facet) {
        object { json in
            json.key("value")
            json.string(facet.value)
            json.key("count")
            json.number(facet.count)
            json.member("name", facet.name)
            json.member("type", facet.type)
        }
    }

    fileprivate mutating func series(_ series: HistogramSeries) {
        object { json in
            json.key("value")
            json.string(series.value)
            json.member("type", series.type)
            json.numbers("counts", series.counts)
        }
    }

    fileprivate mutating func numbers(_ name: String, _ numbers: [UInt64]) {
        key(name)
        array { for number in numbers { $0.number(number) } }
    }

    fileprivate mutating func status(_ status: StatusDetails) {
        object { json in
            json.key("code")
            json.number(status.code)
            json.member("message", status.message)
            json.member("violations", status.violations) { json, violation in
                json.object { json in
                    json.member("field", violation.field)
                    json.member("description", violation.reason)
                }
            }
        }
    }
}

extension Duration {
    /// The JSON form of google.protobuf.Duration: seconds with as many decimals as it needs, and an
    /// s.
    var wireText: String {
        let (seconds, attoseconds) = components
        let nanoseconds = attoseconds.magnitude / 1_000_000_000
        var text = self < .zero ? "-" : ""
        text += String(seconds.magnitude)
        if nanoseconds != 0 {
            let digits = String(nanoseconds)
            text += "." + String(repeating: "0", count: 9 - digits.count) + digits
            while text.last == "0" { text.removeLast() }
        }
        return text + "s"
    }
}
