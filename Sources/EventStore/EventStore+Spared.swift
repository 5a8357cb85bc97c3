internal import Synchronization

/// The files are larger than the size cap, and nothing that would make them smaller may go.
package struct ExcessStall: Hashable, Sendable {
    /// Of the files.
    package var bytes: Int
    package var bytesMax: Int
    /// Of what is under legal hold.
    package var heldBytes: Int
    /// Of files that cannot be written anew around it, since a part of them cannot be read.
    package var damagedBytes: Int
}

/// What the size cap cannot let go, in bytes of files; both nothing without a legal hold.
struct SparedBytes: Sendable {
    var held = 0
    var damaged = 0

    var all: Int { held + damaged }
}

extension EventStore {
    /// Why the files stay larger than `StoreConfiguration.bytesMax`, by what `dropExcess` saw last. Nil
    /// while they are not, or something goes next: a log that waits to be sealed, too.
    package var excessStall: ExcessStall? {
        guard let bytesMax = configuration.bytesMax else { return nil }
        return published.withLock { published in
            let (parts, spared) = (published.parts, published.retention.spared ?? SparedBytes())
            guard parts.bytes > bytesMax, !published.hasDropLeft,
                spared.all >= bytesMax
                    || parts.firstSealable == nil && published.excess(over: bytesMax) == nil
            else { return nil }
            return ExcessStall(
                bytes: parts.bytes, bytesMax: bytesMax, heldBytes: spared.held,
                damagedBytes: spared.damaged)
        }
    }

    /// Looks at how much the cap cannot let go; reads a list of organizations for each segment, most of
    /// which are in memory. The rules by which it looked; nil when others hold by now.
    ///
    /// Throws `inputOutput` or `closed`.
    func measureSpared() throws(StoreError) -> CompiledRetention? {
        let plan = visibility.plan
        var spared = SparedBytes()
        if plan.heldIndex != nil {
            try maintaining { maintenance throws(StoreError) in
                for part in parts.all.dropLast() {
                    switch part {
                    case .log(let log):
                        if !log.isSealable { spared.damaged += log.extent.end }
                    case .sealed(let segment):
                        if maintenance.deadRows.isUnreadable(segment) {
                            spared.damaged += segment.bounds.fileBytes
                        } else {
                            try spared.count(segment, plan)
                        }
                    }
                }
            }
        }
        return published.withLock { published in
            guard published.retention.visibility.plan === plan else { return nil }
            published.retention.spared = spared
            return plan
        }
    }
}

extension SparedBytes {
    /// Of a segment that holds others' events too: the part of the file that its events are.
    fileprivate mutating func count(
        _ segment: Segment, _ plan: CompiledRetention
    ) throws(StoreError) {
        let bytes = segment.bounds.fileBytes
        do throws(StoreError) {
            var (heldBytes, allBytes) = (0, 0)
            for summary in try segment.organizations() {
                let age = summary.organization.withUnsafeBytes { plan.ageIndex(of: $0) }
                allBytes += summary.bytes
                if age == plan.heldIndex { heldBytes += summary.bytes }
            }
            guard allBytes > 0 else { return }
            held += Int(Double(bytes) * (Double(heldBytes) / Double(allBytes)))
        } catch {
            guard error.code == .damaged else { throw error }
            damaged += bytes
        }
    }
}
