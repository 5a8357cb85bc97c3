extension JSONDifference {
    /// How two JSON texts differ in meaning: white space, escapes and the order of members do not
    /// count; of a key that is there twice the last value does. An empty text stands for no value.
    ///
    /// Numbers differ when their texts do, also 1 and 1.0: whoever wrote the second meant to say
    /// something else than the first, and comparing by value would need a precision that JSON does
    /// not have.
    ///
    /// Of an array the equal elements at both ends are left out and the others compared place by
    /// place. Paths of what was removed are places in `before`, of all else places in `after`.
    /// Applied in this order they give `after`: what changed, what was removed, last place first,
    /// and what was added, first place first.
    ///
    /// Past 1,000 differences, or 1 MiB of them, the whole value counts as changed. Text that is
    /// not JSON differs as a whole.
    package static func between(_ before: [UInt8], _ after: [UInt8]) -> [JSONDifference] {
        before.withUnsafeBytes { beforeBytes in
            after.withUnsafeBytes { afterBytes in
                if before.isEmpty || after.isEmpty {
                    if before.isEmpty, after.isEmpty { return [] }
                    return [whole(before, after)]
                }
                guard let beforeTree = JSONTree(beforeBytes), let afterTree = JSONTree(afterBytes)
                else { return before == after ? [] : [whole(before, after)] }
                var comparison = Comparison(before: beforeBytes, after: afterBytes)
                comparison.compare(beforeTree.root, afterTree.root)
                return comparison.isTooLarge ? [whole(before, after)] : comparison.differences
            }
        }
    }

    private static func whole(_ before: [UInt8], _ after: [UInt8]) -> JSONDifference {
        JSONDifference(
            path: "", kind: before.isEmpty ? .added : after.isEmpty ? .removed : .changed,
            before: String(decoding: JSONText.compact(before), as: UTF8.self),
            after: String(decoding: JSONText.compact(after), as: UTF8.self))
    }
}

/// Walks two trees side by side.
private struct Comparison {
    private let before: UnsafeRawBufferPointer
    private let after: UnsafeRawBufferPointer
    /// Of where the walk is, as JSON Pointer text.
    private var path: [UInt8] = []
    private var bytes = 0
    private(set) var differences: [JSONDifference] = []
    private(set) var isTooLarge = false

    init(before: UnsafeRawBufferPointer, after: UnsafeRawBufferPointer) {
        self.before = before
        self.after = after
    }

    /// Recurses as deep as the values are nested, which their scan has bounded.
    mutating func compare(_ left: JSONTree.Node, _ right: JSONTree.Node) {
        guard !isTooLarge, left != right else { return }
        switch (left.kind, right.kind) {
        case (.object(let left), .object(let right)): compare(left, right)
        case (.array(let left), .array(let right)): compare(left, right)
        default: note(.changed, left, right)
        }
    }

    private mutating func compare(_ left: [JSONTree.Member], _ right: [JSONTree.Member]) {
        var place = 0
        for member in left {
            while place < right.count, right[place].comesBefore(member) {
                inside(right[place].key) { $0.note(.added, nil, right[place].value) }
                place += 1
            }
            inside(member.key) { comparison in
                if place < right.count, right[place].key == member.key {
                    comparison.compare(member.value, right[place].value)
                    place += 1
                } else {
                    comparison.note(.removed, member.value, nil)
                }
            }
        }
        for member in right[place...] { inside(member.key) { $0.note(.added, nil, member.value) } }
    }

    private mutating func compare(_ left: [JSONTree.Node], _ right: [JSONTree.Node]) {
        let shorter = min(left.count, right.count)
        var start = 0
        while start < shorter, left[start] == right[start] { start += 1 }
        var tail = 0
        while tail < shorter - start,
            left[left.count - 1 - tail] == right[right.count - 1 - tail]
        {
            tail += 1
        }
        for place in start..<(max(left.count, right.count) - tail) {
            inside(Array(String(place).utf8)) { comparison in
                if place >= right.count - tail {
                    comparison.note(.removed, left[place], nil)
                } else if place >= left.count - tail {
                    comparison.note(.added, nil, right[place])
                } else {
                    comparison.compare(left[place], right[place])
                }
            }
        }
    }

    /// RFC 6901, section 3: "~" and "/" of a key are escaped.
    private mutating func inside(_ key: [UInt8], _ body: (inout Comparison) -> Void) {
        let outer = path.count
        path.append(UInt8(ascii: "/"))
        for byte in key {
            switch byte {
            case UInt8(ascii: "~"): path.append(contentsOf: "~0".utf8)
            case UInt8(ascii: "/"): path.append(contentsOf: "~1".utf8)
            default: path.append(byte)
            }
        }
        body(&self)
        path.removeSubrange(outer...)
    }

    private mutating func note(
        _ kind: JSONDifference.Kind, _ left: JSONTree.Node?, _ right: JSONTree.Node?
    ) {
        // Counted before the texts are made.
        bytes += path.count + (left?.range.count ?? 0) + (right?.range.count ?? 0)
        guard differences.count < Limits.differencesMax, bytes <= Limits.differenceBytesMax else {
            isTooLarge = true
            return
        }
        differences.append(
            JSONDifference(
                path: String(decoding: path, as: UTF8.self), kind: kind,
                before: left.map { text(before, $0) } ?? "",
                after: right.map { text(after, $0) } ?? ""))
    }

    private func text(_ bytes: UnsafeRawBufferPointer, _ node: JSONTree.Node) -> String {
        String(decoding: JSONText.compact([UInt8](bytes[node.range])), as: UTF8.self)
    }
}
