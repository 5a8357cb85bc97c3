import Access

/// What quotas say to reads and subscriptions. An empty organization is all of them.
extension CallOrigin {
    /// - Throws: `busy`.
    func subscriberPlace(in organization: [UInt8]?) throws(ServiceError) -> SubscriberPlace {
        switch meters.subscriberPlace(in: organization) {
        case .success(let place): return place
        case .failure(let refusal): throw ServiceError(refusal)
        }
    }

    /// - Throws: `busy` when reads before this one took more than the quota.
    func refuseReadOverQuota(of organizationID: String) throws(ServiceError) {
        if let refusal = meters.refusesRead(of: Array(organizationID.utf8), at: .sinceStart) {
            throw ServiceError(refusal)
        }
    }

    /// Charges the time of a read, however it ends.
    ///
    /// - Throws: `busy`, too, when those that it waited behind took more than the quota; what `read` throws.
    func measuringRead<Result>(
        of organizationID: String, _ read: () throws(ServiceError) -> Result
    ) throws(ServiceError) -> Result {
        try refuseReadOverQuota(of: organizationID)
        let start = Duration.sinceStart
        defer {
            let end = Duration.sinceStart
            meters.charge(read: end - start, of: Array(organizationID.utf8), at: end)
        }
        return try read()
    }
}
