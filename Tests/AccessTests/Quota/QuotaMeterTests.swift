import Codec
import TestSupport
import Testing

@testable import Access

@Suite("Meters of quotas")
struct QuotaMeterTests {
    private let now = Duration.seconds(1_000)

    private func meter(_ quota: Quota) -> QuotaMeter {
        QuotaMeter(.organization(named: "acme"), quota, at: now)
    }

    @Test("a request is taken whole or not at all")
    func aRequestIsTakenWholeOrNotAtAll() throws {
        let meter = meter(Quota(eventsPerSecond: 2_000, bytesPerDay: 86_400))
        #expect(meter.take(RecordAmount(events: 1_500, bytes: 80_000), at: now) == nil)
        let tooMany = try #require(meter.take(RecordAmount(events: 600, bytes: 1), at: now))
        #expect(tooMany.retryAfter == .milliseconds(50))
        #expect(tooMany.message.contains("organization acme may record 2000 events per second"))
        let tooLarge = try #require(meter.take(RecordAmount(events: 500, bytes: 6_410), at: now))
        #expect(tooLarge.retryAfter == .seconds(10))
        #expect(tooLarge.message.contains("86400 bytes per day"))
        #expect(meter.take(RecordAmount(events: 500, bytes: 6_400), at: now) == nil)
    }

    @Test("the longer of two waits is told")
    func theLongerOfTwoWaitsIsTold() throws {
        let meter = meter(Quota(eventsPerSecond: 1, bytesPerDay: 86_400))
        #expect(meter.take(RecordAmount(events: 1_000, bytes: 86_400), at: now) == nil)
        let slow = try #require(meter.take(RecordAmount(events: 10, bytes: 7), at: now))
        #expect(slow.retryAfter == .seconds(10) && slow.message.contains("events per second"))
        let large = try #require(meter.take(RecordAmount(events: 10, bytes: 20), at: now))
        #expect(large.retryAfter == .seconds(20) && large.message.contains("bytes per day"))
    }

    @Test("a small quota lets a full request pass, and asks nobody to wait for longer than an hour")
    func aSmallQuotaLetsAFullRequestPass() throws {
        let meter = meter(Quota(eventsPerSecond: 1, bytesPerDay: 1))
        #expect(meter.take(RecordAmount(events: 1_000, bytes: 600_000), at: now) == nil)
        let refusal = try #require(meter.take(RecordAmount(events: 1, bytes: 600), at: now))
        #expect(refusal.retryAfter == .seconds(3_600))
    }

    @Test("events that cannot be stored cost nothing, also in debt")
    func eventsThatCannotBeStoredCostNothing() {
        let meter = meter(Quota(bytesPerDay: 1))
        #expect(meter.take(RecordAmount(events: 1, bytes: 600), at: now) == nil)
        #expect(meter.take(RecordAmount(events: 0, bytes: 0), at: now) == nil)
    }

    @Test("a change holds at once, and what is not limited any more passes")
    func aChangeHoldsAtOnce() {
        let meter = meter(.unlimited)
        let request = RecordAmount(events: 1_000, bytes: 1)
        for _ in 0..<10 { #expect(meter.take(request, at: now) == nil) }
        meter.set(Quota(eventsPerSecond: 1_000), at: now)
        #expect(meter.take(request, at: now) == nil)
        #expect(meter.take(request, at: now)?.retryAfter == .seconds(1))
        meter.set(Quota(subscribers: 1), at: now)
        #expect(meter.take(request, at: now) == nil)
    }

    @Test("subscribers are counted from their begin to their end, without a limit, too")
    func subscribersAreCounted() {
        let meter = meter(.unlimited)
        #expect(meter.beginSubscription() == nil)
        #expect(meter.beginSubscription() == nil)
        meter.set(Quota(subscribers: 2), at: now)
        #expect(meter.beginSubscription()?.message.contains("2 subscribers") == true)
        meter.endSubscription()
        #expect(meter.beginSubscription() == nil)
        #expect(!meter.isAtRest(at: now))
        meter.endSubscription()
        meter.endSubscription()
        #expect(meter.isAtRest(at: now))
    }

    @Test("a read is charged when it is over, and the next one waits until it is paid")
    func aReadIsChargedWhenItIsOver() {
        let meter = meter(Quota(queryMillisPerSecond: 100))
        #expect(meter.refusesRead(at: now) == nil)
        meter.charge(read: .milliseconds(999), at: now)
        #expect(meter.refusesRead(at: now) == nil, "a millisecond is left")
        meter.charge(read: .milliseconds(501), at: now)
        let wait = meter.refusesRead(at: now)?.retryAfter ?? .zero
        #expect(wait > .seconds(5) && wait <= .seconds(5) + .nanoseconds(10))
        #expect(meter.refusesRead(at: now + wait) == nil)
    }
}

@Suite("The quotas of a caller")
struct CallerMetersTests {
    private let now = Duration.seconds(1_000)
    private let request = RecordAmount(events: 600, bytes: 600)

