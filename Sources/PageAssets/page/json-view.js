// A JSON value as a tree that folds. Children are made when they are looked at, a hundred at a time: a snapshot of 256 KiB
// costs as little as a small one.

import { appendSome, button, make } from "./dom.js";
import { ExactNumber } from "./api.js";
import { shown } from "./text.js";

const CHUNK = 100;
const STRING_CHARACTERS = 400;
const OPEN_ROWS = 12;

export function isBranch(value) {
	return value !== null && typeof value === "object" && !(value instanceof ExactNumber);
}

export function entriesOf(value) {
	return Array.isArray(value) ? value.map((one, index) => [String(index), one]) : Object.entries(value);
}

/** `{ 3 keys }`, `[ 12 ]`: what a folded value says of itself. */
export function foldedWords(value) {
	const size = Array.isArray(value) ? value.length : Object.keys(value).length;
	if (Array.isArray(value)) return size === 0 ? "[]" : `[ ${size} ]`;
	return size === 0 ? "{}" : `{ ${size} ${size === 1 ? "key" : "keys"} }`;
}

export function jsonText(value, indent) {
	return JSON.stringify(value, null, indent) ?? "";
}

/** A value that has no children. Strings keep their quotes, so that "1" is not 1. */
export function leaf(value) {
	if (value instanceof ExactNumber) return make("span.json-number", value.source);
	if (typeof value === "number") return make("span.json-number", String(value));
	if (typeof value !== "string") return make("span.json-word", String(value));
	const element = make("span.json-string", "\"", shown(value, { limit: STRING_CHARACTERS }), "\"");
	if (value.length > STRING_CHARACTERS) {
		element.append(button("link", () => element.replaceChildren("\"", shown(value, { limit: Infinity }), "\""), ` all ${value.length} characters`));
	}
	return element;
}

// What is small is open at once; what is large waits to be asked.
function isSmall(value) {
	return !isBranch(value) || (entriesOf(value).length <= OPEN_ROWS && entriesOf(value).every(([, child]) => !isBranch(child)));
}

function keyShown(key) {
	return key !== undefined && make("span.key", shown(key, { limit: 200 }), ": ");
}

function branch(key, value, open) {
	const list = make("ul");
	let made = false;
	const entries = isBranch(value) ? entriesOf(value) : [];
	const fold = button("fold", () => toggle(), keyShown(key), foldedWords(value));
	fold.ariaExpanded = "false";
	const toggle = () => {
		list.hidden = !list.hidden;
		fold.ariaExpanded = !list.hidden;
		if (!made) {
			made = true;
			appendSome(list, entries, CHUNK, ([name, child]) => make("li", node(name, child, isSmall(child))), (left) => `${Math.min(CHUNK, left)} more of ${left}`);
		}
	};
	list.hidden = true;
	if (open) toggle();
	return make("div.node", fold, list);
}

function node(key, value, open) {
	if (isBranch(value) && entriesOf(value).length > 0) return branch(key, value, open);
	return make("div.node", keyShown(key), isBranch(value) ? foldedWords(value) : leaf(value));
}

export function jsonTree(value) {
	return make("div.json", node(undefined, value, true));
}

/** A value in a difference: short as text, large as a tree that is folded. */
export function jsonInline(value) {
	if (!isBranch(value)) return leaf(value);
	const text = jsonText(value);
	if (text.length <= 120) return make("span", shown(text));
	return node(undefined, value, false);
}
