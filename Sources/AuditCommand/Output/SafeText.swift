/// Text of events made safe for a terminal.
///
/// Whoever can record an event chooses its text. Printed as it is, an escape sequence in it could
/// move the cursor, hide lines, or set the window title of the person who reads the log; a
/// bidirectional override could make a line read as something else. Everything that a terminal
/// acts upon is shown as an escape instead.
enum SafeText {
    /// Control and bidirectional characters as `\n`, `\t`, `\u001b`; everything else as it is.
    static func line(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
        var safe = ""
        safe.reserveCapacity(text.utf8.count + 16)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": safe += "\\n"
            case "\r": safe += "\\r"
            case "\t": safe += "\\t"
            case _ where isUnsafe(scalar): safe += escape(scalar)
            default: safe.unicodeScalars.append(scalar)
            }
        }
        return safe
    }

    /// The same JSON value with every such character inside its strings written as `\uXXXX`.
    /// `json` is valid JSON, so that what is below U+0020 is either escaped already or white
    /// space between tokens.
    static func json(_ json: String) -> String {
        guard json.unicodeScalars.contains(where: { isUnsafe($0) && $0.value >= 0x20 }) else {
            return json
        }
        var safe = ""
        for scalar in json.unicodeScalars {
            if isUnsafe(scalar), scalar.value >= 0x20 {
                safe += escape(scalar)
            } else {
                safe.unicodeScalars.append(scalar)
            }
        }
        return safe
    }

    static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F: true
        // Marks and overrides of direction; line and paragraph separators.
        case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
