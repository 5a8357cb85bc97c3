import AuditModel
import AuditRPC
import Testing

@testable import AuditService

struct PortionCacheTests {
    private func key(_ number: Int) -> PortionCache.Key {
        PortionCache.Key(group: UInt64(number % 3), position: Sequence(UInt64(number)))
    }

    @Test func itHoldsTheNewestWithinItsBytes() {
        let portion = FeedPortion(
            message: SharedMessage([UInt8](repeating: 1, count: 1_000)), through: Sequence(1))
        var cache = PortionCache(bytesMax: portion.residentBytes * 10 + 1)
        for number in 0..<1_000 {
            cache.insert(portion, for: key(number))
            cache.insert(portion, for: key(number))
            #expect(cache.bytes == portion.residentBytes * min(number + 1, 10))
            #expect(cache.portion(for: key(number)) != nil)
        }
        for number in 0..<1_000 {
            #expect((cache.portion(for: key(number)) != nil) == (number >= 990))
        }
    }

    @Test func whatIsLargerThanAllOfItIsNotKept() {
        var cache = PortionCache(bytesMax: 100)
        cache.insert(FeedPortion(through: Sequence(1)), for: key(1))
        #expect(cache.bytes == 0 && cache.portion(for: key(1)) == nil)
    }
}
