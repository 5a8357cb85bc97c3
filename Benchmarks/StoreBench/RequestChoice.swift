import AuditModel

/// Chooses the pages that are asked for: of each kind some with values that many events have, and some
/// with values that hardly any has.
struct RequestChoice {
    private static let commonCount = 10
    private static let rareCount = 100
    /// Events of a rare value.
    private static let rareEvents = 2...5
    /// Of a page by two fields.
    private static let range = Duration.seconds(86_400)
    /// Of organizations whose histogram is asked for.
    private static let histograms = 3

    private var random = SeededRandom(seed: 7)
    private var actors = Counts(SampleEvents.organizations.count, SampleEvents.actors.count)
    private var targets = Counts(SampleEvents.organizations.count, SampleEvents.targets.count)
    private var pairs = Counts(
        SampleEvents.organizations.count,
        SampleEvents.eventTypes.count * SampleEvents.sources.count)

    private struct Counts {
        private var counts: [Int32]
        private let ranks: Int

        init(_ organizations: Int, _ ranks: Int) {
            self.ranks = ranks
            counts = [Int32](repeating: 0, count: organizations * ranks)
        }

        mutating func add(_ organization: Int, _ rank: Int) {
            counts[organization * ranks + rank] += 1
        }

        /// Of any organization, from a random place on, so many with a count in the range.
        func choose(
            _ count: Int, _ range: ClosedRange<Int>, _ random: inout SeededRandom
        ) -> [(organization: Int, rank: Int)] {
            var found: [(Int, Int)] = []
            for _ in 0..<100_000 where found.count < count {
                let start = random.number(below: counts.count)
                let place = counts[start...].firstIndex { range.contains(Int($0)) }
                if let place { found.append((place / ranks, place % ranks)) }
            }
            return found
        }
    }

    mutating func add(_ draw: SampleEvents.Draw) {
        actors.add(draw.organization, draw.actor)
        targets.add(draw.organization, draw.target)
        pairs.add(draw.organization, pair(draw.eventType, draw.source))
    }

    private func pair(_ eventType: Int, _ source: Int) -> Int {
        eventType * SampleEvents.sources.count + source
    }

    mutating func requests() -> [PageRequest] {
        var requests: [PageRequest] = []
        for rank in 0..<Self.commonCount {
            requests.append(page("organization-common", rank))
            requests.append(
                page("organization-rare", SampleEvents.organizations.count - 1 - rank))
            requests.append(byActor("actor-common", rank / 5, rank % 5))
            requests.append(byTarget("target-common", rank / 5, rank % 5))
            requests.append(byPair("fields-common", rank / 2, pair(rank % 2, rank / 2 % 2)))
        }
        for (organization, rank) in actors.choose(Self.rareCount, Self.rareEvents, &random) {
            requests.append(byActor("actor-rare", organization, rank))
        }
        for (organization, rank) in targets.choose(Self.rareCount, Self.rareEvents, &random) {
            requests.append(byTarget("target-rare", organization, rank))
        }
        for (organization, rank) in pairs.choose(Self.rareCount, 10...1000, &random) {
            requests.append(byPair("fields-rare", organization, rank))
        }
        requests.append(histogram("histogram-all", nil))
        for rank in 0..<Self.histograms {
            requests.append(histogram("histogram-organization", rank))
        }
        return requests
    }

    /// Of all that there is, in 60 buckets.
    private func histogram(_ kind: String, _ organization: Int?) -> PageRequest {
        var request = PageRequest(
            kind, organization: organization.map(SampleEvents.organizationID) ?? "")
        request.since = SampleEvents.start
        request.until = SampleEvents.start.advanced(by: SampleEvents.span)
        return request
    }

    private func page(_ kind: String, _ organization: Int) -> PageRequest {
        PageRequest(kind, organization: SampleEvents.organizationID(organization))
    }

    private func byActor(_ kind: String, _ organization: Int, _ rank: Int) -> PageRequest {
        var request = page(kind, organization)
        request.actor = SampleEvents.actorID(organization, rank)
        return request
    }

    private func byTarget(_ kind: String, _ organization: Int, _ rank: Int) -> PageRequest {
        var request = page(kind, organization)
        request.target = SampleEvents.targetID(organization, rank)
        return request
    }

    /// By event type and source, within a random day.
    private mutating func byPair(
        _ kind: String, _ organization: Int, _ pair: Int
    ) -> PageRequest {
        var request = page(kind, organization)
        request.eventType = SampleEvents.eventType(pair / SampleEvents.sources.count)
        request.source = SampleEvents.source(pair % SampleEvents.sources.count)
        let latest = (SampleEvents.span - Self.range).inSeconds
        let since = SampleEvents.start.advanced(by: .seconds(random.fraction() * latest))
        request.since = since
        request.until = since.advanced(by: Self.range)
        return request
    }
}
