// The page: one state, which the address holds; what changes it, and who is told.

import { Api, CallError, isAbort } from "./api.js";
import { button, byId, make, plural } from "./dom.js";
import { plain, shown } from "./text.js";
import {
	cleared, filterParameters, formatAddress, isFiltered, parseAddress, sameFilter, toggled,
} from "./state.js";
import { durationWords, localTime, moment, parseDuration, parseTime, stamp } from "./time.js";
import { explain, rememberEvent } from "./words.js";
import { callerWords, keepToken, takeTokenFromAddress, token } from "./session.js";
import { Feed } from "./feed.js";
import { Table } from "./table.js";
import { Histogram } from "./histogram.js";
import { TOTAL_FIELDS, Totals } from "./totals.js";
import { Filters } from "./filters.js";
import { Details } from "./details.js";
import { ExportDialog } from "./export.js";
import { SignInDialog, helpDialog } from "./dialogs.js";
import { listenToKeys } from "./keyboard.js";
import { Notices } from "./notices.js";
import { Toolbar } from "./toolbar.js";
import { themeButton } from "./theme-button.js";

/** Counts are made anew while events arrive, but no more often than this. */
const RECOUNT_MILLISECONDS = 5000;
const ANNOUNCE_MILLISECONDS = 5000;
/** A hidden tab lets go of its connection after this: browsers have few for one server. */
const HIDDEN_MILLISECONDS = 120_000;

takeTokenFromAddress();
const api = new Api(token);
let { state, unknown } = parseAddress(location.search);
let now = new Date();
let caller;
let status;
let total;
let counting = new AbortController();
let recount;
let countedAt = 0;
let oldest;

const announce = (text) => { byId("live").textContent = text; };
const notices = new Notices(byId("notices"));

const table = new Table(byId("table"), {
	open: (event) => openEvent(event),
	nearEnd: () => feed.loadMore(),
	scrolled: (isScrolled) => {
		if (feed.scrolled === isScrolled) return;
		feed.scrolled = isScrolled;
		// Back at the top: what waited only because of the scrolling may come.
		if (!isScrolled && !feed.paused && feed.list.waitingCount > 0) release();
		else toolbar.show();
	},
});

const feed = new Feed(api, {
	changed: () => showFeed(),
	arrived: (number) => arrived(number),
	denied: (error) => denied(error),
	reached: () => reached(),
});

const toolbar = new Toolbar(byId("toolbar"), byId("connection"), byId("table"), feed, {
	pause: () => togglePause(), release: () => release(), reconnect: () => feed.reconnectNow(),
});

const histogram = new Histogram(byId("histogram"), {
	range: ({ since, until }) => change({ ...state, since: stamp(since), until: stamp(until) }),
	split: (field) => change({ ...state, split_by: field }),
	toggle: (field, value) => change(toggled(state, field, value)),
	zoomOut: () => zoomOut(), announce, retry: () => countAll(),
});

const totals = new Totals(byId("totals"), {
	toggle: (field, value) => change(toggled(state, field, value)), retry: () => countAll(),
});

const filters = new Filters(byId("filter-bar"), byId("chips"), {
	state: () => state, change,
	toggle: (field, value) => change(toggled(state, field, value)),
	facets: (field, limit, signal, without = [field]) => {
		const parameters = filterParameters(state, now, without);
		parameters.set("limit", limit);
		return api.facets(field, parameters, { signal });
	},
	sample: async (signal, without) => {
		const parameters = filterParameters(state, now, without);
		parameters.set("page_size", "20");
		return (await api.events(parameters, { signal })).events;
	},
	exportNow: () => exportDialog.open(),
});

const details = new Details(byId("details"), {
	load: (key, signal) => api.event(key, organizationParameters(), { signal }),
	next: (event, signal) => nextOfTarget(event, signal),
	close: () => closeEvent(), open: (event) => openEvent(event),
	go: (next) => change(next),
	narrow: (field, value) => { if (!state[field].includes(value)) change(toggled(state, field, value)); },
	organization: () => state.organization_id,
});

const exportDialog = new ExportDialog(api, { parameters: () => filterParameters(state, now), total: () => total });
const signIn = new SignInDialog({ token: (secret) => useToken(secret) });
const help = helpDialog();

function organizationParameters() {
	return state.organization_id ? new URLSearchParams({ organization_id: state.organization_id }) : undefined;
}

/** Another state: the address is told, then whatever shows it. */
function change(next, { replace = false } = {}) {
	const before = state;
	state = next;
	const address = formatAddress(state);
	if (address !== location.pathname + location.search) history[replace ? "replaceState" : "pushState"](null, "", address);
	apply(before);
}

