/// The meters that the calls of one credential run through: of its organizations, and of its token. An operator's calls
/// are measured by its token alone.
package struct CallerMeters: Sendable {
    /// Nearly always one.
    private let organizations: [Organization]
    private let token: QuotaMeter?

    struct Organization: Sendable {
        var name: [UInt8]
        var meter: QuotaMeter
    }

    init(organizations: [Organization], token: QuotaMeter?) {
        self.organizations = organizations
        self.token = token
    }

    /// Of the server itself.
    package static let none = CallerMeters(organizations: [], token: nil)

    // MARK: Recording

    /// What a request takes.
    ///
    /// - Parameters:
    ///   - whole: of all of its events.
    ///   - each: of its events for one organization; asked only of a caller with several.
    package func charge(
        for whole: RecordAmount, of each: (_ organization: [UInt8]) -> RecordAmount
    ) -> RecordCharge {
        RecordCharge(
            whole: whole, shares: organizations.count > 1 ? organizations.map { each($0.name) } : []
        )
    }

    /// All of it or, when the request is refused, nothing. Of several refusals that which asks for the longest wait.
    package func take(_ charge: RecordCharge, at now: Duration) -> QuotaRefusal? {
        for index in organizations.indices {
            let meter = organizations[index].meter
            guard let refusal = meter.take(charge.share(index), at: now) else { continue }
            giveBack(charge, toFirst: index)
            return later(refusal, refuses(charge, from: index + 1, at: now))
        }
        guard let refusal = token?.take(charge.whole, at: now) else { return nil }
        giveBack(charge, toFirst: organizations.count)
        return refusal
    }

    /// What `take` would say of a request of which only the bounds are known. Nil when it may pass, and when the answer
    /// depends on what is in it.
    ///
    /// - Parameters:
    ///   - least: what it takes at the least.
    ///   - most: what it takes when none of its events is rejected.
    package func refuses(
        atLeast least: RecordAmount, atMost most: RecordAmount, at now: @autoclosure () -> Duration
    ) -> QuotaRefusal? {
        // Each of several organizations pays for its own events, and whose they are is not known yet.
        guard organizations.count <= 1, isLimited else { return nil }
        let now = now()
        let shortest = RecordAmount(events: most.events, bytes: least.bytes)
        guard let refusal = refuses(shortest, at: now), let other = refuses(most, at: now),
            refusal.saysTheSame(as: other),
            least == shortest || refuses(least, at: now) != nil
        else { return nil }
        return refusal
    }

    /// Of a caller for one organization, or for all.
    private func refuses(_ amount: RecordAmount, at now: Duration) -> QuotaRefusal? {
        later(
            organizations.first?.meter.refuses(amount, at: now),
            token?.refuses(amount, at: now))
    }

    private var isLimited: Bool {
        organizations.contains { $0.meter.isLimited } || token?.isLimited == true
    }

    private func refuses(
        _ charge: RecordCharge, from index: Int, at now: Duration
    ) -> QuotaRefusal? {
        (index..<organizations.count).reduce(token?.refuses(charge.whole, at: now)) {
            later($0, organizations[$1].meter.refuses(charge.share($1), at: now))
        }
    }

    private func later(_ one: QuotaRefusal?, _ other: QuotaRefusal?) -> QuotaRefusal? {
        guard let one, let other else { return one ?? other }
        return one.excess.wait >= other.excess.wait ? one : other
    }

    /// What was taken for a request that was not stored after all.
    package func giveBack(_ charge: RecordCharge) {
        giveBack(charge, toFirst: organizations.count)
        token?.giveBack(charge.whole)
    }

    private func giveBack(_ charge: RecordCharge, toFirst count: Int) {
        for index in 0..<count { organizations[index].meter.giveBack(charge.share(index)) }
    }

    // MARK: Subscriptions

    /// A place among the subscribers, which is held as long as the object is.
    ///
    /// - Parameter organization: that it is about; nil for all.
    package func subscriberPlace(
        in organization: [UInt8]?
    ) -> Result<SubscriberPlace, QuotaRefusal> {
        var taken: [QuotaMeter] = []
        for meter in meters(of: organization) {
            if let refusal = meter.beginSubscription() {
                for meter in taken { meter.endSubscription() }
                return .failure(refusal)
            }
            taken.append(meter)
        }
        return .success(SubscriberPlace(taken))
    }

    // MARK: Reading

    /// Why a read may not begin.
    package func refusesRead(of organization: [UInt8]?, at now: Duration) -> QuotaRefusal? {
        meters(of: organization).reduce(nil) { later($0, $1.refusesRead(at: now)) }
    }

    /// A read is over that took a reading thread so long.
    package func charge(read time: Duration, of organization: [UInt8]?, at now: Duration) {
        for meter in meters(of: organization) { meter.charge(read: time, at: now) }
    }

    private func meters(of organization: [UInt8]?) -> [QuotaMeter] {
        var meters: [QuotaMeter] = []
        for own in organizations where own.name == organization { meters.append(own.meter) }
        if let token { meters.append(token) }
        return meters
    }
}

/// What a Record request takes of the quotas of its caller.
package struct RecordCharge: Sendable {
    fileprivate let whole: RecordAmount
    /// Of each of the caller's organizations; empty where all is of one.
    fileprivate let shares: [RecordAmount]

    fileprivate func share(_ index: Int) -> RecordAmount { shares.isEmpty ? whole : shares[index] }
}

/// A subscription that counts; the place is free again once nobody holds the object.
package final class SubscriberPlace: Sendable {
    private let meters: [QuotaMeter]

    init(_ meters: [QuotaMeter]) { self.meters = meters }

    deinit {
        for meter in meters { meter.endSubscription() }
    }
}
