// Exactly what is filtered, as a file. A token cannot travel in a link, so with one the page fetches and writes, and goes on
// behind the last record when it is cut.

import { button, count, make, plural } from "./dom.js";
import { isAbort } from "./api.js";
import { CSVRecords, NDJSONRecords } from "./export-parts.js";
import { pauseBefore } from "./sse.js";
import { explain } from "./words.js";

const ATTEMPTS_MAX = 8;

async function openSink(name, type) {
	if (window.showSaveFilePicker) {
		try {
			const handle = await window.showSaveFilePicker({ suggestedName: name });
			return await handle.createWritable();
		} catch (error) {
			// Not allowed here; a download is.
			if (isAbort(error)) throw error;
		}
	}
	const parts = [];
	return {
		// Blobs may lie on disk; strings would fill the tab.
		write: (text) => { parts.push(new Blob([text])); },
		close: () => {
			const address = URL.createObjectURL(new Blob(parts, { type }));
			const link = make("a", { href: address, download: name });
			document.body.append(link);
			link.click();
			link.remove();
			setTimeout(() => URL.revokeObjectURL(address), 60_000);
		},
	};
}

/** Streams an export into `write`; resumes it while it is cut. `progress(count)` after each piece. */
export async function runExport(api, parameters, format, { write, progress, signal, pause }) {
	const records = format === "csv" ? new CSVRecords() : new NDJSONRecords();
	let failures = 0;
	for (;;) {
		const query = new URLSearchParams(parameters);
		query.set("format", format);
		if (records.lastSequence > 0) query.set("after_sequence", records.lastSequence);
		const before = records.count;
		let failure;
		try {
			const response = await api.open(`/v1/events/export?${query}`, { signal });
			const reader = response.body.getReader();
			const decoder = new TextDecoder();
			for (;;) {
				const { done, value } = await reader.read();
				if (done) break;
				const text = records.push(decoder.decode(value, { stream: true }));
				if (text) await write(text);
				progress(records.count);
			}
		} catch (error) {
			if (isAbort(error) || (error.name === "CallError" && !error.isPassing)) throw error;
			failure = error;
		}
		if (records.end) {
			await write(records.lastLine());
			return records;
		}
		if (records.count > 0 && records.lastSequence === 0) throw failure ?? new Error("the export was cut and cannot be resumed");
		failures = records.count > before ? 1 : failures + 1;
		if (failures >= ATTEMPTS_MAX) throw failure ?? new Error("the export was cut again and again");
		await pause(pauseBefore(failures, Math.random()));
		records.resume();
	}
}

export class ExportDialog {
	#api;
	#on;
	#controller;

	constructor(api, on) {
		this.#api = api;
		this.#on = on;
		this.dialog = make("dialog", { "aria-labelledby": "export-title" });
		document.body.append(this.dialog);
		this.dialog.addEventListener("close", () => this.#controller?.abort());
	}

	open() {
		this.#controller?.abort();
		const choice = (words, options) => make("select", { "aria-label": words, onchange: () => this.#update() }, Object.entries(options).map(([value, text]) => make("option", { value }, text)));
		this.format = choice("Format", { ndjson: "JSON lines", csv: "CSV" });
		this.order = choice("Order", { oldest: "Oldest first", newest: "Newest first" });
		this.choices = make("div.choices", this.format, this.order);
		this.progress = make("p", { role: "status" });
		this.actions = make("div.actions");
		const total = this.#on.total();
		this.dialog.replaceChildren(make("h2", { id: "export-title" }, "Export events"),
			make("p", `${total === undefined ? "" : `${plural(total, "event")}: `}exactly what the filters let through, and what is recorded meanwhile.`), this.choices, this.progress, this.actions);
		this.#update();
		this.dialog.showModal();
	}

	#query() {
		const parameters = this.#on.parameters();
		parameters.set("order", this.order.value);
		return parameters;
	}

	#name(format) {
		return `audit-events-${Date.now()}.${format}`;
	}

	#update() {
		const format = this.format.value;
		const cancel = button("button", () => this.dialog.close(), "Cancel");
		if (this.#api.token()) {
			this.actions.replaceChildren(cancel, button("button primary", () => this.#run(), "Export"));
			return;
		}
		const query = this.#query();
		query.set("format", format);
		this.actions.replaceChildren(cancel, make("a.button.primary", { href: `/v1/events/export?${query}`, download: this.#name(format), onclick: () => setTimeout(() => this.dialog.close()) }, "Download"));
	}

	async #run() {
		const format = this.format.value;
		const query = this.#query();
		this.#controller = new AbortController();
		const { signal } = this.#controller;
		const say = (words) => { this.progress.textContent = words; };
		let sink;
		try {
			sink = await openSink(this.#name(format), format === "csv" ? "text/csv" : "application/x-ndjson");
			const bar = make("progress", { max: this.#on.total() || undefined });
			this.choices.replaceWith(bar);
			this.actions.replaceChildren(button("button", () => this.dialog.close(), "Stop"));
			say("Waiting for the first events");
			const records = await runExport(this.#api, query, format, {
				signal, write: (text) => sink.write(text), pause: (milliseconds) => {
					say("The connection was cut. Going on in a moment behind the last event");
					return new Promise((resolve) => { setTimeout(resolve, milliseconds); });
				},
				progress: (number) => {
					if (bar.max > 1) bar.value = number;
					say(`${count(number)} events written`);
				},
			});
			await sink.close();
			say(records.end.complete ? `Done: ${count(records.count)} events, complete.`
				: `Done: ${count(records.count)} events. Some of the log could not be read: the file says where.`);
		} catch (error) {
			await sink?.abort?.().catch(() => {});
			if (isAbort(error)) return;
			const { title, text } = explain(error);
			say(`${title}. ${text}`);
		}
		this.actions.replaceChildren(button("button primary", () => this.dialog.close(), "Close"));
	}
}
