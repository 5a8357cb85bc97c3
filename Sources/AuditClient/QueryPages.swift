public import Codec

/// The pages of a query. A page may be empty while others follow: the server works within a
/// budget.
public struct QueryPages: AsyncSequence, Sendable {
    public typealias Element = QueryResponse
    public typealias Failure = AuditClientError

    let client: AuditLogClient
    let request: QueryRequest

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(client: client, request: request)
    }

    public struct AsyncIterator: AsyncIteratorProtocol {
        let client: AuditLogClient
        var request: QueryRequest
        var isComplete = false

        public mutating func next() async throws(AuditClientError) -> QueryResponse? {
            guard !isComplete else { return nil }
            let page = try await client.query(request)
            isComplete = page.nextPageToken.isEmpty
            request.pageToken = page.nextPageToken
            return page
        }
    }
}

/// The events of a query, over all its pages. Use ``AuditLogClient/pages(matching:)`` to learn
/// what could not be read.
public struct QueryEvents: AsyncSequence, Sendable {
    public typealias Element = Event
    public typealias Failure = AuditClientError

    let pages: QueryPages

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(pages: pages.makeAsyncIterator())
    }

    public struct AsyncIterator: AsyncIteratorProtocol {
        var pages: QueryPages.AsyncIterator
        var events: ArraySlice<Event> = []

        public mutating func next() async throws(AuditClientError) -> Event? {
            while events.isEmpty {
                guard let page = try await pages.next() else { return nil }
                events = page.events[...]
            }
            return events.removeFirst()
        }
    }
}
