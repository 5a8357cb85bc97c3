import AuditClient
import AuditModel
import Codec
import Glibc

/// Maps files of records and sends them, saying how far it is.
struct CloudTrailImport {
    struct Summary: Hashable, Sendable {
        var read = 0
        var stored = 0
        var alreadyThere = 0
        var refused = 0

        var text: String {
            let ending = refused > 0 ? ", \(refused) refused" : ""
            return "\(read) records read, \(stored) stored, \(alreadyThere) already there\(ending)"
        }
    }

    let mapping: CloudTrailMapping
    let paths: [String]

    /// A file or record that can't be read is named and passed over; the others are stored.
    func run(client: AuditLogClient) async throws -> Summary {
        let complaints = Complaints()
        let uploader = Uploader(client: client, organizationID: "") { batch, results in
            complaints.add(refusalsOf: batch, results)
        }
        let columns = Terminal.columns(STDERR_FILENO)
        var summary = Summary()
        var batch = UploadBatch()
        for (index, path) in paths.enumerated() {
            draw(index, path, summary, columns)
            let records: [JSONValue]
            do throws(CommandError) {
                records = try CloudTrailFiles.records(path: path)
            } catch {
                complaints.add(error.message)
                continue
            }
            for (number, record) in records.enumerated() {
                summary.read += 1
                let origin = "\(SafeText.line(path)): record \(number + 1)"
                do throws(CloudTrailMapping.Fault) {
                    let event = try mapping.event(from: record)
                    batch.append(event, origin: origin, bytes: event.encoded().count)
                } catch {
                    complaints.add("\(origin): \(error.message)")
                    continue
                }
                guard batch.isFull else { continue }
                try await uploader.send(batch)
                batch = UploadBatch()
            }
        }
        try await uploader.send(batch)
        try await uploader.finish()
        draw(paths.count, "", summary, columns)
        if columns != nil { try? StandardStream.error.write("\n") }
        complaints.finish()
        let tally = uploader.tally
        summary.stored = tally.stored
        summary.alreadyThere = tally.duplicates
        summary.refused = complaints.total
        return summary
    }

    private func draw(_ done: Int, _ path: String, _ summary: Summary, _ columns: Int?) {
        guard let columns else { return }
        let line = ProgressBar.line(
            fraction: Double(done) / Double(max(paths.count, 1)),
            text: "\(done)/\(paths.count) files, \(summary.read) records \(path)",
            columns: columns)
        try? StandardStream.error.write(ProgressBar.redraw(line))
    }
}
