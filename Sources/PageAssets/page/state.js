// What the page shows, as a value: from the address and back. A link is a saved view, so all of it is there but the token.

import { moment } from "./time.js";

export const LIST_FIELDS = ["event_type", "target_type", "target_id", "scope", "actor_id", "actor_type", "source", "outcome"];
const SINGLE_FIELDS = ["since", "until", "text"];
const VIEW_FIELDS = ["organization_id", "event", "split_by"];
export const SPLIT_FIELDS = LIST_FIELDS.filter((field) => field !== "scope");
const DEFAULT_SPLIT = "event_type";
// An event's key becomes a part of a path, where other words are other methods.
const CHECKED = { split_by: (value) => SPLIT_FIELDS.includes(value), event: (value) => /^(\d*|[\da-f-]{36})$/i.test(value) };

export function emptyState() {
	const lists = Object.fromEntries(LIST_FIELDS.map((field) => [field, []]));
	return { ...lists, since: "", until: "", text: "", organization_id: "", event: "", split_by: DEFAULT_SPLIT };
}

/** `unknown` are the parameters that mean nothing here: a reader should hear of them. */
export function parseAddress(search) {
	const state = emptyState();
	const unknown = [];
	for (const [name, value] of new URLSearchParams(search)) {
		if (LIST_FIELDS.includes(name)) {
			if (value && !state[name].includes(value)) state[name].push(value);
		} else if (CHECKED[name]?.(value) === false) unknown.push(`${name}=${value}`);
		else if (SINGLE_FIELDS.includes(name) || VIEW_FIELDS.includes(name)) state[name] = value;
		else if (!unknown.includes(name)) unknown.push(name);
	}
	return { state, unknown };
}

function listParameters(state) {
	const parameters = new URLSearchParams();
	for (const field of LIST_FIELDS) for (const value of state[field]) parameters.append(field, value);
	return parameters;
}

export function formatAddress(state) {
	const parameters = listParameters(state);
	for (const field of [...SINGLE_FIELDS, "organization_id"]) if (state[field]) parameters.set(field, state[field]);
	if (state.split_by !== DEFAULT_SPLIT) parameters.set("split_by", state.split_by);
	if (state.event) parameters.set("event", state.event);
	const text = parameters.toString();
	return text ? `/?${text}` : "/";
}

/** The filter as the server takes it. Ages become moments, so that pages, counts and feed mean the same; `without` leaves fields out. */
export function filterParameters(state, now, without = []) {
	const parameters = listParameters(state);
	for (const field of ["since", "until"]) {
		if (state[field]) parameters.set(field, moment(state[field], now)?.toISOString() ?? state[field]);
	}
	if (state.text) parameters.set("text", state.text);
	if (state.organization_id) parameters.set("organization_id", state.organization_id);
	for (const field of without) parameters.delete(field);
	return parameters;
}

/** The organization alone, for what no filter narrows. */
export function organizationParameters(state) {
	return new URLSearchParams(state.organization_id ? { organization_id: state.organization_id } : {});
}

export function isFiltered(state) {
	return LIST_FIELDS.some((field) => state[field].length > 0) || SINGLE_FIELDS.some((field) => state[field] !== "");
}

export function sameFilter(one, other) {
	const bare = (state) => formatAddress({ ...state, event: "", split_by: DEFAULT_SPLIT });
	return bare(one) === bare(other);
}

export function toggled(state, field, value) {
	const values = state[field];
	return { ...state, [field]: values.includes(value) ? values.filter((one) => one !== value) : [...values, value] };
}

export function cleared(state) {
	return { ...emptyState(), organization_id: state.organization_id, split_by: state.split_by };
}

export function scopeValue(resource) {
	return resource.type ? `${resource.type}=${resource.id}` : resource.id;
}

/** The type and the id of a scope's value; an id alone has any type. */
export function scopeParts(value) {
	const at = value.indexOf("=");
	return at < 0 ? { type: "", id: value } : { type: value.slice(0, at), id: value.slice(at + 1) };
}
