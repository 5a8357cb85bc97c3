/// The hash of an organization's name: finds what is its without making a String. Whoever finds something compares the
/// names, to tell a collision apart.
public struct OrganizationKey: Hashable, Sendable {
    public let hash: Int

    public init(_ name: UnsafeRawBufferPointer) {
        var hasher = Hasher()
        hasher.combine(bytes: name)
        hash = hasher.finalize()
    }
}

/// Whose events a batch holds, so that who wants those of one organization passes the others' by.
public final class BatchOrganizations: Sendable {
    /// Events of one organization, one behind the other, as a request has them.
    public struct Run: Sendable {
        public var organization: OrganizationKey
        private var start: Int32
        private var end: Int32

        fileprivate init(_ organization: OrganizationKey, _ events: Range<Int>) {
            self.organization = organization
            start = Int32(events.lowerBound)
            end = Int32(events.upperBound)
        }

        public var events: Range<Int> { Int(start)..<Int(end) }
    }

    /// All of them, in order.
    public let runs: [Run]
    /// Their places, in order of their organizations' hashes; empty when they are so few that each is looked at.
    private let places: [Int32]

    private static let fewRuns = 8

    /// What it takes for a batch of so many events, at the most.
    static func bytesMax(events: Int) -> Int {
        events * (MemoryLayout<Run>.stride + MemoryLayout<Int32>.stride)
    }

    init(of batch: EventBatch) {
        var runs: [Run] = []
        var start = 0
        for index in 1..<batch.count + 1 {
            guard index == batch.count || !batch.haveSameOrganization(start, index) else {
                continue
            }
            let organization = batch.withEvent(at: start) { OrganizationKey($0.organization) }
            runs.append(Run(organization, start..<index))
            start = index
        }
        self.runs = runs
        places =
            runs.count > Self.fewRuns
            ? runs.indices.map(Int32.init).sorted { first, second in
                let hashes = (
                    runs[Int(first)].organization.hash, runs[Int(second)].organization.hash
                )
                return hashes.0 == hashes.1 ? first < second : hashes.0 < hashes.1
            } : []
    }

    /// Visits the runs of an organization in order, until `body` returns false.
    public func visit(_ organization: OrganizationKey, _ body: (Range<Int>) -> Bool) {
        guard runs.count > Self.fewRuns else {
            for run in runs where run.organization == organization {
                guard body(run.events) else { return }
            }
            return
        }
        var (low, high) = (0, places.count)
        while low < high {
            let middle = (low + high) / 2
            if runs[Int(places[middle])].organization.hash < organization.hash {
                low = middle + 1
            } else {
                high = middle
            }
        }
        while low < places.count {
            let run = runs[Int(places[low])]
            guard run.organization == organization, body(run.events) else { return }
            low += 1
        }
    }
}

extension EventBatch {
    fileprivate func haveSameOrganization(_ first: Int, _ second: Int) -> Bool {
        withEvent(at: first) { first in
            withEvent(at: second) { second in
                first.organization.elementsEqual(second.organization)
            }
        }
    }
}
