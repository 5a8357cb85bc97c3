/// SplitMix64: the same numbers from the same seed on every machine.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    /// At least 0 and less than 1.
    mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Less than `count`.
    mutating func number(below count: Int) -> Int { Int(next() % UInt64(count)) }

    /// Lower case, two digits a byte.
    mutating func hexadecimal(digits: Int) -> String {
        var text = ""
        while text.utf8.count < digits {
            let part = String(next(), radix: 16)
            text += String(repeating: "0", count: 16 - part.utf8.count) + part
        }
        return String(text.prefix(digits))
    }
}

/// Ranks from 0, of which rank k is drawn in proportion to 1 / (k + 1)^exponent.
struct ZipfRanks {
    private let cumulated: [Double]

    init(count: Int, exponent: Double) {
        var sum = 0.0
        var cumulated: [Double] = []
        cumulated.reserveCapacity(count)
        for rank in 1...count {
            sum += 1 / power(Double(rank), exponent)
            cumulated.append(sum)
        }
        self.cumulated = cumulated
    }

    var count: Int { cumulated.count }

    func draw(_ random: inout SeededRandom) -> Int {
        let wanted = random.fraction() * cumulated[cumulated.count - 1]
        var low = 0
        var high = cumulated.count - 1
        while low < high {
            let middle = (low + high) / 2
            if cumulated[middle] > wanted { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
