import Codec
import TestSupport
import Testing

@Suite("JSON text")
struct JSONTextTests {
    @Test(
        "that is valid",
        arguments: [
            "null", " true ", "false", "0", "-0", "1.5e+10", "-0.0E-1",
            "123456789012345678901234567890",
            "\"\"", "\"abcdefgh\"", "\"abcdefg\\n\"", #""\u0000\uD83D\uDE00\ud800""#, "\"é€😀\"",
            #""\"\\\/\b\f\n\r\t""#, "[]", "{}", "[ ]", "{ }", "[1,[2,{}],{\"a\":[]}]",
            #"{"a":1,"a":2}"#, "\t\n\r 1", #"{"":{"":""}}"#, "\"\u{7F}\"",
        ])
    func valid(text: String) throws {
        #expect(JSONText.fault(in: Array(text.utf8)) == nil)
        let value = try JSONValue(parsing: Array(text.utf8))
        #expect(try JSONValue(parsing: value.encoded()) == value)
        for formatted in [JSONText.compact(Array(text.utf8)), JSONText.pretty(Array(text.utf8))] {
            #expect(try JSONValue(parsing: formatted) == value)
        }
    }

    @Test(
        "that is not",
        arguments: [
            ("", "it ends too early, at byte 0"), (" ", "it ends too early, at byte 1"),
            ("nul", "it ends too early, at byte 3"), ("nulL", "unexpected 'L' at byte 3"),
            ("NaN", "unexpected 'N' at byte 0"), ("+1", "unexpected '+' at byte 0"),
            ("01", "more after the value at byte 1"), ("1.", "number without digits at byte 2"),
            (".5", "unexpected '.' at byte 0"), ("1e", "number without digits at byte 2"),
            ("-", "number without digits at byte 1"), ("--1", "number without digits at byte 1"),
            ("\"", "it ends too early, at byte 1"),
            ("\"a\nb\"", "control character in a string at byte 2"),
            ("\"\\x\"", "unknown escape at byte 1"), ("\"\\u12G4\"", "unknown escape at byte 1"),
            ("\"\\u12", "it ends too early, at byte 5"), ("\"\\", "it ends too early, at byte 2"),
            ("[1,]", "unexpected ']' at byte 3"), ("[1", "it ends too early, at byte 2"),
            ("[1 2]", "unexpected '2' at byte 3"), ("[", "it ends too early, at byte 1"),
            ("{\"a\"}", "unexpected '}' at byte 4"), ("{\"a\":1,}", "unexpected '}' at byte 7"),
            ("{a:1}", "unexpected 'a' at byte 1"), ("{\"a\":}", "unexpected '}' at byte 5"),
            ("[}", "unexpected '}' at byte 1"), ("{]", "unexpected ']' at byte 1"),
            ("1 1", "more after the value at byte 2"), ("// x", "unexpected '/' at byte 0"),
            ("\u{FEFF}1", "unexpected character at byte 0"),
        ])
    func invalid(text: String, fault: String) {
        #expect(JSONText.fault(in: Array(text.utf8)) == fault)
        #expect(throws: CodecError.self) { try JSONValue(parsing: Array(text.utf8)) }
        // Formatting leaves it alone.
        #expect(JSONText.pretty(Array(text.utf8)) == Array(text.utf8))
    }

    @Test("with a fault behind any number of plain bytes")
    func faultPlaces() {
        for length in 0...20 {
            for (byte, fault) in [
                (UInt8(0xFF), "not UTF-8"), (0x1F, "control character in a string"), (0, "control"),
            ] {
                var text = [UInt8(ascii: "\"")] + [UInt8](repeating: 0x61, count: length)
                #expect(JSONText.fault(in: text + [0x22]) == nil)
                text.append(byte)
                let found = JSONText.fault(in: text + [0x22]) ?? ""
                #expect(found.hasPrefix(fault) && found.hasSuffix("byte \(length + 1)"))
            }
        }
    }

