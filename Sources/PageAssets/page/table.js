// The table: as many rows in the document as fit the window, whatever is loaded. Row 1 is the newest event.

import { icon, make, swatch } from "./dom.js";
import { plain, shown } from "./text.js";
import { hintRow, hintsIn } from "./hint.js";
import { exactUTC, localClock, localDate, localTime, parseTime, relative, zoneName } from "./time.js";
import { ACTOR_TYPES, OUTCOMES } from "./words.js";

const COLUMNS = [
	["time-cell", "Timestamp"], ["organization-cell", "Organization"], ["type-cell", "Event type"],
	["target-type-cell", "Target type"], ["target-cell", "Target"], ["change-cell", "Change"], ["actor-cell", "User"],
	["source-cell", "Tool"], ["outcome-cell", "Outcome"],
];
const CELL_CHARACTERS = 240;
/** Rows above and below the window, so that a small scroll draws nothing. */
const MARGIN_ROWS = 6;
const NEAR_END_ROWS = 30;
const NEW_MILLISECONDS = 1800;

export function outcomeBadge(outcome) {
	const known = outcome in OUTCOMES;
	return make("span", { class: known ? `outcome ${outcome}` : "outcome" }, known ? OUTCOMES[outcome] : shown(outcome ?? ""));
}

export function actorShown(actor) {
	return [icon(actor?.type), shown(actor?.name || actor?.id || "", { limit: CELL_CHARACTERS })];
}

export class Table {
	selected = undefined;
	showsOrganization = false;
	/** The colour of an event beside its type, as the histogram has it; an empty string for none. */
	colourOf = () => "";
	#on;
	#list;
	#pool = [];
	#newSince = new Map();
	#pressed;
	#rowHeight = 32;
	#drawRequested = false;

	/** `on` has `open(event)`, `select(event)`, `nearEnd()`, `scrolled(isScrolled)`. */
	constructor(place, on) {
		this.#on = on;
		this.body = make("tbody", { role: "rowgroup" });
		this.head = make("thead", { role: "rowgroup" },
			make("tr", { role: "row", "aria-rowindex": 1 },
				COLUMNS.map(([name, words]) => make("th", { role: "columnheader", scope: "col", class: name },
					words, name === "time-cell" && make("span", { class: "muted" }, ` (${zoneName()})`)))));
		this.grid = make("table", {
			id: "grid", class: "grid", role: "grid", tabindex: 0, "aria-label": "Events, newest first", "aria-rowcount": -1,
			"aria-readonly": "true",
		}, this.head, this.body);
		this.end = make("div", { class: "end-row" });
		this.scroller = make("div", { class: "scroller" }, this.grid, this.end);
		place.replaceChildren(this.scroller);
		this.#listen();
	}

