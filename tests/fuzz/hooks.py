"""What JSON Schema cannot say of a valid request: it makes a good part of them pass the checks and reach the register.

What is wrong on purpose stays as it is."""

import atexit
import collections
import datetime
import functools
import itertools
import json
import os
import pathlib
import unicodedata

import schemathesis
from hypothesis import strategies
from schemathesis.core.parameters import ParameterLocation

PARTNER, PROJECT = "SOLARCO", "SCHOOLS-1"

# No day of the register lies before 2000 or in the future.
days = strategies.dates(datetime.date(2000, 1, 1), datetime.date.today()).map(str)
schemathesis.openapi.format("date", days)

# What each path must name for a request to succeed, and to leave alone those who call: a client that was revoked gets no
# new secret, and a dictionary of schemathesis holds no numbers.
NAMED = {
    "/v1/review/disputes/{id}/close": ("id", int, "disputes"),
    "/v1/clients/{client_id}/revoke": ("client_id", str, "ended_clients"),
    "/v1/clients/{client_id}/reset-secret": ("client_id", str, "kept_clients"),
    "/v1/partners/{code}/resume": ("code", str, "partners"),
    "/v1/partners/{code}/suspend": ("code", str, "partners"),
    "/v1/partners/{code}/quota": ("code", str, "partners"),
    "/v1/installations/{id}/complete": ("id", str, "pledged"),
    "/v1/installations/{id}/resubmit": ("id", str, "rejected"),
}

numbers = itertools.count()
answers = collections.Counter()


@schemathesis.hook
def after_call(context, case, response):
    answers[f"{case.method} {case.path}", response.status_code] += 1


@atexit.register
def write_answers():
    if path := os.environ.get("FUZZ_ANSWERS"):
        pathlib.Path(path).write_text(json.dumps([[*answer, count] for answer, count in answers.items()]))


@schemathesis.hook
def before_call(context, case, kwargs):
    # Those of known_good.py were not made up.
    if case.meta is None:
        return
    positive = case.meta.generation.mode.is_positive
    # A text is no state of a record; most are for whatever stands there, so that what else is wrong is found.
    if "If-Match" in (case.headers or {}) and not case.meta.is_negative_at(ParameterLocation.HEADER):
        case.headers["If-Match"] = "*" if not positive or next(numbers) % 4 else '"0.0"'
    if not positive:
        return
    if isinstance(case.body, dict):
        # In place: a body that is set anew counts as another than the one that was made.
        case.body.update(visible(case.body))
    mend = MENDERS.get((case.method, case.path))
    if mend and isinstance(case.body, dict):
        mend(case.body)
    if case.path in NAMED:
        parameter, kind, known = NAMED[case.path]
        case.path_parameters[parameter] = kind(next(names(known)))
    # Most keys are new ones. Some come again with another request, which is refused, or with the same.
    if "Idempotency-Key" in (case.headers or {}) and (number := next(numbers)) % 8:
        case.headers["Idempotency-Key"] = f"{case.headers['Idempotency-Key'][:150]}-{os.getpid()}-{number}"


def visible(value):
    """Texts without what Unicode has not assigned, which no pattern can name; some still have it."""
    if isinstance(value, dict):
        return {name: visible(member) for name, member in value.items()}
    if isinstance(value, list):
        return [visible(item) for item in value]
    if isinstance(value, str) and not value.isascii() and next(numbers) % 8:
        return "".join(c for c in value if unicodedata.category(c) not in ("Cc", "Cf", "Cn", "Co", "Cs")) or "x"
    return value


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


def mend_code(body):
    # Otherwise most would be taken; some still are.
    if (number := next(numbers)) % 4:
        body["code"] = f"{body['code'][:12]}-{number}"


def mend_token_request(body):
    # A made-up scope is one that no role holds.
    body.pop("scope", None)
    body["grant_type"] = "client_credentials"
    for name in ("client_id", "client_secret"):
        body[name] = next(names(name))


MENDERS = {
    ("POST", "/oauth/token"): mend_token_request,
    ("POST", "/v1/clients"): mend_client,
    ("POST", "/v1/householder/dispute"): mend_dispute,
    ("POST", "/v1/installations"): mend_installation,
    ("POST", "/v1/partners"): mend_code,
    ("POST", "/v1/projects"): mend_code,
    ("POST", "/v1/review/decisions"): mend_decisions,
    ("PATCH", "/v1/installations/{id}"): mend_correction,
    ("PATCH", "/v1/sites/{id}"): mend_site_correction,
}
