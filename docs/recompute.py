#!/usr/bin/env python3
"""Redoes every number of the headline of Green Homes from its public tables, and compares.

    python3 recompute.py https://address.of.the.service
    python3 recompute.py https://address.of.the.service "?methodology=1"       with another methodology
    python3 recompute.py https://address.of.the.service "?as_of=2026-10-31"    a day that is over
    python3 recompute.py FOLDER                                                what was saved from such a service

With GREEN_HOMES_TOKEN, the token of a reviewer, it redoes everything that the register has now, and not what was published.

FOLDER holds what these addresses gave, of one publication point and with the same query:

    progress.json       /v1/progress                 the headline, which is checked
    methodology.json    /v1/methodology/{version}    every factor, with its source; the headline says which version
    tables.json         /v1/tables                   the list of the tables, and which of their columns add up; it has no query
    {name}.csv          /v1/tables/{name}.csv        each table of that list

The figures are of a publication point: they move at the close of a day, and only where enough sites move them together. What
`programme_sums` does not tell yet is taken as it stands in the table `not_yet_detailed`; those parts are listed as taken. The counts
under `live` move at once, and no table has them.

What is accepted: counts, capacity, percentages and the pace come from whole numbers and must be the same. Estimates may differ by
one unit of the last published digit (1 kWh, 0.001 tonnes), in rows of tables two. A relative 1e-9 is left to the last bits of long sums.

Exit code 0: every number comes out. 1: one does not, or is not a number, or is one that this script does not know. 2: it could not
be done: no answer, or files that are not of one version.

Python 3.9 or later and nothing else. Read it from the top: it says how the figures are made.
"""

import calendar
import csv
import datetime
import io
import json
import math
import os
import re
import sys
import time
import urllib.request

# One million sites by the end of 2030: the programme's target, and the version of its definition.
TARGET_SITES, TARGET_DAY, TARGET_VERSION = 1_000_000, "2030-12-31", 1

# No public table has these numbers. They are shown at the end, so that nobody takes them for checked.
NOT_CHECKED = (
    "live.sites.verified",
    "live.sites.reported",
    "live.sites.pledged",
    "installations.reported",
    "installations.pledged",
    "capacity_kwp.reported",
    "pre_programme.sites.verified",
    "pre_programme.sites.reported",
    "pre_programme.sites.pledged",
    "pace.recorded.last_3_months_per_month",
    "pace.recorded.last_12_months_per_month",
)


# --- Time -----------------------------------------------------------------------------------------------------------
# A month is one number, year * 12 + (month - 1), so that months can be compared and counted.


def month_of(text):
    """The month of "2026-11" or of "2026-11-25"; none of nothing."""
    return int(text[:4]) * 12 + int(text[5:7]) - 1 if text else None


def month_name(month):
    return f"{month // 12:04}-{month % 12 + 1:02}"


