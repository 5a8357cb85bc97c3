// What the pointer rests on, explained beside it. The same is in the details, for those who use no pointer.

import { make } from "./dom.js";

const DELAY_MILLISECONDS = 220;

let box;
let timer;
let owner;

function hide() {
  clearTimeout(timer);
  owner = undefined;
  if (box) box.hidden = true;
}

function show(element, content, x, y) {
  if (!element.isConnected) return;
  if (!box) {
    box = make("div", { class: "hint", role: "tooltip" });
    document.body.append(box);
    addEventListener("scroll", hide, { capture: true, passive: true });
    addEventListener("keydown", hide, { capture: true });
  }
  box.replaceChildren(...content());
  box.hidden = false;
  const { width, height } = box.getBoundingClientRect();
  box.style.left = `${Math.max(8, Math.min(x + 10, innerWidth - width - 8))}px`;
  box.style.top = `${y + 20 + height > innerHeight ? Math.max(4, y - height - 10) : y + 18}px`;
}

/** `contentOf(target)` gives `{element, content}` of what is below the pointer, or nothing. */
export function hintsIn(container, contentOf) {
  container.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch") return;
    const found = contentOf(event.target);
    if (found?.element === owner) return;
    hide();
    if (!found) return;
    owner = found.element;
    timer = setTimeout(() => show(found.element, found.content, event.clientX, event.clientY), DELAY_MILLISECONDS);
  });
  container.addEventListener("pointerleave", hide);
  container.addEventListener("pointerdown", hide);
}

export function hintRow(label, ...value) {
  return make("div", { class: "row" }, make("span", {}, label), make("span", {}, ...value));
}
