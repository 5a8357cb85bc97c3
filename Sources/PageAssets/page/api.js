// The server's methods over HTTP, as docs/http.md describes them. What goes wrong comes out as one kind of error.

export class CallError extends Error {
	constructor(code, status, message, { violations = [], retryAfter = 0 } = {}) {
		super(message);
		this.name = "CallError";
		this.code = code;
		this.status = status;
		this.violations = violations;
		/** Seconds; 0 when the server does not say. */
		this.retryAfter = retryAfter;
	}

	/** Asking again later may help. */
	get isPassing() {
		return ["UNAVAILABLE", "DISCONNECTED", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED"].includes(this.code);
	}
}

export const DISCONNECTED = "DISCONNECTED";

export function isAbort(error) {
	return error?.name === "AbortError";
}

/** The error that a body of the server tells, or the best that its status says. */
export function errorOf(body, status, retryAfter = 0) {
	const error = body?.error ?? {};
	const code = error.code ?? (status === 401 ? "UNAUTHENTICATED" : status >= 502 && status <= 504 ? "UNAVAILABLE" : "UNKNOWN");
	return new CallError(code, status, error.message ?? `HTTP status ${status}`,
		{ violations: error.violations ?? [], retryAfter });
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
	return JSON.parse(text, (key, value, context) => (
		typeof value === "number" && context?.source !== undefined && /\d{16}|[eE]|\.\d{15}/.test(context.source)
			&& String(value) !== context.source ? new ExactNumber(context.source) : value));
}

export class Api {
	/** `token()` is the secret of the tab, or an empty string. */
	constructor(token) {
		this.token = token;
	}

	headers() {
		const token = this.token();
		return token ? { Authorization: `Bearer ${token}` } : {};
	}

	/** An answer whose body is not read yet; anything but 200 is a CallError. */
	async open(path, { signal, headers = {} } = {}) {
		let response;
		try {
			response = await fetch(path, {
				headers: { ...this.headers(), ...headers }, signal, cache: "no-store", credentials: "same-origin", redirect: "error",
			});
		} catch (error) {
			if (isAbort(error)) throw error;
			throw new CallError(DISCONNECTED, 0, "The server does not answer.");
		}
		if (response.ok) return response;
		const retryAfter = Number(response.headers.get("Retry-After")) || 0;
		const body = await response.json().catch(() => undefined);
		throw errorOf(body, response.status, retryAfter);
	}

	async get(path, parameters, { signal, exact = false } = {}) {
		const query = parameters?.toString();
		const response = await this.open(query ? `${path}?${query}` : path, { signal });
		try {
			const text = await response.text();
			return exact ? parseExactly(text) : JSON.parse(text);
		} catch (error) {
			if (isAbort(error)) throw error;
			throw new CallError(DISCONNECTED, 0, "The answer was cut short.");
		}
	}

	/** One page, or the first. */
	events(parameters, options) {
		return this.get("/v1/events", parameters, options);
	}

	facets(field, parameters, options) {
		return this.get(`/v1/facets/${field}`, parameters, options);
	}
}
