import Access
import AuditRPC
import Codec
import Logging

/// The methods for quotas.
extension AdministrationEndpoint {
    func registerQuotas(with router: inout RPCRouter) {
        add("SetQuota", to: &router) { (request: SetQuotaRequest, origin) in
            var response = try await waiting { [quotas] () throws(ServiceError) in
                try quotas.set(request, by: origin.caller)
            }
            guard response.before != response.after else { return response }
            let event = QuotaEvent.event(request, response, by: origin.caller)
            logger.notice(
                "a quota changed",
                metadata: [
                    "organization": "\(response.after.organizationID)",
                    "token": "\(response.after.tokenID)", "change": "\(event.change)",
                ])
            response.eventSequence = await tell(of: event, from: origin)
            return response
        }
        add("ListQuotas", to: &router) { (request: ListQuotasRequest, origin) in
            try quotas.list(request, by: origin.caller)
        }
    }
}