function apply(before) {
	notices.remove("unknown");
	filters.show(state);
	histogram.setSplit(state.split_by);
	histogram.setZoomed(state.since !== "" || state.until !== "");
	if (!before || !sameFilter(before, state)) reload();
	else if (before.split_by !== state.split_by) countHistogram(counting.signal);
	if (state.event !== (details.key ?? "")) {
		if (state.event) details.open(state.event, knownEvent(state.event), { focus: before === undefined });
		else if (details.isOpen) details.close();
	}
}

/** All is asked anew. Ages in the filter mean the same for all that is asked now. */
function reload() {
	now = new Date();
	table.selected = undefined;
	table.toTop();
	feed.scrolled = false;
	total = undefined;
	feed.start(filterParameters(state, now));
	countAll();
}

function knownEvent(key) {
	return feed.list.rows.find((event) => event.id === key || String(event.sequence) === key);
}

function openEvent(event) {
	table.select(event);
	if (details.key === event.id) return;
	const wasOpen = details.isOpen;
	details.open(event.id, event, { focus: true });
	// Looking through many events is one step back, not many.
	change({ ...state, event: event.id }, { replace: wasOpen });
}

function closeEvent() {
	details.close();
	if (state.event) change({ ...state, event: "" });
	table.grid.focus({ preventScroll: true });
}

// The server has no such question; the target's events from that time on, oldest first, have the answer.
async function nextOfTarget(event, signal) {
	const parameters = new URLSearchParams({
		target_type: event.target.type, target_id: event.target.id, order: "oldest", page_size: "1000", since: event.occurred_at,
	});
	if (state.organization_id) parameters.set("organization_id", state.organization_id);
	const { events } = await api.events(parameters, { signal });
	return events.find((one) => one.sequence > event.sequence && one.organization_id === event.organization_id);
}

function showFeed() {
	table.showsOrganization = caller !== undefined && caller.organizations?.length !== 1 && !state.organization_id;
	for (const event of feed.list.rows.slice(0, 100)) rememberEvent(event);
	table.show(feed.list);
	table.setBusy(feed.loading);
	toolbar.show({ total, kept: keptWords(), isFiltered: isFiltered(state) });
	showUnreadable();
	if (status && state.organization_id === "" && organizationList) listOrganizations();
}

function showUnreadable() {
	if (feed.unreadable.length === 0) notices.remove("unreadable");
	else {
		const ranges = feed.unreadable.slice(0, 3).map(({ first, last }) => (first === last ? `${first}` : `${first} to ${last}`)).join(", ");
		notices.set("unreadable", { bad: true, title: "Some events cannot be read", text: `Sequences ${ranges}${feed.unreadable.length > 3 ? " and others" : ""} are damaged on the server's disk; events may be missing there. Whoever operates it can look with: auditrpc store verify` });
	}
	const gap = feed.gaps.at(-1);
	if (gap) notices.set("gap", { title: "A part of the log is gone", text: `Sequences ${gap.first_sequence} to ${gap.last_sequence} will not be shown: ${plain(gap.reason, 300)}`, dismiss: () => { feed.gaps = []; } });
	else notices.remove("gap");
	if (status?.refusing_writes) notices.set("writes", { bad: true, title: "The server takes no new events", text: plain(status.refusing_writes, 300) });
	else notices.remove("writes");
}

let unannounced = 0;
let announcing;

// A busy log would drown a reader in announcements; what came in between is in the next one.
function announceArrivals() {
	if (announcing || unannounced === 0) return;
	announce(`${plural(unannounced, "new event")}${feed.held ? ", waiting" : ""}`);
	unannounced = 0;
	announcing = setTimeout(() => {
		announcing = undefined;
		announceArrivals();
	}, ANNOUNCE_MILLISECONDS);
}

function arrived(number) {
	if (!feed.held) table.markNew(feed.list.rows.slice(0, Math.min(number, 60)).map((event) => event.sequence));
	feed.trim();
	unannounced += number;
	announceArrivals();
	if (total !== undefined) total += number;
	scheduleRecount();
}

function scheduleRecount() {
	if (recount) return;
	const pause = Math.max(0, RECOUNT_MILLISECONDS - (performance.now() - countedAt));
	recount = setTimeout(() => {
		recount = undefined;
		if (!document.hidden) countAll({ quiet: true });
	}, pause);
}

function togglePause() {
	if (feed.paused) release();
	else {
		feed.paused = true;
		announce("Paused. New events wait.");
		showFeed();
	}
}

