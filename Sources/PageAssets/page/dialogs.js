// The dialogs that ask for a token and that say what the keys do.

import { button, make } from "./dom.js";

export class SignInDialog {
	#use;

	/** `use(secret)` gives a promise that is refused when the server does not take it. */
	constructor(use) {
		this.#use = use;
		this.input = make("input", { type: "password", autocomplete: "off", spellcheck: "false", "aria-label": "Token", placeholder: "auditrpc_...", required: true });
		this.problem = make("p.problem", { role: "alert", hidden: true });
		this.words = make("p");
		this.dialog = make("dialog", { "aria-labelledby": "signin-title" }, make("h2", { id: "signin-title" }, "Sign in"), this.words,
			make("form", { onsubmit: (event) => {
				event.preventDefault();
				this.#send();
			} }, this.input, this.problem, make("div.actions", button("button", () => this.close(), "Not now"), make("button.button.primary", "Sign in"))));
		document.body.append(this.dialog);
	}

	close() {
		this.dialog.close();
	}

	open(hadToken) {
		if (this.dialog.open) return;
		this.words.textContent = hadToken
			? "The token of this tab is not valid any more: it has expired or was revoked. With another one the view goes on as it is."
			: "Paste an API token, a viewer token or a JWT. It is kept for this tab alone.";
		this.problem.hidden = true;
		this.input.value = "";
		this.dialog.showModal();
	}

	async #send() {
		const secret = this.input.value.trim().replace(/^Bearer\s+/i, "");
		if (!/^[\x21-\x7e]+$/.test(secret)) return this.#say("This is no token: it has signs that none has.");
		try {
			await this.#use(secret);
			this.input.value = "";
			this.dialog.close();
		} catch (error) {
			this.#say(error.code === "UNAUTHENTICATED" ? "The server does not know this token, or it has expired." : error.message);
		}
		return undefined;
	}

	#say(words) {
		this.problem.hidden = false;
		this.problem.textContent = words;
	}
}

const KEYS = {
	"j \u2193": "next event", "k \u2191": "previous event", Enter: "open the event", Esc: "close what is open", g: "to the newest event", "/": "search",
	p: "pause or resume", "[ ]": "previous and next event of the open one's target", "?": "this help",
};

export function helpDialog() {
	const dialog = make("dialog", { "aria-labelledby": "help-title" }, make("h2", { id: "help-title" }, "Keyboard and help"),
		make("dl.keys", Object.entries(KEYS).map(([keys, words]) => [make("dt", keys.split(" ").map((key) => make("kbd", key))), make("dd", words)])),
		make("p", "A link to this address is a saved view. In the histogram a drag chooses a range; so do the arrows with Shift, Enter zooms in and Backspace out. Signs that cannot be seen, or that turn text around, are boxes with their code."),
		make("div.actions", button("button primary", () => dialog.close(), "Close")));
	document.body.append(dialog);
	return dialog;
}
