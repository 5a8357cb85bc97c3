import NIOCore
import Testing

@testable import AuditRPC

@Suite struct ConnectionLifeTests {
    private let start = NIODeadline.now()

    private func life(
        _ change: (inout RPCConnectionLife) -> Void = { _ in }, jitter: Double = 0
    ) -> ConnectionLife {
        var life = RPCConnectionLife()
        life.keepalive = nil
        life.idleMax = nil
        change(&life)
        return ConnectionLife(life, limits: RPCLimits(), now: start, jitter: jitter)
    }

    private func after(_ seconds: Int64) -> NIODeadline { start + .seconds(seconds) }

    @Test func aPeerThatBeginsInTimeMayStay() {
        var life = life()
        let limit = RPCLimits().handshakeTime
        #expect(life.nextLook == start + limit)
        var silent = life
        #expect(silent.look(at: start + limit, .init(hasSettings: false)) == .close(.handshake))
        #expect(life.look(at: start + limit, .init(hasSettings: true)) == nil)
        #expect(life.look(at: after(30), .init(hasSettings: true)) == nil)
    }

    @Test func aHeaderListMustEndInTime() {
        var life = life()
        #expect(life.look(at: start, .init()) == nil)
        life.headerBlockBegan(3, at: after(20))
        // More of it does not give it more time.
        life.headerBlockBegan(3, at: after(25))
        #expect(life.nextLook == after(30))
        var ended = life
        #expect(ended.look(at: after(30), .init(headerBlock: nil)) == nil)
        // Another one has its own time.
        life.headerBlockBegan(4, at: after(28))
        #expect(life.look(at: after(30), .init(headerBlock: 4)) == nil)
        #expect(life.look(at: after(38), .init(headerBlock: 4)) == .close(.slowHeaders))
    }

    @Test func whatDoesNotMoveEnds() {
        var life = life()
        let time = RPCLimits().stallTime
        let stuck = ConnectionLife.Facts(hasWaitingBytes: true, changes: 7)
        #expect(life.look(at: start + time, stuck) == nil)
        var moved = life
        #expect(
            moved.look(at: start + time + time, .init(hasWaitingBytes: true, changes: 8)) == nil)
        var quiet = life
        #expect(
            quiet.look(at: start + time + time, .init(hasWaitingBytes: false, changes: 7)) == nil)
        #expect(life.look(at: start + time + time, stuck) == .close(.stalled))
    }

    @Test func callsAreLookedAtNowAndThen() {
        var life = life()
        let time = RPCLimits().stallTime
        let facts = ConnectionLife.Facts(openCalls: 1, calls: 1)
        #expect(life.look(at: start + .seconds(60), facts) == nil)
        #expect(life.look(at: start + time, facts) == .endStalledCalls)
        #expect(life.look(at: start + time, facts) == nil)
        #expect(life.look(at: start + time + time, .init(openCalls: 0, calls: 1)) == nil)
    }

    @Test func anIdleConnectionIsAskedToEnd() {
        var life = life { $0.idleMax = .seconds(100) }
        // One that has had no call since it was made.
        var unused = life
        #expect(unused.look(at: after(100), .init()) == .drain(.idle))
        #expect(life.look(at: after(100), .init(openCalls: 1, calls: 1)) == nil)
        // A long call is none that is idle, nor is one that has just ended.
        #expect(life.look(at: after(200), .init(openCalls: 1, calls: 1)) == nil)
        #expect(life.look(at: after(300), .init(openCalls: 0, calls: 1)) == nil)
        #expect(life.look(at: after(400), .init(openCalls: 0, calls: 1)) == .drain(.idle))
    }

    @Test(arguments: [(0.0, 1_000), (1.0, 1_100), (-1.0, 900)] as [(Double, Int64)])
    func anOldConnectionIsAskedAndThenEnds(jitter: Double, age: Int64) {
        var life = life(
            {
                $0.ageMax = .seconds(1_000)
                $0.ageGrace = .seconds(30)
            }, jitter: jitter)
        _ = life.look(at: start, .init())
        #expect(life.look(at: after(age - 1), .init()) == nil)
        #expect(life.look(at: after(age), .init()) == .drain(.aged))
        #expect(life.look(at: after(age), .init()) == nil)
        #expect(life.look(at: after(age + 29), .init()) == nil)
        #expect(life.look(at: after(age + 30), .init()) == .close(.aged))
        #expect(life.look(at: after(age + 300), .init()) == nil)
    }

    @Test func nothingIsDueBeforeTheNextLook() {
        var life = life {
            $0.ageMax = .seconds(500)
            $0.idleMax = .seconds(120)
            $0.keepalive = RPCKeepalive(
                time: .seconds(60), timeout: .seconds(20), withoutCalls: true)
        }
        var steps: [ConnectionLife.Step] = []
        var looks = 0
        while steps.count < 12, looks < 100 {
            let now = life.nextLook
            #expect(life.look(at: now - .nanoseconds(1), .init(reads: looks)) == nil)
            // Each look reads something, so that the peer is never given up.
            looks += 1
            while let step = life.look(at: now, .init(reads: looks)) { steps.append(step) }
        }
        #expect(steps.contains(.ping) == false)
        #expect(steps.contains(.drain(.idle)))
        #expect(steps.contains(.drain(.aged)))
    }
}