async function release() {
	table.toTop();
	const waited = feed.list.waitingCount;
	await feed.release();
	if (waited > 0) {
		table.markNew(feed.list.rows.slice(0, Math.min(60, waited)).map((event) => event.sequence));
		announce(`${plural(waited, "new event")} shown`);
	}
	table.show(feed.list);
}

function zoomOut() {
	const since = state.since && moment(state.since, now);
	const until = (state.until && moment(state.until, now)) || new Date();
	const from = since || (oldest && parseTime(oldest.occurred_at)) || until;
	const width = Math.max(60_000, until - from);
	const wider = new Date(from.getTime() - width / 2);
	const later = new Date(until.getTime() + width / 2);
	const isAll = oldest && wider <= parseTime(oldest.occurred_at) && later >= new Date();
	change({ ...state, since: isAll ? "" : stamp(wider), until: isAll || later >= new Date() ? "" : stamp(later) });
}

/** Counts for the histogram and the totals; quietly when nothing but time has passed. */
function countAll({ quiet = false } = {}) {
	counting.abort();
	counting = new AbortController();
	clearTimeout(recount);
	recount = undefined;
	countedAt = performance.now();
	if (!quiet) {
		histogram.setStale();
		totals.setStale();
	}
	countHistogram(counting.signal);
	countTotals(counting.signal);
	if (!quiet) loadStatus(counting.signal);
}

async function countHistogram(signal) {
	const parameters = filterParameters(state, now);
	parameters.set("split_by", state.split_by);
	parameters.set("buckets", histogram.buckets);
	try {
		const data = await api.histogram(parameters, { signal });
		if (signal.aborted) return;
		histogram.show(data);
		if (data.complete !== false) total = data.total_count;
		table.refresh();
		showFeed();
	} catch (error) {
		if (!isAbort(error) && !signal.aborted) histogram.fail(error);
	}
}

async function countTotals(signal) {
	try {
		await Promise.all(TOTAL_FIELDS.map(async ([field]) => {
			const parameters = filterParameters(state, now);
			parameters.set("limit", totals.limit);
			const answer = await api.facets(field, parameters, { signal });
			if (!signal.aborted) totals.show(field, answer, state[field]);
		}));
		if (!signal.aborted) filters.show(state);
	} catch (error) {
		if (!isAbort(error) && !signal.aborted) totals.fail(error);
	}
}

/** How far back the log reaches. A viewer may not ask for the status: then the oldest event alone says it. */
async function loadStatus(signal) {
	const parameters = new URLSearchParams({ order: "oldest", page_size: "1" });
	if (state.organization_id) parameters.set("organization_id", state.organization_id);
	const ask = async (call) => {
		try {
			return await call;
		} catch (error) {
			if (isAbort(error)) throw error;
			return undefined;
		}
	};
	try {
		const [answer, page] = await Promise.all([
			ask(api.status(organizationParameters(), { signal })), ask(api.events(parameters, { signal })),
		]);
		if (signal.aborted) return;
		status = answer;
		oldest = page?.events[0];
		showFeed();
	} catch {
		// Another question has taken the place of this one.
	}
}

function keptWords() {
	const words = [];
	if (status) words.push(status.retention ? `kept for ${durationWords(Math.round(parseDuration(status.retention)))}` : "kept for ever");
	const date = oldest && parseTime(oldest.occurred_at ?? "");
	if (date) words.push(`oldest from ${localTime(date).slice(0, 16)}`);
	return words.join(", ");
}

/** The server answers again: what could not be asked is asked now. */
function reached() {
	if (feed.error?.isPassing) feed.retry();
	if (!caller) loadCaller();
	scheduleRecount();
}

// Signing in

async function loadCaller() {
	try {
		caller = await api.whoami();
		showCaller();
		showFeed();
	} catch (error) {
		if (error.code === "UNAUTHENTICATED") denied(error);
	}
}

function denied(error) {
	if (!(error instanceof CallError)) return;
	const had = token() !== "";
	caller = undefined;
	showCaller();
	signIn.open(had);
}

async function useToken(secret) {
	const before = token();
	keepToken(secret);
	try {
		caller = await api.whoami();
	} catch (error) {
		keepToken(before);
		throw error;
	}
	showCaller();
	restart();
}

function restart() {
	reload();
	if (state.event) details.open(state.event, undefined);
}

function signOut() {
	keepToken("");
	caller = undefined;
	status = oldest = total = undefined;
	closeEvent();
	feed.stop();
	table.show(feed.list);
	showCaller();
	loadCaller();
	reload();
}

let organizationList;

