import AuditModel
import Codec
package import EventStore

/// Which fields of an event the store indexes, and how: the same values that a filter names and that
/// facets count. The numbers are those of the contract, and on disk: none is ever used anew.
package enum EventTerms {
    /// Goes up with every change of what `IndexTerms.visit` finds in an event. Segments of an older
    /// one are searched event by event until upkeep has indexed them anew.
    static let version: UInt32 = 1

    /// For `StoreConfiguration.terms`.
    package static let extractor = TermExtractor(version: version) { event, report in
        IndexTerms.visit(event.payload) { term in
            report(number(of: term.field), term.value, term.type)
        }
    }

    static func number(of field: FacetField) -> UInt8 { UInt8(field.rawValue) }

    static func term(_ field: FacetField, _ value: String, type: String? = nil) -> EventTerm {
        EventTerm(
            field: number(of: field), value: Array(value.utf8),
            qualifier: type.map { Array($0.utf8) })
    }
}