    private func directory(_ quotas: [QuotaSubject: Quota]) -> QuotaDirectory {
        var book = QuotaBook()
        for (subject, quota) in quotas { #expect(book.set(quota, for: subject) == true) }
        return QuotaDirectory(book)
    }

    private func caller(_ reach: Reach, token: String = "") -> Caller {
        Caller(Identity(token.isEmpty ? .jwt : .apiToken, id: token), .recorder, reach)
    }

    private func take(_ meters: CallerMeters, _ each: [String: RecordAmount] = [:]) -> String? {
        let charge = meters.charge(for: request) { name in
            each[String(decoding: name, as: UTF8.self)] ?? RecordAmount(events: 0, bytes: 0)
        }
        return meters.take(charge, at: now)?.message
    }

    @Test("an organization has one meter, however many credentials it has")
    func anOrganizationHasOneMeter() {
        let directory = directory([.organization(named: "acme"): Quota(eventsPerSecond: 1_000)])
        let first = directory.meters(of: caller(Reach(organization: "acme"), token: "a"), at: now)
        let second = directory.meters(of: caller(Reach(organization: "acme"), token: "b"), at: now)
        let other = directory.meters(of: caller(Reach(organization: "globex")), at: now)
        #expect(take(first) == nil)
        #expect(take(second)?.contains("organization acme") == true)
        #expect(take(other) == nil && take(other) == nil)
    }

    @Test("each organization by default has a quota of its own, and another one without it")
    func theDefaultIsForEach() {
        let directory = directory([
            .standard: Quota(eventsPerSecond: 1_000), .organization(named: "free"): .unlimited,
        ])
        for name in ["acme", "globex"] {
            let meters = directory.meters(of: caller(Reach(organization: name)), at: now)
            #expect(take(meters) == nil)
            #expect(take(meters)?.contains(name) == true)
        }
        let free = directory.meters(of: caller(Reach(organization: "free")), at: now)
        #expect(take(free) == nil && take(free) == nil)
        directory.replace(QuotaBook(), at: now)
        let acme = directory.meters(of: caller(Reach(organization: "acme")), at: now)
        #expect(take(acme) == nil)
    }

    @Test("what its token refuses costs the organization nothing")
    func whatItsTokenRefusesCostsTheOrganizationNothing() {
        let directory = directory([
            .organization(named: "acme"): Quota(eventsPerSecond: 1_800),
            .token("small"): Quota(eventsPerSecond: 1_000),
        ])
        let small = directory.meters(
            of: caller(Reach(organization: "acme"), token: "small"), at: now)
        #expect(take(small) == nil)
        for _ in 0..<5 { #expect(take(small)?.contains("token small") == true) }
        let large = directory.meters(
            of: caller(Reach(organization: "acme"), token: "large"), at: now)
        #expect(take(large) == nil && take(large) == nil)
        #expect(take(large)?.contains("organization acme") == true)
        // Now both refuse the small one: it would wait 200 ms for its own quota, and longer for the organization's.
        let charge = small.charge(for: request) { _ in request }
        #expect(small.take(charge, at: now)?.retryAfter == .nanoseconds(333_333_334))
    }

    @Test("an operator is measured by its token alone")
    func anOperatorIsMeasuredByItsTokenAlone() {
        let directory = directory([.standard: Quota(eventsPerSecond: 1, subscribers: 1)])
        let meters = directory.meters(of: caller(.all, token: "root"), at: now)
        for _ in 0..<5 { #expect(take(meters) == nil) }
        var book = directory.book
        #expect(book.set(Quota(eventsPerSecond: 1), for: .token("root")) == true)
        directory.replace(book, at: now)
        #expect(take(meters) == nil)
        #expect(take(meters)?.contains("token root") == true)
    }

    @Test("each organization of a caller with several pays for its own events, or none does")
    func eachOrganizationPaysForItsOwnEvents() {
        let directory = directory([
            .organization(named: "acme"): Quota(eventsPerSecond: 1_000),
            .organization(named: "globex"): Quota(eventsPerSecond: 1_000),
        ])
        let both = directory.meters(
            of: caller(.only([Array("acme".utf8), Array("globex".utf8)])), at: now)
        let mixed = [
            "acme": RecordAmount(events: 100, bytes: 1),
            "globex": RecordAmount(events: 500, bytes: 1),
        ]
        #expect(take(both, mixed) == nil && take(both, mixed) == nil)
        #expect(take(both, mixed)?.contains("globex") == true)
        let acme = directory.meters(of: caller(Reach(organization: "acme")), at: now)
        #expect(take(acme) == nil, "800 are left: the refused request cost acme nothing")
    }

    /// What is answered before a request is looked into is what would be answered behind it.
    @Test(
        "a request that is refused by its bounds is refused the same way by what it holds",
        arguments: UInt64(0)..<4)
    func aRequestThatIsRefusedByItsBounds(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var known = 0
        for _ in 0..<1_000 {
            let quota = Quota(
                eventsPerSecond: [0, 1, 1_000].randomElement(using: &random)!,
                bytesPerDay: [0, 86_400, 864_000_000].randomElement(using: &random)!)
            let directory = directory([
                .organization(named: "acme"): quota,
                .token("t"): Quota(eventsPerSecond: [0, 1_500].randomElement(using: &random)!),
            ])
            let meters = directory.meters(
                of: caller(Reach(organization: "acme"), token: "t"), at: now)
            let spent = RecordAmount(
                events: .random(in: 1...1_500, using: &random),
                bytes: .random(in: 1...200_000, using: &random))
            _ = meters.take(meters.charge(for: spent) { _ in spent }, at: now)
            let count = Int.random(in: 1...600, using: &random)
            let bytes = Int.random(in: 1...2_000, using: &random)
            let isPartial = Bool.random(using: &random)
            let later = now + .milliseconds(.random(in: 0...900, using: &random))
            let refusal = meters.refuses(
                atLeast: RecordAmount(events: isPartial ? 1 : count, bytes: 1),
                atMost: RecordAmount(events: count, bytes: bytes), at: later)
            guard let refusal else { continue }
            known += 1
            let amount = RecordAmount(
                events: count, bytes: .random(in: 1...bytes, using: &random))
            let charge = meters.charge(for: amount) { _ in amount }
            let exact = try #require(meters.take(charge, at: later))
            #expect(exact.message == refusal.message)
            #expect(exact.retryAfter == refusal.retryAfter)
            guard isPartial else { continue }
            let least = RecordAmount(events: 1, bytes: 1)
            #expect(meters.take(meters.charge(for: least) { _ in least }, at: later) != nil)
        }
        #expect(known > 100)
    }

    @Test("what depends on the events of a request is left to them")
    func whatDependsOnTheEventsIsLeftToThem() {
        let limited = Quota(eventsPerSecond: 1_000)
        let directory = directory([
            .organization(named: "acme"): limited, .organization(named: "globex"): limited,
        ])
        let acme = directory.meters(of: caller(Reach(organization: "acme")), at: now)
        let both = directory.meters(
            of: caller(.only([Array("acme".utf8), Array("globex".utf8)])), at: now)
        let one = RecordAmount(events: 1, bytes: 1)
        let full = RecordAmount(events: 1_000, bytes: 600_000)
        #expect(acme.refuses(atLeast: full, atMost: full, at: now) == nil, "it passes")
        #expect(acme.take(acme.charge(for: full) { _ in full }, at: now) == nil)
        #expect(acme.refuses(atLeast: one, atMost: one, at: now) != nil)
        #expect(both.refuses(atLeast: one, atMost: one, at: now) == nil, "it may be of globex")
        let free = directory.meters(of: caller(Reach(organization: "free")), at: now)
        var asked = 0
        func clock() -> Duration {
            asked += 1
            return now
        }
        #expect(free.refuses(atLeast: one, atMost: one, at: clock()) == nil)
        #expect(asked == 0, "who has no quota pays for no clock")
    }

    @Test("a place among the subscribers is free again when its holder is gone")
    func aPlaceIsFreeAgainWhenItsHolderIsGone() throws {
        let directory = directory([
            .organization(named: "acme"): Quota(subscribers: 2), .token("t"): Quota(subscribers: 1),
        ])
        let acme = Array("acme".utf8)
        let token = directory.meters(of: caller(.only([acme]), token: "t"), at: now)
        let jwt = directory.meters(of: caller(.only([acme])), at: now)
        var places = [try token.subscriberPlace(in: acme).get()]
        #expect(throws: QuotaRefusal.self) { try token.subscriberPlace(in: acme).get() }
        places.append(try jwt.subscriberPlace(in: acme).get())
        #expect(throws: QuotaRefusal.self) { try jwt.subscriberPlace(in: acme).get() }
        places.removeAll()
        _ = try token.subscriberPlace(in: acme).get()
    }

    @Test("meters that nobody holds go, once they are at rest")
    func metersThatNobodyHoldsGo() {
        let directory = directory([.standard: Quota(eventsPerSecond: 1_000)])
        let spent = directory.meters(of: caller(Reach(organization: "spent")), at: now)
        #expect(take(spent) == nil)
        for number in 0..<20_000 {
            let caller = caller(Reach(organization: "org-\(number)"))
            _ = directory.meters(of: caller, at: now)
        }
        #expect(directory.meterCount <= 2_048 + 1)
        let again = directory.meters(of: caller(Reach(organization: "spent")), at: now)
        #expect(take(again) != nil, "it is the meter of before")
    }
}
