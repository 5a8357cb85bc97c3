import Codec
import Testing

@testable import RPCServices

@Suite("The board of health")
struct HealthBoardTests {
    @Test("says of each service that it serves, until it is told otherwise")
    func statuses() {
        var board = makeBoard()
        #expect(board.statuses == ["": .serving, "a": .serving, "b": .serving])
        _ = board.set(.notServing, of: ["a", "c"])
        #expect(board.statuses == ["": .serving, "a": .notServing, "b": .serving])
        #expect(board.status(of: "c") == nil, "no service appears")
    }

    @Test("has those told that watch a service which changed, and only those")
    func watchers() throws {
        var board = makeBoard()
        let watch = board.watch("a", "x")
        let first = try #require(watch)
        _ = board.watch("b", "y")
        _ = board.watch("unknown", "z")
        let unchanged = board.set(.serving, of: ["a", "b"])
        #expect(unchanged.isEmpty)
        let one = board.set(.notServing, of: ["a", "unknown"])
        let other = board.set(.notServing, of: ["a", "b"])
        #expect(one == ["x"] && other == ["y"])
        board.unwatch(first)
        let left = board.set(.serving, of: ["a", "b"])
        #expect(left == ["y"])
    }

    @Test("takes no more watchers than it may, unknown services counted")
    func limit() throws {
        var board = makeBoard(watchersMax: 3)
        let watch = board.watch("unknown", "x")
        let first = try #require(watch)
        let more = "abc".map { board.watch("a", $0) != nil }
        #expect(more == [true, true, false])
        board.unwatch(first)
        let last = board.watch("a", "d")
        #expect(last != nil)
    }

    @Test("ends with no service that serves, and stays so")
    func end() {
        var board = makeBoard()
        _ = board.watch("a", "x")
        _ = board.watch("b", "y")
        _ = board.set(.notServing, of: ["b"])
        let told = board.end()
        let toldLater = board.set(.serving, of: ["", "a"])
        #expect(told == ["x"] && toldLater.isEmpty)
        #expect(board.statuses.values.allSatisfy { $0 == .notServing })
    }

    private func makeBoard(watchersMax: Int = 100) -> HealthBoard<Character> {
        var board = HealthBoard<Character>(watchersMax: watchersMax)
        board.add(["", "a", "b"])
        return board
    }
}
