import AuditModel
import Codec
import Testing

@testable import Access

@Suite("Callers that are remembered")
struct CallerCacheTests {
    private let now = Timestamp.epoch.advanced(by: .seconds(1_800_000_000))

    private func caller(_ seconds: Int) -> Caller {
        Caller(Identity(.jwt), .reader, .all, expiresAt: now.advanced(by: .seconds(seconds)))
    }

    private func hash(_ number: Int) -> SecretHash { SecretHash(of: Array("\(number)".utf8)) }

    @Test("the first one stays, until it is refused")
    func theFirstOneStays() {
        var cache = CallerCache<Int>(countMax: 4)
        let (first, second) = (caller(10), caller(20))
        #expect(cache.insert(first, of: hash(0), origin: 0, now: now) === first)
        #expect(cache.insert(second, of: hash(0), origin: 0, now: now) === first)
        first.revoke()
        #expect(cache.insert(second, of: hash(0), origin: 0, now: now) === second)
    }

    @Test("a full one forgets those that have ended, then those that end first")
    func aFullOneForgets() {
        var cache = CallerCache<Int>(countMax: 8)
        for number in 0..<8 {
            _ = cache.insert(
                caller(number < 3 ? 1 : 100 + number), of: hash(number), origin: number, now: now)
        }
        let later = now.advanced(by: .seconds(2))
        _ = cache.insert(caller(500), of: hash(8), origin: 8, now: later)
        #expect(cache.entries.values.map(\.origin).sorted() == [3, 4, 5, 6, 7, 8])
        for number in 9..<11 {
            _ = cache.insert(caller(500), of: hash(number), origin: number, now: later)
        }
        _ = cache.insert(caller(500), of: hash(11), origin: 11, now: later)
        #expect(cache.entries.values.map(\.origin).sorted() == [5, 6, 7, 8, 9, 10, 11])
        for number in 100..<1_000 {
            _ = cache.insert(caller(number), of: hash(number), origin: number, now: later)
            #expect(cache.entries.count <= 8)
        }
    }
}
