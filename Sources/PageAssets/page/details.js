// One event in full: what it says, what it changed, where it leads, and who recorded it, which the caller cannot claim.

import { appendSome, button, copyButton, count, iconButton, make } from "./dom.js";
import { plain, shown } from "./text.js";
import { isAbort, renewed } from "./api.js";
import { emptyState, formatAddress, scopeValue } from "./state.js";
import { exactUTC, localTime, parseTime, relative } from "./time.js";
import { ACTOR_TYPES, CREDENTIALS, explain, rememberEvent, trouble } from "./words.js";
import { jsonInline, jsonText, jsonTree } from "./json-view.js";
import { outcomeBadge } from "./table.js";

const mono = { className: "mono", limit: 1024 };
const DIFFERENCES_SHOWN = 100;

const hours = (time, count) => new Date(Date.parse(time) + count * 3600e3).toISOString();

/** The view of what belongs to an event: `of` its target, actor or request, `when` earlier, later or ever. */
export function related(event, of, when, organization) {
	const { target, actor, occurred_at: time } = event;
	const which = {
		target: () => ({ target_type: [target.type], target_id: [target.id] }), actor: () => ({ actor_id: [actor.id] }),
		// No index knows it: an hour to either side is all that is looked through.
		request: () => ({ text: event.context.request_id, since: hours(time, -1), until: hours(time, 1) }),
	}[of]();
	const range = { earlier: { until: time }, later: { since: time } }[when];
	return { ...emptyState(), organization_id: organization, ...which, ...range };
}

export class Details {
	#on;
	#controller;
	#event;
	#opener;

	constructor(place, on) {
		this.place = place;
		this.#on = on;
	}

	get isOpen() {
		return !this.place.hidden;
	}

	/** Opens an event by its key; `known` is what the table has of it, which is shown meanwhile. */
	async open(key, known, { focus = false } = {}) {
		this.#controller = renewed(this.#controller);
		const { signal } = this.#controller;
		if (this.place.hidden) this.#opener = document.activeElement;
		this.place.hidden = false;
		this.key = key;
		this.#event = known;
		this.#draw(known);
		if (focus) this.focus();
		try {
			const answer = await this.#on.load(known ? known.sequence : key, signal);
			rememberEvent(answer.event);
			const hadFocus = this.place.contains(document.activeElement);
			this.#event = answer.event;
			this.#draw(answer.event, answer);
			if (hadFocus || focus) this.focus();
		} catch (error) {
			if (!isAbort(error)) this.#draw(known, undefined, error);
		}
	}

	focus() {
		this.place.querySelector("h2")?.focus({ preventScroll: true });
	}

	close() {
		this.#controller?.abort();
		const hadFocus = this.place.contains(document.activeElement);
		this.place.hidden = true;
		this.place.replaceChildren();
		this.key = this.#event = undefined;
		if (hadFocus) this.#opener?.focus?.({ preventScroll: true });
	}

