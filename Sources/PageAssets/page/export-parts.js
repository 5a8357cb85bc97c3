// An export arrives in pieces and may be cut: these keep whole records alone, know the last of them, and join bodies.

class Records {
	count = 0;
	lastSequence = 0;
	/** What the server says at the end; without it the body was cut. */
	end = undefined;
	rest = "";
	/** A body said that it could not read something, which one that was cut does not say at its end. */
	damaged = false;

	push(text) {
		const all = this.rest + text;
		let [kept, last, from] = ["", "", 0];
		for (const at of this.lineEnds(all)) {
			const line = all.slice(from, at);
			from = at;
			const before = this.count;
			if (this.take(line)) kept += line;
			if (this.count > before) last = line;
		}
		this.rest = all.slice(from);
		// The last record alone is looked into: a million of them pass here.
		if (last) this.lastSequence = this.sequenceOf(last) || this.lastSequence;
		return kept;
	}

	damage() {
		this.damaged = true;
		return true;
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
			if (this.damaged) this.end.complete = false;
			return false;
		}
		if (line.startsWith("{\"unreadable\"")) return this.damage();
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

export class CSVRecords extends Records {
	#header = "";
	#isBegun = false;

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
		if (!this.#isBegun) {
			this.#isBegun = true;
			const isFirst = this.#header === "";
			this.#header = line;
			return isFirst;
		}
		const end = /^# (\d+) events?, (.*?)\r?\n$/.exec(line);
		if (end) {
			const words = this.damaged && end[2] === "complete" ? "incomplete" : end[2];
			this.end = { complete: words === "complete", words };
			return false;
		}
		if (line.startsWith("# could not read")) return this.damage();
		if (line.trim() === "") return false;
		this.count += 1;
		return true;
	}

	// Without sequences in the first column an export cannot be resumed.
	sequenceOf(line) {
		return this.#header.startsWith("sequence,") ? Number.parseInt(line, 10) || 0 : 0;
	}

	resume() {
		super.resume();
		this.#isBegun = false;
	}

	lastLine() {
		return `# ${this.count} events, ${this.end.words}\r\n`;
	}
}
