// The bar of filters, and the active ones as chips that go at a click.

import { button, findField, icon, iconButton, make, renew } from "./dom.js";
import { plain, shown } from "./text.js";
import { LIST_FIELDS, cleared, isFiltered, scopeParts, toggled } from "./state.js";
import { QUICK_RANGES, localTime, moment, rangeWords, stamp, zoneName } from "./time.js";
import { FIELD_WORDS, valueWords } from "./words.js";
import { FacetMenu, Menu } from "./menu.js";
import { DrillMenu } from "./drill.js";

const TYPING_MILLISECONDS = 350;
const MENU_FIELDS = ["target_type", "actor_id", "actor_type", "source", "outcome"];

class RangeMenu extends Menu {
	#on;

	constructor(on) {
		super("All time", { className: "time", width: 280 });
		this.#on = on;
		this.since = make("input", { type: "datetime-local", step: 1 });
		this.until = make("input", { type: "datetime-local", step: 1 });
		this.quick = make("div");
		this.panel.append(make("div.range", this.quick, make("form", { onsubmit: (event) => {
			event.preventDefault();
			this.#apply();
		} }, make("label", `From (${zoneName()})`, this.since), make("label", "Until, exclusive", this.until),
		make("button.button.primary", "Apply"))));
	}

	opened() {
		const { since, until } = this.#on.state();
		const value = (text) => {
			const date = text && moment(text, new Date());
			return date ? localTime(date).replace(" ", "T") : "";
		};
		this.since.value = value(since);
		this.until.value = value(until);
		this.quick.replaceChildren(...QUICK_RANGES.map(([age, words]) => {
			const isCurrent = age === since && !until;
			const made = button(`option${isCurrent ? " current" : ""}`, () => this.#choose(age, ""), words);
			made.ariaPressed = isCurrent;
			return made;
		}));
	}

	#choose(since, until) {
		this.#on.change({ ...this.#on.state(), since, until });
		this.close();
	}

	#apply() {
		const sides = [this.since.value, this.until.value].map((value) => (value ? stamp(new Date(value)) : ""));
		if (sides.every(Boolean)) sides.sort();
		this.#choose(...sides);
	}
}

export class Filters {
	#on;
	#menus = new Map();
	#typing;
	#text = "";

	constructor(bar, chips, on) {
		this.#on = on;
		this.chips = chips;
		this.range = new RangeMenu(on);
		this.search = findField("Search changes, names, ids, snapshots", { id: "search" });
		this.search.addEventListener("input", () => {
			clearTimeout(this.#typing);
			this.#typing = setTimeout(() => this.#search(), TYPING_MILLISECONDS);
		});
		this.search.addEventListener("keydown", (event) => {
			if (event.key === "Enter") this.#search();
			if (event.key === "Escape") this.search.blur();
		});
		const menuOn = {
			...on, clear: (fields) => on.change(fields.reduce((state, field) => ({ ...state, [field]: [] }), on.state())),
			setScope: (value) => on.change({ ...on.state(), scope: value ? [value] : [] }),
		};
		const menu = (field) => {
			this.#menus.set(field, new FacetMenu(field, FIELD_WORDS[field], menuOn));
			return this.#menus.get(field).button;
		};
		this.drill = new DrillMenu(menuOn);
		const exports = button("button", () => on.exportNow(), icon("down"), "Export");
		exports.id = "export";
		bar.replaceChildren(this.range.button, make("div.search", this.search, make("kbd", { "aria-hidden": "true" }, "/")),
			menu("event_type"), this.drill.button, ...MENU_FIELDS.map(menu), make("span.spring"), exports);
	}

	// One search is one step back, however many letters it was typed in.
	#search() {
		clearTimeout(this.#typing);
		const state = this.#on.state();
		const text = this.search.value.trim();
		if (text !== state.text) this.#on.change({ ...state, text }, { replace: state.text !== "" && text !== "" });
	}

	show(state) {
		// What is being typed is not in the state yet.
		if (state.text !== this.#text && state.text !== this.search.value.trim()) this.search.value = state.text;
		this.#text = state.text;
		this.range.label.textContent = rangeWords(state.since, state.until);
		for (const [field, menu] of this.#menus) menu.setNumber(state[field].length);
		this.drill.setNumber(state.scope.length + state.target_id.length);
		const { change } = this.#on;
		const chips = [];
		const add = (what, value, name, next) => chips.push(make("span.chip", { title: plain(value) },
			make("span.what", what), shown(name, { limit: 80 }),
			iconButton("close", `Remove ${what}: ${plain(name, 80)}`, () => change(next(this.#on.state())))));
		if (state.since || state.until) {
			const words = rangeWords(state.since, state.until);
			add("Time", words, words, (now) => ({ ...now, since: "", until: "" }));
		}
		for (const field of LIST_FIELDS) {
			for (const value of state[field]) {
				const type = field === "scope" ? scopeParts(value).type : "";
				add(type ? `In ${plain(type, 40).toLowerCase()}` : FIELD_WORDS[field], value, valueWords(field, value).name, (now) => toggled(now, field, value));
			}
		}
		if (state.text) add("Text", state.text, state.text, (now) => ({ ...now, text: "" }));
		if (chips.length > 1) chips.push(button("link", () => change(cleared(this.#on.state())), "Clear all"));
		this.chips.hidden = !isFiltered(state);
		renew(this.chips, chips);
	}

	focusSearch() {
		this.search.focus();
		this.search.select();
	}
}
