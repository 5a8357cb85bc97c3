// Totals beside the histogram: who, what and on which target most; each narrows at a click.

import { count, make, renew, shortCount } from "./dom.js";
import { plain, shown } from "./text.js";
import { remember, trouble, valueWords } from "./words.js";

export const TOTAL_FIELDS = [["actor_id", "Users"], ["event_type", "Event types"], ["target_id", "Targets"]];
export const ROWS = 5;

export class Totals {
	#sections = new Map();
	#on;

	constructor(place, on) {
		this.#on = on;
		for (const [field, words] of TOTAL_FIELDS) {
			const note = make("span");
			const rows = make("div");
			this.#sections.set(field, { note, rows });
			place.append(make("section", { "aria-label": words }, make("h2", words, note), rows));
		}
	}

	setStale() {
		for (const { rows } of this.#sections.values()) rows.classList.add("stale");
	}

	show(field, answer, chosen) {
		const { note, rows } = this.#sections.get(field);
		rows.classList.remove("stale");
		const facets = answer.facets ?? [];
		const highest = Math.max(1, ...facets.map((facet) => facet.count));
		note.textContent = answer.complete === false ? "of a part" : "";
		const rest = (answer.other_count ?? 0) + facets.slice(ROWS).reduce((total, facet) => total + facet.count, 0);
		renew(rows, [...facets.slice(0, ROWS).map((facet) => {
			remember(field, facet.value, facet.name);
			const { name } = valueWords(field, facet.value);
			const bar = make("i");
			bar.style.width = `${Math.max(2, (facet.count / highest) * 100)}%`;
			return make("button", {
				type: "button", class: "bar-row", "aria-pressed": chosen.includes(facet.value), title: plain(facet.value),
				"aria-label": `${plain(name)}: ${count(facet.count)}`, onclick: () => this.#on.toggle(field, facet.value),
			}, bar, make("span.name", shown(name, { limit: 80 })), make("span.number", shortCount(facet.count)));
		}), make("p.say", facets.length === 0 ? "None" : rest > 0 ? `and ${shortCount(rest)} of others` : "")]);
	}

	fail(error) {
		[...this.#sections.values()].forEach(({ rows }, place) => {
			rows.classList.remove("stale");
			rows.replaceChildren(place === 0 ? trouble(error, () => this.#on.retry()) : "");
		});
	}
}
