// Pages and live feed of one filter as one list. The feed begins behind the newest event of the first page; where that is
// empty, it begins now, and the page is asked for once more then: nothing falls between the two.

import { isAbort } from "./api.js";
import { EventList, ROWS_MAX } from "./list.js";
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
		this.error = undefined;
		this.unreadable = [];
		this.gaps = [];
		this.scannedThrough = 0;
		this.streamState = { kind: "idle" };
		this.#controller = new AbortController();
		this.#load(true);
	}

	stop() {
		this.#controller?.abort();
		this.#stream?.stop();
		this.#stream = undefined;
		this.loading = false;
	}

	loadMore() {
		if (this.loading || this.error || this.list.complete || this.list.isFull || !this.#controller) return;
		this.#load(false);
	}

	retry() {
		this.error = undefined;
		if (this.list.rows.length === 0 && !this.list.nextPageToken) this.start(this.#parameters);
		else this.#load(false);
	}

	async #page(token, signal) {
		const parameters = new URLSearchParams(this.#parameters);
		parameters.set("page_size", PAGE_SIZE);
		if (token) parameters.set("page_token", token);
		const page = await this.#api.events(parameters, { signal });
		if (page.unreadable) this.unreadable.push(...page.unreadable.slice(0, 100 - this.unreadable.length));
		this.oldestSequence = page.oldest_sequence ?? this.oldestSequence;
		if (page.scanned_through) this.scannedThrough = page.scanned_through;
		return page;
	}

	// A page may be empty and have a next one, so that a long search answers in time: it goes on until it has something.
	async #load(first) {
		const { signal } = this.#controller;
		this.loading = true;
		this.#on.changed();
		try {
			for (;;) {
				const page = await this.#page(first ? "" : this.list.nextPageToken, signal);
				if (signal.aborted) return;
				if (first) this.list.replaceFirstPage(page.events, page.next_page_token);
				else this.list.append(page.events, page.next_page_token);
				first = false;
				if (page.events.length > 0 || this.list.complete) break;
				this.#on.changed();
			}
			this.loading = false;
			if (!this.#stream) this.#follow();
			this.#on.changed();
		} catch (error) {
			if (isAbort(error) || signal.aborted) return;
			this.loading = false;
			this.#failed(error);
		}
	}

	async release() {
		this.paused = false;
		this.scrolled = false;
		if (!this.list.release()) await this.#refetch();
		this.#on.changed();
	}

	/** A table that only grows at its top begins anew: its lower rows are a page away. */
	trim() {
		if (this.list.rows.length > ROWS_MAX && !this.held && !this.list.refetching) this.#refetch();
	}

	async #refetch() {
		const { signal } = this.#controller;
		const { list } = this;
		const missed = list.waitingCount;
		list.beginRefetch();
		try {
			const page = await this.#page("", signal);
			if (!signal.aborted) list.replaceFirstPage(page.events, page.next_page_token);
		} catch (error) {
			if (isAbort(error) || signal.aborted) return;
			list.failRefetch(missed);
			this.#failed(error);
		}
		this.#on.changed();
	}

	#failed(error) {
		if (error.code === "UNAUTHENTICATED") this.#on.denied();
		this.error = error;
		this.#on.changed();
	}

	#follow() {
		const { list } = this;
		const { signal } = this.#controller;
		const fromNow = list.head === 0;
		let asked = false;
		const current = (action) => (...values) => {
			if (!signal.aborted) action(...values);
		};
		this.#stream = new LiveStream(this.#api, this.#parameters, fromNow ? { start: "now" } : { after_sequence: list.head }, {
			events: current((events) => {
				const fresh = list.arrive(events, this.held);
				if (fresh > 0) this.#on.arrived(fresh);
				this.#on.changed();
			}),
			state: current((state) => this.#setStream(state)),
			started: current(() => {
				if (fromNow && !asked) {
					asked = true;
					this.#refetch();
				}
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
		if (this.streamState.kind === "failed" && this.#controller) {
			this.#follow();
		} else this.#stream?.reconnectNow();
	}
}
