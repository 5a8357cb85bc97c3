// The table: as many rows in the document as fit the window, whatever is loaded. Row 1 is the newest event.

import { icon, make, swatch } from "./dom.js";
import { plain, shown } from "./text.js";
import { hintRow, hintsIn } from "./hint.js";
import { exactUTC, localTime, parseTime, relative, zoneName } from "./time.js";
import { ACTOR_TYPES, OUTCOMES } from "./words.js";

const COLUMNS = Object.entries({
	time: `Timestamp (${zoneName()})`, organization: "Organization", type: "Event type", "target-type": "Target type", target: "Target",
	change: "Change", actor: "User", source: "Tool", outcome: "Outcome",
});
const CELL_CHARACTERS = 240;
const MARGIN_ROWS = 6;
const NEAR_END_ROWS = 30;
const NEW_MILLISECONDS = 1800;

export function outcomeBadge(outcome) {
	const known = outcome in OUTCOMES;
	return make("span", { class: known ? `outcome ${outcome}` : "outcome" }, known ? OUTCOMES[outcome] : shown(outcome ?? ""));
}

export class Table {
	selected = undefined;
	showsOrganization = false;
	#on;
	#list;
	#pool = [];
	#newUntil = new Map();
	#pressed;
	#rowHeight = 32;
	#drawRequested = false;

	constructor(place, on) {
		this.#on = on;
		this.body = make("tbody", { role: "rowgroup" });
		this.head = make("thead", { role: "rowgroup" }, make("tr", { role: "row", "aria-rowindex": 1 },
			COLUMNS.map(([name, words]) => make(`th.${name}-cell`, { role: "columnheader", scope: "col" }, words))));
		this.grid = make("table.grid", { id: "grid", role: "grid", tabindex: 0, "aria-label": "Events, newest first", "aria-readonly": true }, this.head, this.body);
		this.end = make("div.end-row");
		this.scroller = make("div.scroller", this.grid, this.end);
		place.replaceChildren(this.scroller);
		this.#listen();
	}

	#listen() {
		this.scroller.addEventListener("scroll", () => {
			this.#requestDraw();
			this.#on.scrolled(this.scroller.scrollTop > this.#rowHeight / 2);
		}, { passive: true });
		new ResizeObserver(() => {
			this.#rowHeight = Number.parseFloat(getComputedStyle(this.grid).getPropertyValue("--row")) || 32;
			this.draw();
		}).observe(this.scroller);
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

	#eventAt(target) {
		const row = target.closest?.("tr");
		return row ? this.#list?.rows[row.index] : undefined;
	}

	show(list) {
		this.#list = list;
		this.#requestDraw();
	}

	/** The topmost rows have just arrived, and are marked for a moment. */
	markNew(number) {
		const now = performance.now();
		for (const [sequence, end] of this.#newUntil) if (end <= now) this.#newUntil.delete(sequence);
		for (const { sequence } of this.#list.rows.slice(0, Math.min(number, 60))) this.#newUntil.set(sequence, now + NEW_MILLISECONDS);
		this.#requestDraw();
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
		for (let index = first; index < last; index += 1) {
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
			row.classList.toggle("new", (this.#newUntil.get(event.sequence) ?? 0) > now);
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
				COLUMNS.map(([name]) => make(`td.${name}-cell`, { role: "gridcell" })));
			this.#pool.push(row);
			this.body.append(row);
		}
		while (this.#pool.length > size) this.#pool.pop().remove();
	}

	#fill(row, event) {
		const [time, organization, type, targetType, target, change, actor, source, outcome] = row.children;
		const { target: on = {}, actor: by = {} } = event;
		const words = (text) => shown(text ?? "", { limit: CELL_CHARACTERS });
		const date = parseTime(event.occurred_at ?? "");
		const [day, clock] = date ? localTime(date).split(" ") : ["", ""];
		time.replaceChildren(make("span.date", day), ` ${clock}`);
		organization.replaceChildren(words(event.organization_id));
		type.replaceChildren(swatch(this.#on.colour(event)), words(event.event_type));
		targetType.replaceChildren(words(on.type));
		target.replaceChildren(words(on.name || on.id));
		change.replaceChildren(words(event.change));
		actor.replaceChildren(icon(by.type), words(by.name || by.id));
		source.replaceChildren(words(event.source));
		outcome.replaceChildren(outcomeBadge(event.outcome));
	}

	#hintFor(place) {
		const cell = place.closest?.("td");
		const event = cell && this.#eventAt(cell);
		if (!event) return undefined;
		const { target = {}, actor = {}, scope = [], on_behalf_of: others = [] } = event;
		const id = (text) => shown(text, { className: "mono" });
		const content = {
			"time-cell": () => {
				const date = parseTime(event.occurred_at);
				return [hintRow("UTC", exactUTC(event.occurred_at)), hintRow("Local", localTime(date)), hintRow("", relative(date))];
			},
			"target-cell": () => [...scope, target].flatMap((one) => [hintRow(plain(one.type), shown(one.name || one.id)), one.name && hintRow("", id(one.id))]),
			"actor-cell": () => [hintRow(ACTOR_TYPES[actor.type] ?? "", id(actor.id)), ...others.map((one) => hintRow("for", shown(one.name || one.id)))],
			"change-cell": () => [shown(event.change, { limit: 600 }), event.reason && hintRow("Reason", shown(event.reason))],
		}[cell.classList[0]];
		return content && { element: cell, content: () => content().filter(Boolean) };
	}

	get selectedEvent() {
		return this.#list?.rows[this.#list.indexOf(this.selected)];
	}

	select(event) {
		this.selected = event?.sequence;
		this.#requestDraw();
	}

	/** Moves the selection by rows and keeps it in sight; the event that it is on. */
	move(by) {
		const rows = this.#list?.rows ?? [];
		if (rows.length === 0) return undefined;
		const from = this.#list.indexOf(this.selected);
		const index = from < 0 ? (by > 0 ? Math.floor(this.scroller.scrollTop / this.#rowHeight) : 0)
			: Math.max(0, Math.min(rows.length - 1, from + by));
		this.selected = rows[index].sequence;
		this.reveal(index);
		this.draw();
		return rows[index];
	}

	reveal(index) {
		const { scroller } = this;
		const head = getComputedStyle(this.head).position === "sticky" ? this.head.offsetHeight : 0;
		const top = index * this.#rowHeight;
		scroller.scrollTop = Math.min(top, Math.max(scroller.scrollTop, top + this.#rowHeight + head - scroller.clientHeight));
	}

	toTop() {
		this.scroller.scrollTop = 0;
	}

	setEnd(...content) {
		this.end.replaceChildren(...content);
	}

	setBusy(isBusy) {
		this.grid.setAttribute("aria-busy", isBusy);
	}
}
