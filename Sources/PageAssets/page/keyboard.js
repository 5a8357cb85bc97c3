// Keys of the whole page. They are single letters, so they are silent while something is typed or a dialog is open.

const TYPED = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";

export function listenToKeys(on) {
	addEventListener("keydown", (event) => {
		if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
		const { target } = event;
		if (target.matches?.(TYPED) || document.querySelector("dialog[open], :popover-open")) return;
		const onGrid = target.closest?.("#grid") || target === document.body;
		const keys = {
			j: () => on.move(1), k: () => on.move(-1), g: () => on.top(), "/": () => on.search(), p: () => on.pause(), "?": () => on.help(),
			"[": () => on.neighbour(0), "]": () => on.neighbour(1), Escape: () => on.close(),
		};
		if (onGrid) Object.assign(keys, { ArrowDown: () => on.move(1), ArrowUp: () => on.move(-1), Enter: () => on.open(), Home: () => on.top() });
		const action = keys[event.key];
		if (!action) return;
		event.preventDefault();
		action();
	});
}
