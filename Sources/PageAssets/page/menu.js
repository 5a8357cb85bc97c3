// A button that opens a menu: what the menus of all filters have in common, and the menu of one field's values.

import { button, count, findField, icon, make } from "./dom.js";
import { plain, shown } from "./text.js";
import { isAbort, renewed } from "./api.js";
import { remember, trouble, valueWords } from "./words.js";

export const VALUES_MAX = "1000";
const SHOWN_MAX = 300;
let menus = 0;

export class Menu {
	constructor(words, { className = "", width = 330 } = {}) {
		menus += 1;
		this.number = make("span.number", { hidden: true });
		this.label = make("span", words);
		this.panel = make("div.menu", { popover: "auto", id: `menu-${menus}`, role: "dialog", "aria-label": words });
		this.panel.style.width = `${width}px`;
		this.button = make("button", {
			type: "button", class: `filter-button ${className}`, "aria-haspopup": "dialog", "aria-expanded": "false", popovertarget: this.panel.id,
		}, this.label, this.number, icon("chevron"));
		document.body.append(this.panel);
		this.panel.addEventListener("beforetoggle", ({ newState }) => {
			this.button.ariaExpanded = newState === "open";
			if (newState === "open") this.opened();
			else this.closed();
		});
		this.panel.addEventListener("toggle", ({ newState }) => {
			if (newState !== "open") return;
			this.#place();
			(this.panel.querySelector(".find") ?? this.panel.querySelector("button"))?.focus();
		});
		this.panel.addEventListener("keydown", (event) => this.#key(event));
	}

	opened() {}

	closed() {}

	close() {
		this.panel.hidePopover();
	}

	setNumber(number) {
		this.number.hidden = number === 0;
		this.number.textContent = number;
	}

	#place() {
		const { left, bottom } = this.button.getBoundingClientRect();
		const { style } = this.panel;
		style.left = `${Math.max(8, Math.min(left, innerWidth - this.panel.offsetWidth - 8))}px`;
		style.top = `${bottom + 4}px`;
		style.maxHeight = `${Math.min(460, innerHeight - bottom - 16)}px`;
	}

	#key(event) {
		const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
		if (!by || event.target.type === "datetime-local") return;
		const stops = [...this.panel.querySelectorAll("input, button")].filter((one) => one.checkVisibility() && !one.disabled);
		stops[stops.indexOf(document.activeElement) + by]?.focus();
		event.preventDefault();
	}
}

/** A menu of what the server counts: it is asked for when the menu opens, and found in by a search box. */
export class CountedMenu extends Menu {
	constructor(words, find, on, options) {
		super(words, options);
		this.on = on;
		this.find = findField(find, { class: "find" });
		this.options = make("div.options", { role: "group", "aria-label": words });
		this.foot = make("div.foot");
		this.panel.append(this.find, this.options, this.foot);
		this.find.addEventListener("input", () => this.draw());
		this.find.addEventListener("keydown", (event) => {
			if (event.key === "Enter") this.options.querySelector("input, button")?.click();
		});
	}

	get words() {
		return this.find.value.trim();
	}

	opened() {
		this.find.value = "";
		this.load();
	}

	closed() {
		this.controller?.abort();
	}

	async load() {
		this.controller = renewed(this.controller);
		this.answer = undefined;
		this.foot.replaceChildren();
		this.options.replaceChildren(make("p.say", "Counting"));
		try {
			this.answer = await this.ask(this.controller.signal);
			this.draw();
		} catch (error) {
			if (!isAbort(error)) this.options.replaceChildren(trouble(error, () => this.load()));
		}
	}

	fits(field, { value, name }) {
		return `${value}\n${name ?? ""}\n${valueWords(field, value).name}`.toLowerCase().includes(this.words.toLowerCase());
	}

	optionWords(field, facet, ...more) {
		const { name, id } = valueWords(field, facet.value);
		return [make("span.name", { title: plain(facet.value) }, shown(name, { limit: 120 }), id && shown(id, { className: "id", limit: 80 })),
			make("span.number", ...more, count(facet.count))];
	}

	check(field, facet, ...more) {
		return make("label.option", make("input", {
			type: "checkbox", checked: this.on.state()[field].includes(facet.value), onchange: () => this.on.toggle(field, facet.value),
		}), this.optionWords(field, facet, ...more));
	}

	/** An option for what was typed, when no value is it. */
	exact(field, words) {
		return this.words && button("option", () => {
			this.on.toggle(field, this.words);
			this.close();
		}, make("span.name", "Use \u201c", shown(this.words), `\u201d ${words}`));
	}
}

export class FacetMenu extends CountedMenu {
	#field;

	constructor(field, words, on) {
		super(words, `Find ${words.toLowerCase()}`, on);
		this.#field = field;
	}

	async ask(signal) {
		const answer = await this.on.facets(this.#field, VALUES_MAX, signal);
		for (const { value, name } of answer.facets) remember(this.#field, value, name);
		return answer;
	}

	draw() {
		if (!this.answer) return;
		const { facets, other_count: others, complete } = this.answer;
		const chosen = this.on.state()[this.#field];
		const known = new Set(facets.map(({ value }) => value));
		const all = [...chosen.filter((value) => !known.has(value)).map((value) => ({ value, count: 0 })), ...facets];
		const found = all.filter((facet) => this.fits(this.#field, facet));
		const options = found.slice(0, SHOWN_MAX).map((facet) => this.check(this.#field, facet));
		if (!known.has(this.words)) options.push(this.exact(this.#field, "as it is"));
		if (all.length === 0) options.push(make("p.say", "No event that matches the other filters has one."));
		this.options.replaceChildren(...options.filter(Boolean));
		const words = [complete === false && "Counts are of the newest events only", others > 0 && `${count(others)} events have rarer values; type one exactly`];
		this.foot.replaceChildren(make("span", words.filter(Boolean).join(". ") || `${count(found.length)} of ${count(all.length)}`),
			chosen.length > 0 ? button("link", () => {
				this.on.clear([this.#field]);
				this.draw();
			}, "Clear") : "");
	}
}
