// What the pointer rests on, explained beside it; the details say the same to those who use none.

import { make } from "./dom.js";

const DELAY_MILLISECONDS = 220;

let box;
let timer;
let owner;

export function hideHint() {
	clearTimeout(timer);
	owner = undefined;
	if (box) box.hidden = true;
}

export function showHint(content, x, y) {
	if (!box) {
		box = make("div.hint", { role: "tooltip" });
		document.body.append(box);
		addEventListener("scroll", hideHint, { capture: true, passive: true });
		addEventListener("keydown", hideHint, { capture: true });
	}
	box.replaceChildren(...content);
	box.hidden = false;
	const { width, height } = box.getBoundingClientRect();
	box.style.left = `${Math.max(8, x + 14 + width > innerWidth ? x - width - 12 : x + 14)}px`;
	box.style.top = `${y + 20 + height > innerHeight ? Math.max(4, y - height - 10) : y + 18}px`;
}

/** `contentOf(target)` gives `{element, content}` of what is below the pointer, or nothing. */
export function hintsIn(container, contentOf) {
	container.addEventListener("pointermove", (event) => {
		if (event.pointerType === "touch") return;
		const found = contentOf(event.target);
		if (found?.element === owner) return;
		hideHint();
		if (!found) return;
		owner = found.element;
		timer = setTimeout(() => {
			if (found.element.isConnected) showHint(found.content(), event.clientX, event.clientY);
		}, DELAY_MILLISECONDS);
	});
	container.addEventListener("pointerleave", hideHint);
	container.addEventListener("pointerdown", hideHint);
}

export function hintRow(label, ...value) {
	return make("div.row", make("span", label), make("span", ...value));
}
