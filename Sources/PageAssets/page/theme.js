// The theme: the system's, light, dark, in turn. It is no secret, so it outlives the tab. Not a module, which would run
// when a dark page has begun white.
(() => {
	const KEY = "auditrpc-theme";
	const NEXT = { system: "light", light: "dark", dark: "system" };
	const root = document.documentElement;
	// Storage may be forbidden; then a theme is for this page alone.
	const stored = (action) => {
		try {
			return action(localStorage);
		} catch {
			return undefined;
		}
	};
	const set = (theme) => { root.dataset.theme = theme in NEXT ? theme : "system"; };
	set(stored((storage) => storage.getItem(KEY)) ?? "");
	addEventListener("DOMContentLoaded", () => {
		const button = document.getElementById("theme");
		const name = () => { button.ariaLabel = button.title = `Theme: ${root.dataset.theme}`; };
		button.addEventListener("click", () => {
			set(NEXT[root.dataset.theme]);
			stored((storage) => storage.setItem(KEY, root.dataset.theme));
			name();
		});
		name();
	});
})();