	#draw(event, answer, error) {
		const body = make("div.body", { tabindex: 0, role: "region", "aria-label": "Fields of the event" });
		const date = event && parseTime(event.occurred_at ?? "");
		this.place.replaceChildren(make("header",
			make("div.headline",
				make("h2", { tabindex: -1, title: plain(event?.event_type ?? "") }, event ? shown(event.event_type, { limit: 120 }) : "Event"),
				event && this.#neighbour("back", "Previous event of this target", answer?.previous && (() => this.#on.open(answer.previous))),
				event && this.#neighbour("forward", "Next event of this target", answer && (() => this.#next(event))),
				iconButton("close", "Close the details (Esc)", () => this.#on.close())),
			event && make("div.when", outcomeBadge(event.outcome), date && make("time", { datetime: event.occurred_at, title: exactUTC(event.occurred_at) }, localTime(date)),
				date && relative(date))), body);
		if (error) body.append(trouble(error, () => this.open(this.key, this.#event)));
		if (event) body.append(...this.#fields(event, answer));
		if (!answer && !error) body.append(make("p.skeleton", "Loading"));
	}

	#neighbour(name, words, action) {
		const made = iconButton(name, words, action);
		made.disabled = !action;
		return made;
	}

	async #next(event) {
		try {
			const next = await this.#on.next(event, this.#controller.signal);
			if (next) this.#on.open(next);
			else if (next === undefined) this.#say("This is the newest event of the target.");
		} catch (error) {
			if (!isAbort(error)) this.#say(explain(error).title);
		}
	}

	#say(words) {
		this.place.querySelector(".when")?.append(make("span", { role: "status" }, words));
	}

	#fields(event, answer) {
		const { target = {}, actor = {}, context = {} } = event;
		const brief = [
			make("section", make("p.change", event.change ? shown(event.change, { lines: true, limit: 5000 }) : "No change is described")),
			make("section", facts(
				["Target", this.#resource(target, "target_id", target.id)],
				...(event.scope ?? []).map((one, place) => [place === 0 ? "In" : "", this.#resource(one, "scope", scopeValue(one))]),
				...[actor, ...(event.on_behalf_of ?? [])].map((one, place) => [place === 0 ? "User" : "On behalf of", this.#resource({ ...one, type: ACTOR_TYPES[one.type] ?? one.type }, "actor_id", one.id)]),
				["Tool", event.source && [shown(event.source), this.#narrow("source", event.source)]],
				["Outcome", outcomeBadge(event.outcome)],
				["Reason", event.reason && shown(event.reason, { lines: true, limit: 2000 })],
			)),
		];
		// The table has no more of it; what follows comes at once, so that nothing moves below a pointer.
		return !answer ? brief : [
			...brief,
			this.#differences(event, answer),
			this.#snapshot(event),
			this.#links(event),
			section("Request", facts(
				["Address", context.ip_address && shown(context.ip_address, mono)],
				["User agent", context.user_agent && shown(context.user_agent, { limit: 1024 })],
				["Request id", context.request_id && this.#copied(context.request_id)],
				["Trace", context.traceparent && this.#copied(context.traceparent)],
			) ?? make("p.muted", "Nothing is said about it")),
			event.metadata && section("Metadata", facts(...Object.entries(event.metadata).map(([key, value]) => [shown(key, { limit: 200 }), shown(value, { limit: 1024, lines: true })]))),
			section("Identity", facts(
				["Event id", this.#copied(event.id)],
				["Sequence", shown(event.sequence, mono)],
				["Organization", shown(event.organization_id)],
				["Occurred", event.occurred_at && shown(exactUTC(event.occurred_at), mono)],
				["Recorded", event.recorded_at && shown(exactUTC(event.recorded_at), mono)],
			)),
			event.recorder && this.#recorder(event.recorder),
		].filter(Boolean);
	}

	#recorder({ credential, id, name, peer_address: address, user_agent: agent }) {
		return make("section.claim", { "aria-label": "Recorded by" }, make("h3", "Recorded by"),
			make("p", "What the server itself saw of the caller. Everything above is what that caller said."),
			facts(["Credential", CREDENTIALS[credential] ?? (credential && shown(credential))], ["Id", id && shown(id, mono)], ["Name", name && shown(name)],
				["From", address && shown(address, mono)], ["Library", agent && shown(agent)]));
	}

	#resource(resource, field, value) {
		if (!resource?.id) return "";
		return [shown(resource.name || resource.id, { limit: 1024 }), make("span.type", shown(resource.type ?? "")),
			resource.name && resource.name !== resource.id && shown(resource.id, { className: "mono muted", limit: 1024 }), this.#narrow(field, value)];
	}

	#narrow(field, value) {
		return iconButton("funnel", `Filter by ${plain(value, 80)}`, () => this.#on.narrow(field, value), "quiet");
	}

	#copied(text) {
		return [shown(text, mono), copyButton("Copy", () => text)];
	}

	#links(event) {
		const link = (words, of, when) => {
			const state = related(event, of, when, this.#on.organization());
			return make("a.button.small", { href: formatAddress(state), onclick: (click) => {
				if (click.ctrlKey || click.metaKey || click.shiftKey) return;
				click.preventDefault();
				this.#on.go(state);
			} }, words);
		};
		return section("See also", make("div.links",
			event.target?.id && [link("All of this target", "target"), link("Earlier ones", "target", "earlier"), link("Later ones", "target", "later")],
			event.actor?.id && [link("All of this user", "actor"), link("The user\u2019s earlier ones", "actor", "earlier"), link("The user\u2019s later ones", "actor", "later")],
			event.context?.request_id && link("All of this request", "request")));
	}

	#snapshot(event) {
		if (event.snapshot === undefined) return undefined;
		return section(["Snapshot after the event", copyButton("Copy the snapshot", () => jsonText(event.snapshot, 2))], jsonTree(event.snapshot));
	}

	#differences(event, answer) {
		const { previous, differences = [], previous_unknown: unknown } = answer;
		const note = unknown ? make("p.muted", "The search ended before the oldest event, or passed damaged ones: there may be another in between.") : "";
		if (!previous) {
			if (event.snapshot === undefined && !unknown) return undefined;
			return section("Difference", note || make("p.muted", "No earlier event of this target is kept."));
		}
		const date = parseTime(previous.occurred_at ?? "");
		const list = make("ul.differences");
		appendSome(list, differences, DIFFERENCES_SHOWN, differenceRow, (left) => `${count(left)} more differences`);
		return section(["Difference to ", button("link", () => this.#on.open(previous), shown(previous.event_type, { limit: 60 }), date ? `, ${localTime(date)}` : "")],
		differences.length > 0 ? list : make("p.muted", event.snapshot === undefined && previous.snapshot === undefined
			? "Neither event has a snapshot." : "The snapshots are equal."), note);
	}
}

function section(title, ...content) {
	return make("section", make("h3", title), ...content);
}

function differenceRow({ path, kind, before, after }) {
	const line = (className, sign, words, value) => make(`div.line.${className}`, make("span", { "aria-label": words }, sign), make("div", jsonInline(value)));
	return make("li", make("span.path-text", path ? shown(path, { limit: 1024 }) : "(the whole)", make("span.offscreen", ` ${String(kind).toLowerCase()}`)),
		kind !== "ADDED" && line("before", "\u2212", "before", before), kind !== "REMOVED" && line("after", "+", "after", after));
}

/** A list of terms; those without a value are left out. Nothing when none is left. */
function facts(...pairs) {
	const present = pairs.filter(([, value]) => value);
	if (present.length === 0) return undefined;
	return make("dl.facts", present.map(([term, value]) => [make("dt", term), make("dd", value)]));
}
