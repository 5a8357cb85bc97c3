// The token, which lives as long as the tab.

const KEY = "auditrpc-token";

// Storage may be forbidden; then the token lives as long as the page.
let inMemory = "";

export function token() {
	try {
		return sessionStorage.getItem(KEY) ?? inMemory;
	} catch {
		return inMemory;
	}
}

export function keepToken(secret) {
	inMemory = secret;
	try {
		if (secret) sessionStorage.setItem(KEY, secret);
		else sessionStorage.removeItem(KEY);
	} catch {
		// It is in memory.
	}
}

/** Takes the token out of `#token=...` before anything can keep, send or show the address; true when there was one. */
export function takeTokenFromAddress() {
	const found = new URLSearchParams(location.hash.slice(1)).get("token");
	if (!found) return false;
	keepToken(found.trim());
	history.replaceState(history.state, "", location.pathname + location.search);
	return true;
}
