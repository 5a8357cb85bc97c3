// An export that arrives in pieces, and may be cut: cores that keep whole records alone, know the last of them, and join
// what a second request brings to what the first one did.

class Records {
	count = 0;
	lastSequence = 0;
	/** What the server says at the end; without it the body was cut. */
	end = undefined;
	rest = "";

	/** The text of the whole records that end in this piece. */
	push(text) {
		const all = this.rest + text;
		const ends = this.lineEnds(all);
		let kept = "";
		let last = "";
		let from = 0;
		for (const at of ends) {
			const line = all.slice(from, at);
			from = at;
			if (!this.take(line)) continue;
			kept += line;
			last = line;
		}
		this.rest = all.slice(from);
		// The last record alone is looked into: a million of them pass here.
		if (last) this.lastSequence = this.sequenceOf(last) || this.lastSequence;
		return kept;
	}

	/** Another body follows, behind the last record of this one. */
	resume() {
		this.rest = "";
	}
}

export class NDJSONRecords extends Records {
	lineEnds(text) {
		const ends = [];
		for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) ends.push(at + 1);
		return ends;
	}

	take(line) {
		if (line.startsWith("{\"export\"")) {
			this.end = JSON.parse(line).export;
			return false;
		}
		if (line.trim() === "") return false;
		this.count += 1;
		return true;
	}

	sequenceOf(line) {
		return JSON.parse(line).sequence ?? 0;
	}

	lastLine() {
		return `${JSON.stringify({ export: { ...this.end, count: this.count } })}\n`;
	}
}

/** The fields of one CSV record (RFC 4180). */
export function csvFields(record) {
	const fields = [];
	let field = "";
	let quoted = false;
	const text = record.replace(/\r?\n$/, "");
	for (let at = 0; at < text.length; at += 1) {
		const sign = text[at];
		if (quoted) {
			if (sign !== "\"") field += sign;
			else if (text[at + 1] === "\"") {
				field += sign;
				at += 1;
			} else quoted = false;
		} else if (sign === "\"") quoted = true;
		else if (sign === ",") {
			fields.push(field);
			field = "";
		} else field += sign;
	}
	return [...fields, field];
}

export class CSVRecords extends Records {
	#column = -1;
	#header = false;
	#headerWritten = false;

	// A line break inside quotes ends no record.
	lineEnds(text) {
		const ends = [];
		let quoted = false;
		for (let at = 0; at < text.length; at += 1) {
			const code = text.charCodeAt(at);
			if (code === 0x22) quoted = !quoted;
			else if (code === 0x0a && !quoted) ends.push(at + 1);
		}
		return ends;
	}

	take(line) {
		if (!this.#header) {
			this.#header = true;
			this.#column = csvFields(line.replace(/^\ufeff/, "")).indexOf("sequence");
			const isFirst = !this.#headerWritten;
			this.#headerWritten = true;
			return isFirst;
		}
		const end = /^# (\d+) events?, (.*?)\r?\n$/.exec(line);
		if (end) {
			this.end = { complete: end[2] === "complete", words: end[2] };
			return false;
		}
		if (line.trim() === "") return false;
		this.count += 1;
		return true;
	}

	// Without the column (a header is its own record) an export cannot be resumed.
	sequenceOf(line) {
		return this.#column < 0 ? 0 : Number(csvFields(line)[this.#column]) || 0;
	}

	resume() {
		super.resume();
		this.#header = false;
	}

	lastLine() {
		return `# ${this.count} events, ${this.end.words}\r\n`;
	}
}
