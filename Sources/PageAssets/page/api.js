// The server's methods over HTTP, as docs/http.md describes them. What goes wrong comes out as one kind of error.

export class CallError extends Error {
	/** `retryAfter` are seconds; 0 when the server does not say. */
	constructor(code, message, retryAfter = 0) {
		super(message);
		Object.assign(this, { name: "CallError", code, retryAfter });
	}

	get isPassing() {
		return ["UNAVAILABLE", "DISCONNECTED", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED"].includes(this.code);
	}
}

export const disconnected = (message) => new CallError("DISCONNECTED", message);

/** In place of a controller whose work is overtaken. */
export function renewed(controller) {
	controller?.abort();
	return new AbortController();
}

export function isAbort(error) {
	return error?.name === "AbortError";
}

/** The error that a body of the server tells, or the best that its status says. */
export function errorOf(body, status, retryAfter) {
	const code = { 401: "UNAUTHENTICATED", 502: "UNAVAILABLE", 503: "UNAVAILABLE", 504: "UNAVAILABLE" }[status] ?? "UNKNOWN";
	return new CallError(body?.error?.code ?? code, body?.error?.message ?? `HTTP status ${status}`, retryAfter);
}

/** Numbers that a double cannot hold keep their digits: a log must not round what it shows. */
export class ExactNumber {
	constructor(source) {
		this.source = source;
	}

	toJSON() {
		return JSON.rawJSON ? JSON.rawJSON(this.source) : this.source;
	}
}

export function parseExactly(text) {
	return JSON.parse(text, (key, value, { source = "" } = {}) => (
		typeof value === "number" && /\d{16}|e|\.\d{15}/i.test(source) && String(value) !== source ? new ExactNumber(source) : value));
}

export class Api {
	constructor(token) {
		this.token = token;
	}

	/** An answer whose body is not read yet; anything but 200 is a CallError. */
	async open(path, { signal, headers = {} } = {}) {
		const token = this.token();
		if (token) headers.Authorization = `Bearer ${token}`;
		let response;
		try {
			response = await fetch(path, { headers, signal, cache: "no-store", redirect: "error" });
		} catch (error) {
			throw isAbort(error) ? error : disconnected("The server does not answer.");
		}
		if (response.ok) return response;
		const body = await response.json().catch(() => undefined);
		throw errorOf(body, response.status, Number(response.headers.get("Retry-After")) || 0);
	}

	async get(path, parameters, { signal, exact = false } = {}) {
		const query = parameters?.toString();
		const response = await this.open(query ? `${path}?${query}` : path, { signal });
		try {
			const text = await response.text();
			return exact ? parseExactly(text) : JSON.parse(text);
		} catch (error) {
			throw isAbort(error) ? error : disconnected("The answer was cut short.");
		}
	}

	events(parameters, options) {
		return this.get("/v1/events", parameters, options);
	}

	facets(field, parameters, options) {
		return this.get(`/v1/facets/${field}`, parameters, options);
	}
}