    @Test("nested 128 deep and no more")
    func depth() {
        func nested(_ open: String, _ close: String, _ depth: Int) -> [UInt8] {
            Array(
                (String(repeating: open, count: depth) + "1"
                    + String(repeating: close, count: depth)).utf8)
        }
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            #expect(JSONText.fault(in: nested(open, close, 128)) == nil)
            #expect(JSONText.fault(in: nested(open, close, 129))?.hasPrefix("nested more") == true)
            #expect((try? JSONValue(parsing: nested(open, close, 128))) != nil)
        }
        // The kinds of containers are told apart at every depth.
        #expect(JSONText.fault(in: Array("[{\"a\":[{\"b\":[]}]}]".utf8)) == nil)
        #expect(JSONText.fault(in: Array("[{\"a\":[{\"b\":[]}}]]".utf8)) != nil)
    }

    @Test("is UTF-8 as Swift knows it")
    func utf8() {
        let seed: UInt64 = 0x5EED_0004
        var random = SeededGenerator(seed: seed)
        let leads: [UInt8] = [0x61, 0xC1, 0xC2, 0xDF, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xF5]
        let tails: [UInt8] = [0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0]
        var valid = 0
        for _ in 0..<50_000 {
            var bytes = [leads.randomElement(using: &random)!]
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                bytes.append(tails.randomElement(using: &random)!)
            }
            let isValid = String(validating: bytes, as: UTF8.self) != nil
            if (JSONText.fault(in: [0x22] + bytes + [0x22]) == nil) != isValid {
                Issue.record("seed \(seed): \(bytes)")
            }
            valid += isValid ? 1 : 0
        }
        #expect(valid > 1_000, "seed \(seed)")
    }

    @Test("keeps its strings and numbers when it is formatted")
    func formats() {
        let text = Array(#" { "b" : [ 1.0 , { } , [ ] ] , "a" : "\u00e9 { , }" } "#.utf8)
        #expect(JSONText.compact(text) == Array(#"{"b":[1.0,{},[]],"a":"\u00e9 { , }"}"#.utf8))
        #expect(
            String(decoding: JSONText.pretty(text), as: UTF8.self) == #"""
                {
                  "b": [
                    1.0,
                    {},
                    []
                  ],
                  "a": "\u00e9 { , }"
                }
                """#)
    }

    @Test("gives its values")
    func values() throws {
        let value = try JSONValue(
            parsing: Array(#"{"s":"\u00e9\ud83d\ude00\/","n":12.50,"s":"last","z":null}"#.utf8))
        #expect(value["s"]?.string == "last")
        #expect(value["n"] == .number("12.50"))
        #expect(value["z"] == .null)
        #expect(value["none"] == nil)
        guard case .object(let members) = value else {
            Issue.record("no object")
            return
        }
        #expect(members.map(\.key) == ["s", "n", "s", "z"])
        #expect(members[0].value.string == "é😀/")
    }
}

@Suite("JSON differences")
struct JSONDifferenceTests {
    private func between(_ before: String, _ after: String) -> [String] {
        JSONDifference.between(Array(before.utf8), Array(after.utf8)).map {
            "\($0.kind.name) \($0.path) \($0.before) -> \($0.after)"
        }
    }

    @Test("name the places")
    func places() {
        #expect(between("", "") == [])
        #expect(between("{}", "{ }") == [])
        #expect(between("", "[1, 2]") == ["ADDED   -> [1,2]"])
        #expect(between("1", "") == ["REMOVED  1 -> "])
        #expect(between("1", "1.0") == ["CHANGED  1 -> 1.0"])
        #expect(between(#""\u00e9""#, "\"é\"") == [])
        #expect(between("\"e\u{301}\"", "\"é\"").count == 1)
        #expect(between(#"{"a":1,"b":2}"#, #"{"b":2,"a":1}"#) == [])
        #expect(between(#"{"a":1,"a":2}"#, #"{"a":2}"#) == [])
        #expect(between(#""\ud800""#, #""\ud801""#) == [#"CHANGED  "\ud800" -> "\ud801""#])
        #expect(
            between(#"{"a":{"b~/c":[1,2]},"x":null}"#, #"{"a":{"b~/c":[1,3]},"y":[{}]}"#) == [
                "CHANGED /a/b~0~1c/1 2 -> 3", "REMOVED /x null -> ", "ADDED /y  -> [{}]",
            ])
        #expect(between("[1,2,3,4]", "[1,3,4]") == ["REMOVED /1 2 -> "])
        #expect(between("[1,3,4]", "[1,2,3,4]") == ["ADDED /1  -> 2"])
        #expect(between("[1,1]", "[1,1,1]") == ["ADDED /2  -> 1"])
        #expect(
            between("[0,1,2,9]", "[0,3,9]") == ["CHANGED /1 1 -> 3", "REMOVED /2 2 -> "])
        #expect(between("[1]", "{}") == ["CHANGED  [1] -> {}"])
    }

    @Test("turn the one value into the other")
    func applied() throws {
        let seed: UInt64 = 0x5EED_0005
        var random = SeededGenerator(seed: seed)
        var total = 0
        for _ in 0..<5_000 {
            let before = randomValue(&random, depth: 4)
            let after =
                Bool.random(using: &random)
                ? randomValue(&random, depth: 4) : mutated(before, &random)
            let differences = JSONDifference.between(before.encoded(), after.encoded())
            let result = try apply(differences, to: before)
            if sorted(result) != sorted(after) {
                Issue.record("seed \(seed): \(before) \(after) \(differences)")
            }
            if (sorted(before) == sorted(after)) != differences.isEmpty {
                Issue.record("seed \(seed): \(before) \(after) \(differences)")
            }
            total += differences.count
        }
        #expect(total > 5_000, "seed \(seed)")
    }

    @Test("beyond a thousand become one")
    func bounded() {
        func object(_ count: Int, _ value: String) -> String {
            "{" + (0..<count).map { "\"k\($0)\":\(value)" }.joined(separator: ",") + "}"
        }
        #expect(between(object(1_000, "1"), object(1_000, "2")).count == 1_000)
        let (before, after) = (object(1_001, "1"), object(1_001, "2"))
        #expect(between(before, after) == ["CHANGED  \(before) -> \(after)"])
        // Few differences, but each with a path that is long.
        let key = String(repeating: "k", count: 10_000)
        let long = (0..<200).map(String.init).joined(separator: ",")
        let other = (1...200).map(String.init).joined(separator: ",")
        #expect(between("{\"\(key)\":[\(long)]}", "{\"\(key)\":[\(other),0]}").count == 1)
    }

    @Test("of text that is no JSON are one")
    func noJSON() {
        #expect(between("{", "{") == [])
        #expect(between("{", "1") == ["CHANGED  { -> 1"])
    }

    // MARK: - The oracle

    private func randomValue(_ random: inout SeededGenerator, depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 4), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .number(["1", "1.0", "2"].randomElement(using: &random)!)
        case 3: return .string(["", "a", "é\n"].randomElement(using: &random)!)
        case 4:
            let keys = ["a", "b", "~", "/", "~1", "", "0"].shuffled(using: &random)
            return .object(
                keys.prefix(Int.random(in: 0...4, using: &random)).map {
                    .init($0, randomValue(&random, depth: depth - 1))
                })
        default:
            return .array(
                (0..<Int.random(in: 0...5, using: &random)).map { _ in
                    randomValue(&random, depth: depth - 1)
                })
        }
    }

    private func mutated(_ value: JSONValue, _ random: inout SeededGenerator) -> JSONValue {
        switch value {
        case .array(var elements) where !elements.isEmpty:
            let place = Int.random(in: 0..<elements.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: elements.remove(at: place)
            case 1: elements.insert(randomValue(&random, depth: 1), at: place)
            default: elements[place] = mutated(elements[place], &random)
            }
            return .array(elements)
        case .object(var members) where !members.isEmpty:
            let place = Int.random(in: 0..<members.count, using: &random)
            members[place].value = mutated(members[place].value, &random)
            return .object(members)
        default:
            return randomValue(&random, depth: 1)
        }
    }

    /// In the order that `between` promises: what changed, what was removed, last first, and what
    /// was added.
    private func apply(_ differences: [JSONDifference], to value: JSONValue) throws -> JSONValue {
        var value: JSONValue? = value
        let removed = differences.filter { $0.kind == .removed }.reversed()
        for difference in differences.filter({ $0.kind == .changed }) + removed
            + differences.filter({ $0.kind == .added })
        {
            let path = difference.path.split(separator: "/", omittingEmptySubsequences: false)
                .dropFirst().map { unescaped(String($0)) }
            let new =
                difference.after.isEmpty
                ? nil : try JSONValue(parsing: Array(difference.after.utf8))
            value = try replaced(value, path[...], difference.kind, new)
        }
        return try #require(value)
    }

    private func unescaped(_ token: String) -> String {
        var result = ""
        var token = Substring(token)
        while let character = token.popFirst() {
            result.append(character == "~" ? (token.popFirst() == "1" ? "/" : "~") : character)
        }
        return result
    }

    private func replaced(
        _ value: JSONValue?, _ path: ArraySlice<String>, _ kind: JSONDifference.Kind,
        _ new: JSONValue?
    ) throws -> JSONValue? {
        guard let token = path.first else { return new }
        let rest = path.dropFirst()
        switch try #require(value) {
        case .array(var elements):
            let place = try #require(Int(token))
            if rest.isEmpty, kind == .added {
                elements.insert(try #require(new), at: place)
            } else if let element = try replaced(elements[place], rest, kind, new) {
                elements[place] = element
            } else {
                elements.remove(at: place)
            }
            return .array(elements)
        case .object(var members):
            let place = members.firstIndex { $0.key == token }
            let old = place.map { members[$0].value }
            if let place { members.remove(at: place) }
            if let member = try replaced(old, rest, kind, new) {
                members.append(.init(token, member))
            }
            return .object(members)
        default:
            throw CodecError.malformed("\(token) is in no container")
        }
    }

    private func sorted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements): .array(elements.map(sorted))
        case .object(let members):
            .object(
                members.map { .init($0.key, sorted($0.value)) }.sorted { $0.key < $1.key })
        default: value
        }
    }
}
