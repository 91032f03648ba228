"""What JSON Schema cannot say of a valid request: it makes a good part of them pass the checks and reach the register.

Only valid requests are touched; those that are wrong on purpose stay as they are."""

import datetime
import functools
import itertools
import pathlib

import schemathesis
from hypothesis import strategies

PARTNER, PROJECT = "SOLARCO", "SCHOOLS-1"

# No day of the register lies before 2000 or in the future.
days = strategies.dates(datetime.date(2000, 1, 1), datetime.date.today()).map(str)
schemathesis.openapi.format("date", days)

# What each path must name for a request to succeed: a client that was revoked gets no new secret, and a dictionary of
# schemathesis holds no numbers.
NAMED = {
    "/v1/review/disputes/{id}/close": ("id", int, "disputes"),
    "/v1/clients/{client_id}/revoke": ("client_id", str, "ended_clients"),
    "/v1/clients/{client_id}/reset-secret": ("client_id", str, "kept_clients"),
}

numbers = itertools.count()


@schemathesis.hook
def map_case(context, case):
    mend = MENDERS.get((case.method, case.path))
    if mend and case.meta.generation.mode.is_positive and isinstance(case.body, dict):
        mend(case.body)
    if case.path in NAMED and case.meta.generation.mode.is_positive:
        parameter, kind, known = NAMED[case.path]
        case.path_parameters[parameter] = kind(next(names(known)))
    return case


@functools.cache
def names(known):
    return itertools.cycle([line.strip('"') for line in pathlib.Path(known).read_text().split()])


def mend_installation(body):
    # Otherwise most would be something else under a number that is taken; some still are.
    if (number := next(numbers)) % 4:
        body["external_id"] = f"{body['external_id'][:80]}-{number}"
    if body.get("status") == "pledged":
        body.pop("installed_on", None)
    elif not body.get("installed_on"):
        body["installed_on"] = "2026-01-15"
    if body.get("project_code"):
        body["project_code"] = PROJECT
    site = body["site"]
    if site.get("id"):
        body["site"] = {"id": site["id"]}
    else:
        site["kind"] = site.get("kind") or "home"
        site["province_code"] = site.get("province_code") or "01"
        if site.get("commune_code") or site.get("former_province_code"):
            site.update(province_code="01", commune_code="00004", former_province_code="01")
        if any(site.get(name) for name in ("address", "grid_customer_code", "location")):
            body["consent"] = {"on": "2026-01-02", "text_version": 1}
    body["measures"] = list({line["measure"]: mend_line(line) for line in body["measures"]}.values())


def mend_line(line):
    """A size that every measure takes: whole, and below every ceiling."""
    line = dict(line, quantity=1 + int(line["quantity"]) % 10)
    if line["measure"] != "rooftop_solar_pv":
        line.pop("inverter_kw", None)
    return line


def mend_correction(body):
    # Most are neither pledged nor ended.
    for name in ("decommissioned_on", "installed_on", "project_code"):
        body.pop(name, None)
    if body.get("measures"):
        body["measures"] = list({line["measure"]: mend_line(line) for line in body["measures"]}.values())


def mend_site_correction(body):
    for name in ("province_code", "commune_code", "former_province_code"):
        body.pop(name, None)
    body["consent"] = {"on": "2026-01-02", "text_version": 1}
    if body.get("kind", "") is None:
        body.pop("kind")


def mend_decisions(body):
    for one in body["decisions"]:
        other, needed, usual = ("reason", "evidence_tier", "document")
        if one["action"] == "reject":
            other, needed, usual = ("evidence_tier", "reason", "other")
        one.pop(other, None)
        one[needed] = one.get(needed) or usual


def mend_dispute(body):
    body.pop("installation", None)


def mend_client(body):
    if body.get("role") == "partner":
        body["partner"] = PARTNER
    else:
        body.pop("partner", None)
    for name in ("affiliation", "province_code"):
        body.pop(name, None)


def mend_token_request(body):
    # A made-up scope is one that no role holds.
    body.pop("scope", None)
    body["grant_type"] = "client_credentials"


MENDERS = {
    ("POST", "/oauth/token"): mend_token_request,
    ("POST", "/v1/clients"): mend_client,
    ("POST", "/v1/householder/dispute"): mend_dispute,
    ("POST", "/v1/installations"): mend_installation,
    ("POST", "/v1/review/decisions"): mend_decisions,
    ("PATCH", "/v1/installations/{id}"): mend_correction,
    ("PATCH", "/v1/sites/{id}"): mend_site_correction,
}
