// The bar of filters, and the active ones as chips that go at a click.

import { make, icon } from "./dom.js";
import { plain, shown } from "./text.js";
import { LIST_FIELDS, cleared, isFiltered, scopeParts, without } from "./state.js";
import { QUICK_RANGES, inputValue, moment, rangeWords, zoneName } from "./time.js";
import { FIELD_WORDS, valueWords } from "./words.js";
import { FacetMenu, Menu } from "./menu.js";
import { DrillMenu } from "./drill.js";

const TYPING_MILLISECONDS = 350;

class RangeMenu extends Menu {
  #on;

  constructor(on) {
    super("All time", { className: "time", width: 280 });
    this.#on = on;
    this.since = make("input", { type: "datetime-local", step: 1 });
    this.until = make("input", { type: "datetime-local", step: 1 });
    this.quick = make("div", {});
    const form = make("form", { onsubmit: (event) => {
      event.preventDefault();
      this.#apply();
    } },
    make("label", {}, `From (${zoneName()})`, this.since),
    make("label", {}, "Until, exclusive", this.until),
    make("button", { type: "submit", class: "button primary" }, "Apply"));
    this.panel.append(make("div", { class: "range" }, this.quick, form));
  }

  opened() {
    const { since, until } = this.#on.state();
    const now = new Date();
    const value = (text) => {
      const date = text && moment(text, now);
      return date ? inputValue(date) : "";
    };
    this.since.value = value(since);
    this.until.value = value(until);
    this.quick.replaceChildren(...QUICK_RANGES.map(([age, words]) => make("button", {
      type: "button", class: `option${age === since && !until ? " current" : ""}`, "aria-pressed": age === since && !until,
      onclick: () => {
        this.#on.range(age, "");
        this.close();
      },
    }, words)));
  }

  #apply() {
    const text = (input) => (input.value ? new Date(input.value).toISOString().replace(".000Z", "Z") : "");
    let [since, until] = [text(this.since), text(this.until)];
    if (since && until && since > until) [since, until] = [until, since];
    this.#on.range(since, until);
    this.close();
  }
}

export class Filters {
  #on;
  #menus = new Map();
  #typing;

  /** `on` has `state()`, `change(state, {replace})`, `facets`, `sample` and `exportNow()`. */
  constructor(bar, chips, on) {
    this.#on = on;
    this.chips = chips;
    this.range = new RangeMenu({
      state: on.state, range: (since, until) => on.change({ ...on.state(), since, until }),
    });
    this.search = make("input", {
      type: "search", id: "search", placeholder: "Search changes, names, ids, snapshots", "aria-label": "Search changes, names, ids and snapshots", autocomplete: "off", spellcheck: "false",
    });
    this.search.addEventListener("input", () => this.#typed());
    this.search.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.#search();
      if (event.key === "Escape") {
        this.search.blur();
        event.stopPropagation();
      }
    });
    const toggle = (field, value) => on.toggle(field, value);
    const menu = (field) => {
      const made = new FacetMenu(field, FIELD_WORDS[field], { facets: on.facets, chosen: (name) => on.state()[name], toggle });
      this.#menus.set(field, made);
      return made.button;
    };
    this.drill = new DrillMenu({
      facets: on.facets, sample: on.sample, state: on.state, toggle,
      setScope: (value) => on.change({ ...on.state(), scope: value ? [value] : [] }),
    });
    bar.replaceChildren(this.range.button,
      make("div", { class: "search" }, this.search, make("kbd", { "aria-hidden": "true" }, "/")),
      menu("event_type"), this.drill.button, menu("target_type"), menu("actor_id"), menu("actor_type"), menu("source"), menu("outcome"),
      make("span", { class: "spring" }),
      make("button", { type: "button", class: "button", id: "export", onclick: () => on.exportNow() }, icon("down"), "Export"));
  }

  #typed() {
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#search(), TYPING_MILLISECONDS);
  }

  // One search is one step back, however many letters it was typed in.
  #search() {
    clearTimeout(this.#typing);
    const state = this.#on.state();
    const text = this.search.value.trim();
    if (text === state.text) return;
    this.#on.change({ ...state, text }, { replace: state.text !== "" && text !== "" });
  }

  show(state) {
    if (document.activeElement !== this.search || this.search.value.trim() !== state.text) {
      if (this.search.value !== state.text) this.search.value = state.text;
    }
    this.range.label.textContent = rangeWords(state.since, state.until);
    for (const [field, menu] of this.#menus) menu.setNumber(state[field].length);
    this.drill.setNumber(state.scope.length + state.target_id.length);
    this.#showChips(state);
  }

  #showChips(state) {
    const chips = [];
    const add = (what, words, title, field, value) => chips.push(make("span", { class: "chip", title },
      what && make("span", { class: "what" }, what), words,
      make("button", { type: "button", "aria-label": `Remove ${what} ${title}`, onclick: () => this.#on.change(without(this.#on.state(), field, value)) }, icon("close"))));
    if (state.since || state.until) {
      const range = rangeWords(state.since, state.until);
      chips.push(make("span", { class: "chip" }, make("span", { class: "what" }, "Time"), shown(range),
        make("button", { type: "button", "aria-label": "Remove the time range", onclick: () => this.#on.change({ ...this.#on.state(), since: "", until: "" }) }, icon("close"))));
    }
    for (const field of LIST_FIELDS) {
      for (const value of state[field]) {
        const { name } = valueWords(field, value);
        const type = field === "scope" ? scopeParts(value).type : "";
        add(type ? `In ${plain(type, 40).toLowerCase()}` : FIELD_WORDS[field], shown(name, { limit: 80 }), plain(value), field, value);
      }
    }
    if (state.text) add("Text", shown(state.text, { limit: 80 }), plain(state.text), "text", state.text);
    if (chips.length > 1) {
      chips.push(make("button", { type: "button", class: "link", onclick: () => this.#on.change(cleared(this.#on.state())) }, "Clear all"));
    }
    this.chips.hidden = !isFiltered(state);
    this.chips.replaceChildren(...chips);
  }

  focusSearch() {
    this.search.focus();
    this.search.select();
  }
}
