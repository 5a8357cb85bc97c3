// Times: as the server writes them (RFC 3339, UTC, to the nanosecond), as people read them (local), and as the address
// says them (a time, a date, or how long ago).

import { plural } from "./dom.js";

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Seconds of `90m` or `1h30m`; null for what is no age. */
export function parseAge(text) {
	if (!/^(\d+[smhdw])+$/.test(text)) return null;
	let seconds = 0;
	for (const [, number, unit] of text.matchAll(/(\d+)([smhdw])/g)) seconds += Number(number) * SECONDS[unit];
	return seconds;
}

/** A Date of an RFC 3339 time or a date (UTC); null for anything else. What is finer than a millisecond is dropped. */
export function parseTime(text) {
	if (!/^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/i.test(text)) return null;
	let iso = text.replace(" ", "T").replace(/(\.\d{3})\d+/, "$1");
	if (iso.includes("T") && !/(Z|[+-]\d\d:\d\d)$/i.test(iso)) iso += "Z";
	const date = new Date(iso);
	return Number.isNaN(date.getTime()) ? null : date;
}

/** The moment that `since` or `until` of an address means at `now`; null when it means none. */
export function moment(text, now) {
	const age = parseAge(text);
	return age === null ? parseTime(text) : new Date(now.getTime() - age * 1000);
}

export function stamp(date) {
	return date.toISOString().replace(".000Z", "Z");
}

// Sweden writes times as logs do.
const local = new Intl.DateTimeFormat("sv", { dateStyle: "short", timeStyle: "medium" });

/** `2026-11-27 18:34:58`, in the zone of the reader. */
export function localTime(date) {
	return local.format(date);
}

/** `UTC+2`, of the reader now. */
export function zoneName() {
	return new Intl.DateTimeFormat("en", { timeZoneName: "shortOffset" }).formatToParts().find(({ type }) => type === "timeZoneName").value.replace("GMT", "UTC").replace(/\+0$/, "");
}

/** An RFC 3339 time of the server with a space, exact: `2026-11-27 17:34:58.046163525 UTC`. */
export function exactUTC(text) {
	return text.replace("T", " ").replace(/Z$/, " UTC");
}

const STEPS = [[60, 1, "second"], [3600, 60, "minute"], [86_400, 3600, "hour"], [5_184_000, 86_400, "day"], [63_072_000, 2_629_746, "month"], [Infinity, 31_556_952, "year"]];
const relativeWords = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

export function relative(date, now = new Date()) {
	const seconds = (date - now) / 1000;
	const [, divisor, unit] = STEPS.find(([limit]) => Math.abs(seconds) < limit);
	return relativeWords.format(Math.round(seconds / divisor), unit);
}

/** `30 days`, `90 minutes`: the largest unit of which there is a whole number. */
export function durationWords(seconds) {
	const [unit, size] = [["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]].find(([, one]) => seconds >= one && seconds % one === 0) ?? ["second", 1];
	return plural(seconds / size, unit);
}

export const QUICK_RANGES = [
	["15m", "Last 15 minutes"], ["1h", "Last hour"], ["24h", "Last 24 hours"], ["7d", "Last 7 days"],
	["30d", "Last 30 days"], ["", "All that is kept"],
];

export function rangeWords(since, until) {
	if (!since && !until) return "All time";
	const quick = QUICK_RANGES.find(([age]) => age === since);
	if (quick && !until) return quick[1];
	const side = (text) => {
		if (parseAge(text) !== null) return `${text} ago`;
		const date = parseTime(text);
		return date ? localTime(date).replace(/:00$/, "") : text;
	};
	if (!until) return parseAge(since) === null ? `Since ${side(since)}` : `Last ${since}`;
	if (!since) return `Before ${side(until)}`;
	return `${side(since)} to ${side(until)}`;
}