function showCaller() {
	const place = byId("caller");
	const organization = byId("organization");
	organizationList = undefined;
	if (!caller) {
		organization.replaceChildren();
		place.replaceChildren(button("button small", () => signIn.open(false), "Sign in"));
		return;
	}
	const { name, kind, roles } = callerWords(caller);
	const until = caller.expires_at && parseTime(caller.expires_at);
	place.replaceChildren(make("span", { class: "words", title: `${kind}${roles ? `, ${roles}` : ""}${until ? `, until ${localTime(until)}` : ""}` },
		shown(name, { limit: 60 }), roles && ` ${plain(roles, 60)}`),
	token() ? button("quiet", () => signOut(), "Sign out")
		: caller.credential === "LOCAL" && button("quiet", () => signIn.open(false), "Use a token"));
	const own = caller.organizations;
	if (own?.length === 1) {
		organization.replaceChildren(make("strong", { title: plain(own[0]) }, shown(own[0])));
		return;
	}
	organizationList = make("datalist", { id: "organizations" }, (own ?? []).map((one) => make("option", { value: one })));
	const input = make("input", {
		type: "text", list: "organizations", value: state.organization_id, placeholder: "All organizations", "aria-label": "Organization", autocomplete: "off", spellcheck: "false",
		onchange: () => change({ ...state, organization_id: input.value.trim(), event: "" }),
	});
	organization.replaceChildren(input, organizationList);
}

const seenOrganizations = new Set();

function listOrganizations() {
	if (caller?.organizations || !organizationList) return;
	for (const event of feed.list.rows.slice(0, 300)) {
		if (!event.organization_id || seenOrganizations.has(event.organization_id) || seenOrganizations.size > 200) continue;
		seenOrganizations.add(event.organization_id);
	}
	if (organizationList.children.length < seenOrganizations.size) {
		organizationList.replaceChildren(...[...seenOrganizations].sort().map((one) => make("option", { value: one })));
	}
}

// What the table's place says when it has no rows

toolbar.actions = {
	retry: () => feed.retry(),
	signin: () => signIn.open(token() !== ""),
	organization: () => change({ ...state, organization_id: "" }),
	reset: () => change(cleared(state)),
	wider: () => change({ ...state, since: "", until: "" }),
	further: () => {
		const last = feed.list.rows.at(-1);
		change({ ...state, until: last.occurred_at });
	},
};
toolbar.hasRange = () => state.since !== "" || state.until !== "";
toolbar.table = table;
table.colourOf = (event) => histogram.colour(histogram.split, valueOf(event, histogram.split));

function valueOf(event, field) {
	switch (field) {
		case "target_type": return event.target?.type;
		case "target_id": return event.target?.id;
		case "actor_id": return event.actor?.id;
		case "actor_type": return event.actor?.type;
		default: return event[field];
	}
}

// The browser

addEventListener("popstate", () => {
	const before = state;
	({ state, unknown } = parseAddress(location.search));
	apply(before);
	if (caller) showCaller();
});

addEventListener("hashchange", () => {
	if (!takeTokenFromAddress()) return;
	caller = undefined;
	signIn.dialog.close();
	loadCaller();
	restart();
});

addEventListener("online", () => feed.reconnectNow());

let hiddenTimer;
document.addEventListener("visibilitychange", () => {
	clearTimeout(hiddenTimer);
	if (document.hidden) hiddenTimer = setTimeout(() => feed.rest(), HIDDEN_MILLISECONDS);
	else {
		feed.wake();
		if (performance.now() - countedAt > RECOUNT_MILLISECONDS) scheduleRecount();
	}
});

// A page that a browser keeps for the way back would keep its connection too.
addEventListener("pagehide", () => feed.rest());
addEventListener("pageshow", (event) => { if (event.persisted) feed.wake(); });

listenToKeys({
	move: (by) => {
		const event = table.move(by);
		if (event && details.isOpen) openEvent(event);
		else if (event) table.grid.focus({ preventScroll: true });
	},
	page: (by) => table.move(by * table.pageRows),
	open: () => { if (table.selectedEvent) openEvent(table.selectedEvent); },
	close: () => { if (details.isOpen) closeEvent(); },
	top: () => release(),
	search: () => filters.focusSearch(),
	pause: () => togglePause(),
	neighbour: (which) => byId("details").querySelectorAll(".headline button")[which]?.click(),
	help: () => help.showModal(),
});

byId("help").addEventListener("click", () => help.showModal());
themeButton(byId("theme"));
byId("skip").addEventListener("click", (event) => {
	event.preventDefault();
	table.grid.focus();
});

loadCaller();
apply(undefined);
if (unknown.length > 0) {
	notices.set("unknown", { title: "A part of the address means nothing here", text: `It was left out: ${plain(unknown.join(", "), 300)}. What you see is filtered by less than the link says.`, dismiss: () => {} });
}
if (state.event) details.focus();
