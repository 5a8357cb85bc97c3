// The live feed of one filter over any number of connections: each goes on behind the last id of the one before. It ends
// when it is stopped, or the server says something that waiting cannot mend.

import { CallError, disconnected, errorOf, isAbort } from "./api.js";
import { MessageParser, pauseBefore } from "./sse.js";

/** The server speaks every ten seconds; a connection that is silent for longer than three of them is dead. */
const SILENCE_MILLISECONDS = 35_000;
const PROGRESS = "10s";

export class LiveStream {
	#api;
	#parameters;
	#on;
	#stopped = false;
	#controller;
	#lastId;
	#attempt = 0;
	#wake;

	/** `start`: `{after_sequence}` or `{start: "now"}`. `on`: `events(list)`, `state({kind})`, `started(fromNow)`, `gap(data)`, `failed(error)`. */
	constructor(api, parameters, start, on) {
		this.#api = api;
		this.#parameters = new URLSearchParams(parameters);
		for (const [name, value] of Object.entries(start)) this.#parameters.set(name, value);
		this.#parameters.set("progress", PROGRESS);
		this.#lastId = String(start.after_sequence ?? "");
		this.#on = on;
		this.#run();
	}

	stop() {
		this.#stopped = true;
		this.#controller?.abort();
		this.#wake?.();
	}

	reconnectNow() {
		this.#wake?.();
	}

	async #run() {
		while (!this.#stopped) {
			this.#on.state({ kind: this.#attempt === 0 ? "connecting" : "reconnecting" });
			let error;
			try {
				await this.#connect();
				error = disconnected("The connection was closed.");
			} catch (caught) {
				error = isAbort(caught) ? disconnected("The connection was silent.") : caught;
			}
			if (this.#stopped) return;
			if (!(error instanceof CallError) || !error.isPassing) {
				this.#stopped = true;
				this.#on.failed(error);
				return;
			}
			this.#attempt += 1;
			const pause = pauseBefore(this.#attempt, Math.random(), error.retryAfter);
			this.#on.state({ kind: "disconnected", until: Date.now() + pause, error });
			await this.#sleep(pause);
		}
	}

	#sleep(milliseconds) {
		return new Promise((resolve) => {
			const timer = setTimeout(resolve, milliseconds);
			this.#wake = () => {
				clearTimeout(timer);
				resolve();
			};
		});
	}

	async #connect() {
		this.#controller = new AbortController();
		const headers = { Accept: "text/event-stream" };
		if (this.#lastId !== "") headers["Last-Event-ID"] = this.#lastId;
		let silence = setTimeout(() => this.#controller.abort(), SILENCE_MILLISECONDS);
		try {
			const response = await this.#api.open(`/v1/events/stream?${this.#parameters}`, { signal: this.#controller.signal, headers });
			const parser = new MessageParser(this.#lastId);
			const decoder = new TextDecoder();
			const reader = response.body.getReader();
			for (;;) {
				const piece = await reader.read().catch((error) => {
					throw isAbort(error) ? error : disconnected("The connection was lost.");
				});
				if (this.#stopped || piece.done) return;
				clearTimeout(silence);
				silence = setTimeout(() => this.#controller.abort(), SILENCE_MILLISECONDS);
				this.#take(parser.push(decoder.decode(piece.value, { stream: true })));
				this.#lastId = parser.lastId || this.#lastId;
			}
		} finally {
			clearTimeout(silence);
			// A connection that is left open would count as a subscriber.
			this.#controller.abort();
		}
	}

	#take(messages) {
		const events = [];
		const deliver = () => {
			if (events.length > 0) this.#on.events(events.splice(0));
		};
		for (const { name, data } of messages) {
			if (name === "" || name === "message") {
				events.push(JSON.parse(data));
				continue;
			}
			deliver();
			const value = JSON.parse(data);
			if (name === "started") {
				this.#attempt = 0;
				this.#on.started(this.#lastId === "");
				this.#on.state({ kind: "catching-up", behind: false });
			} else if (name === "caught_up") this.#on.state({ kind: "live" });
			else if (name === "fell_behind") this.#on.state({ kind: "catching-up", behind: true });
			else if (name === "gap") this.#on.gap(value);
			else if (name === "end") throw errorOf({ error: value }, value.status, Number.parseFloat(value.retry_after) || 0);
		}
		deliver();
	}
}
