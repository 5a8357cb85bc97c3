// How fields, values and errors read. Names that events give to ids are remembered, so that a filter shows them.

import { button, make } from "./dom.js";
import { plain } from "./text.js";
import { scopeParts, scopeValue } from "./state.js";

export const FIELD_WORDS = {
	event_type: "Event type", target_type: "Target type", target_id: "Target", scope: "In", actor_id: "User",
	actor_type: "User type", source: "Tool", outcome: "Outcome",
};

export const ACTOR_TYPES = { USER: "User", API_TOKEN: "API token", SERVICE: "Service", SYSTEM: "System", AGENT: "Agent" };
export const CREDENTIALS = {
	LOCAL: "This machine", API_TOKEN: "API token", CERTIFICATE: "Client certificate", JWT: "JWT", VIEWER: "Viewer token", SERVER: "The server itself",
};
export const OUTCOMES = { SUCCESS: "Success", FAILURE: "Failure", DENIED: "Denied" };

const NAMES_MAX = 20_000;
const names = new Map();

/** They are of what another may see. */
export const forgetNames = () => names.clear();

export function remember(field, value, name) {
	if (!name || name === value) return;
	if (names.size > NAMES_MAX) names.clear();
	names.set(`${field}\0${value}`, name);
}

export function rememberEvent(event) {
	if (event.actor) remember("actor_id", event.actor.id, event.actor.name);
	if (event.target) remember("target_id", event.target.id, event.target.name);
	for (const resource of event.scope ?? []) remember("scope", scopeValue(resource), resource.name);
}

export function valueWords(field, value) {
	const { type, id } = field === "scope" ? scopeParts(value) : { type: "", id: value };
	const known = { actor_type: ACTOR_TYPES, outcome: OUTCOMES }[field];
	if (known) return { name: known[value] ?? value, id: "", type };
	const name = names.get(`${field}\0${value}`);
	return { name: name ?? id, id: name ? id : "", type };
}

/** What went wrong in a part of the page, which then tries again. */
export function trouble(error, again) {
	const { title, text } = explain(error);
	return make("p.say", { role: "alert" }, `${title}. ${text} `, button("link", again, "Try again"));
}

/** What happened and what to do; `action` is one of retry, signin, organization and reset. */
export function explain(error) {
	const said = `The server says: ${plain(error.message ?? String(error), 400)}.`;
	const [title, text, action = "retry"] = {
		UNAUTHENTICATED: ["You are not signed in", "The token is missing, expired or revoked. Sign in with another: the view stays.", "signin"],
		PERMISSION_DENIED: ["This is not for you to see", `${said} Ask for a token that may read it, or leave the organization out.`, "organization"],
		INVALID_ARGUMENT: ["The server does not take this filter", `${said} Take that filter out, or begin anew.`, "reset"],
		NOT_FOUND: ["There is no such event", "It is not kept any more, or not in what you may see.", ""],
		RESOURCE_EXHAUSTED: ["Too much at once", `${said}${error.retryAfter ? ` It asks to wait ${error.retryAfter} s.` : ""} Narrow the time range, or try again in a while.`],
		DEADLINE_EXCEEDED: ["It took too long", "Narrow the time range or add a filter, and try again."],
		DISCONNECTED: ["The server does not answer", "It may be restarting, or the network is down. The page goes on when it is back."],
		UNAVAILABLE: ["The server is not ready", `${said} The page goes on when it is.`],
		DATA_LOSS: ["A part of the log is damaged", `${said} Its operator can look with: auditrpc store verify`],
	}[error.code] ?? ["Something went wrong", said];
	return { title, text, action };
}
