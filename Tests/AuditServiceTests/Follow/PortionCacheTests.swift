import AuditModel
import AuditRPC
import Synchronization
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

    /// A message that its calls make larger.
    private final class GrowingMessage: FeedMessage {
        private let bytes = Atomic(100)
        var residentBytes: Int { bytes.load(ordering: .relaxed) }
        func grow() { bytes.add(80, ordering: .relaxed) }
    }

    @Test func whatGrowsIsCountedWhenItIsAskedForAgain() {
        let messages = (0..<3).map { _ in GrowingMessage() }
        var cache = PortionCache(bytesMax: 3 * (256 + 100))
        for (number, message) in messages.enumerated() {
            cache.insert(FeedPortion(message: message, through: Sequence(1)), for: key(number))
        }
        #expect(cache.bytes == 3 * (256 + 100))
        messages[1].grow()
        #expect(cache.portion(for: key(1)) != nil)
        #expect(cache.portion(for: key(0)) == nil, "it had to make room")
        #expect(cache.bytes == 2 * (256 + 100) + 80)
        messages[2].grow()
        messages[2].grow()
        // What was counted is given back, whatever it has become.
        cache.insert(FeedPortion(through: Sequence(1)), for: key(2))
        #expect(cache.bytes == 256 + 80 + 100 + 256)
    }

    @Test func whatIsLargerThanAllOfItIsNotKept() {
        var cache = PortionCache(bytesMax: 100)
        cache.insert(FeedPortion(through: Sequence(1)), for: key(1))
        #expect(cache.bytes == 0 && cache.portion(for: key(1)) == nil)
    }
}
