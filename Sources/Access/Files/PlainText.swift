/// Text from outside that goes into events and logs: not empty, bounded, on one line.
struct PlainText {
    let text: String

    /// Nil for what is empty, longer than `bytesMax`, or has a control character, NUL and line ends among them.
    init?(_ text: String, bytesMax: Int) {
        guard (1...bytesMax).contains(text.utf8.count),
            text.unicodeScalars.allSatisfy({ $0.properties.generalCategory.isPlain })
        else { return nil }
        self.text = text
    }
}

extension Unicode.GeneralCategory {
    /// Neither a control character nor one that changes how those around it are shown.
    fileprivate var isPlain: Bool {
        switch self {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: false
        default: true
        }
    }
}

extension String {
    /// The same bytes: Swift compares what strings look like, and two spellings of one text are two names.
    func isExactly(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
