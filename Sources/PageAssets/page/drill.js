// The target's menu: from what encloses it (project, environment) down to it. Scopes of a filter are alternatives, so going
// down takes the place of the scope above; what is above is told by the events themselves.

import { make, icon, count } from "./dom.js";
import { plain, shown } from "./text.js";
import { isAbort } from "./api.js";
import { scopeParts, scopeValue } from "./state.js";
import { Menu, matches, optionWords } from "./menu.js";
import { explain, remember, rememberEvent, valueWords } from "./words.js";

const LIMIT = "1000";
const SHOWN_MAX = 200;

/**
 * The scopes around and below one, of facets that were counted with it as the filter and of an event in it. An event says
 * what encloses what: its scope is outermost first.
 */
export function levels(current, facets, sample) {
  const values = facets.map((facet) => ({ ...facet, value: facet.type ? `${facet.type}=${facet.value}` : facet.value }));
  const chain = (sample?.scope ?? []).map(scopeValue);
  if (!current) {
    // The outermost types first; an event of the deepest kind is the best sample of their order.
    const order = (sample?.scope ?? []).map((one) => one.type);
    const outermost = order[0];
    const top = outermost ? values.filter((one) => one.type === outermost) : values;
    return { above: [], below: top.length > 0 ? top : values, all: values };
  }
  const at = chain.findIndex((value) => value === current || scopeParts(value).id === scopeParts(current).id);
  const above = at < 0 ? [] : chain.slice(0, at);
  const below = values.filter((one) => one.value !== current && scopeParts(one.value).id !== scopeParts(current).id
    && !above.includes(one.value));
  const next = chain[at + 1] ? scopeParts(chain[at + 1]).type : undefined;
  const nearest = at >= 0 && next ? below.filter((one) => one.type === next) : below;
  return { above, below: nearest.length > 0 ? nearest : below, all: below };
}

export class DrillMenu extends Menu {
  #on;
  #controller;
  #levels;
  #targets;
  #error;

  /** `on` has `facets(field, limit, signal, without)`, `sample(signal, without)`, `state()`, `setScope(value)`, `toggle`. */
  constructor(on) {
    super("Target", { width: 400 });
    this.#on = on;
    this.path = make("nav", { class: "path", "aria-label": "Where the target is" });
    this.find = make("input", { type: "search", class: "find", placeholder: "Find a project, environment or target", "aria-label": "Find a project, environment or target", autocomplete: "off", spellcheck: "false" });
    this.options = make("div", { class: "options" });
    this.foot = make("div", { class: "foot" });
    this.panel.append(this.path, this.find, this.options, this.foot);
    this.find.addEventListener("input", () => this.#draw());
    this.find.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.options.querySelector("input, button")?.click();
    });
  }

  opened() {
    this.find.value = "";
    this.load();
  }

  closed() {
    this.#controller?.abort();
  }

  get #scope() {
    const { scope } = this.#on.state();
    return scope.length === 1 ? scope[0] : "";
  }

  async load() {
    this.#controller?.abort();
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    this.#levels = this.#targets = this.#error = undefined;
    this.#draw();
    try {
      // Targets are alternatives to the one that is chosen; a menu offers them all.
      const [scopes, targets, sample] = await Promise.all([
        this.#on.facets("scope", LIMIT, signal, ["target_id"]),
        this.#on.facets("target_id", LIMIT, signal, ["target_id"]),
        this.#on.sample(signal, ["target_id"]),
      ]);
      for (const event of sample) rememberEvent(event);
      for (const facet of scopes.facets) remember("scope", scopeValue({ type: facet.type, id: facet.value }), facet.name);
      for (const facet of targets.facets) remember("target_id", facet.value, facet.name);
      const deepest = sample.reduce((best, event) => ((event.scope?.length ?? 0) > (best?.scope?.length ?? 0) ? event : best), undefined);
      this.#levels = levels(this.#scope, scopes.facets, deepest);
      this.#targets = targets;
    } catch (error) {
      if (isAbort(error)) return;
      this.#error = error;
    }
    this.#draw();
  }

  #go(scope) {
    this.#on.setScope(scope);
    this.find.value = "";
    this.load();
    this.find.focus();
  }

  #step(words, scope, isLast) {
    return [make("button", { type: "button", class: "link", "aria-current": isLast ? "true" : undefined, onclick: () => this.#go(scope) }, words)];
  }

  #draw() {
    const steps = [this.#step("Everything", "", !this.#scope)];
    for (const value of [...(this.#levels?.above ?? []), ...(this.#scope ? [this.#scope] : [])]) {
      const { name, type } = valueWords("scope", value);
      steps.push([icon("forward")], this.#step([type && make("span", { class: "muted" }, shown(type.toLowerCase()), " "), shown(name, { limit: 60 })], value, value === this.#scope));
    }
    this.path.replaceChildren(...steps.flat());
    if (this.#error) {
      const { title, text } = explain(this.#error);
      this.options.replaceChildren(make("p", { class: "say" }, `${title}. ${text} `, make("button", { type: "button", class: "link", onclick: () => this.load() }, "Try again")));
      return;
    }
    if (!this.#targets) {
      this.options.replaceChildren(make("p", { class: "say" }, "Counting"));
      this.foot.replaceChildren();
      return;
    }
    const words = this.find.value.trim();
    const fits = (field) => (facet) => matches(field, facet.value, facet.name, words);
    const scopes = (words ? this.#levels.all : this.#levels.below).filter(fits("scope"));
    const chosen = this.#on.state().target_id;
    const targets = this.#targets.facets.filter(fits("target_id"));
    const children = [];
    const types = [...new Set(scopes.map((one) => one.type ?? ""))];
    for (const type of types) {
      children.push(make("h3", {}, shown(type || "Scope")));
      for (const one of scopes.filter((scope) => (scope.type ?? "") === type).slice(0, SHOWN_MAX)) {
        children.push(make("button", { type: "button", class: "option", onclick: () => this.#go(one.value) },
          optionWords("scope", one.value), make("span", { class: "number" }, count(one.count)), icon("forward")));
      }
    }
    if (targets.length > 0) children.push(make("h3", {}, this.#scope ? "Targets in it" : "Targets"));
    for (const facet of targets.slice(0, SHOWN_MAX)) {
      children.push(make("label", { class: "option" },
        make("input", { type: "checkbox", checked: chosen.includes(facet.value), onchange: () => this.#on.toggle("target_id", facet.value) }),
        optionWords("target_id", facet.value), facet.type && make("span", { class: "number" }, plain(facet.type, 30).toLowerCase()),
        make("span", { class: "number" }, count(facet.count))));
    }
    if (words && !this.#targets.facets.some((facet) => facet.value === words)) {
      children.push(make("button", { type: "button", class: "option", onclick: () => {
        this.#on.toggle("target_id", words);
        this.close();
      } }, make("span", { class: "name" }, "Use \u201c", shown(words), "\u201d as the id of a target")));
    }
    if (children.length === 0) children.push(make("p", { class: "say" }, "No event that matches the other filters has a target here."));
    this.options.replaceChildren(...children);
    this.foot.replaceChildren(make("span", {}, this.#targets.other_count > 0
      ? `${count(this.#targets.other_count)} events are of rarer targets` : `${count(this.#targets.facets.length)} targets`),
    (this.#scope || chosen.length > 0) && make("button", { type: "button", class: "link", onclick: () => {
      for (const value of chosen) this.#on.toggle("target_id", value);
      this.#go("");
    } }, "Clear"));
  }
}