def days_of(month):
    """How many days a month has."""
    return calendar.monthrange(month // 12, month % 12 + 1)[1]


def days_in_year(year):
    return 366 if calendar.isleap(year) else 365


def month_of_day(day):
    return day.year * 12 + day.month - 1


# --- The methodology ------------------------------------------------------------------------------------------------


class Methodology:
    def __init__(self, data):
        self.version = data["version"]
        self.grid = {factor["year"]: factor["tco2_per_mwh"] for factor in data["grid"]["factors"]}
        self.newest_year = max(self.grid)
        self.newest_factor = self.grid[self.newest_year]
        self.yields = {one["province_code"]: one["kwh_per_kwp_year"] for one in data["yields"]["by_province"]}
        # Methodology 1 has no rule for lives: it projects whole lives with the newest grid factor. Later ones add what remains to
        # what was avoided, with a grid factor that falls to zero in this year.
        self.grid_zero_year = data["lifetime"]["grid_zero_year"] if "lifetime" in data else None
        # Batteries and labels are recorded, and have no effect of their own. A methodology does not know later measures at all.
        with_effect = (one for one in data["measures"] if one["effect"] != "none")
        self.effects = {one["measure"]: Effect(data["uncertainty"], one) for one in with_effect}

    def grid_factor(self, year):
        """Tonnes a megawatt-hour of electricity from the grid, and whether it is carried from another year: a year without an
        official factor takes the newest earlier one, a year before all of them the first."""
        taken = max((one for one in self.grid if one <= year), default=min(self.grid))
        return self.grid[taken], taken != year

    def falling_factor(self, year):
        """The grid factor that a year to come is projected to have: a straight line from the newest one to zero."""
        zero = self.grid_zero_year
        return self.newest_factor * max(0.0, (zero - year) / (zero - self.newest_year))


class Effect:
    """What one unit of a measure does in a year."""

    def __init__(self, uncertainty, factors):
        self.uncertainty, self.factors = uncertainty, factors
        # Electricity that is made or saved avoids what the grid would have emitted; direct cuts (biogas, stoves) are tonnes
        # as they are.
        self.is_direct = factors["effect"] == "direct"
        self.is_generation = factors["effect"] == "generation"
        # Of solar power the share of the yield that is used; the yields are multiplied into the sums already.
        self.is_solar = "yield_share" in factors
        per_unit = ("yield_share", "tco2e_per_unit_year", "kwh_per_unit_year")
        self.per_unit = next(factors[name] for name in per_unit if name in factors)
        self.degradation = factors["degradation_per_year"]
        self.lifetime_years = factors["lifetime_years"]
        # What replaces diesel has a factor of its own; everything else has the grid's.
        self.own_factor = factors.get("own_factor")
        self.uses_grid = not self.is_direct and self.own_factor is None

    def last_month(self, installed):
        """Credit ends with a month: the one before the anniversary of the installation's month, when the lifetime is over."""
        return installed + self.lifetime_years * 12 - 1

    def left_after(self, years):
        """What a unit still does when it is so many calendar years old: in its first calendar year all of it."""
        return self.per_unit * (1.0 - self.degradation) ** years

    def tonnes(self, grid_factor):
        """Tonnes a kWh; direct cuts are tonnes already."""
        if self.is_direct:
            return 1.0
        return (grid_factor if self.own_factor is None else self.own_factor) / 1000.0

    def range(self, is_carried, is_metered):
        """The low and the high end as shares of the value. Independent errors (of what a unit does, of the grid factor, of the
        size) are squared, added, and the root taken. A grid factor that is carried from another year is known less well."""
        official = self.uncertainty["grid_factor"]
        # Methodology 1 took a carried factor to be as good as an official one.
        carried = self.uncertainty.get("grid_factor_carried", official)
        grid = (carried if is_carried else official) if self.uses_grid else 0.0
        size = self.uncertainty["size_verified"]
        low, high = (math.hypot(one, grid, size) for one in self.energy(is_metered))
        return max(0.0, 1.0 - low), 1.0 + high

    def energy(self, is_metered):
        """How far what a unit does may lie below and above, as shares of it."""
        factors, widths, rule = self.factors, self.uncertainty, self.factors["range"]
        if rule == "share":
            return self.distances(factors["yield_share_low"], factors["yield_share_high"])
        if rule == "deemed":
            return [max(widths["deemed_least"], one) for one in self.distances(factors["low"], factors["high"])]
        if rule == "declared" and is_metered:
            # The owner declared a saving, and meters verified it.
            rule = "metered"
        return widths[rule], widths[rule]

    def distances(self, low, high):
        return (self.per_unit - low) / self.per_unit, (high - self.per_unit) / self.per_unit


# --- The sums -------------------------------------------------------------------------------------------------------


class Row:
    """A row of `programme_sums`: what is verified, by measure, month of installation and month of the end. Solar power comes with
    its yields multiplied in, as kWh a year: its kWp are not told by month, because with the yield they would tell the province of a
    single home."""

    def __init__(self, fields):
        self.measure = fields["measure_code"]
        # Told of declared savings alone, because no other range depends on it.
        self.is_metered = fields["metered"] == "true"
        self.is_sold = fields["attributes_sold"] == "true"
        self.installed, self.ended = month_of(fields["installed_month"]), month_of(fields["ended_month"])
        self.is_in_operation = self.ended is None
        self.sites, self.installations = number(fields["sites"]), number(fields["installations"] or "0")
        times = "_x_yield" if fields["quantity_x_yield"] else ""
        names = ("quantity", "quantity_days", "quantity_end_days")
        self.quantity, self.quantity_days, self.quantity_end_days = (number(fields[name + times] or "0") for name in names)


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
    today = month_of_day(day)
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


def days_to_come(last_month, day):
    """The days from the day after a day to the end of life, by calendar year."""
    first = day + datetime.timedelta(days=1)
    last = datetime.date(last_month // 12, last_month % 12 + 1, days_of(last_month))
    years = {}
    for year in range(first.year, last.year + 1):
        begin, end = max(first, datetime.date(year, 1, 1)), min(last, datetime.date(year, 12, 31))
        years[year] = max(0, (end - begin).days + 1)
    return years


# --- Estimates: annual, to date, lifetime ---------------------------------------------------------------------------

PARTS = (
    "generation_kwh",
    "saving_kwh",
    "avoided_tco2e",
    "avoided_tco2e_low",
    "avoided_tco2e_high",
    "provisional_tco2e",
    "sold_tco2e",
)


def estimates(rows, methodology, day):
    figures = {f"{of}.{part}": 0.0 for of in ("annual", "to_date", "lifetime") for part in PARTS}
    figures["lifetime.frozen_grid_tco2e"] = 0.0
    for row in rows:
        # Rows without a measure count sites.
        effect = methodology.effects.get(row.measure)
        if effect:
            add_estimates(figures, row, effect, methodology, day)
    return figures


def add_estimates(figures, row, effect, methodology, day):
    def add(of, value, grid_factor, is_provisional, is_carried):
        """Adds kWh (of direct cuts: tonnes), valued with a grid factor."""
        tonnes = value * effect.tonnes(grid_factor)
        if not effect.is_direct:
            figures[f"{of}.generation_kwh" if effect.is_generation else f"{of}.saving_kwh"] += value
        figures[f"{of}.avoided_tco2e"] += tonnes
        # Errors of yields and factors are shared by all, so that ranges are simply added: they do not average out.
        low, high = effect.range(is_carried, row.is_metered)
        figures[f"{of}.avoided_tco2e_low"] += tonnes * low
        figures[f"{of}.avoided_tco2e_high"] += tonnes * high
        # The part that another year's grid factor values may still change.
        figures[f"{of}.provisional_tco2e"] += tonnes * (is_provisional and effect.uses_grid)
        # Sold to others: it stays in the figure, and is told.
        figures[f"{of}.sold_tco2e"] += tonnes * row.is_sold

    def add_frozen(value, grid_factor):
        figures["lifetime.frozen_grid_tco2e"] += value * effect.tonnes(grid_factor)

    last_month, year_installed = effect.last_month(row.installed), row.installed // 12
    newest = methodology.newest_factor
    adds_what_remains = methodology.grid_zero_year is not None

    # To date: each calendar year with its own grid factor.
    for year, amount in days_by_year(row, last_month, day).items():
        value = amount / days_in_year(year) * effect.left_after(year - year_installed)
        factor, is_carried = methodology.grid_factor(year)
        add("to_date", value, factor, is_carried, is_carried)
        if adds_what_remains:
            # What was avoided is part of the lifetime, also of what has ended.
            add("lifetime", value, factor, is_carried, is_carried)
            add_frozen(value, factor)
    if not row.is_in_operation:
        return

    # Annual: a full year of what is in operation and within its life, at the age that it has this year.
    if month_of_day(day) <= last_month:
        value = row.quantity * effect.left_after(day.year - year_installed)
        add("annual", value, newest, day.year != methodology.newest_year, True)

    if adds_what_remains:
        # What remains of the life, with a grid factor that falls to zero; with the newest one frozen it stands beside.
        for year, days in days_to_come(last_month, day).items():
            value = row.quantity * days / days_in_year(year) * effect.left_after(year - year_installed)
            add("lifetime", value, methodology.falling_factor(year), True, True)
            add_frozen(value, newest)
    else:
        # Every year of the life, with the newest grid factor for all of them.
        value = row.quantity * sum(effect.left_after(years) for years in range(effect.lifetime_years))
        add("lifetime", value, newest, True, True)
        add_frozen(value, newest)


# --- Counts ---------------------------------------------------------------------------------------------------------


def counts(rows, tables, published, taken):
    """The numbers of sites, installations and kilowatts-peak."""
    # A site counts once, whatever its measures; what ended is no longer counted.
    open_rows = [row for row in rows if row.is_in_operation]
    verified = sum(row.sites for row in open_rows if not row.measure) + taken["sites.verified"]
    live = published.number("live.sites.verified")
    # What is not verified has no sums; the provinces have its sites.
    provinces, rooftops = tables["provinces"], keyed(tables["measures"], "measure_code")["rooftop_solar_pv"]
    figures = {
        "target.sites": TARGET_SITES,
        "target.by": TARGET_DAY,
        "target.version": TARGET_VERSION,
        "live.percent_of_target": live * 100.0 / TARGET_SITES,
        "live.sites.in_operation": live + published.number("live.sites.reported"),
        **by_stage("sites", verified, total(provinces, "sites_reported"), total(provinces, "sites_pledged")),
        "installations.verified": sum(row.installations for row in open_rows) + taken["installations.verified"],
        **by_stage(
            "sites_with_rooftop_solar",
            sum(row.sites for row in open_rows if row.measure == "rooftop_solar_pv") + taken["sites_with_rooftop_solar.verified"],
            number(rooftops["sites_reported"]),
            number(rooftops["sites_pledged"]),
        ),
        "capacity_kwp.verified": total(provinces, "capacity_kwp_verified"),
    }
    # Of these only the sum is checked, because no table has both of its parts.
    for name in ("installations", "pre_programme.sites"):
        figures[f"{name}.in_operation"] = published.number(f"{name}.verified") + published.number(f"{name}.reported")
    for kind, row in keyed(tables["kinds"], "kind_code").items():
        stages = (number(row[f"sites_{stage}"]) for stage in ("verified", "reported", "pledged"))
        figures.update(by_stage(f"by_kind.{kind}", *stages))
    for tier, row in keyed(tables["evidence_tiers"], "evidence_tier_code").items():
        figures[f"by_evidence_tier.{tier}"] = number(row["sites_verified"])
    for group, row in keyed(tables["people"], "group_code").items():
        # In whole percent of those that answered; none where too few did.
        figures[f"shares.{group}.percent_of_known"] = number(row["percent_of_known"]) if row["percent_of_known"] else None
    return figures


def by_stage(name, verified, reported, pledged):
    """A site is in one stage only. Pledged ones are not built yet."""
    stages = {"verified": verified, "reported": reported, "pledged": pledged, "in_operation": verified + reported}
    return {f"{name}.{stage}": count for stage, count in stages.items()}


# --- The pace -------------------------------------------------------------------------------------------------------


def pace(rows, now, day):
    """What the target requires, the openings of sites by month, and the sites of the target's day if they go on; none where too
    little is known."""
    today, missing = month_of_day(day), max(0, TARGET_SITES - now)
    left = month_of(TARGET_DAY) - today
    figures = {
        "pace.required_per_month": missing / left if left > 0 else None,
        "pace.target_reached": now >= TARGET_SITES,
        "pace.projected_date": None,
    }
    nets = openings(rows, today)
    if not nets:
        return {**figures, "pace.installed": None, "pace.projected_2030": None}
    months, sites = list(nets.values()), sum(nets.values())
    count, mean = len(months), sites / len(months)
    deviation = math.sqrt(sum((one - mean) ** 2 for one in months) / (count - 1)) if count > 1 else None
    figures["pace.installed.months"], figures["pace.installed.sites"] = count, sites
    figures["pace.installed.first_month"], figures["pace.installed.last_month"] = (month_name(one) for one in (min(nets), max(nets)))
    figures["pace.installed.mean_per_month"], figures["pace.installed.deviation_per_month"] = mean, deviation
    if count < 6 or sites < 30 or left <= 0:
        return {**figures, "pace.projected_2030": None}
    # 90 % of what may come: months scatter around their mean, and the mean is known from so many months only.
    half = student_t(count - 1) * deviation * math.sqrt(left + left * left / count)
    for name, distance in (("low", -half), ("central", 0.0), ("high", half)):
        # In whole sites, and never fewer than there are.
        figures[f"pace.projected_2030.{name}"] = max(now, rounded(now + left * mean + distance))
    # The month in which the mean makes up for what is missing; nobody projects further than 2200.
    if missing and math.ceil(missing / mean) <= (2200 - day.year) * 12:
        figures["pace.projected_date"] = month_name(today + math.ceil(missing / mean)) + "-01"
    return figures


def openings(rows, today):
    """Sites that opened minus sites that closed, by month: 24, or as many as there are since the first opening of all. The month of
    today and the one before are left out, because reports of them are still to come."""
    months = range(today - 25, today - 1)
    net, opened = dict.fromkeys(months, 0), set()
    for row in rows:
        # What closed in the month of its opening stood at the end of no month.
        if row.measure or not row.sites or (row.ended is not None and row.ended <= row.installed):
            continue
        opened.add(row.installed)
        if row.installed in net:
            net[row.installed] += row.sites
        if row.ended in net:
            net[row.ended] -= row.sites
    return {month: net[month] for month in months if opened.intersection(months) and month >= min(opened)}


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


def rounded(value):
    """The nearest whole number, of two the higher."""
    return math.floor(value + 0.5)


# --- The tables among themselves ------------------------------------------------------------------------------------

# The columns that come to a number of the headline when the rows of a table are added up.
COLUMNS = {
    "sites_verified": "sites.verified",
    "sites_reported": "sites.reported",
    "sites_pledged": "sites.pledged",
    "installations_verified": "installations.verified",
    "capacity_kwp_verified": "capacity_kwp.verified",
    **{f"{of}_{part}": f"{of}.{part}" for of in ("annual", "to_date") for part in PARTS},
}


def sums_of_tables(tables, additive, published):
    """Each column that adds up, as the list of tables says: its name, its sum, and the number of the headline. A site stands behind
    each of its measures, so that sites by measure do not add up; their kilowatt-hours do."""
    for name, rows in tables.items():
        for column in COLUMNS:
            if rows and column in additive[name]:
                yield f"{name}.{column}", total(rows, column), published.number(COLUMNS[column])


def agreements(tables, rows, methodology, day, taken):
    """What two tables both say: its name, what the sums say, and what the other table says. The sums say all of it where nothing is
    taken."""
    if any(taken.values()):
        return
    open_rows = [row for row in rows if row.is_in_operation]
    for measure, fields in without_the_rest(tables["measures"], "measure_code"):
        own, effect = [row for row in open_rows if row.measure == measure], methodology.effects.get(measure)
        yield f"measures.{measure}.sites_verified", sum(row.sites for row in own), number(fields["sites_verified"])
        if not (effect and effect.is_solar):
            quantity = sum(row.quantity for row in own)
            yield f"measures.{measure}.quantity_verified", quantity, number(fields["quantity_verified"])
    # The kWp of each province times its yield are the sums of solar power within its life, once all of it is told by province.
    if any(number(row["capacity_kwp_verified"]) for row in tables["provinces"] if row["province_code"] == "not_yet_detailed"):
        return
    by_yield = sum(
        row.quantity
        for row in open_rows
        if (effect := methodology.effects.get(row.measure)) and effect.is_solar and month_of_day(day) <= effect.last_month(row.installed)
    )
    by_province = sum(
        number(fields["capacity_kwp_verified"]) * methodology.yields[province]
        for province, fields in without_the_rest(tables["provinces"], "province_code")
    )
    yield "provinces.capacity_kwp_verified x yield", by_yield, by_province


def without_the_rest(rows, column):
    """The rows by their code, but for what no row shows."""
    return ((row[column], row) for row in rows if row[column] != "not_yet_detailed")


# --- The sentences --------------------------------------------------------------------------------------------------

MONTHS = tuple(calendar.month_name)
# CO2, whose 2 counts nothing; the name of a month in a date; and a number as people write it, with its marks between digits.
NUMBER_IN_TEXT = re.compile("CO2|" + "|".join(MONTHS[1:]) + r"|[-\u2212]?\d+(?:[.,:/]\d+)*%?")


def texts(published, meta, methodology):
    """Every text of the headline: its name, the text without the publisher's name, and the numbers that it must have, in order."""
    for language in ("vi", "en"):
        publisher, zero_year = meta["citation"]["en"].partition(", register of ")[0], methodology.grid_zero_year
        numbers_of_counts, numbers_of_figures = sentences(language, published, meta, methodology)
        yield f"live.sentence.{language}", published.text(f"live.sentence.{language}").removesuffix(f": {publisher}."), numbers_of_counts
        yield f"sentence.{language}", published.text(f"sentence.{language}"), numbers_of_figures
        for name in ("scope_note", "lifetime.label", "pace.projected_2030.basis"):
            if f"{name}.{language}" in published:
                # The label says that the grid factor falls to 0, which English has in words. The other texts hold no number.
                falls = [*(["0"] if language == "vi" else []), str(zero_year)]
                numbers = falls if zero_year and name == "lifetime.label" else []
                yield f"{name}.{language}", published.text(f"{name}.{language}"), numbers


def sentences(language, published, meta, methodology):
    """The numbers of the sentence of the counts and of that of the figures, in their order, as their language writes them."""
    is_vietnamese = language == "vi"

    def shown(value, decimals=0):
        text = f"{value:,.{decimals}f}"
        return text.translate(str.maketrans(",.", ".,")) if is_vietnamese else text

    def percent(value):
        """The first hundred sites must not read as 0 %, nor what falls short of the target as 100 %."""
        text = shown(min(value, 99.99) if value < 100.0 else value, 4 if value < 0.01 else 2)
        return text.rstrip("0").rstrip(".,")

    def three_digits(value):
        """Three significant digits, and no more than three decimals. What rounds up to the next size is of that size."""
        for limit, step, decimals in ((0.9995, 0.001, 3), (9.995, 0.01, 2), (99.95, 0.1, 1)):
            if value < limit:
                return shown(rounded(value / step) * step, decimals)
        step = 1.0
        while value / step >= 999.5:
            step *= 10.0
        return shown(rounded(value / step) * step)

    counts, said = when(meta, meta["as_of"], meta["closed"], is_vietnamese), published.number
    verified, reported = said("live.sites.verified"), said("live.sites.reported")
    if verified:
        counts += [shown(verified), percent(verified * 100.0 / TARGET_SITES) + "%", TARGET_DAY[:4]]
    # "One further site" is a word.
    counts += [shown(reported)] if reported > (0 if is_vietnamese else 1) else []

    is_over = meta["scope"] == "public" or meta["closed"]
    numbers, detailed = when(meta, meta["figures_as_of"], is_over, is_vietnamese), said("sites.verified")
    if detailed:
        tiers = [said(f"by_evidence_tier.{tier}") for tier in ("metered", "inspected", "document", "sampled")]
        # Where the evidence of some is told, the others are, too.
        tiers += [said("by_evidence_tier.not_yet_detailed")] if any(tiers) else []
        # One kind of evidence that is of all of them needs no number.
        numbers += [shown(detailed), *(shown(sites) for sites in tiers if sites and sites != detailed)]
    if said("sites_with_rooftop_solar.verified"):
        numbers += [shown(said("sites_with_rooftop_solar.verified")), shown(said("capacity_kwp.verified"), 1)]
    if said("annual.avoided_tco2e") > 0:
        parts = ("avoided_tco2e", "avoided_tco2e_low", "avoided_tco2e_high", "sold_tco2e")
        avoided, low, high, sold = (three_digits(said(f"annual.{part}")) for part in parts)
        numbers += [str(meta["methodology_version"])] if "methodology_not_in_force" in meta["warnings"] else []
        numbers += [avoided, "CO2", "95%", low, high]
        numbers += [str(methodology.newest_year)] if said("annual.provisional_tco2e") > 0 else []
        # What reads like the whole is told in words.
        numbers += [sold] if said("annual.sold_tco2e") > 0 and sold != avoided else []
    return counts, numbers


def when(meta, day, is_over, is_vietnamese):
    """The day that is over; of a running day the minute of the last entry, too, as the clocks of Hà Nội show it."""
    day = datetime.date.fromisoformat(day)
    clock = (datetime.datetime.fromisoformat(meta["generated_at"][:19]) + datetime.timedelta(hours=7)).strftime("%H:%M")
    minute = [] if is_over else clock.split(":") if is_vietnamese else [clock]
    return minute + ([f"{day:%d/%m/%Y}"] if is_vietnamese else [str(day.day), MONTHS[day.month], str(day.year)])


# --- Reading --------------------------------------------------------------------------------------------------------


class Forged(Exception):
    """Something that no service of this kind publishes."""


def number(text):
    """A number of a table or a file. Python itself would also read NaN, Infinity and 1_000."""
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", text) or math.isinf(float(text)):
        raise Forged(f"{text!r} is not a number")
    return float(text) if re.search("[.eE]", text) else int(text)


def parsed(text):
    """JSON in which each name stands once and each number is one."""

    def each_once(pairs):
        members = dict(pairs)
        if len(members) < len(pairs):
            raise Forged("a name stands twice in one object: " + ", ".join(name for name, _ in pairs))
        return members

    return json.loads(text, object_pairs_hook=each_once, parse_int=number, parse_float=number, parse_constant=number)


def table(text):
    """The rows of a CSV, each a dictionary of its columns."""
    lines = list(csv.reader(io.StringIO(text)))
    if not lines or len(set(lines[0])) < len(lines[0]) or any(len(line) != len(lines[0]) for line in lines):
        raise Forged("a table whose lines do not fit its columns")
    return [dict(zip(lines[0], line)) for line in lines[1:]]


def keyed(rows, column):
    """The rows by the code in a column."""
    by_code = {row[column]: row for row in rows}
    if len(by_code) < len(rows):
        raise Forged(f"a {column} stands twice in one table")
    return by_code


def total(rows, column):
    return sum(number(row[column]) for row in rows)


class Headline(dict):
    """Every number, text and null of the headline under the path of its names, for example `sites.verified`."""

    def __init__(self, data):
        super().__init__(self.leaves(data, ""))

    @classmethod
    def leaves(cls, value, path):
        if isinstance(value, dict) and value:
            for name, member in value.items():
                if "." in name:
                    raise Forged(f"{name} is no name of a number, but a path")
                yield from cls.leaves(member, f"{path}.{name}" if path else name)
        else:
            yield path, value

    def number(self, name):
        if not is_number(self.get(name)):
            raise Forged(f"{name}: {self.get(name)!r} is not a number")
        return self[name]

    def text(self, name):
        if not isinstance(self.get(name), str):
            raise Forged(f"{name}: {self.get(name)!r} is not a text")
        return self[name]


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


class Files:
    """What the addresses gave; `read` takes the name of a file and its address, and gives the text."""

    def __init__(self, read, query=""):
        progress = parsed(read("progress.json", f"/v1/progress{query}"))
        data, self.meta = progress["data"], progress["meta"]
        self.meta["figures_as_of"] = data["figures_as_of"]
        if data["figures"] is None:
            raise LookupError("no figures were published yet: there is nothing to check before the first publication point")
        self.headline = {**data["figures"], **{name: data[name] for name in ("target", "live", "scope_note")}}
        version = self.meta["methodology_version"]
        self.methodology = Methodology(parsed(read("methodology.json", f"/v1/methodology/{version}"))["data"])
        listed = parsed(read("tables.json", "/v1/tables"))["data"]
        self.additive = {one["name"]: {column["name"] for column in one["columns"] if column["adds_up"]} for one in listed}
        self.tables = {name: table(read(f"{name}.csv", f"/v1/tables/{name}.csv{query}")) for name in self.additive}

    def are_of_one_version(self):
        """Whether every row says the day and methodology of the figures, and the same version."""
        rows = [row for rows in self.tables.values() for row in rows]
        made_from = {(row["as_of"], row["methodology_version"]) for row in rows}
        said = (self.meta["figures_as_of"], str(self.meta["methodology_version"]))
        versions = {number(row["version"]) for row in rows}
        # Published tables are of the point, and the counts of the headline may be of later entries.
        is_version = versions == {self.meta["version"]} or (self.meta["scope"] == "public" and max(versions) <= self.meta["version"])
        is_methodology = self.methodology.version == self.meta["methodology_version"]
        return is_methodology and made_from == {said} and len(versions) == 1 and is_version


def read_service(address, query):
    """The files from a service. The register may grow between two of them: ask again until they are of one version."""

    def fetch(_, path):
        token = os.environ.get("GREEN_HOMES_TOKEN")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with urllib.request.urlopen(urllib.request.Request(address.rstrip("/") + path, headers=headers), timeout=60) as answer:
            return answer.read().decode("utf-8-sig")

    for _ in range(20):
        files = Files(fetch, query)
        if files.are_of_one_version():
            break
        time.sleep(0.3)
    return files


def read_folder(folder):
    def text(name, _):
        with open(os.path.join(folder, name), encoding="utf-8-sig", newline="") as file:
            return file.read()

    return Files(text)


# --- Comparing ------------------------------------------------------------------------------------------------------


def accepted(name):
    """How far the published number may be from what comes out. Where it is rounded, half a unit of its last digit; of estimates
    the whole unit, because the rows of a table are rounded so that they add up."""
    if name.endswith("_kwh"):
        return 1.0
    if "tco2e" in name:
        return 0.001
    if "percent" in name:
        return 0.000_05
    return 0.000_5 if name.endswith("_per_month") else 0.0


class Report:
    """What was compared, and what came out wrong."""

    def __init__(self):
        self.compared, self.wrong = 0, []

    def compare(self, name, redone, published, units=1):
        """Notes where they are not the same, to so many units of the last digit; gives the relative difference of two numbers."""
        self.compared += 1
        difference, is_same = None, type(redone) is type(published) and redone == published
        if is_number(redone) and is_number(published):
            distance = abs(redone - published)
            difference = distance / abs(published) if published else float(distance)
            # A millionth more than is accepted, because 12.346 - 12.345 is not exactly 0.001.
            is_same = distance <= units * accepted(name) * 1.000_001 or difference <= 1e-9
        if not is_same:
            self.wrong.append(f"{name}: {show(published)} is published, {show(redone)} comes out")
        return difference

    def compare_figures(self, figures, published):
        """Prints each figure."""
        print(f"{'figure':<40}{'published':>22}{'recomputed':>22}{'difference':>12}")
        for name, redone in figures.items():
            if name not in published:
                self.wrong.append(f"{name}: it is missing")
                continue
            difference = self.compare(name, redone, published[name])
            shown = "-" if difference is None else f"{difference:.1e}"
            print(f"{name:<40}{show(published[name]):>22}{show(redone):>22}{shown:>12}")

    def compare_text(self, name, text, numbers):
        found = NUMBER_IN_TEXT.findall(text)
        self.compared += len(found)
        if found != numbers:
            self.wrong.append(f"{name}: it says {' '.join(found)}, and not {' '.join(numbers)}")

    def list_unchecked(self, published, checked):
        """Prints what no table has. What is neither checked nor listed must not pass."""
        self.wrong += (f"{name}: nothing here checks it" for name in published if name not in {*checked, *NOT_CHECKED})
        print("not checked, because no public table has it:")
        for name in NOT_CHECKED:
            print(f"    {name:<40}{show(published.get(name)):>18}")
            if published.get(name) is not None:
                published.number(name)


def show(value):
    if value is None:
        return "-"
    return f"{value:.15g}" if is_number(value) else str(value)


def check(files):
    """Compares everything, and prints it; the exit code."""
    published, meta, methodology, tables = Headline(files.headline), files.meta, files.methodology, files.tables
    day = datetime.date.fromisoformat(meta["figures_as_of"])
    print(f"register version {meta['version']}, figures of {day}, methodology {methodology.version}")
    rows = [Row(fields) for fields in tables["programme_sums"]]
    taken = {name: number(row["value"]) for name, row in keyed(tables["not_yet_detailed"], "figure").items()}

    figures = counts(rows, tables, published, taken)
    figures.update((name, value + taken[name]) for name, value in estimates(rows, methodology, day).items())
    figures.update(pace(rows, figures["sites.verified"], day))
    of_headline, of_texts, of_tables = Report(), Report(), Report()
    of_headline.compare_figures(figures, published)

    worded = {name: (text, numbers) for name, text, numbers in texts(published, meta, methodology)}
    for name, (text, numbers) in worded.items():
        of_texts.compare_text(name, text, numbers)

    for name, redone, said in sums_of_tables(tables, files.additive, published):
        of_tables.compare(name, redone, said)
    for name, redone, said in agreements(tables, rows, methodology, day, taken):
        # Rounding moves a row by one more, where its low, avoided and high would else lose their order.
        of_tables.compare(name, redone, said, units=2)

    print(f"compared: {of_headline.compared} of the headline, {of_texts.compared} in texts, {of_tables.compared} of tables")
    if any(taken.values()):
        print("taken from the table not_yet_detailed, and not redone:")
        for name, value in taken.items():
            print(f"    {name:<40}{show(value):>18}")
    of_headline.list_unchecked(published, {*figures, *worded})
    wrong = of_headline.wrong + of_texts.wrong + of_tables.wrong
    print("\n".join(["WRONG:", *(f"    {what}" for what in wrong)]) if wrong else "everything else comes out")
    return 1 if wrong else 0


def main(arguments):
    if not arguments or len(arguments) > 2:
        print(__doc__, file=sys.stderr)
        return 2
    source, query = arguments[0], "".join(arguments[1:])
    files = read_service(source, query) if source.startswith(("http://", "https://")) else read_folder(source)
    if not files.are_of_one_version():
        print("these are not of one version, day and methodology: fetch them again", file=sys.stderr)
        return 2
    return check(files)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Forged as forged:
        print(f"WRONG: {forged}")
        sys.exit(1)
    except (OSError, ValueError, TypeError, LookupError, AttributeError, csv.Error) as problem:
        # No answer, or files that are not what they should be: that says nothing about the figures.
        # The service says in its answer what it refuses.
        said = problem.read().decode("utf-8", "replace") if hasattr(problem, "read") else ""
        print(f"it could not be done: {type(problem).__name__}: {problem} {said}".rstrip(), file=sys.stderr)
        sys.exit(2)
