// Elements by hand: strings become text nodes, so that nothing recorded can become markup.

function fill(create, [tag, ...children]) {
	const [name, ...classes] = tag.split(".");
	const element = create(name);
	if (classes.length > 0) element.setAttribute("class", classes.join(" "));
	const [attributes] = children;
	if (Object.getPrototypeOf(attributes ?? "") === Object.prototype) {
		children.shift();
		for (const [name, value] of Object.entries(attributes)) {
			if (name.startsWith("aria-") && value !== undefined) element.setAttribute(name, value);
			else if (value === undefined || value === null || value === false) continue;
			else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
			else if (name === "value" || name === "checked") element[name] = value;
			else element.setAttribute(name, value === true ? "" : value);
		}
	}
	element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
	return element;
}

/** An element by its tag and classes (`div.menu`), with attributes and listeners if the first child is an object. */
export const make = (...parts) => fill((name) => document.createElement(name), parts);
export const makeSVG = (...parts) => fill((name) => document.createElementNS("http://www.w3.org/2000/svg", name), parts);

export function button(className, onclick, ...children) {
	return make("button", { type: "button", class: className, onclick }, ...children);
}

/** A button that is a picture; the words are its name. */
export function iconButton(name, words, onclick, className = "quiet square") {
	const made = button(className, onclick, icon(name));
	made.ariaLabel = made.title = words;
	return made;
}

export function findField(words, attributes) {
	return make("input", { type: "search", placeholder: words, "aria-label": words, autocomplete: "off", spellcheck: "false", ...attributes });
}

export function swatch(colour) {
	const made = make("i.swatch", { "aria-hidden": "true" });
	made.style.background = colour || "transparent";
	return made;
}

/** Puts rows into a list, so many at a time; `words(left)` are those of the button for more. */
export function appendSome(list, rows, size, row, words) {
	list.append(...rows.slice(0, size).map(row));
	const rest = rows.slice(size);
	if (rest.length === 0) return;
	const more = make("li", button("link", () => {
		more.remove();
		appendSome(list, rest, size, row, words);
	}, words(rest.length)));
	list.append(more);
}

/** Makes a list anew; the focus stays at its place. */
export function renew(list, children) {
	const at = [...list.children].findIndex((child) => child.contains(document.activeElement));
	list.replaceChildren(...children);
	const place = list.children[Math.min(at, list.children.length - 1)];
	(place?.querySelector("button") ?? place)?.focus();
}

export function byId(id) {
	return document.getElementById(id);
}

const ICONS = {
	close: "M4 4l8 8M12 4l-8 8",
	copy: "M6 6h7v7H6zM10 6V3H3v7h3",
	pause: "M5.5 3.5v9M10.5 3.5v9",
	play: "M5 3.5l7 4.5-7 4.5z",
	up: "M8 13V3M4 7l4-4 4 4",
	down: "M8 3v10M4 9l4 4 4-4",
	back: "M10 3L5 8l5 5",
	forward: "M6 3l5 5-5 5",
	chevron: "M4 6l4 4 4-4",
	funnel: "M2.5 3.5h11L9.5 8.5v4l-3 1.5V8.5z",
	USER: "M8 8a2.7 2.7 0 1 0 0-5.4A2.7 2.7 0 0 0 8 8zM3 13.6c1-5 9-5 10 0",
	API_TOKEN: "M6 9a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8.2 8.2L13 13M11 11l-1.5 1.5",
	SERVICE: "M3 3h10v4H3zM3 9h10v4H3zM5.5 5h.01M5.5 11h.01",
	SYSTEM: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 2v3M8 11v3M2 8h3M11 8h3",
	AGENT: "M3.5 6h9v7h-9zM8 6V3M8 3h.01M6 9.2h.01M10 9.2h.01M1.5 8.5v2M14.5 8.5v2",
};

export function icon(name) {
	return makeSVG("svg.icon", { viewBox: "0 0 16 16", "aria-hidden": true }, makeSVG("path", { d: ICONS[name] ?? ICONS.USER }));
}

export function copyButton(words, text) {
	const say = (word) => {
		made.dataset.done = word;
		setTimeout(() => delete made.dataset.done, 1500);
	};
	const made = iconButton("copy", words, () => navigator.clipboard?.writeText(text()).then(() => say("Copied"), () => say("Not copied")), "quiet");
	return made;
}

const counts = new Intl.NumberFormat();
const shortCounts = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });

export const count = (number) => counts.format(number);
export const shortCount = (number) => (number < 10_000 ? counts.format(number) : shortCounts.format(number));
export const plural = (number, word) => `${count(number)} ${word}${number === 1 ? "" : "s"}`;
