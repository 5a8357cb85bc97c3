// The theme: the system's, light, dark, in turn. It is no secret, so it outlives the tab.

const WORDS = { "": "as the system", light: "light", dark: "dark" };
const NEXT = { "": "light", light: "dark", dark: "" };

export function themeButton(button) {
	const root = document.documentElement;
	const name = () => { button.ariaLabel = button.title = `Theme: ${WORDS[root.dataset.theme ?? ""]}`; };
	button.addEventListener("click", () => {
		const theme = NEXT[root.dataset.theme ?? ""];
		if (theme) root.dataset.theme = theme;
		else delete root.dataset.theme;
		try {
			localStorage.setItem("auditrpc-theme", theme);
		} catch {
			// Then it is for this page alone.
		}
		name();
	});
	name();
}
