// Whatever was recorded is shown as text. Signs that are invisible, or turn around what stands beside them, become chips with
// their code: a log must not look other than it is.

// Controls, formats (bidi, zero width, tags), lone surrogates, separators of lines, and letters that are blank.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u034f\u115f\u1160\u2800\u3164\uffa0\ufff9-\ufffb]/gu;

// Control pictures are missing in many fonts; the names of ASCII are in all.
const CONTROLS = "NUL SOH STX ETX EOT ENQ ACK BEL BS TAB LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US".split(" ");

// Joiners belong to the writing of many languages and to emoji; between ASCII letters they only hide.
function isJoinerInUse(string, index, point) {
	return (point === 0x200c || point === 0x200d)
		&& string.charCodeAt(index - 1) > 0x7f && string.charCodeAt(index + 1) > 0x7f;
}

/** Pieces of a string: `{text}` as it is, `{sign, label}` for a chip. With `lines`, breaks and tabs stay. */
export function pieces(string, { lines = false } = {}) {
	const found = [];
	let from = 0;
	for (const match of string.matchAll(UNSEEN)) {
		const point = match[0].codePointAt(0);
		if (lines && (point === 0x0a || point === 0x09)) continue;
		if (isJoinerInUse(string, match.index, point)) continue;
		if (match.index > from) found.push({ text: string.slice(from, match.index) });
		const label = `U+${point.toString(16).toUpperCase().padStart(4, "0")}`;
		found.push({ sign: CONTROLS[point] ?? label, label });
		from = match.index + match[0].length;
	}
	if (from < string.length) found.push({ text: string.slice(from) });
	return found;
}

export function cut(string, limit) {
	if (string.length <= limit) return string;
	const last = string.charCodeAt(limit - 1);
	return string.slice(0, last >= 0xd800 && last < 0xdc00 ? limit - 1 : limit);
}

/** A string for places that take no elements: announcements, names of buttons. */
export function plain(string, limit = 200) {
	const whole = String(string ?? "");
	const short = cut(whole, limit);
	return pieces(short).map((piece) => piece.text ?? `\u27e8${piece.sign}\u27e9`).join("")
		+ (short.length < whole.length ? "\u2026" : "");
}

/** An isolated element that shows a recorded string, cut at `limit`. */
export function shown(string, { lines = false, limit = 400, className = "" } = {}) {
	const element = document.createElement("bdi");
	if (className) element.className = className;
	const whole = String(string ?? "");
	const short = cut(whole, limit);
	for (const piece of pieces(short, { lines })) {
		if (piece.text !== undefined) {
			element.append(piece.text);
			continue;
		}
		const chip = document.createElement("span");
		chip.className = "sign";
		chip.title = piece.label;
		chip.textContent = piece.sign;
		element.append(chip);
	}
	if (short.length < whole.length) element.append("\u2026");
	return element;
}
