// The theme is set before anything is drawn, so that a dark page does not begin white. Not a module: those run later.
(() => {
	let theme = "";
	try {
		theme = localStorage.getItem("auditrpc-theme") ?? "";
	} catch {
		// Storage is forbidden; the system's theme it is.
	}
	if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
})();
