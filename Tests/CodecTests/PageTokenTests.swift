import AuditModel
import Codec
import Testing

@Suite("Page tokens")
struct PageTokenTests {
    private let query = QueryRequest(
        organizationID: "acme", filter: EventFilter(eventTypes: ["A", "B"]), pageSize: 10)
    private let token = PageToken(next: Sequence(1_234), offset: 5, head: Sequence(.max))

    @Test("come back")
    func roundTrip() throws {
        let text = token.text(for: query)
        #expect(text.utf8.count == 56)
        #expect(try PageToken(text, of: query) == token)
        // The same query in other words, and with another page size.
        var other = query
        other.filter.eventTypes = ["B", "A", "A"]
        other.pageSize = 500
        other.order = .newestFirst
        other.pageToken = text
        #expect(try PageToken(text, of: other) == token)
    }

    @Test("stay the same over versions and processes")
    func pinned() {
        #expect(
            token.text(for: query) == "ArCa2VQ0_np1AAAAAAAABNIAAAAAAAAABf__________ojya5ddWRcYA")
    }

    @Test("of another query are refused")
    func bound() {
        let changes: [(inout QueryRequest) -> Void] = [
            { $0.organizationID = "other" }, { $0.organizationID = "" },
            { $0.filter.eventTypes = ["A"] }, { $0.filter = EventFilter() },
            { $0.order = .oldestFirst },
        ]
        for change in changes {
            var other = query
            change(&other)
            #expect {
                try PageToken(token.text(for: query), of: other)
            } throws: {
                ($0 as? CodecError)
                    == .invalid(
                        "page_token",
                        "is the token of another query: organization, filter and order must be "
                            + "those of the first page")
            }
        }
    }

    @Test("that were changed at any place are refused")
    func tampered() {
        let text = Array(token.text(for: query).utf8)
        func refuses(_ bytes: [UInt8]) -> Bool {
            do throws(CodecError) {
                _ = try PageToken(String(decoding: bytes, as: UTF8.self), of: query)
                return false
            } catch {
                return error == .invalid("page_token", "is not a token that a query gave")
            }
        }
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= \0".utf8)
        for place in text.indices {
            for character in alphabet where character != text[place] {
                var other = text
                other[place] = character
                #expect(refuses(other))
            }
            #expect(refuses(Array(text[..<place])))
        }
        #expect(refuses(text + text))
        #expect(refuses(Array("é".utf8)))
    }
}
