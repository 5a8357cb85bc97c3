import Codec
import Testing

@testable import Access

@Suite("The book of quotas")
struct QuotaBookTests {
    private func book() -> QuotaBook {
        var book = QuotaBook()
        #expect(book.set(Quota(eventsPerSecond: 5), for: .standard) == true)
        #expect(book.set(.unlimited, for: .organization(named: "free")) == true)
        #expect(
            book.set(
                Quota(
                    eventsPerSecond: .max, bytesPerDay: .max, subscribers: .max,
                    queryMillisPerSecond: .max), for: .organization(named: "caf\u{e9}")) == true)
        #expect(book.set(Quota(subscribers: 1), for: .organization(named: "cafe\u{301}")) == true)
        #expect(book.set(Quota(queryMillisPerSecond: 9), for: .token("3f2a9c01b7de")) == true)
        return book
    }

    @Test("a file holds all of it")
    func aFileHoldsAllOfIt() throws {
        #expect(try QuotaBook(json: book().json) == book())
        #expect(try QuotaBook(json: QuotaBook().json) == QuotaBook())
    }

    @Test("a file that is not whole is refused")
    func aFileThatIsNotWholeIsRefused() {
        let text = String(decoding: book().json, as: UTF8.self)
        for (part, instead) in [
            ("\"version\":1", "\"version\":2"), ("\"organizations\"", "\"groups\""),
            ("\"tokens\"", "\"keys\""), ("\"id\":\"free\"", "\"id\":\"\""),
            ("\"id\":\"free\"", "\"id\":\"caf\u{e9}\""), ("\"id\":\"free\",", ""),
            ("\"quota\":{}", "\"quota\":7"), (",\"quota\":{}", ""),
            ("\"events_per_second\":5", "\"events_per_second\":-5"),
            ("\"events_per_second\":5", "\"events_per_second\":\"5\""),
            ("\"events_per_second\":5", "\"events_per_second\":4294967296"), ("]", "}"),
        ] {
            let changed = text.replacing(part, with: instead, maxReplacements: 1)
            #expect(changed != text, "\(part)")
            #expect(throws: AccessFileError.self, "\(part) -> \(instead)") {
                try QuotaBook(json: Array(changed.utf8))
            }
        }
    }

    @Test("an organization has its own quota, or the default one; a token its own alone")
    func whatIsInForce() {
        let book = book()
        #expect(book.inForce(for: .organization(named: "acme")) == Quota(eventsPerSecond: 5))
        #expect(book.inForce(for: .organization(named: "free")) == .unlimited)
        #expect(book.inForce(for: .token("ffffffffffff")) == .unlimited)
        #expect(book.inForce(for: .token("3f2a9c01b7de")).queryMillisPerSecond == 9)
    }

    @Test("there are so many at most, and one that is there can be changed still")
    func thereAreSoManyAtMost() {
        var book = QuotaBook()
        // One expectation each would take longer than all else.
        let set = (0..<AccessLimits.quotasMax).count { book.set(.unlimited, for: .token("\($0)")) }
        #expect(set == AccessLimits.quotasMax)
        #expect(book.set(.unlimited, for: .standard) == false)
        #expect(book.set(Quota(subscribers: 1), for: .token("7")) == true)
        #expect(book.set(nil, for: .token("8")) == true)
        #expect(book.set(.unlimited, for: .standard) == true)
        book.keepTokens { $0 == "7" }
        #expect(book.quotas == [.token("7"): Quota(subscribers: 1), .standard: .unlimited])
    }

    @Test("pages come in order and go on where they ended, whatever the names")
    func pagesComeInOrder() {
        let names = ["", "\u{301}x", "a", "acme", "cafe\u{301}", "caf\u{e9}", "z"]
        let subjects =
            ([.standard, .token("1"), .token("2")]
            + names.map { QuotaSubject.organization(named: $0) }).shuffled().sorted()
        #expect(subjects.first == .standard && subjects.last == .token("2"))
        var token = ""
        for subject in subjects {
            #expect(subjects.first { $0.isBehind(pageToken: token) } == subject)
            token = subject.pageToken
        }
        #expect(!subjects.contains { $0.isBehind(pageToken: token) })
    }
}
