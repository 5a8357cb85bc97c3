import Codec

/// JSON texts: as snapshots, whose differences are shown, and as lines of events.
///
/// Input: where the second text begins, and both.
@Sendable
func fuzzJSON(_ bytes: UnsafeRawBufferPointer) throws {
    var input = FuzzInput(bytes)
    let split = Int(input.byte())
    let before = Array(input.take(split))
    let after = Array(input.rest)
    try checkText(before)
    try checkText(after)
    try promise(JSONDifference.between(after, after).isEmpty, "a text differs from itself")
    let there = JSONDifference.between(before, after)
    let back = JSONDifference.between(after, before)
    try promise(there.isEmpty == back.isEmpty, "\(there) one way, \(back) the other")
}

private func checkText(_ text: [UInt8]) throws {
    let value = try? JSONValue(parsing: text)
    let isValid = JSONText.fault(in: text) == nil
    try promise(isValid == (value != nil), "the scanner and the parser differ")
    let compact = JSONText.compact(text)
    let pretty = JSONText.pretty(text)
    if let value {
        try promise(JSONText.compact(compact) == compact, "compact is not compact")
        try promise(JSONText.compact(pretty) == compact, "pretty says something else")
        let written = try JSONValue(parsing: value.encoded())
        try promise(written == value, "a value was written as another")
        let read = try JSONValue(parsing: pretty)
        try promise(read == value, "pretty has another value")
        try promise(JSONDifference.between(text, pretty).isEmpty, "pretty differs in meaning")
    } else {
        try promise(compact == text && pretty == text, "what is not JSON was changed")
    }
    guard let event = try? Event(json: text) else { return }
    // A snapshot that is not JSON cannot be said in JSON.
    guard event.snapshot.isEmpty || JSONText.fault(in: event.snapshot) == nil else { return }
    let again = try Event(json: event.json())
    try promise(again.encoded() == event.encoded(), "\(event) became \(again)")
}
