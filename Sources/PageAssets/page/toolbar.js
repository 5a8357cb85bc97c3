// What the feed does, in words: the line above the table, the pill in the header, and what stands where rows would be.

import { button, count, icon, make, plural } from "./dom.js";
import { explain } from "./words.js";

export class Toolbar {
	#feed;
	#on;
	#shown = {};
	#timer;
	#blankKey = "";

	constructor(bar, pill, place, feed, table, on) {
		this.table = table;
		this.#feed = feed;
		this.#on = on;
		this.total = make("span.total", "Loading the events");
		this.kept = make("span.kept");
		this.pauseButton = button("button small", () => on.pause());
		this.waiting = button("button primary waiting", () => on.release());
		this.blank = make("div.blank", { hidden: true });
		bar.replaceChildren(this.total, this.kept, make("span.spring"), this.pauseButton);
		place.append(this.blank);
		place.parentElement.append(this.waiting);
		this.pill = pill;
		this.dot = make("i.dot");
		this.pillWords = make("span");
		this.now = button("link", () => on.reconnect(), "Now");
		this.pauseButton.id = "pause";
		this.waiting.id = "waiting";
		this.now.id = "reconnect";
		this.now.hidden = this.waiting.hidden = true;
		pill.replaceChildren(this.dot, this.pillWords, this.now);
	}

	show(shown) {
		this.#shown = { ...this.#shown, ...shown };
		this.#showTotal();
		this.#showPause();
		this.#showPill();
		this.#showBlank();
		this.#showEnd();
	}

	#showTotal() {
		const { total, kept } = this.#shown;
		const { list: { rows, complete }, loading, scannedThrough, oldestSequence } = this.#feed;
		const some = rows.length > 0 ? `${count(rows.length)}${complete ? "" : " or more"} events` : "No events";
		// A text is in no index: the search for it may take a while, and says how far it is.
		const isSearching = loading && rows.length === 0;
		const searching = scannedThrough > 0 ? `Searching, ${count(Math.max(0, scannedThrough - oldestSequence))} events to go` : "Loading the events";
		this.total.textContent = isSearching ? searching : total === undefined ? some : plural(total, "event");
		this.kept.textContent = this.kept.title = kept ?? "";
	}

	#showPause() {
		const { paused, list } = this.#feed;
		const key = `${paused} ${list.waitingCount}`;
		if (this.pauseKey === key) return;
		this.pauseKey = key;
		const waits = list.waitingCount;
		this.pauseButton.setAttribute("aria-pressed", paused);
		this.pauseButton.replaceChildren(icon(paused ? "play" : "pause"), paused ? (waits > 0 ? `Resume (${count(waits)})` : "Resume") : "Pause");
		this.pauseButton.title = paused ? "Show new events as they arrive (p)" : "Let new events wait (p)";
		this.waiting.hidden = waits === 0;
		this.waiting.replaceChildren(icon("up"), plural(waits, "newer event"));
	}

	#showPill() {
		const { streamState: { kind, behind, until, error }, paused } = this.#feed;
		clearTimeout(this.#timer);
		const isDown = kind === "disconnected" || kind === "failed";
		this.now.hidden = !isDown;
		this.now.textContent = kind === "failed" ? "Try again" : "Now";
		const words = {
			live: paused ? "Paused" : "Live", "catching-up": behind ? "Fell behind, catching up. Nothing is lost" : "Live", connecting: "Connecting",
			reconnecting: "Reconnecting", resting: "Resting", failed: error && `Not live: ${explain(error).title.toLowerCase()}`,
			disconnected: `Disconnected, reconnecting in ${Math.max(0, Math.ceil((until - Date.now()) / 1000))} s`,
		}[kind] ?? "";
		if (kind === "disconnected") this.#timer = setTimeout(() => this.#showPill(), 250);
		const isLive = kind === "live" || (kind === "catching-up" && !behind);
		this.pill.dataset.kind = isLive ? (paused ? "paused" : "live") : kind;
		if (this.pillWords.textContent !== words) this.pillWords.textContent = words;
	}

	#button(words, action, className = "") {
		return button(`button ${className}`, () => this.#on[action](), words);
	}

	#showBlank() {
		const { error, loading, list } = this.#feed;
		const key = list.rows.length > 0 ? "" : error ? `error ${error.code} ${error.message}` : loading ? "" : `empty ${this.#shown.isFiltered} ${this.#shown.hasRange}`;
		if (key === this.#blankKey) return;
		this.#blankKey = key;
		this.blank.hidden = key === "";
		if (key === "") return;
		if (error) {
			const { title, text, action } = explain(error);
			const words = { retry: "Try again", signin: "Sign in", organization: "Leave the organization out", reset: "Remove all filters" }[action];
			this.blank.replaceChildren(make("h2", title), make("p", text), make("div.actions", words && this.#button(words, action, "primary"),
				action !== "retry" && this.#button("Try again", "retry")));
		} else if (this.#shown.isFiltered) {
			this.blank.replaceChildren(make("h2", "No event matches"), make("p", "Nothing that is kept matches all of the filters. New events that do will appear here."),
				make("div.actions", this.#shown.hasRange && this.#button("Look at all time", "wider", "primary"), this.#button("Remove all filters", "reset")));
		} else {
			this.blank.replaceChildren(make("h2", "No events yet"), make("p", "The log is empty, or retention has taken all. Record an event, and it appears here:"),
				make("p", make("code", "auditrpc record --event-type CREATE --target-type SERVICE --target web --actor ada --change \"a first event\"")));
		}
	}

	#showEnd() {
		const { error, loading, list } = this.#feed;
		const end = [];
		if (list.rows.length > 0 && error) {
			const { title, text, action } = explain(error);
			const isSignIn = action === "signin";
			end.push(`${title}. ${text}`, this.#button(isSignIn ? "Sign in" : "Try again", isSignIn ? action : "retry", "small"));
		} else if (list.rows.length === 0) end.push("");
		else if (list.complete) end.push(this.#shown.kept && !this.#shown.isFiltered ? "This is the oldest event that is kept." : "These are all events that match.");
		else if (list.isFull) end.push(`${count(list.rows.length)} events are loaded, which is what a table holds.`, this.#button("Go on from here", "further", "small"));
		else if (loading) end.push("Loading older events");
		this.table.setEnd(...end);
	}
}
