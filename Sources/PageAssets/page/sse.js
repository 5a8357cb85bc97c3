// Server-sent events (HTML, section 9.2.6), whose lines end with a line feed here: text goes in, in pieces of any size, messages
// come out. EventSource would do it, but cannot send a token.

export class MessageParser {
	#rest = "";
	#data = [];
	#name = "";
	#id;
	lastId;

	constructor(lastId = "") {
		this.lastId = lastId;
		this.#id = lastId;
	}

	/** Messages `{name, data, id}` that end in this piece. An id without data moves `lastId` and is no message. */
	push(text) {
		const messages = [];
		const lines = (this.#rest + text).split("\n");
		this.#rest = lines.pop();
		for (const line of lines) {
			const message = this.#take(line);
			if (message) messages.push(message);
		}
		return messages;
	}

	#take(line) {
		if (line === "") return this.#dispatch();
		if (line.startsWith(":")) return undefined;
		const colon = line.indexOf(":");
		const field = colon < 0 ? line : line.slice(0, colon);
		let value = colon < 0 ? "" : line.slice(colon + 1);
		if (value.startsWith(" ")) value = value.slice(1);
		if (field === "data") this.#data.push(value);
		else if (field === "event") this.#name = value;
		else if (field === "id" && !value.includes("\0")) this.#id = value;
		return undefined;
	}

	#dispatch() {
		this.lastId = this.#id;
		const data = this.#data;
		const name = this.#name;
		this.#data = [];
		this.#name = "";
		return data.length === 0 ? undefined : { name, data: data.join("\n"), id: this.lastId };
	}
}

/** Milliseconds before attempt 1, 2, 3 ...: growing to half a minute, and spread, so that not all come at once; `least` are seconds. */
export function pauseBefore(attempt, random, least = 0) {
	const longest = Math.min(30_000, 500 * 2 ** (attempt - 1));
	return Math.max(least * 1000, Math.round(longest * (0.5 + random / 2)));
}
