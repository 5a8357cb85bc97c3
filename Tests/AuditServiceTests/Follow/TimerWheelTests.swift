import Testing

@testable import AuditService

struct TimerWheelTests {
    private final class Name {}

    @Test func everybodyIsDueOnceAndInTime() {
        let names = (0..<1_000).map { _ in Name() }
        var wheel = TimerWheel<Int>()
        for (number, name) in names.enumerated() {
            wheel.insert(number, ObjectIdentifier(name), at: UInt64(number * 7 % 100))
        }
        for number in stride(from: 0, to: 1_000, by: 10) {
            wheel.remove(ObjectIdentifier(names[number]), at: UInt64(number * 7 % 100))
        }
        var seen: Set<Int> = []
        while let next = wheel.next {
            let due = wheel.take(through: next)
            #expect(!due.isEmpty)
            for number in due {
                #expect(UInt64(number * 7 % 100) == next)
                #expect(seen.insert(number).inserted)
            }
        }
        #expect(seen == Set((0..<1_000).filter { $0 % 10 != 0 }))
    }

    @Test func whatIsLateIsDueToo() {
        let name = Name()
        var wheel = TimerWheel<Int>()
        wheel.insert(1, ObjectIdentifier(name), at: 5)
        #expect(wheel.take(through: 4).isEmpty)
        #expect(wheel.next == 5)
        #expect(wheel.take(through: 9) == [1])
        #expect(wheel.next == nil)
    }
}
