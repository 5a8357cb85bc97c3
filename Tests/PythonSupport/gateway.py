"""The service over HTTP, as a browser or curl uses it: requests, and streams of server-sent events."""

import http.client
import json
import re
import ssl
import urllib.parse

from process import Server

SECONDS = 30

_PAGE = re.compile(r"the page is at (https?)://([^/]+):(\d+)/")


class HTTPServer(Server):
    """`auditrpc serve` that answers HTTP, too."""

    def __init__(self, data, options=(), environment=None, http="127.0.0.1:0", **named):
        environment = {"AUDITRPC_HTTP": http, **(environment or {})}
        super().__init__(data, options=options, environment=environment, **named)
        match = self.await_line(_PAGE)
        self.scheme, self.http_host = match[1], match[2]
        self.http_port = int(match[3])
        self.url = f"{self.scheme}://{self.http_host}:{self.http_port}"


class Answer:
    """What came back, whole."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        return self.json["error"]


class HTTPClient:
    """One connection, and what is shown with each request."""

    def __init__(self, server, token=None, context=None, headers=None):
        if server.scheme == "https":
            self._connection = http.client.HTTPSConnection(
                server.http_host, server.http_port, timeout=SECONDS, context=context
            )
        else:
            self._connection = http.client.HTTPConnection(
                server.http_host, server.http_port, timeout=SECONDS
            )
        self._headers = dict(headers or {})
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._connection.close()

    def send(self, method, path, body=None, headers=None):
        """The response, whose body has still to be read."""
        self._connection.request(method, path, body, {**self._headers, **(headers or {})})
        return self._connection.getresponse()

    def get(self, path, headers=None, **parameters):
        """Lists are parameters that are repeated."""
        return Answer(self.send("GET", address(path, parameters), headers=headers))

    def post(self, path, value, headers=None):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        headers = {"Content-Type": "application/json", **(headers or {})}
        return Answer(self.send("POST", path, body, headers))

    def record(self, *events, **fields):
        answer = self.post("/v1/events", {"events": list(events), **fields})
        assert answer.status == 200, answer.body
        return answer.json["results"]

    def stream(self, last_event_id=None, **parameters):
        """Server-sent events; the connection is theirs from then on."""
        headers = {"Accept": "text/event-stream"}
        if last_event_id is not None:
            headers["Last-Event-ID"] = str(last_event_id)
        response = self.send("GET", address("/v1/events/stream", parameters), headers=headers)
        if response.status != 200:
            raise Refused(Answer(response))
        assert response.headers["Content-Type"] == "text/event-stream"
        return Stream(response)


class Refused(AssertionError):
    """A stream that did not begin."""

    def __init__(self, answer):
        super().__init__(answer.body)
        self.answer = answer


def address(path, parameters):
    query = urllib.parse.urlencode(parameters, doseq=True)
    return f"{path}?{query}" if query else path


class Message:
    """One dispatched event of a stream."""

    def __init__(self, name, data, id):
        self.name, self.id = name, id
        self.data = json.loads(data)

    def __repr__(self):
        return f"{self.name}#{self.id}: {self.data}"


class Stream:
    """Reads server-sent events as a browser does (WHATWG HTML 9.2.6)."""

    def __init__(self, response):
        self._response = response
        self.last_event_id = ""
        self.comments = []

    def __iter__(self):
        return self

    def __next__(self):
        name, data = "", []
        while True:
            line = self._response.readline()
            if not line:
                raise StopIteration
            line = line.decode().rstrip("\n")
            if not line:
                if data:
                    return Message(name or "message", "\n".join(data), self.last_event_id)
                name = ""
                continue
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "":
                self.comments.append(value)
            elif field == "event":
                name = value
            elif field == "data":
                data.append(value)
            elif field == "id":
                self.last_event_id = value

    def until(self, name):
        """The messages up to the first of that name, that one included."""
        found = []
        for message in self:
            found.append(message)
            if message.name == name:
                return found
        raise AssertionError(f"no {name} in {found}")

    def events(self, count):
        """As many events of the log, without what is said between them."""
        found = []
        while len(found) < count:
            message = next(self, None)
            assert message is not None, f"ended after {found}"
            if message.name == "message":
                found.append(message.data)
        return found


def event(**fields):
    """A valid event in JSON; `fields` replace those of its own."""
    return {
        "event_type": "UPDATE",
        "target": {"type": "SERVICE", "id": "service-1", "name": "Web"},
        "actor": {"type": "USER", "id": "user-1", "name": "Ada"},
        "source": "CONSOLE",
        **fields,
    }


def trusting(authority, certificate=None):
    """TLS of a client that believes an authority, and shows a certificate perhaps."""
    context = ssl.create_default_context(cafile=authority.file)
    if certificate is not None:
        context.load_cert_chain(certificate.certificate, certificate.key)
    return context
