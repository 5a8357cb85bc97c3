import Testing

/// `#expect` for what it cannot look into: values that cannot be copied, and mutating functions that return a Bool.
func check(_ holds: Bool, at location: SourceLocation = #_sourceLocation) {
    #expect(holds, sourceLocation: location)
}
