// The events of the table, newest first, and those that wait above them. Sequences join pages and feed: an event is taken
// once, wherever it comes from.

export const WAITING_MAX = 1000;
/** Rows beyond which the table does not grow: about 60 MiB of a tab. */
export const ROWS_MAX = 50_000;
const ROWS_KEPT = 1000;

/** What a row shows of an event; the rest is asked for when it is opened. */
export function slim(event) {
	const { snapshot, metadata, context, recorder, ...rest } = event;
	if (rest.change?.length > 600) rest.change = rest.change.slice(0, 600);
	return rest;
}

export class EventList {
	rows = [];
	waiting = [];
	waitingCount = 0;
	/** More waited than are kept: they are asked for anew. */
	overflowed = false;
	refetching = false;
	head = 0;
	nextPageToken = "";
	complete = false;

	/** A first page is asked for anew: from now on what arrives waits for it. */
	beginRefetch() {
		this.refetching = true;
		this.overflowed = false;
		this.waiting = [];
	}

	/** If one was asked for, it did not come: what it would have had is missing, so nothing may be shown above the rows. */
	failRefetch() {
		if (this.refetching) this.#miss(0);
		this.refetching = false;
	}

	/** Older rows may follow; the newest are asked for anew when they are wanted. */
	dropNewest() {
		this.#miss(this.rows.length - ROWS_KEPT);
		this.rows = this.rows.slice(-ROWS_KEPT);
	}

	#miss(number) {
		this.overflowed = true;
		this.waiting = [];
		this.waitingCount = Math.max(1, this.waitingCount + number);
	}

	/** The first page. What came meanwhile by the feed and is newer stands above it, or waits if it is too much. */
	replaceFirstPage(events, nextPageToken) {
		const top = events[0]?.sequence ?? 0;
		this.refetching = false;
		this.rows = events.map(slim);
		if (!this.overflowed) {
			this.rows = [...this.waiting.filter((event) => event.sequence > top).reverse(), ...this.rows];
			this.waiting = [];
			this.waitingCount = 0;
		}
		this.head = Math.max(this.head, top);
		this.#continueAt(nextPageToken);
	}

	append(events, nextPageToken) {
		const last = this.rows.at(-1)?.sequence ?? Infinity;
		for (const event of events) if (event.sequence < last) this.rows.push(slim(event));
		this.head = Math.max(this.head, this.rows[0]?.sequence ?? 0);
		this.#continueAt(nextPageToken);
	}

	#continueAt(nextPageToken) {
		this.nextPageToken = nextPageToken ?? "";
		this.complete = !nextPageToken;
	}

	/** Events of the feed, oldest first; how many of them are new. While they are held they wait. */
	arrive(events, held) {
		const fresh = events.filter((event) => event.sequence > this.head);
		if (fresh.length === 0) return 0;
		this.head = fresh.at(-1).sequence;
		if (held || this.refetching || this.waitingCount > 0) {
			this.waitingCount += fresh.length;
			if (this.overflowed || this.waiting.length + fresh.length > WAITING_MAX) this.#miss(0);
			else this.waiting.push(...fresh.map(slim));
		} else {
			this.rows = [...fresh.map(slim).reverse(), ...this.rows];
		}
		return fresh.length;
	}

	release() {
		// They come with the page that is asked for.
		if (this.refetching) return true;
		if (this.overflowed) return false;
		this.rows = [...this.waiting.reverse(), ...this.rows];
		this.waiting = [];
		this.waitingCount = 0;
		return true;
	}

	get isFull() {
		return this.rows.length >= ROWS_MAX;
	}

	indexOf(sequence) {
		let low = 0;
		let high = this.rows.length - 1;
		while (low <= high) {
			const middle = (low + high) >> 1;
			const found = this.rows[middle].sequence;
			if (found === sequence) return middle;
			if (found > sequence) low = middle + 1;
			else high = middle - 1;
		}
		return -1;
	}
}
