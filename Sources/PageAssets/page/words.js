// How fields, values and errors read. Names that events give to ids are remembered, so that a filter shows them.

import { plain } from "./text.js";
import { scopeParts, scopeValue } from "./state.js";

export const FIELD_WORDS = {
  event_type: "Event type", target_type: "Target type", target_id: "Target", scope: "In", actor_id: "User",
  actor_type: "User type", source: "Tool", outcome: "Outcome", since: "Time", until: "Until", text: "Text",
};

export const ACTOR_TYPES = { USER: "User", API_TOKEN: "API token", SERVICE: "Service", SYSTEM: "System", AGENT: "Agent" };
export const OUTCOMES = { SUCCESS: "Success", FAILURE: "Failure", DENIED: "Denied" };

const NAMES_MAX = 20_000;
const names = new Map();

/** Remembers the name of an id; the latest one stays. */
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

export function nameOf(field, value) {
  return names.get(`${field}\0${value}`) ?? "";
}

/** `{name, id, type}` of a value of a filter. */
export function valueWords(field, value) {
  if (field === "actor_type") return { name: ACTOR_TYPES[value] ?? value, id: "", type: "" };
  if (field === "outcome") return { name: OUTCOMES[value] ?? value, id: "", type: "" };
  const { type, id } = field === "scope" ? scopeParts(value) : { type: "", id: value };
  const name = nameOf(field, value);
  return { name: name || id, id: name ? id : "", type };
}

/** What happened, and what to do about it: `{title, text, action}`; `action` is one of retry, signin, organization, reset. */
export function explain(error) {
  const said = plain(error.message ?? String(error), 400);
  switch (error.code) {
    case "UNAUTHENTICATED":
      return { title: "You are not signed in", text: "The token is missing, expired or revoked. Sign in with another; the view stays as it is.", action: "signin" };
    case "PERMISSION_DENIED":
      return { title: "This is not for you to see", text: `The server says: ${said}. Ask for a token that may read it, or leave the organization out.`, action: "organization" };
    case "INVALID_ARGUMENT":
      return { title: "The server does not take this filter", text: `It says: ${said}. Take that filter out, or begin anew.`, action: "reset" };
    case "OUT_OF_RANGE":
      return { title: "The log has changed", text: `The server says: ${said}. Load the events anew.`, action: "retry" };
    case "NOT_FOUND":
      return { title: "There is no such event", text: "It is not kept any more, or not in what you may see.", action: "" };
    case "RESOURCE_EXHAUSTED":
      return { title: "Too much at once", text: `The server says: ${said}.${error.retryAfter ? ` It asks to wait ${error.retryAfter} s.` : ""} Narrow the time range, or try again in a while.`, action: "retry" };
    case "DEADLINE_EXCEEDED":
      return { title: "It took too long", text: "Narrow the time range or add a filter, and try again.", action: "retry" };
    case "DISCONNECTED":
      return { title: "The server does not answer", text: "It may be restarting, or the network is down. The page goes on by itself when it is back.", action: "retry" };
    case "UNAVAILABLE":
      return { title: "The server is not ready", text: `It says: ${said}. The page goes on by itself when it is.`, action: "retry" };
    case "DATA_LOSS":
      return { title: "A part of the log is damaged", text: `The server says: ${said}. Whoever operates it can look with: auditrpc store verify`, action: "retry" };
    default:
      return { title: "Something went wrong", text: `The server says: ${said}.`, action: "retry" };
  }
}
