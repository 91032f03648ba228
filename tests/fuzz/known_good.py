"""One request of each operation that must succeed for whoever may do it, and be refused to everybody else: whatever
the random requests come to, every operation was done and its answers held against the document."""

import schemathesis
from schemathesis import checks
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks as openapi_checks

import register
from callers import operations

CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
]

# A day before the register began, which was only now: nothing can be published of a day that is over.
BEFORE = "2020-02-24"
NOT_YET = {"create_release": 422, "get_release": 404, "get_sealed_release": 404, "get_sealed_day": 404}


def requests(there):
    """What each operation is sent, by its id; one that is not here is sent nothing."""
    waiting = iter([one for one in there.installations if one not in there.pledged + there.rejected][1:])

    def about(record, *body):
        return {"path_parameters": {"id": record}} | {"body": one for one in body}

    unconditional, day = {"headers": {"If-Match": "*"}}, "2026-02-01"
    verify = {"installation": next(waiting), "action": "verify", "evidence_tier": "document"}
    return {
        "issue_token": {
            "body": {
                "grant_type": "client_credentials",
                "client_id": there.client_id[0],
                "client_secret": there.client_secret[0],
            }
        },
        "create_installation": {"body": register.home(register.INSTALLATIONS + 1)},
        "get_installation": about(there.installations[2]),
        "get_history": about(there.installations[2]),
        "get_estimate": about(there.installations[2]),
        "correct_installation": about(next(waiting), {"cost_vnd": 1, "reason": "other"}) | unconditional,
        "complete_installation": about(there.pledged[0], {"installed_on": day}),
        "resubmit_installation": about(there.rejected[0], {}),
        "withdraw_installation": about(next(waiting), {"reason": "cancelled"}),
        "decommission_installation": about(next(waiting), {"decommissioned_on": day, "reason": "removed"}),
        "verify_installation": about(next(waiting), {"evidence_tier": "inspected"}),
        "reject_installation": about(next(waiting), {"reason": "other"}),
        "issue_householder_code": about(next(waiting)),
        "get_site": about(there.sites[2]),
        "correct_site": about(there.sites[2], {"remote": True, "reason": "other"}) | unconditional,
        "decide_installations": {"body": {"decisions": [verify]}},
        "close_dispute": about(there.disputes[0], {"outcome": "dismissed"}),
        "open_dispute": {"body": {"reason": "wrong_facts"}},
        "create_partner": {"body": {"code": "KNOWN-GOOD", "name": "Known good"}},
        "suspend_partner": {"path_parameters": {"code": there.partners[0]}},
        "resume_partner": {"path_parameters": {"code": there.partners[0]}},
        "set_quota": {
            "path_parameters": {"code": there.partners[0]},
            "body": {"daily_installations": 20000, "until": "2099-12-31"},
        },
        "reject_unverified": {
            "body": {
                "partner": there.partners[0],
                "recorded_from": day,
                "recorded_to": "2026-02-02T08:30:00Z",
                "reason": "other",
            }
        },
        "create_client": {"body": {"role": "dashboard", "name": "Known good"}},
        "revoke_client": {"path_parameters": {"client_id": there.ended_clients[0]}},
        "reset_client_secret": {"path_parameters": {"client_id": there.kept_clients[0]}},
        "create_release": {"body": {"as_of": BEFORE}},
        "get_release": {"path_parameters": {"id": BEFORE}},
        "get_sealed_release": {"path_parameters": {"id": BEFORE}},
        "get_sealed_day": {"path_parameters": {"day": BEFORE}},
        "get_bridge": {"query": {"from": BEFORE, "to": "2020-02-25"}},
        "get_bridge_csv": {"query": {"from": BEFORE, "to": "2020-02-25"}},
        "create_project": {"body": {"code": "KNOWN-GOOD", "name_vi": "Tốt", "name_en": "Good"}},
        "search_communes": {"query": {"q": "phuc xa"}},
        "get_consent_text": {"path_parameters": {"version": there.consents[0]}},
        "get_table": {"path_parameters": {"name": "provinces"}},
        "get_table_csv": {"path_parameters": {"name": "programme_sums"}},
        "get_methodology": {"path_parameters": {"version": "1"}},
        "get_problem": {"path_parameters": {"code": "not_found"}},
    }


def try_all(document, address, callers, there):
    """What was wrong, a line each."""
    schema, sent = schemathesis.openapi.from_dict(document), requests(there)
    wrong = []
    for name, method, path, described in operations(document):
        if name not in sent and needs_something(described):
            wrong.append(f"no known-good request of {name}: give it one in {__file__}")
            continue
        if not any(caller.may(described) for caller in callers):
            wrong.append(f"nobody may do {name}")
        # Those who may not come first: they must leave it to be done.
        for caller in sorted(callers, key=lambda caller: caller.may(described)):
            operation, done = schema[path][method.upper()], {NOT_YET[name]} if name in NOT_YET else range(200, 300)
            problem = try_one(operation, sent.get(name, {}), caller, described, address, done)
            wrong += [f"{method.upper()} {path} as {caller.name}: {problem}"] * bool(problem)
    return wrong


def needs_something(described):
    return "requestBody" in described or any(parameter.get("required") for parameter in described.get("parameters", []))


def try_one(operation, sent, caller, described, address, done):
    media_type = next(iter(described["requestBody"]["content"])) if "body" in sent else None
    case = operation.Case(media_type=media_type, **sent)
    answer = case.call(base_url=address, headers=dict([caller.header] if caller.header else []))
    # No code is also the answer to a client that shows a token instead.
    at_home = any("householder_code" in requirement for requirement in described.get("security", []))
    refused = 401 if at_home else caller.refused()
    if caller.may(described) != (answer.status_code in done) or answer.status_code not in {refused, *done}:
        return f"{answer.status_code} {answer.text}"
    try:
        case.validate_response(answer, checks=CHECKS)
    except FailureGroup as failures:
        return "; ".join(str(failure) for failure in failures.exceptions)
