import TestSupport
import Testing

@testable import Subscribe

struct KeySieveTests {
    /// Random keys come and go: none that is there is ever denied, and few of the others are not.
    @Test(arguments: 1...5) func whatIsThereIsNeverDenied(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var keys: Set<Int> = []
        var sieve = KeySieve()
        func renew() {
            guard sieve.isWorn else { return }
            sieve = KeySieve(keysExpected: keys.count)
            for key in keys { sieve.insert(key) }
        }
        for step in 0..<40_000 {
            if let key = keys.first, Int.random(in: 0..<30_000, using: &random) < step - 10_000 {
                keys.remove(key)
                sieve.remove()
            } else {
                let key = Int.random(in: .min ... .max, using: &random)
                if keys.insert(key).inserted { sieve.insert(key) }
            }
            renew()
            if step % 4_000 == 0 {
                #expect(keys.allSatisfy { sieve.mayContain($0) })
                let others = (0..<4_000).count { _ in
                    sieve.mayContain(Int.random(in: .min ... .max, using: &random))
                }
                #expect(others < 1_000, "\(others) of 4,000 with \(keys.count) keys")
            }
        }
    }
}
