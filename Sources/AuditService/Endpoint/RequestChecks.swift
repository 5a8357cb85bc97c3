import AuditModel
import Codec

/// The limits of read requests that their own types do not check; a violation names its field.
extension QueryRequest {
    func check() throws(CodecError) {
        try organizationID.checkOrganization()
        try filter.validate()
        guard pageSize >= 0 else {
            throw .invalid("page_size", "\(pageSize) is negative; 0 means 100, at most 1,000")
        }
    }
}

extension SubscribeRequest {
    func check() throws(CodecError) {
        try organizationID.checkOrganization()
        try filter.validate()
        if let progressInterval {
            guard progressInterval >= .milliseconds(100), progressInterval <= .seconds(300) else {
                throw .invalid("progress_interval", "is not between 0.1 and 300 seconds")
            }
        }
    }
}

extension ListFacetsRequest {
    func check() throws(CodecError) {
        try organizationID.checkOrganization()
        try filter.validate()
        guard field != .unspecified else {
            throw .invalid("field", "is required: the field whose values to list")
        }
        guard limit >= 0 else {
            throw .invalid("limit", "\(limit) is negative; 0 means 100, at most 1,000")
        }
    }
}

extension GetEventRequest {
    func check() throws(CodecError) {
        try organizationID.checkOrganization()
    }
}

extension String {
    fileprivate func checkOrganization() throws(CodecError) {
        guard utf8.count <= 128 else {
            throw .invalid("organization_id", "has \(utf8.count) bytes; at most 128 are allowed")
        }
    }
}
