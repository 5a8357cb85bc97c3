// The page: one state, which the address holds; what changes it, and who is told.

import { Account } from "./account.js";
import { Api } from "./api.js";
import { Counts } from "./counts.js";
import { Details } from "./details.js";
import { helpDialog } from "./dialogs.js";
import { byId, plural } from "./dom.js";
import { ExportDialog } from "./export.js";
import { Feed } from "./feed.js";
import { Filters } from "./filters.js";
import { listenToKeys } from "./keyboard.js";
import { Notices } from "./notices.js";
import { takeTokenFromAddress, token } from "./session.js";
import { cleared, filterParameters, formatAddress, isFiltered, organizationParameters, parseAddress, sameFilter, toggled } from "./state.js";
import { Table } from "./table.js";
import { plain } from "./text.js";
import { Toolbar } from "./toolbar.js";
import { forgetNames, rememberEvent } from "./words.js";

const ANNOUNCE_MILLISECONDS = 5000;
/** A hidden tab lets go of its connection after this: browsers have few for one server. */
const HIDDEN_MILLISECONDS = 120_000;
const NEXT_PAGES_MAX = 8;

takeTokenFromAddress();
const api = new Api(token);
let { state, unknown } = parseAddress(location.search);
let now = new Date();

const announce = (text) => { byId("live").textContent = text; };
const parameters = (without) => filterParameters(state, now, without);
const toggle = (field, value) => change(toggled(state, field, value));
const notices = new Notices(byId("notices"));

const table = new Table(byId("table"), {
	open: openEvent, nearEnd: () => feed.loadMore(),
	scrolled: (isScrolled) => {
		if (feed.scrolled === isScrolled) return;
		feed.scrolled = isScrolled;
		// Back at the top: what waited only because of the scrolling may come.
		if (!isScrolled && !feed.paused && feed.list.waitingCount > 0) release();
		else toolbar.show();
	},
	colour: (event) => counts.colour(event),
});

const feed = new Feed(api, {
	changed: showFeed, arrived, denied: () => account.denied(),
	// The server answers again: what could not be asked is asked now.
	reached: () => {
		if (feed.error?.isPassing) feed.retry();
		account.load();
		counts.soon();
	},
});

const toolbar = new Toolbar(byId("toolbar"), byId("connection"), byId("table"), feed, table, {
	pause: togglePause, release, reconnect: () => feed.reconnectNow(), retry: () => feed.retry(), signin: () => account.signIn(),
	organization: () => change({ ...state, organization_id: "" }), reset: () => change(cleared(state)),
	wider: () => change({ ...state, since: "", until: "" }),
	further: () => feed.further(),
});

const counts = new Counts(api, byId("histogram"), byId("totals"), {
	state: () => state, parameters, change, toggle, announce,
	changed: () => {
		table.refresh();
		filters.show(state);
		showFeed();
	},
});

const filters = new Filters(byId("filter-bar"), byId("chips"), {
	state: () => state, change, toggle,
	facets: (field, limit, signal, without = [field]) => {
		const query = parameters(without);
		query.set("limit", limit);
		return api.facets(field, query, { signal });
	},
	sample: async (signal, without) => {
		const query = parameters(without);
		query.set("page_size", "20");
		return (await api.events(query, { signal })).events;
	},
	exportNow: () => exportDialog.open(),
});

const details = new Details(byId("details"), {
	load: (key, signal) => api.get(`/v1/events/${encodeURIComponent(key)}`, organizationParameters(state), { signal, exact: true }),
	next: nextOfTarget, close: closeEvent, open: openEvent, go: change,
	narrow: (field, value) => { if (!state[field].includes(value)) toggle(field, value); },
	organization: () => state.organization_id,
});

const account = new Account(api, byId("caller"), byId("organization"), {
	state: () => state, change, changed: showFeed,
	// Another token sees another log, through the same view.
	restart: () => {
		forgetNames();
		reload();
		if (state.event) details.open(state.event);
	},
	left: closeEvent,
});

const exportDialog = new ExportDialog(api, { parameters, total: () => counts.total });
const help = helpDialog();

/** Another state: the address is told, then whatever shows it. */
function change(next, { replace = false } = {}) {
	const before = state;
	state = next;
	const address = formatAddress(state);
	if (address !== location.pathname + location.search) history[replace ? "replaceState" : "pushState"](null, "", address);
	apply(before);
}

function apply(before) {
	filters.show(state);
	if (!before || !sameFilter(before, state)) {
		notices.remove("unknown");
		reload();
	} else if (before.split_by !== state.split_by) counts.countHistogram();
	if (before && before.organization_id !== state.organization_id) account.show();
	if (state.event === (details.key ?? "")) return;
	if (state.event) details.open(state.event, feed.list.rows.find(({ id, sequence }) => id === state.event || String(sequence) === state.event), { focus: !before });
	else details.close();
}

