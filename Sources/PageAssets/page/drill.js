// The target's menu: from what encloses it (project, environment) down to it. Scopes of a filter are alternatives, so going
// down takes the place of the scope above; what is above is told by the events themselves.

import { button, count, icon, make } from "./dom.js";
import { plain, shown } from "./text.js";
import { scopeParts, scopeValue } from "./state.js";
import { CountedMenu, VALUES_MAX } from "./menu.js";
import { remember, rememberEvent, valueWords } from "./words.js";

const SHOWN_MAX = 200;

/**
 * The scopes above and below one, of facets that were counted with it as the filter, and of an event in it: an event's
 * scope is outermost first. `below` is the next level, `all` every level.
 */
export function levels(current, facets, sample) {
	const id = current && scopeParts(current).id;
	const values = facets.map((facet) => ({ ...facet, value: scopeValue({ type: facet.type, id: facet.value }) }));
	const chain = (sample?.scope ?? []).map(scopeValue);
	const at = current ? chain.findIndex((value) => scopeParts(value).id === id) : -1;
	const above = chain.slice(0, Math.max(0, at));
	const all = values.filter(({ value }) => scopeParts(value).id !== id && !above.includes(value));
	const type = current && at < 0 ? undefined : sample?.scope?.[at + 1]?.type;
	const next = all.filter((one) => one.type === type);
	return { above, below: next.length > 0 ? next : all, all };
}

export class DrillMenu extends CountedMenu {
	constructor(on) {
		super("Target", "Find a project, environment or target", on, { width: 400 });
		this.path = make("nav.path", { "aria-label": "Where the target is" });
		this.panel.prepend(this.path);
	}

	get #scope() {
		const { scope } = this.on.state();
		return scope.length === 1 ? scope[0] : "";
	}

	async ask(signal) {
		this.#drawPath([]);
		// Targets are alternatives to the one that is chosen; a menu offers them all.
		const besides = ["target_id"];
		const [scopes, targets, events] = await Promise.all([this.on.facets("scope", VALUES_MAX, signal, besides),
			this.on.facets("target_id", VALUES_MAX, signal, besides), this.on.sample(signal, besides)]);
		events.forEach(rememberEvent);
		for (const { type, value, name } of scopes.facets) remember("scope", scopeValue({ type, id: value }), name);
		for (const { value, name } of targets.facets) remember("target_id", value, name);
		const depth = (event) => event?.scope?.length ?? 0;
		const deepest = events.reduce((best, event) => (depth(event) > depth(best) ? event : best), undefined);
		return { targets, ...levels(this.#scope, scopes.facets, deepest) };
	}

	#go(scope) {
		this.on.setScope(scope);
		this.opened();
		this.find.focus();
	}

	#drawPath(above) {
		const current = this.#scope;
		const steps = [button("link", () => this.#go(""), "Everything")];
		for (const value of [...above, current].filter(Boolean)) {
			const { name, type } = valueWords("scope", value);
			steps.push(icon("forward"), button("link", () => this.#go(value), type && make("span.muted", `${plain(type, 40).toLowerCase()} `), shown(name, { limit: 60 })));
		}
		steps.at(-1).ariaCurrent = "true";
		this.path.replaceChildren(...steps);
	}

	draw() {
		if (!this.answer) return;
		const { above, below, all, targets } = this.answer;
		this.#drawPath(above);
		const scopes = (this.words ? all : below).filter((one) => this.fits("scope", one));
		const found = targets.facets.filter((one) => this.fits("target_id", one));
		const options = [];
		for (const type of new Set(scopes.map((one) => one.type ?? ""))) {
			options.push(make("h3", shown(type || "Scope")), ...scopes.filter((one) => (one.type ?? "") === type).slice(0, SHOWN_MAX)
				.map((one) => button("option", () => this.#go(one.value), this.optionWords("scope", one), icon("forward"))));
		}
		if (found.length > 0) options.push(make("h3", this.#scope ? "Targets in it" : "Targets"));
		options.push(...found.slice(0, SHOWN_MAX).map((one) => this.check("target_id", one, `${plain(one.type, 30).toLowerCase()} `)));
		if (!targets.facets.some(({ value }) => value === this.words)) options.push(this.exact("target_id", "as the id of a target"));
		if (scopes.length + found.length === 0) options.push(make("p.say", "No event that matches the other filters has a target here."));
		this.options.replaceChildren(...options.filter(Boolean));
		const { scope, target_id: chosen } = this.on.state();
		this.foot.replaceChildren(make("span", targets.other_count > 0 ? `${count(targets.other_count)} events are of rarer targets` : `${count(targets.facets.length)} targets`),
			scope.length + chosen.length > 0 ? button("link", () => {
				this.on.clear(["scope", "target_id"]);
				this.opened();
			}, "Clear") : "");
	}
}
