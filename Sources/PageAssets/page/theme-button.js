// The theme: the system's, light, dark, in turn. It is no secret, so it outlives the tab.

import { makeSVG } from "./dom.js";

const KEY = "auditrpc-theme";
const THEMES = ["", "light", "dark"];
const WORDS = { "": "as the system", light: "light", dark: "dark" };
const PICTURES = {
	"": "M3 3.5h10v7.5H3zM6 13.5h4M8 11v2.5",
	light: "M8 10.6a2.6 2.6 0 1 0 0-5.2 2.6 2.6 0 0 0 0 5.2zM8 1.6v1.6M8 12.8v1.6M1.6 8h1.6M12.8 8h1.6M3.5 3.5l1.1 1.1M11.4 11.4l1.1 1.1M3.5 12.5l1.1-1.1M11.4 4.6l1.1-1.1",
	dark: "M13 9.4A5.6 5.6 0 0 1 6.6 3 5.4 5.4 0 1 0 13 9.4z",
};

export function themeButton(button) {
	const draw = () => {
		const theme = document.documentElement.dataset.theme ?? "";
		button.setAttribute("aria-label", `Theme: ${WORDS[theme]}`);
		button.title = `Theme: ${WORDS[theme]}`;
		button.replaceChildren(makeSVG("svg.icon", { viewBox: "0 0 16 16", "aria-hidden": "true" }, makeSVG("path", { d: PICTURES[theme] })));
	};
	button.addEventListener("click", () => {
		const next = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme ?? "") + 1) % THEMES.length];
		if (next) document.documentElement.dataset.theme = next;
		else delete document.documentElement.dataset.theme;
		try {
			if (next) localStorage.setItem(KEY, next);
			else localStorage.removeItem(KEY);
		} catch {
			// Then it is for this page alone.
		}
		draw();
	});
	draw();
}
