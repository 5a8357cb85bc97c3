// Pages and live feed of one filter as one list. The feed begins behind the newest event of the first page; where that is
// empty, it begins now, and the page is asked for once more then: nothing falls between the two.

import { renewed } from "./api.js";
import { EventList, ROWS_MAX } from "./list.js";
import { pauseBefore } from "./sse.js";
import { LiveStream } from "./stream.js";

const PAGE_SIZE = "100";

export class Feed {
	list = new EventList();
	paused = false;
	/** The table is scrolled: what arrives would move it. */
	scrolled = false;
	loading = false;
	error;
	streamState = { kind: "idle" };
	unreadable = [];
	gaps = [];
	scannedThrough = 0;
	oldestSequence = 0;
	#api;
	#on;
	#parameters;
	#controller;
	#pages;
	#again;
	#stream;

	/** `on`: `changed` after anything, `arrived(count)`, `denied`, `reached` when a connection begins. */
	constructor(api, on) {
		this.#api = api;
		this.#on = on;
	}

	get held() {
		return this.paused || this.scrolled;
	}

	start(parameters) {
		this.stop();
		this.#parameters = parameters;
		this.list = new EventList();
		this.unreadable = [];
		this.gaps = [];
		this.scannedThrough = 0;
		this.streamState = { kind: "idle" };
		this.#controller = new AbortController();
		this.#load(true);
	}

	stop() {
		this.#controller?.abort();
		this.#pages?.abort();
		this.#stream?.stop();
		this.#stream = undefined;
	}

	loadMore() {
		const { list } = this;
		if (this.loading || this.error || list.refetching || list.complete || list.isFull || !this.#controller) return;
		this.#load(false);
	}

	/** A full table goes on with older rows, in place of the newest. */
	further() {
		this.list.dropNewest();
		this.loadMore();
	}

	retry() {
		this.#again();
	}

	// What begins overtakes what runs, which would join where the list has no end any more.
	async #ask(work, loading) {
		this.#again = () => this.#ask(work, loading);
		this.#pages = renewed(this.#pages);
		const { signal } = this.#pages;
		this.loading = loading;
		this.error = undefined;
		this.#on.changed();
		try {
			await work(signal);
		} catch (error) {
			if (signal.aborted) return;
			this.list.failRefetch();
			this.#failed(error);
		}
		if (signal.aborted) return;
		this.loading = false;
		if (!this.#stream && !this.error && this.streamState.kind !== "resting") this.#follow();
		this.#on.changed();
	}

	/** A page, asked for again while what fails may pass. */
	async #page(token, signal) {
		const parameters = new URLSearchParams(this.#parameters);
		parameters.set("page_size", PAGE_SIZE);
		if (token) parameters.set("page_token", token);
		const { loading } = this;
		for (let attempt = 1; ; attempt += 1) {
			try {
				const page = await this.#api.events(parameters, { signal });
				signal.throwIfAborted();
				this.error = undefined;
				if (page.unreadable) this.unreadable.push(...page.unreadable.slice(0, 100 - this.unreadable.length));
				this.oldestSequence = page.oldest_sequence ?? this.oldestSequence;
				if (page.scanned_through) this.scannedThrough = page.scanned_through;
				return page;
			} catch (error) {
				// The same question takes as long again.
				if (signal.aborted || !error.isPassing || error.code === "DEADLINE_EXCEEDED") throw error;
				const pause = pauseBefore(attempt, Math.random(), error.retryAfter);
				this.loading = false;
				if (!this.#stream) this.streamState = { kind: "disconnected", until: Date.now() + pause, error };
				this.#failed(error);
				await new Promise((resolve) => { setTimeout(resolve, pause); });
				signal.throwIfAborted();
				this.loading = loading;
				if (!this.#stream) this.#setStream({ kind: "idle" });
			}
		}
	}

	// A page may be empty and have a next one, so that a long search answers in time: it goes on until it has something.
	#load(first) {
		return this.#ask(async (signal) => {
			const { list } = this;
			for (;;) {
				const page = await this.#page(first ? "" : list.nextPageToken, signal);
				if (first) list.replaceFirstPage(page.events, page.next_page_token);
				else list.append(page.events, page.next_page_token);
				first = false;
				if (page.events.length > 0 || list.complete) break;
				this.#on.changed();
			}
		}, true);
	}

	async release() {
		this.paused = false;
		this.scrolled = false;
		if (!this.list.release()) await this.#refetch();
		this.#on.changed();
	}

	/** A table that only grows at its top begins anew: its lower rows are a page away. */
	trim() {
		if (this.list.rows.length > ROWS_MAX && !this.held && !this.list.refetching && !this.error) this.#refetch();
	}

	#refetch() {
		return this.#ask(async (signal) => {
			const { list } = this;
			list.beginRefetch();
			const page = await this.#page("", signal);
			list.replaceFirstPage(page.events, page.next_page_token);
		}, false);
	}

	#failed(error) {
		if (error.code === "UNAUTHENTICATED") this.#on.denied();
		this.error = error;
		this.#on.changed();
	}

	#follow() {
		const { list } = this;
		const { signal } = this.#controller;
		const current = (action) => (...values) => {
			if (!signal.aborted) action(...values);
		};
		this.#stream = new LiveStream(this.#api, this.#parameters, list.head > 0 ? { after_sequence: list.head } : { start: "now" }, {
			events: current((events) => {
				const fresh = list.arrive(events, this.held);
				if (fresh > 0) this.#on.arrived(fresh);
				this.#on.changed();
			}),
			state: current((state) => this.#setStream(state)),
			started: current((fromNow) => {
				if (fromNow) this.#refetch();
				this.#on.reached();
			}),
			gap: current((gap) => {
				this.gaps = [...this.gaps.slice(-9), gap];
				this.#on.changed();
			}),
			failed: current((error) => this.#streamFailed(error)),
		});
	}

	#streamFailed(error) {
		// The log is another one (it was restored, or emptied): all is begun anew.
		if (error.code === "OUT_OF_RANGE") return this.start(this.#parameters);
		if (error.code === "UNAUTHENTICATED") this.#on.denied();
		return this.#setStream({ kind: "failed", error });
	}

	#setStream(state) {
		this.streamState = state;
		this.#on.changed();
	}

	/** Lets go of the connection; what is recorded meanwhile comes when it wakes. */
	rest() {
		if (this.streamState.kind === "failed" || !this.#stream) return;
		this.#stream.stop();
		this.#stream = undefined;
		this.#setStream({ kind: "resting" });
	}

	wake() {
		if (this.streamState.kind === "resting") this.#follow();
	}

	reconnectNow() {
		if (this.streamState.kind === "failed") this.#follow();
		else if (this.#stream) this.#stream.reconnectNow();
		else if (this.error) this.retry();
	}
}