@Suite struct KeepaliveMachineTests {
    private let start = NIODeadline.now()
    private func after(_ seconds: Int64) -> NIODeadline { start + .seconds(seconds) }

    private func machine(withoutCalls: Bool = true) -> KeepaliveMachine {
        KeepaliveMachine(
            RPCKeepalive(time: .seconds(60), timeout: .seconds(20), withoutCalls: withoutCalls),
            now: start)
    }

    @Test func aPeerThatSaysNothingIsAskedAndGivenUp() {
        var machine = machine()
        #expect(machine.nextLook == after(60))
        #expect(machine.look(at: after(59), reads: 0, hasCalls: true) == nil)
        #expect(machine.look(at: after(60), reads: 0, hasCalls: true) == .ping)
        #expect(machine.nextLook == after(80))
        #expect(machine.look(at: after(79), reads: 0, hasCalls: true) == nil)
        #expect(machine.look(at: after(80), reads: 0, hasCalls: true) == .giveUp)
        #expect(machine.nextLook == .distantFuture)
        #expect(machine.look(at: after(300), reads: 0, hasCalls: true) == nil)
    }

    @Test func anyAnswerWillDo() {
        var machine = machine()
        #expect(machine.look(at: after(60), reads: 0, hasCalls: true) == .ping)
        #expect(machine.look(at: after(80), reads: 1, hasCalls: true) == nil)
        // From then on it is silent anew.
        #expect(machine.nextLook == after(140))
        #expect(machine.look(at: after(140), reads: 1, hasCalls: true) == .ping)
    }

    @Test func aPeerThatSpeaksIsNotAsked() {
        var machine = machine()
        for minute in 1...10 {
            let now = after(Int64(minute) * 60)
            #expect(machine.look(at: now, reads: minute, hasCalls: true) == nil)
        }
        #expect(machine.look(at: after(660), reads: 10, hasCalls: true) == .ping)
    }

    @Test func withoutCallsOnlyWhenTold() {
        var machine = machine(withoutCalls: false)
        #expect(machine.look(at: after(60), reads: 0, hasCalls: false) == nil)
        #expect(machine.look(at: after(120), reads: 0, hasCalls: true) == .ping)
        var always = self.machine()
        #expect(always.look(at: after(60), reads: 0, hasCalls: false) == .ping)
    }
}

@Suite struct PingPolicyTests {
    private let start = NIODeadline.now()
    private func after(_ seconds: Int64) -> NIODeadline { start + .seconds(seconds) }

    @Test func twoEarlyPingsAreForgiven() {
        var policy = PingPolicy(interval: .seconds(10), earlyMax: 2)
        check(policy.receivePing(at: start, answers: 0))
        check(policy.receivePing(at: after(1), answers: 0))
        check(policy.receivePing(at: after(2), answers: 0))
        check(!policy.receivePing(at: after(3), answers: 0))
    }

    @Test func pingsInTimeAreNotCounted() {
        var policy = PingPolicy(interval: .seconds(10), earlyMax: 0)
        for count in 0..<10 {
            check(policy.receivePing(at: after(Int64(count) * 10), answers: 0))
        }
        check(!policy.receivePing(at: after(99), answers: 0))
    }

    @Test func answersMakeThemForgotten() {
        var policy = PingPolicy(interval: .seconds(10), earlyMax: 1)
        for count in 0..<10 { check(policy.receivePing(at: start, answers: count / 2)) }
        check(policy.receivePing(at: start, answers: 5))
        check(policy.receivePing(at: start, answers: 5))
        check(!policy.receivePing(at: start, answers: 5))
    }
}
