// Who looks: signing in and out, what the server takes the caller for, and the organization that is looked at.

import { SignInDialog } from "./dialogs.js";
import { button, make } from "./dom.js";
import { keepToken, token } from "./session.js";
import { plain, shown } from "./text.js";
import { localTime, parseTime } from "./time.js";
import { CREDENTIALS } from "./words.js";

export class Account {
	#api;
	#on;
	#caller;
	#dialog;

	/** `on`: `state`, `change(state)`, `changed`, `restart` when another looks, `left` when nobody does. */
	constructor(api, place, organizationPlace, on) {
		this.#api = api;
		this.#on = on;
		this.place = place;
		this.organizationPlace = organizationPlace;
		this.#dialog = new SignInDialog((secret) => this.#use(secret));
	}

	get seesMany() {
		return this.#caller !== undefined && this.#caller.organizations?.length !== 1;
	}

	async load() {
		if (this.#caller) return;
		try {
			this.#caller = await this.#api.get("/v1/whoami");
			this.show();
			this.#on.changed();
		} catch (error) {
			if (error.code === "UNAUTHENTICATED") this.denied();
		}
	}

	denied() {
		this.#caller = undefined;
		this.show();
		this.signIn();
	}

	signIn() {
		this.#dialog.open(token() !== "");
	}

	/** A link has brought another token. */
	changed() {
		this.#caller = undefined;
		this.#dialog.close();
		this.load();
		this.#on.restart();
	}

	async #use(secret) {
		const before = token();
		keepToken(secret);
		try {
			this.#caller = await this.#api.get("/v1/whoami");
		} catch (error) {
			keepToken(before);
			throw error;
		}
		this.show();
		this.#on.restart();
	}

	#signOut() {
		keepToken("");
		this.#on.left();
		this.changed();
	}

	show() {
		const caller = this.#caller;
		if (!caller) {
			this.organizationPlace.replaceChildren();
			this.place.replaceChildren(button("button small", () => this.signIn(), "Sign in"));
			return;
		}
		const kind = CREDENTIALS[caller.credential] ?? caller.credential;
		const roles = plain((caller.roles ?? []).join(", ").toLowerCase());
		const until = caller.expires_at && parseTime(caller.expires_at);
		this.place.replaceChildren(
			make("span.words", { title: [plain(kind), roles, until && `until ${localTime(until)}`].filter(Boolean).join(", ") }, shown(caller.name || kind, { limit: 60 }), ` ${roles}`),
			token() ? button("quiet", () => this.#signOut(), "Sign out") : button("quiet", () => this.signIn(), "Use a token"));
		this.#showOrganization(caller.organizations);
	}

	#showOrganization(own) {
		if (own?.length === 1) {
			this.organizationPlace.replaceChildren(make("strong", { title: plain(own[0]) }, shown(own[0])));
			return;
		}
		const input = make("input", {
			list: "organizations", value: this.#on.state().organization_id, placeholder: "All organizations", "aria-label": "Organization", autocomplete: "off",
			onchange: () => this.#on.change({ ...this.#on.state(), organization_id: input.value.trim(), event: "" }),
		});
		this.organizationPlace.replaceChildren(input, make("datalist", { id: "organizations" }, (own ?? []).map((value) => make("option", { value }))));
	}
}
