/// What is wrong with a file that says who may do what: its tokens, its rules, its keys. Names no secret.
package struct AccessFileError: Error, Hashable {
    package var reason: String

    package init(_ reason: String) { self.reason = reason }
}
