import AuditModel

/// Saves how far a feed has been printed: seldom enough for a fast feed, soon enough for a slow
/// one, and never ahead of what is printed.
actor PositionKeeper {
    private let file: ResumeFile
    /// Puts what was printed on stable storage: a position must not survive a crash that its
    /// events do not.
    private let syncOutput: @Sendable () throws -> Void
    private let pause: Duration
    private var unsaved: AuditModel.Sequence?
    /// Runs from a save to the end of the pause behind it.
    private var pausing: Task<Void, Never>?
    /// Of a save that nobody waited for; thrown to the next who comes.
    private var failure: (any Error)?

    /// - Parameter pause: between two saves at least; the last one is made by `finish`.
    init(
        file: ResumeFile, pause: Duration = Limits.positionPause,
        syncOutput: @escaping @Sendable () throws -> Void
    ) {
        self.file = file
        self.pause = pause
        self.syncOutput = syncOutput
    }

    /// Everything up to `sequence` has been printed.
    func printed(upTo sequence: AuditModel.Sequence) throws {
        if let failure { throw failure }
        unsaved = sequence
        guard pausing == nil else { return }
        try save()
        beginPause()
    }

    /// Saves what is not saved yet.
    func finish() throws {
        pausing?.cancel()
        pausing = nil
        if let failure { throw failure }
        try save()
    }

    private func beginPause() {
        pausing = Task { [pause] in
            do { try await Task.sleep(for: pause) } catch { return }
            endPause()
        }
    }

    private func endPause() {
        // `finish` may have come while this waited for its turn.
        guard pausing != nil, !Task.isCancelled else { return }
        pausing = nil
        guard unsaved != nil else { return }
        do {
            try save()
            beginPause()
        } catch {
            failure = error
        }
    }

    private func save() throws {
        guard let sequence = unsaved else { return }
        try syncOutput()
        try file.save(sequence)
        unsaved = nil
    }
}
