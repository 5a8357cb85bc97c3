// Events over time, coloured by one field. A drag sets the range; so do the arrow keys and Enter.

import { button, count, make, makeSVG, plural, renew, shortCount, swatch } from "./dom.js";
import { plain, shown } from "./text.js";
import { hideHint, showHint } from "./hint.js";
import { bucketAt, niceCeiling, rangeOf, stackedPaths, ticks } from "./chart.js";
import { durationWords, localTime } from "./time.js";
import { FIELD_WORDS, trouble, valueWords } from "./words.js";
import { SPLIT_FIELDS } from "./state.js";

const LEFT = 34;
const BOTTOM = 16;
const TOP = 6;
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const OUTCOME_COLOURS = { SUCCESS: "var(--c5)", FAILURE: "var(--c3)", DENIED: "var(--bad)" };

export class Histogram {
	#on;
	#data;
	#split = "event_type";
	#colours = new Map();
	#cursor;
	#anchor;
	#drag;

	constructor(place, on) {
		this.#on = on;
		this.select = make("select", { "aria-label": "Colour the histogram by", onchange: () => on.split(this.select.value) },
			SPLIT_FIELDS.map((field) => make("option", { value: field }, FIELD_WORDS[field])));
		this.chart = make("div.chart", { tabindex: 0, role: "application", "aria-roledescription": "histogram",
			"aria-label": "Events over time. Left and right move, with shift they choose a range, Enter zooms in, Backspace zooms out.",
		});
		this.legend = make("div.legend");
		this.note = make("span.muted");
		this.out = button("quiet", () => on.zoomOut(), "Zoom out");
		place.replaceChildren(make("header", make("h2", "Events over time"), this.note, make("span.spring"), this.out, make("label", "Colour", this.select)), this.chart, this.legend);
		new ResizeObserver(() => this.#draw()).observe(this.chart);
		this.#listen();
	}

	get buckets() {
		return Math.max(20, Math.min(120, Math.floor((this.chart.clientWidth - LEFT) / 8) || 60));
	}

	setView(split, isZoomed) {
		this.#split = this.select.value = split;
		this.out.hidden = !isZoomed;
	}

	setStale() {
		this.chart.classList.add("stale");
	}

	colour(value) {
		return this.#data ? this.#colours.get(value) ?? "var(--rest)" : "";
	}

	get split() {
		return this.#split;
	}

	show(data) {
		this.#data = data;
		this.#cursor = this.#anchor = undefined;
		this.#colours = new Map((data.series ?? []).map(({ value }, place) => [
			value, data.split_by === "outcome" ? OUTCOME_COLOURS[value] ?? "var(--rest)" : `var(--c${place % 8})`,
		]));
		this.chart.classList.remove("stale");
		this.note.textContent = data.complete === false ? "incomplete: counting ended at its limit, narrow the range" : "";
		this.#draw();
		this.#drawLegend();
	}

	fail(error) {
		this.#data = undefined;
		this.chart.classList.remove("stale");
		this.chart.replaceChildren(make("div.chart-say", trouble(error, () => this.#on.retry())));
		this.legend.replaceChildren();
	}

	#draw() {
		if (!this.#data) return;
		const data = this.#data;
		const width = Math.max(50, this.chart.clientWidth - LEFT);
		const height = Math.max(20, this.chart.clientHeight - BOTTOM - TOP);
		const highest = niceCeiling(Math.max(0, ...data.counts));
		const start = Date.parse(data.start);
		const bucketSeconds = Number.parseFloat(data.bucket);
		const end = start + data.counts.length * bucketSeconds * 1000;
		this.geometry = { width, height, start, bucketSeconds, length: data.counts.length };
		const plot = makeSVG("g", { transform: `translate(${LEFT} ${TOP})` });
		for (const share of [0, 0.5, 1]) {
			const y = Math.round(height - share * height) + 0.5;
			plot.append(makeSVG("line.grid", { x1: 0, x2: width, y1: y, y2: y }));
			if (Number.isInteger(share * highest)) plot.append(makeSVG("text", { x: -6, y: y + 3.5, "text-anchor": "end" }, shortCount(share * highest)));
		}
		const offset = -new Date(start).getTimezoneOffset() * 60;
		const { step, times } = ticks(start, end, Math.max(2, Math.floor(width / 90)), offset);
		for (const time of times) {
			const x = ((time - start) / (end - start)) * width;
			if (x > width - 20) continue;
			plot.append(makeSVG("text", { x, y: height + 13, "text-anchor": x < 20 ? "start" : "middle" }, tickWords(new Date(time), step)));
		}
		const entries = this.#entries();
		stackedPaths(entries.map(({ counts }) => counts), { width, height, highest })
			.forEach((d, place) => d && plot.append(makeSVG("path", { d, fill: entries[place].colour })));
		this.overlay = makeSVG("g");
		plot.append(this.overlay);
		this.chart.replaceChildren(makeSVG("svg", { "aria-hidden": "true" }, plot));
		if (data.total_count === 0) this.chart.append(make("div.chart-say", "Nothing in this range"));
		this.#drawOverlay();
	}

	/** The values with their names, colours and counts, the rest last; `number` is what is in the buckets from `low` to `high`. */
	#entries(low = 0, high = Infinity) {
		const { series = [], other_counts: others, counts: all } = this.#data;
		const entries = series.map(({ value, counts }) => ({ value, name: valueWords(this.#split, value).name, colour: this.#colours.get(value), counts }));
		if (others || series.length === 0) entries.push({ name: "other", colour: "var(--rest)", counts: others ?? all });
		for (const entry of entries) entry.number = sum(entry.counts.slice(low, high + 1));
		return entries;
	}

	#drawLegend() {
		renew(this.legend, this.#entries().filter(({ number }) => number > 0).map(({ value, name, colour, number }) => {
			const made = button("", () => this.#on.toggle(this.#split, value), swatch(colour), shown(name, { limit: 60 }), make("span.muted", shortCount(number)));
			made.disabled = value === undefined;
			return made;
		}));
	}

	/** What the cursor and the other end of a choice have between them. */
	#chosen() {
		const ends = [this.#cursor, this.#anchor ?? this.#cursor];
		const [low, high] = [Math.min(...ends), Math.max(...ends)];
		const { start, bucketSeconds } = this.geometry;
		const { since, until } = rangeOf(low, high, start, bucketSeconds);
		return {
			low, high, since, until, entries: this.#entries(low, high).filter(({ number }) => number > 0),
			events: plural(sum(this.#data.counts.slice(low, high + 1)), "event"),
		};
	}

	#drawOverlay() {
		if (!this.overlay) return;
		this.overlay.replaceChildren();
		if (this.#cursor === undefined) return;
		const { width, height, length } = this.geometry;
		const step = width / length;
		const { low, high } = this.#chosen();
		this.overlay.append(makeSVG(this.#anchor === undefined ? "rect.cursor" : "rect.brush", { x: low * step, y: -2, width: (high - low + 1) * step, height: height + 2 }));
	}

	#bucketOf(event) {
		const box = this.chart.getBoundingClientRect();
		return bucketAt(event.clientX - box.left - LEFT, this.geometry.width, this.geometry.length);
	}

	#listen() {
		const { chart } = this;
		chart.addEventListener("pointerdown", (event) => {
			if (!this.#data || event.button !== 0 || event.target.closest("button")) return;
			chart.setPointerCapture(event.pointerId);
			this.#drag = { bucket: this.#bucketOf(event), x: event.clientX, moved: false };
		});
		chart.addEventListener("pointermove", (event) => {
			if (!this.#data) return;
			if (this.#drag && Math.abs(event.clientX - this.#drag.x) > 4) this.#drag.moved = true;
			this.#cursor = this.#bucketOf(event);
			this.#anchor = this.#drag?.moved ? this.#drag.bucket : undefined;
			this.#drawOverlay();
			this.#showHint(event.clientX, event.clientY);
		});
		chart.addEventListener("pointerup", () => {
			const drag = this.#drag;
			this.#drag = undefined;
			if (!drag || !this.#data) return;
			this.#zoom(drag.bucket, drag.moved ? this.#cursor : drag.bucket);
		});
		const leave = () => {
			this.#drag = undefined;
			this.#cursor = this.#anchor = undefined;
			hideHint();
			this.#drawOverlay();
		};
		chart.addEventListener("pointercancel", leave);
		chart.addEventListener("pointerleave", () => { if (!this.#drag) leave(); });
		chart.addEventListener("blur", leave);
		chart.addEventListener("keydown", (event) => this.#key(event));
	}

	#key(event) {
		if (!this.#data || event.ctrlKey || event.metaKey || event.altKey) return;
		const last = this.geometry.length - 1;
		const moves = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };
		if (event.key in moves) {
			const from = this.#cursor ?? (moves[event.key] > 0 ? -1 : last + 1);
			if (event.shiftKey) this.#anchor ??= Math.max(0, Math.min(last, from));
			else this.#anchor = undefined;
			this.#cursor = Math.max(0, Math.min(last, from + moves[event.key]));
			this.#drawOverlay();
			this.#on.announce(this.#words());
		} else if (event.key === "Enter" && this.#cursor !== undefined) {
			this.#zoom(this.#anchor ?? this.#cursor, this.#cursor);
		} else if (event.key === "Backspace") {
			this.#on.zoomOut();
		} else if (event.key === "Escape" && this.#cursor !== undefined) {
			this.#cursor = this.#anchor = undefined;
			this.#drawOverlay();
		} else {
			return;
		}
		event.preventDefault();
		event.stopPropagation();
	}

	#zoom(first, last) {
		hideHint();
		const { start, bucketSeconds } = this.geometry;
		this.#on.range(rangeOf(first, last, start, bucketSeconds));
	}

	#words() {
		const { since, until, events, entries } = this.#chosen();
		return `${localTime(since)} to ${localTime(until)}: ${events}. ${entries.map(({ name, number }) => `${plain(name, 60)} ${number}`).join(", ")}`;
	}

	#showHint(x, y) {
		const { since, until, events, entries } = this.#chosen();
		showHint([
			make("div", localTime(since), this.#anchor === undefined ? `, ${durationWords(this.geometry.bucketSeconds)}` : ` to ${localTime(until)}`),
			make("strong", events),
			...entries.map(({ name, colour, number }) => make("div.row", make("span", swatch(colour), " ", shown(name, { limit: 60 })), make("span", count(number)))),
		], x, y);
	}
}

const months = new Intl.DateTimeFormat("en", { month: "short", day: "numeric" });
const years = new Intl.DateTimeFormat("en", { month: "short", year: "numeric" });

function tickWords(date, step) {
	if (step >= 28 * 86_400) return years.format(date);
	if (step >= 86_400 || (date.getHours() === 0 && date.getMinutes() === 0 && step >= 60)) return months.format(date);
	return localTime(date).slice(11, step < 60 ? 19 : 16);
}