/** All is asked anew. Ages in the filter mean the same for all that is asked now. */
function reload() {
	now = new Date();
	table.selected = undefined;
	table.toTop();
	feed.scrolled = false;
	feed.start(parameters());
	counts.count();
}

function showFeed() {
	const { list, loading, unreadable, gaps } = feed;
	table.showsOrganization = account.seesMany && !state.organization_id;
	list.rows.slice(0, 100).forEach(rememberEvent);
	table.show(list);
	table.setBusy(loading);
	toolbar.show({ total: counts.total, kept: counts.keptWords(), isFiltered: isFiltered(state), hasRange: Boolean(state.since || state.until) });
	const ranges = unreadable.slice(0, 3).map(({ first, last }) => `${first} to ${last}`).join(", ");
	notices.set("unreadable", unreadable.length > 0 && {
		bad: true, title: "Some events cannot be read",
		text: `Sequences ${ranges}${unreadable.length > 3 ? " and others" : ""} are damaged on the server's disk: events may be missing. Its operator can look with: auditrpc store verify`,
	});
	const gap = gaps.at(-1);
	notices.set("gap", gap && {
		title: "A part of the log is gone", dismiss: () => { feed.gaps = []; },
		text: `Sequences ${gap.first_sequence} to ${gap.last_sequence} will not be shown: ${plain(gap.reason, 300)}`,
	});
	const refusal = counts.status?.refusing_writes;
	notices.set("writes", refusal && { bad: true, title: "The server takes no new events", text: plain(refusal, 300) });
}

function openEvent(event) {
	table.select(event);
	if (details.key === event.id) return;
	// Looking through many events is one step back, not many.
	const replace = details.isOpen;
	details.open(event.id, event, { focus: true });
	change({ ...state, event: event.id }, { replace });
}

function closeEvent() {
	if (state.event) change({ ...state, event: "" });
	else details.close();
	table.grid.focus({ preventScroll: true });
}

// The target's events from that time on, oldest first: the server has no question for the next one. Null when it is too far.
async function nextOfTarget({ target, occurred_at: since, sequence, organization_id: organization }, signal) {
	const query = new URLSearchParams({
		...Object.fromEntries(organizationParameters(state)), target_type: target.type, target_id: target.id, order: "oldest", page_size: "100", since,
	});
	for (let asked = 0; asked < NEXT_PAGES_MAX; asked += 1) {
		const { events, next_page_token: token } = await api.events(query, { signal });
		const next = events.find((one) => one.sequence > sequence && one.organization_id === organization);
		if (next || !token) return next;
		query.set("page_token", token);
	}
	return null;
}

let unannounced = 0;

// What came between two announcements is in the next one.
setInterval(() => {
	if (unannounced > 0) announce(`${plural(unannounced, "new event")}${feed.held ? ", waiting" : ""}`);
	unannounced = 0;
}, ANNOUNCE_MILLISECONDS);

function arrived(number) {
	if (!feed.held) table.markNew(number);
	feed.trim();
	unannounced += number;
	counts.add(number);
}

function togglePause() {
	if (feed.paused) return release();
	feed.paused = true;
	announce("Paused. New events wait.");
	return showFeed();
}

async function release() {
	table.toTop();
	const waited = feed.list.waitingCount;
	await feed.release();
	table.markNew(waited);
	if (waited > 0) announce(`${plural(waited, "newer event")} shown`);
}

addEventListener("popstate", () => {
	const before = state;
	({ state } = parseAddress(location.search));
	apply(before);
});

addEventListener("hashchange", () => { if (takeTokenFromAddress()) account.changed(); });
addEventListener("online", () => feed.reconnectNow());
// A page that is kept for the way back would keep its connection.
addEventListener("pagehide", () => feed.rest());
addEventListener("pageshow", (event) => { if (event.persisted) feed.wake(); });

let hiddenTimer;
document.addEventListener("visibilitychange", () => {
	clearTimeout(hiddenTimer);
	if (document.hidden) hiddenTimer = setTimeout(() => feed.rest(), HIDDEN_MILLISECONDS);
	else {
		feed.wake();
		counts.soon();
	}
});

listenToKeys({
	move: (by) => {
		const event = table.move(by);
		if (event && details.isOpen) openEvent(event);
		else table.grid.focus({ preventScroll: true });
	},
	open: () => { if (table.selectedEvent) openEvent(table.selectedEvent); },
	close: () => { if (details.isOpen) closeEvent(); },
	top: release, search: () => filters.focusSearch(), pause: togglePause,
	neighbour: (which) => byId("details").querySelectorAll(".headline button")[which]?.click(),
	help: () => help.showModal(),
});

byId("help").addEventListener("click", () => help.showModal());
byId("skip").addEventListener("click", (event) => {
	event.preventDefault();
	table.grid.focus();
});
account.load();
apply();
notices.set("unknown", unknown.length > 0 && {
	title: "A part of the address means nothing here", dismiss: () => {},
	text: `It was left out: ${plain(unknown.join(", "), 300)}. What you see is filtered by less than the link says.`,
});
