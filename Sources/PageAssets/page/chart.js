// The histogram as shapes: a core that knows numbers and no document.

/** A lonely bar is no wall. */
const BAR_MAX = 48;

/** One path for each of the lists of counts by bucket, stacked from the bottom. */
export function stackedPaths(lists, { width, height, highest }) {
	const length = lists[0]?.length ?? 0;
	const step = width / Math.max(1, length);
	const bar = Math.min(BAR_MAX, step > 4 ? step - Math.min(2, step * 0.2) : step);
	const below = new Array(length).fill(0);
	return lists.map((counts) => {
		let path = "";
		for (let bucket = 0; bucket < length; bucket += 1) {
			const number = counts[bucket] ?? 0;
			if (number === 0) continue;
			const bottom = height - (below[bucket] / highest) * height;
			below[bucket] += number;
			// What is there is seen, however little it is beside the rest.
			const top = Math.min(height - (below[bucket] / highest) * height, bottom - (below[bucket] === number ? 1.5 : 0));
			const left = bucket * step + (step - bar) / 2;
			path += `M${round(left)} ${round(bottom)}V${round(top)}H${round(left + bar)}V${round(bottom)}Z`;
		}
		return path;
	});
}

function round(number) {
	return Math.round(number * 100) / 100;
}

/** The least round number that is not below. */
export function niceCeiling(number) {
	if (number <= 4) return Math.max(1, number);
	const power = 10 ** Math.floor(Math.log10(number));
	return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((factor) => factor * power).find((ceiling) => ceiling >= number);
}

const DAY = 86_400;
const TICK_SECONDS = [1, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 10_800, 21_600, 43_200, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 90 * DAY, 365 * DAY];

/** About `wanted` round local times (milliseconds) between two; `offset` is the zone's, in seconds. */
export function ticks(from, to, wanted, offset) {
	const seconds = (to - from) / 1000;
	const step = TICK_SECONDS.find((one) => seconds / one <= wanted) ?? Math.ceil(seconds / wanted / (365 * DAY)) * 365 * DAY;
	const found = [];
	let tick = Math.ceil((from / 1000 + offset) / step) * step - offset;
	for (; tick * 1000 < to; tick += step) found.push(tick * 1000);
	return { step, times: found };
}

export function bucketAt(x, width, length) {
	return Math.max(0, Math.min(length - 1, Math.floor((x / width) * length)));
}

export function rangeOf(firstBucket, lastBucket, start, bucketSeconds) {
	const [low, high] = firstBucket <= lastBucket ? [firstBucket, lastBucket] : [lastBucket, firstBucket];
	return { since: new Date(start + low * bucketSeconds * 1000), until: new Date(start + (high + 1) * bucketSeconds * 1000) };
}
