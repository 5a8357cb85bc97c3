"""What the benchmark of the live feed measured, as tables."""

from statistics import median

from feed import AIM, IDLE, IDLE_KIBIBYTES_MAX, RATES, STUCK_RATE
from feed_servers import AUDITRPC

TOO_SLOW = "did not keep up"


def table(results):
    return [
        *throughput(results.throughput),
        "",
        *delays(results.delays),
        "",
        *idle(results.idle),
        "",
        *stuck(results.stuck),
    ]


def spread(values, form):
    return f"{median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def ours(rows, row):
    return next(one for one in rows if one.setting == row.setting and one.contender is AUDITRPC)


def ratios(rows, row, name):
    """AuditRPC's value to this contender's, each of one round; empty when one of them was too slow."""
    mine = ours(rows, row)
    if not (row.kept_up and mine.kept_up):
        return []
    return [one / max(other, 1) for one, other in zip(mine.each(name), row.each(name))]


def throughput(rows):
    lines = [
        f"Events delivered, published as fast as the slowest subscriber takes them; aim: AuditRPC above {AIM} of "
        "each. A server has one core, the load the other.",
        "",
        "| subscribers | server | deliveries/s, median (range) | AuditRPC to it in a round, median (range) "
        "| CPU of the server, µs a delivery |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        subscribers, organizations = row.setting
        what = f"{subscribers:,}" + (", each of its own organization" if organizations > 1 else "")
        if not row.kept_up:
            lines.append(f"| {what} | {row.contender.name} | {TOO_SLOW} | | |")
            continue
        each = ratios(rows, row, "deliveries_per_second")
        costs = [run["server_cpu_seconds"] / run["deliveries"] * 1e6 for run in row.runs]
        lines.append(
            f"| {what} | {row.contender.name} | {spread(row.each('deliveries_per_second'), ',.0f')} "
            f"| {spread(each, '.2f') if each else ''} | {median(costs):.2f} |"
        )
    return lines


def delays(rows):
    lines = [
        "From the moment an event was due to be published until a subscriber had it. At "
        f"{RATES[0][0]} events/s every one of the {RATES[0][1]} subscribers gets all; else each event goes to one.",
        "",
        "| events/s | subscribers | server | p50, ms | p99, ms, median (range) "
        "| AuditRPC's p99 to it in a round, median |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        rate, subscribers, _ = row.setting
        start = f"| {rate:,} | {subscribers:,} | {row.contender.name} "
        if not row.kept_up:
            lines.append(f"{start}| {TOO_SLOW} | | |")
            continue
        each = ratios(rows, row, "p99_us")
        p99 = [microseconds / 1000 for microseconds in row.each("p99_us")]
        lines.append(
            f"{start}| {row.median('p50_us') / 1000:.2f} | {spread(p99, '.2f')} "
            f"| {f'{median(each):.2f}' if each else ''} |"
        )
    return lines


def idle(rows):
    lines = [
        f"{IDLE:,} subscribers whose filters never match, on 100 connections unless a line says more; "
        f"limit: {IDLE_KIBIBYTES_MAX} KiB each.",
        "",
        "| who waits | KiB each | CPU of the server, µs a recorded event | to nobody in the same round |",
        "| --- | --- | --- | --- |",
    ]
    for row in rows:
        kibibytes = f"{median(row.kibibytes):.1f}" if row.kibibytes else ""
        if row.failure:
            lines.append(f"| {row.name} | {kibibytes} | {row.failure} | |")
        else:
            cost = f"{spread(row.microseconds, '.2f')} | {spread(row.ratios, '.2f')}"
            lines.append(f"| {row.name} | {kibibytes} | {cost} |")
    return lines


def stuck(rows):
    lines = [
        f"100 subscribers that get {STUCK_RATE} events/s each, without and with one more that reads nothing.",
        "",
        "| server | p99 without, ms | p99 beside it, ms | ratio of a round, median (range) |",
        "| --- | --- | --- | --- |",
    ]
    for contender, without, beside, each in rows:
        lines.append(
            f"| {contender.name} | {median(without) / 1000:.2f} | {median(beside) / 1000:.2f} "
            f"| {spread(each, '.2f')} |"
        )
    return lines