	#listen() {
		this.scroller.addEventListener("scroll", () => {
			this.#requestDraw();
			this.#on.scrolled(this.scroller.scrollTop > this.#rowHeight / 2);
		}, { passive: true });
		new ResizeObserver(() => this.#measure()).observe(this.scroller);
		// Rows may move between the press and the click, when events arrive: what was pressed counts.
		this.body.addEventListener("pointerdown", (event) => { this.#pressed = this.#eventAt(event.target); });
		this.body.addEventListener("click", (event) => {
			const chosen = this.#pressed ?? this.#eventAt(event.target);
			this.#pressed = undefined;
			if (!chosen || String(getSelection()) !== "") return;
			this.select(chosen);
			this.#on.open(chosen);
		});
		hintsIn(this.body, (target) => this.#hintFor(target));
	}

	#measure() {
		this.#rowHeight = Number.parseFloat(getComputedStyle(this.grid).getPropertyValue("--row")) || 32;
		this.draw();
	}

	#eventAt(target) {
		const row = target.closest?.("tr");
		return row ? this.#list?.rows[row.index] : undefined;
	}

	show(list) {
		this.#list = list;
		this.#requestDraw();
	}

	/** Rows that have just arrived are marked for a moment. */
	markNew(sequences) {
		const until = performance.now() + NEW_MILLISECONDS;
		for (const sequence of sequences.slice(-60)) this.#newSince.set(sequence, until);
		setTimeout(() => {
			const now = performance.now();
			for (const [sequence, end] of this.#newSince) if (end <= now) this.#newSince.delete(sequence);
		}, NEW_MILLISECONDS + 50);
	}

	refresh() {
		for (const row of this.#pool) row.shown = undefined;
		this.#requestDraw();
	}

	#requestDraw() {
		if (this.#drawRequested) return;
		this.#drawRequested = true;
		requestAnimationFrame(() => {
			this.#drawRequested = false;
			this.draw();
		});
	}

	draw() {
		const rows = this.#list?.rows ?? [];
		const height = this.#rowHeight;
		this.grid.classList.toggle("organizations", this.showsOrganization);
		this.body.style.height = `${rows.length * height}px`;
		this.grid.setAttribute("aria-rowcount", this.#list?.complete ? rows.length + 1 : -1);
		const top = this.scroller.scrollTop;
		const room = this.scroller.clientHeight;
		const first = Math.max(0, Math.floor(top / height) - MARGIN_ROWS);
		const last = Math.min(rows.length, Math.ceil((top + room) / height) + MARGIN_ROWS);
		this.#fitPool(Math.max(0, last - first));
		const now = performance.now();
		let active = false;
		for (let place = 0; place < this.#pool.length; place += 1) {
			const index = first + place;
			const row = this.#pool[index % this.#pool.length];
			const event = rows[index];
			row.index = index;
			if (row.shown !== event) {
				row.shown = event;
				this.#fill(row, event);
			}
			row.style.transform = `translateY(${index * height}px)`;
			row.setAttribute("aria-rowindex", index + 2);
			const isSelected = event.sequence === this.selected;
			row.setAttribute("aria-selected", isSelected);
			row.classList.toggle("new", (this.#newSince.get(event.sequence) ?? 0) > now);
			if (isSelected) {
				active = true;
				this.grid.setAttribute("aria-activedescendant", row.id);
			}
		}
		if (!active) this.grid.removeAttribute("aria-activedescendant");
		if (last > rows.length - NEAR_END_ROWS) this.#on.nearEnd();
	}

	#fitPool(size) {
		while (this.#pool.length < size) {
			const row = make("tr", { role: "row", id: `row-${this.#pool.length}` },
				COLUMNS.map(([name]) => make("td", { role: "gridcell", class: name })));
			this.#pool.push(row);
			this.body.append(row);
		}
		while (this.#pool.length > size) this.#pool.pop().remove();
	}

	#fill(row, event) {
		const [time, organization, type, targetType, target, change, actor, source, outcome] = row.children;
		const date = parseTime(event.occurred_at ?? "");
		const limited = { limit: CELL_CHARACTERS };
		if (date) time.replaceChildren(make("span", { class: "date" }, localDate(date)), ` ${localClock(date)}`);
		else time.replaceChildren(shown(event.occurred_at ?? ""));
		organization.replaceChildren(shown(event.organization_id ?? "", limited));
		type.replaceChildren(swatch(this.colourOf(event)), shown(event.event_type ?? "", limited));
		targetType.replaceChildren(shown(event.target?.type ?? "", limited));
		target.replaceChildren(shown(event.target?.name || event.target?.id || "", limited));
		change.replaceChildren(shown(event.change ?? "", limited));
		actor.replaceChildren(...actorShown(event.actor));
		source.replaceChildren(shown(event.source ?? "", limited));
		outcome.replaceChildren(outcomeBadge(event.outcome));
	}

	#hintFor(target) {
		const cell = target.closest?.("td");
		const event = cell && this.#eventAt(cell);
		if (!event) return undefined;
		const rows = {
			"time-cell": () => {
				const date = parseTime(event.occurred_at ?? "");
				return date && [hintRow("UTC", exactUTC(event.occurred_at)), hintRow("Local", localTime(date)),
					hintRow("", relative(date, new Date()))];
			},
			"target-cell": () => [
				...(event.scope ?? []).map((one) => hintRow(plain(one.type), shown(one.name || one.id), one.name ? [" ", shown(one.id, { className: "muted mono" })] : "")),
				hintRow(plain(event.target?.type), shown(event.target?.name || event.target?.id)),
				hintRow("Id", shown(event.target?.id, { className: "mono" })),
			],
			"actor-cell": () => [
				hintRow(ACTOR_TYPES[event.actor?.type] ?? "", shown(event.actor?.id, { className: "mono" })),
				...(event.on_behalf_of ?? []).map((one) => hintRow("for", shown(one.name || one.id))),
			],
			"change-cell": () => [make("div", {}, shown(event.change, { limit: 600 })),
				event.reason && hintRow("Reason", shown(event.reason))].filter(Boolean),
		}[cell.classList[0]];
		return rows && { element: cell, content: () => rows() ?? [] };
	}

	get selectedEvent() {
		const index = this.selected === undefined ? -1 : this.#list.indexOf(this.selected);
		return index < 0 ? undefined : this.#list.rows[index];
	}

	select(event) {
		this.selected = event?.sequence;
		this.#requestDraw();
	}

	/** Moves the selection by rows and keeps it in sight; the event that it is on. */
	move(by) {
		const rows = this.#list?.rows ?? [];
		if (rows.length === 0) return undefined;
		const from = this.selected === undefined ? -1 : this.#list.indexOf(this.selected);
		const index = from < 0 ? (by > 0 ? Math.floor(this.scroller.scrollTop / this.#rowHeight) : 0)
			: Math.max(0, Math.min(rows.length - 1, from + by));
		this.selected = rows[index].sequence;
		this.reveal(index);
		this.draw();
		return rows[index];
	}

	reveal(index) {
		const height = this.#rowHeight;
		const head = getComputedStyle(this.head).position === "sticky" ? this.head.offsetHeight : 0;
		const top = index * height;
		const room = this.scroller.clientHeight - head;
		if (top < this.scroller.scrollTop) this.scroller.scrollTop = top;
		else if (top + height > this.scroller.scrollTop + room) this.scroller.scrollTop = top + height - room;
	}

	toTop() {
		this.scroller.scrollTop = 0;
	}

	get pageRows() {
		return Math.max(1, Math.floor(this.scroller.clientHeight / this.#rowHeight) - 2);
	}

	setEnd(...content) {
		this.end.replaceChildren(...content);
	}

	setBusy(isBusy) {
		this.grid.setAttribute("aria-busy", isBusy);
	}
}
