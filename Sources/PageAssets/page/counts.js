// What is counted of a view: the histogram, the totals, and how far back the log reaches.

import { isAbort, renewed } from "./api.js";
import { Histogram } from "./histogram.js";
import { organizationParameters } from "./state.js";
import { durationWords, localTime, moment, parseTime, stamp } from "./time.js";
import { ROWS, TOTAL_FIELDS, Totals } from "./totals.js";

/** While events arrive it is counted anew, but no more often than this. */
const AGAIN_MILLISECONDS = 5000;

export class Counts {
	status;
	/** Events that match; undefined until they are counted. */
	total;
	#api;
	#on;
	#controller = new AbortController();
	#timer;
	#countedAt = 0;
	#oldest;

	constructor(api, histogramPlace, totalsPlace, on) {
		this.#api = api;
		this.#on = on;
		const retry = () => this.count();
		this.histogram = new Histogram(histogramPlace, {
			...on, retry, zoomOut: () => this.#zoomOut(), split: (field) => on.change({ ...on.state(), split_by: field }),
			range: ({ since, until }) => on.change({ ...on.state(), since: stamp(since), until: stamp(until) }),
		});
		this.totals = new Totals(totalsPlace, { ...on, retry });
	}

	/** Counts all; quietly when nothing but time has passed. */
	count({ quiet = false } = {}) {
		this.#controller = renewed(this.#controller);
		clearTimeout(this.#timer);
		this.#timer = undefined;
		this.#countedAt = performance.now();
		if (!quiet) {
			this.total = undefined;
			this.histogram.setStale();
			this.totals.setStale();
			this.#loadStatus();
		}
		this.countHistogram();
		this.#countTotals();
	}

	soon() {
		this.#timer ??= setTimeout(() => {
			this.#timer = undefined;
			if (!document.hidden) this.count({ quiet: true });
		}, Math.max(0, AGAIN_MILLISECONDS - (performance.now() - this.#countedAt)));
	}

	/** Events have arrived; exactly how many match is counted later. */
	add(number) {
		if (this.total !== undefined) this.total += number;
		this.soon();
	}

	/** The colour of an event in the histogram; an empty string for none. */
	colour(event) {
		const { target, actor } = event;
		const field = this.histogram.split;
		return this.histogram.colour({ target_type: target?.type, target_id: target?.id, actor_type: actor?.type, actor_id: actor?.id }[field] ?? event[field]);
	}

	// What was overtaken by another view says nothing.
	async #ask(action, failed) {
		const { signal } = this.#controller;
		try {
			await action(signal);
		} catch (error) {
			if (!isAbort(error) && !signal.aborted) failed(error);
		}
	}

	countHistogram() {
		const { histogram } = this;
		const { split_by: split, since, until } = this.#on.state();
		histogram.setView(split, since !== "" || until !== "");
		return this.#ask(async (signal) => {
			const parameters = this.#on.parameters();
			parameters.set("split_by", split);
			parameters.set("buckets", histogram.buckets);
			const data = await this.#api.get("/v1/histogram", parameters, { signal });
			histogram.show(data);
			if (data.complete !== false) this.total = data.total_count;
			this.#on.changed();
		}, (error) => histogram.fail(error));
	}

	#countTotals() {
		return this.#ask(async (signal) => {
			await Promise.all(TOTAL_FIELDS.map(async ([field]) => {
				const parameters = this.#on.parameters();
				parameters.set("limit", ROWS);
				this.totals.show(field, await this.#api.facets(field, parameters, { signal }), this.#on.state()[field]);
			}));
			this.#on.changed();
		}, (error) => this.totals.fail(error));
	}

	// Who may not ask for the status still sees how old the oldest event is.
	#loadStatus() {
		const organization = organizationParameters(this.#on.state());
		this.#ask(async (signal) => {
			this.status = await this.#api.get("/v1/status", organization, { signal });
			this.#on.changed();
		}, () => { this.status = undefined; });
		this.#ask(async (signal) => {
			const parameters = new URLSearchParams(organization);
			parameters.set("order", "oldest");
			parameters.set("page_size", "1");
			const { events: [oldest] } = await this.#api.events(parameters, { signal });
			this.#oldest = oldest && parseTime(oldest.occurred_at);
			this.#on.changed();
		}, () => { this.#oldest = undefined; });
	}

	keptWords() {
		const { retention } = this.status ?? {};
		const kept = this.status && (retention ? `Kept for ${durationWords(Math.round(Number.parseFloat(retention)))}` : "Kept for ever");
		return [kept, this.#oldest && `Oldest from ${localTime(this.#oldest).slice(0, 16)}`].filter(Boolean).join(". ");
	}

	// Twice the range around the same middle, as far as there is something.
	#zoomOut() {
		const state = this.#on.state();
		const now = new Date();
		const until = moment(state.until, now) ?? now;
		const since = moment(state.since, now) ?? this.#oldest ?? until;
		const half = Math.max(60_000, until - since) / 2;
		const from = new Date(since - half);
		const to = new Date(until.getTime() + half);
		this.#on.change({ ...state, since: this.#oldest && from <= this.#oldest ? "" : stamp(from), until: to >= now ? "" : stamp(to) });
	}
}
