#!/usr/bin/env python3
"""Redoes the headline of Green Homes from its public files, and compares.

    python3 recompute.py https://address.of.the.service
    python3 recompute.py programme_sums.csv methodology.json progress.json

The three files are what these addresses gave, at one version of the register:

    /v1/tables/programme_sums.csv   what is verified: sums by measure, month of installation and month of the end
    /v1/methodology/{version}       every factor, with its source; the version stands in the other two
    /v1/progress                    the headline

Exit code 0: every figure comes out the same to a relative 1e-9. 1: one does not. 2: it could not be done.

Python 3 and nothing else. Read it from the top: it says how the figures are made.
"""

import calendar
import csv
import datetime
import io
import json
import math
import sys
import time
import urllib.request

TOLERANCE = 1e-9


# --- Time -----------------------------------------------------------------------------------------------------------
# A month is one number, year * 12 + (month - 1), so that months can be compared and counted.


def month_of(text):
    """The month of "2026-11" or of "2026-11-25"; none of nothing."""
    return int(text[:4]) * 12 + int(text[5:7]) - 1 if text else None


def days_of(month):
    """How many days a month has."""
    return calendar.monthrange(month // 12, month % 12 + 1)[1]


def days_in_year(year):
    return 366 if calendar.isleap(year) else 365


# --- The method -----------------------------------------------------------------------------------------------------


class Methodology:
    def __init__(self, data):
        self.version = data["version"]
        self.grid = {factor["year"]: factor["tco2_per_mwh"] for factor in data["grid"]["factors"]}
        self.uncertainty = data["uncertainty"]
        # Batteries and labels are recorded, and have no effect of their own.
        with_effect = (one for one in data["measures"] if one["effect"] != "none")
        self.effects = {one["measure"]: Effect(self.uncertainty, one) for one in with_effect}

    def grid_factor(self, year):
        """Tonnes a megawatt-hour of electricity from the grid, and whether that is provisional: a year without an official
        factor takes the newest earlier one, a year before all of them the first."""
        taken = max((one for one in self.grid if one <= year), default=min(self.grid))
        return self.grid[taken], taken != year

    def newest_factor(self):
        return self.grid[max(self.grid)]


class Effect:
    """What one unit of a measure does in a year."""

    def __init__(self, uncertainty, factors):
        # Electricity that is made or saved avoids what the grid would have emitted; direct cuts (biogas, stoves) are tonnes
        # as they are.
        self.is_direct = factors["effect"] == "direct"
        self.is_generation = factors["effect"] == "generation"
        # Of solar power the share of the yield that is used; the yields are multiplied into the sums already.
        per_unit = ("yield_share", "tco2e_per_unit_year", "kwh_per_unit_year")
        self.per_unit = next(factors[name] for name in per_unit if name in factors)
        self.degradation = factors["degradation_per_year"]
        self.lifetime_years = factors["lifetime_years"]
        # What replaces diesel has a factor of its own; everything else has the grid's.
        self.own_factor = factors.get("own_factor")
        self.uses_grid = not self.is_direct and self.own_factor is None
        self.low, self.high = self.range(uncertainty, factors)

    def range(self, uncertainty, factors):
        """The low and the high end as shares of the value. Independent errors (of what a unit does, of the grid factor, of the
        size) are squared, added, and the root taken."""

        def distances(low, high):
            return (self.per_unit - low) / self.per_unit, (high - self.per_unit) / self.per_unit

        if factors["range"] == "solar":
            energy = uncertainty["solar"], uncertainty["solar"]
        elif factors["range"] == "metered":
            energy = uncertainty["metered"], uncertainty["metered"]
        elif factors["range"] == "share":
            energy = distances(factors["yield_share_low"], factors["yield_share_high"])
        else:
            energy = [max(uncertainty["deemed_least"], one) for one in distances(factors["low"], factors["high"])]
        grid = uncertainty["grid_factor"] if self.uses_grid else 0.0
        low, high = (math.hypot(one, grid, uncertainty["size_verified"]) for one in energy)
        return max(0.0, 1.0 - low), 1.0 + high

    def left_after(self, years):
        """What a unit still does when it is so many calendar years old: in its first calendar year all of it."""
        return self.per_unit * (1.0 - self.degradation) ** years

    def tonnes(self, grid_factor):
        """Tonnes a kWh; direct cuts are tonnes already."""
        if self.is_direct:
            return 1.0
        return (grid_factor if self.own_factor is None else self.own_factor) / 1000.0


def days_by_year(row, last_month, day):
    """Quantity times days of operation, by calendar year, up to a day.

    The sums know the days of each home inside its first and its last month; all months between are whole. So the result
    is, to the day, what adding up home by home would give.
    """
    years = {}
    first, ended = row.installed, row.ended
    if ended is not None and ended > last_month:
        ended = None  # It outlived its life: credit ended before.
    if ended is not None and ended < first:
        return years  # A later measure took its place on its first day.
    today = month_of(day.isoformat())
    for month in range(first, min(last_month if ended is None else ended, today) + 1):
        counted = day.day if month == today else days_of(month)
        if month == first:
            # From the day of installation to the end of the month, less what is still to come of it.
            amount = row.quantity_days - row.quantity * (days_of(month) - counted)
            if month == ended:
                amount = row.quantity_days - row.quantity * days_of(month) + row.quantity_end_days
        elif month == ended:
            amount = row.quantity_end_days
        else:
            amount = row.quantity * counted
        years[month // 12] = years.get(month // 12, 0.0) + amount
    return years


# --- The figures ----------------------------------------------------------------------------------------------------


FIGURES = (
    "sites.verified",
    "installations.verified",
    "sites_with_rooftop_solar.verified",
    "to_date.generation_kwh",
    "to_date.saving_kwh",
    "to_date.avoided_tco2e",
    "to_date.low",
    "to_date.high",
    "to_date.provisional_tco2e",
    "annual.generation_kwh",
    "annual.saving_kwh",
    "annual.avoided_tco2e",
    "annual.low",
    "annual.high",
    "lifetime.avoided_tco2e",
    "lifetime.low",
    "lifetime.high",
    "pace.installed.months",
    "pace.installed.sites",
    "pace.installed.mean_per_month",
    "pace.projected_2030.low",
    "pace.projected_2030.central",
    "pace.projected_2030.high",
)


class Row:
    """A row of the sums. Solar power comes with its yields multiplied in, as kWh a year: its kWp are not told by month, because
    with the yield they would tell the province of a single home."""

    def __init__(self, fields):
        self.measure = fields["measure_code"]
        self.installed, self.ended = month_of(fields["installed_month"]), month_of(fields["ended_month"])
        self.sites, self.installations = int(fields["sites"]), int(fields["installations"] or 0)
        times = "_x_yield" if fields["quantity_x_yield"] else ""
        names = ("quantity", "quantity_days", "quantity_end_days")
        self.quantity, self.quantity_days, self.quantity_end_days = (float(fields[name + times] or 0) for name in names)


def recompute(rows, methodology, day, target_day):
    """Every figure, under the name that it has in the headline."""
    figures = dict.fromkeys(FIGURES, 0.0)
    for row in rows:
        is_in_operation = row.ended is None
        if not row.measure:
            # A site counts once, whatever its measures; what ended is no longer counted.
            figures["sites.verified"] += row.sites * is_in_operation
            figures["installations.verified"] += row.installations * is_in_operation
            continue
        if row.measure == "rooftop_solar_pv":
            figures["sites_with_rooftop_solar.verified"] += row.sites * is_in_operation
        effect = methodology.effects.get(row.measure)
        if effect:
            add_estimates(figures, row, effect, methodology, day)
    figures.update(pace(rows, figures["sites.verified"], month_of(day.isoformat()), month_of(target_day)))
    return figures


def add_estimates(figures, row, effect, methodology, day):
    def add(of, kwh, tonnes):
        electricity = f"{of}.generation_kwh" if effect.is_generation else f"{of}.saving_kwh"
        if electricity in figures and not effect.is_direct:
            figures[electricity] += kwh
        figures[f"{of}.avoided_tco2e"] += tonnes
        # Errors of yields and factors are shared by all, so that ranges are simply added: they do not average out.
        figures[f"{of}.low"] += tonnes * effect.low
        figures[f"{of}.high"] += tonnes * effect.high

    # Credit ends with a month: the one before the anniversary of the installation's month, when the lifetime is over.
    last_month = row.installed + effect.lifetime_years * 12 - 1
    today = month_of(day.isoformat())

    # To date: each calendar year with its own grid factor.
    for year, amount in days_by_year(row, last_month, day).items():
        value = amount / days_in_year(year) * effect.left_after(year - row.installed // 12)
        factor, is_provisional = methodology.grid_factor(year)
        add("to_date", value, value * effect.tonnes(factor))
        if is_provisional and effect.uses_grid:
            figures["to_date.provisional_tco2e"] += value * effect.tonnes(factor)

    if row.ended is not None:
        return
    newest = effect.tonnes(methodology.newest_factor())
    # Annual: a full year of what is in operation and within its life, at the age that it has this year.
    if today <= last_month:
        value = row.quantity * effect.left_after(day.year - row.installed // 12)
        add("annual", value, value * newest)
    # Lifetime, projected: every year of the life, with the newest grid factor for all of them.
    value = row.quantity * sum(effect.left_after(years) for years in range(effect.lifetime_years))
    add("lifetime", value, value * newest)


def pace(rows, now, today, target_month):
    """The openings of sites by month, and the sites of the target's day if they go on; none where too little is known."""
    months = openings(rows, today)
    figures = dict.fromkeys(name for name in FIGURES if name.startswith("pace."))
    if not months:
        return figures
    count, mean = len(months), sum(months) / len(months)
    figures["pace.installed.months"], figures["pace.installed.sites"] = count, sum(months)
    figures["pace.installed.mean_per_month"] = mean
    left = target_month - today
    if count < 6 or sum(months) < 30 or left <= 0:
        return figures
    # 90 % of what may come: months scatter around their mean, and the mean is known from so many months only.
    deviation = math.sqrt(sum((one - mean) ** 2 for one in months) / (count - 1))
    half = student_t(count - 1) * deviation * math.sqrt(left + left**2 / count)
    for name, distance in (("low", -half), ("central", 0.0), ("high", half)):
        sites = math.floor(now + left * mean + distance + 0.5)
        figures[f"pace.projected_2030.{name}"] = max(now, sites)
    return figures


def openings(rows, today):
    """Sites that opened minus sites that closed, by month: from the first month with an opening, at most 24. The month of today
    and the one before are left out, because reports of them are still to come."""
    months = range(today - 25, today - 1)
    net, opened = dict.fromkeys(months, 0), set()
    for row in rows:
        # What closed in the month of its opening stood at the end of no month.
        if row.measure or not row.sites or (row.ended is not None and row.ended <= row.installed):
            continue
        if row.installed in net:
            net[row.installed] += row.sites
            opened.add(row.installed)
        if row.ended in net:
            net[row.ended] -= row.sites
    return [net[month] for month in months if opened and month >= min(opened)]


def student_t(degrees):
    """The t that 90 % of Student's distribution lie within, to six decimals. With x = sqrt(degrees) * tan(angle) its density is that
    of cos(angle) ** (degrees - 1)."""

    def area(end, power):
        if power < 2:
            return math.sin(end) if power else end
        return (math.cos(end) ** (power - 1) * math.sin(end) + (power - 1) * area(end, power - 2)) / power

    low, high, whole = 0.0, 10.0, area(math.pi / 2, degrees - 1)
    for _ in range(50):
        middle = (low + high) / 2
        is_within = area(math.atan(middle / math.sqrt(degrees)), degrees - 1) < 0.9 * whole
        low, high = (middle, high) if is_within else (low, middle)
    return round(low, 6)


# --- Reading and comparing ------------------------------------------------------------------------------------------


def fetch(address):
    with urllib.request.urlopen(address, timeout=60) as answer:
        return answer.read().decode("utf-8-sig")


def read_from(address):
    """The three files from a service. The register may grow between two of them: ask again until they are of one version."""
    for _ in range(20):
        progress = json.loads(fetch(f"{address}/v1/progress"))
        sums = fetch(f"{address}/v1/tables/programme_sums.csv")
        made_from = made_from_of(sums)
        if made_from is None or made_from == said_by(progress):
            break
        time.sleep(0.3)
    version = progress["meta"]["methodology_version"]
    return sums, json.loads(fetch(f"{address}/v1/methodology/{version}")), progress


def read_files(sums, methodology, progress):
    def text(path):
        with open(path, encoding="utf-8-sig", newline="") as file:
            return file.read()

    return text(sums), json.loads(text(methodology)), json.loads(text(progress))


def table(sums):
    return list(csv.DictReader(io.StringIO(sums)))


def made_from_of(sums):
    """Day, version and methodology of the sums; none where they have no row."""
    for row in table(sums):
        return row["as_of"], int(row["version"]), int(row["methodology_version"])
    return None


def said_by(progress):
    meta = progress["meta"]
    return meta["as_of"], meta["version"], meta["methodology_version"]


def compare(figures, published):
    """Prints every figure; whether all are the same."""
    print(f"{'figure':<36}{'published':>24}{'recomputed':>24}{'difference':>12}")
    worst = 0.0
    for name, recomputed in figures.items():
        said = published
        for part in name.split("."):
            said = None if said is None else said[part]
        difference = difference_between(recomputed, said)
        worst = max(worst, difference)
        print(f"{name:<36}{show(said):>24}{show(recomputed):>24}{difference:>12.1e}")
    return worst <= TOLERANCE


def difference_between(recomputed, said):
    """The relative difference; infinite where only one of them is known."""
    if said is None or recomputed is None:
        return 0.0 if said is recomputed else math.inf
    return abs(recomputed - said) / abs(said) if said else abs(recomputed)


def show(value):
    return "-" if value is None else f"{value:.15g}"


def main(arguments):
    if len(arguments) == 1:
        sums, methodology, progress = read_from(arguments[0].rstrip("/"))
    elif len(arguments) == 3:
        sums, methodology, progress = read_files(*arguments)
    else:
        print(__doc__, file=sys.stderr)
        return 2
    day, version, methodology_version = said_by(progress)
    methodology = Methodology(methodology["data"])
    if made_from_of(sums) not in (None, said_by(progress)) or methodology.version != methodology_version:
        print("these are not of one version, day and methodology: fetch them again", file=sys.stderr)
        return 2
    print(f"register version {version}, {day}, methodology {methodology_version}")
    rows = [Row(fields) for fields in table(sums)]
    figures = recompute(rows, methodology, datetime.date.fromisoformat(day), progress["data"]["target"]["by"])
    return 0 if compare(figures, progress["data"]) else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (OSError, ValueError, KeyError, TypeError, LookupError) as problem:
        # No answer, or files that are not what they should be: that says nothing about the figures.
        print(f"it could not be done: {problem!r}", file=sys.stderr)
        sys.exit(2)
