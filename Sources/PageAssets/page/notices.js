// What a reader must know of the whole view: each says what happened and what to do, until it is over or put away.

import { iconButton, make } from "./dom.js";

export class Notices {
	#place;
	#shown = new Map();

	constructor(place) {
		this.#place = place;
	}

	/** Shows or changes the notice of a kind, or takes it away; `dismiss` is called when the reader puts it away. */
	set(kind, notice) {
		if (!notice) return this.remove(kind);
		const { title, text, bad = false, dismiss } = notice;
		const key = `${title}\0${text}`;
		if (this.#shown.get(kind)?.key === key) return undefined;
		this.remove(kind);
		const element = make("div", { class: bad ? "notice bad" : "notice", role: "alert" },
			make("span", make("strong", title), ". ", text),
			dismiss && iconButton("close", "Put away", () => {
				this.remove(kind);
				dismiss();
			}));
		this.#shown.set(kind, { key, element });
		return this.#place.append(element);
	}

	remove(kind) {
		this.#shown.get(kind)?.element.remove();
		this.#shown.delete(kind);
	}
}
