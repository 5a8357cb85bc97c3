// A button that opens a menu: what the menus of all filters have in common, and the menu of one field's values.

import { make, icon, count } from "./dom.js";
import { plain, shown } from "./text.js";
import { isAbort } from "./api.js";
import { explain, remember, valueWords } from "./words.js";

const VALUES_MAX = "1000";
const SHOWN_MAX = 300;
let menus = 0;

export class Menu {
  constructor(words, { className = "", width } = {}) {
    menus += 1;
    this.number = make("span", { class: "number", hidden: true });
    this.label = make("span", {}, words);
    this.panel = make("div", { class: "menu", popover: "auto", id: `menu-${menus}`, role: "dialog", "aria-label": words });
    if (width) this.panel.style.width = `${width}px`;
    this.button = make("button", {
      type: "button", class: `filter-button ${className}`, "aria-haspopup": "dialog", "aria-expanded": "false",
      "aria-controls": this.panel.id, popovertarget: this.panel.id,
    }, this.label, this.number, icon("chevron"));
    document.body.append(this.panel);
    this.panel.addEventListener("beforetoggle", (event) => {
      this.button.setAttribute("aria-expanded", event.newState === "open");
      if (event.newState === "open") this.opened();
      else this.closed();
    });
    this.panel.addEventListener("toggle", (event) => {
      if (event.newState !== "open") return;
      this.#place();
      this.panel.querySelector("input, button")?.focus();
    });
    this.panel.addEventListener("keydown", (event) => this.#key(event));
  }

  opened() {}

  closed() {}

  close() {
    this.panel.hidePopover();
  }

  setNumber(number) {
    this.number.hidden = number === 0;
    this.number.textContent = number;
  }

  #place() {
    const box = this.button.getBoundingClientRect();
    this.panel.style.left = `${Math.max(8, Math.min(box.left, innerWidth - this.panel.offsetWidth - 8))}px`;
    this.panel.style.top = `${box.bottom + 4}px`;
    this.panel.style.maxHeight = `${Math.min(460, innerHeight - box.bottom - 16)}px`;
  }

  #key(event) {
    const down = event.key === "ArrowDown";
    if (!down && event.key !== "ArrowUp") return;
    if (event.target.matches("select, input[type=datetime-local]")) return;
    const stops = [...this.panel.querySelectorAll("input, button")].filter((one) => one.offsetParent !== null && !one.disabled);
    const next = stops[stops.indexOf(document.activeElement) + (down ? 1 : -1)];
    if (!next) return;
    next.focus();
    event.preventDefault();
  }
}

/** The name and id of a value, as all menus show them. */
export function optionWords(field, value) {
  const { name, id } = valueWords(field, value);
  return make("span", { class: "name", title: plain(value) }, shown(name, { limit: 120 }), id && shown(id, { className: "id", limit: 80 }));
}

/** Keeps the options whose name or id has the words. */
export function matches(field, value, name, words) {
  if (!words) return true;
  return `${value}\n${name ?? ""}\n${valueWords(field, value).name}`.toLowerCase().includes(words.toLowerCase());
}

export class FacetMenu extends Menu {
  #field;
  #on;
  #controller;
  #answer;

  /** `on` has `facets(field, limit, signal)`, `chosen(field)` and `toggle(field, value)`. */
  constructor(field, words, on) {
    super(words);
    this.#field = field;
    this.#on = on;
    this.find = make("input", { type: "search", class: "find", placeholder: `Find ${words.toLowerCase()}`, "aria-label": `Find ${words.toLowerCase()}`, autocomplete: "off", spellcheck: "false" });
    this.options = make("div", { class: "options", role: "group", "aria-label": words });
    this.foot = make("div", { class: "foot" });
    this.panel.append(this.find, this.options, this.foot);
    this.find.addEventListener("input", () => this.#draw());
    this.find.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      this.options.querySelector("input, button")?.click();
    });
  }

  opened() {
    this.find.value = "";
    this.#answer = undefined;
    this.#load();
  }

  closed() {
    this.#controller?.abort();
  }

  async #load() {
    this.#controller?.abort();
    this.#controller = new AbortController();
    this.foot.replaceChildren();
    this.options.replaceChildren(make("p", { class: "say" }, "Counting"));
    try {
      this.#answer = await this.#on.facets(this.#field, VALUES_MAX, this.#controller.signal);
      for (const facet of this.#answer.facets) remember(this.#field, facet.value, facet.name);
      this.#draw();
    } catch (error) {
      if (isAbort(error)) return;
      const { title, text } = explain(error);
      this.options.replaceChildren(make("p", { class: "say" }, `${title}. ${text} `,
        make("button", { type: "button", class: "link", onclick: () => this.#load() }, "Try again")));
    }
  }

  #draw() {
    if (!this.#answer) return;
    const words = this.find.value.trim();
    const chosen = this.#on.chosen(this.#field);
    const facets = this.#answer.facets;
    const known = new Set(facets.map((facet) => facet.value));
    const all = [...chosen.filter((value) => !known.has(value)).map((value) => ({ value, count: 0 })), ...facets];
    const found = all.filter((facet) => matches(this.#field, facet.value, facet.name, words));
    this.options.replaceChildren(...found.slice(0, SHOWN_MAX).map((facet) => this.#option(facet, chosen)));
    if (words && !known.has(words)) {
      this.options.append(make("button", { type: "button", class: "option", onclick: () => {
        this.#on.toggle(this.#field, words);
        this.close();
      } }, make("span", { class: "name" }, "Use \u201c", shown(words), "\u201d as it is")));
    } else if (found.length === 0) {
      this.options.append(make("p", { class: "say" }, "No event that matches the other filters has one."));
    }
    const more = this.#answer.other_count > 0 ? `${count(this.#answer.other_count)} events have rarer values; type one exactly` : "";
    const part = this.#answer.complete === false ? "Counts are of the newest events only" : "";
    this.foot.replaceChildren(make("span", {}, [part, more].filter(Boolean).join(". ") || `${count(found.length)} of ${count(all.length)}`),
      chosen.length > 0 && make("button", { type: "button", class: "link", onclick: () => {
        for (const value of chosen) this.#on.toggle(this.#field, value);
        this.#draw();
      } }, "Clear"));
  }

  #option(facet, chosen) {
    const box = make("input", { type: "checkbox", checked: chosen.includes(facet.value), onchange: () => {
      this.#on.toggle(this.#field, facet.value);
    } });
    return make("label", { class: "option" }, box, optionWords(this.#field, facet.value),
      make("span", { class: "number" }, count(facet.count)));
  }
}
