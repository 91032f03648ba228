"""A small register to try things on: partners, a project, clients of every role, some installations."""

import json
import pathlib
import subprocess
import urllib.parse
import urllib.request
from types import SimpleNamespace

import hooks
from callers import HOUSEHOLDER, NOBODY, Caller

# Enough that some are still to be decided when most have been ended.
INSTALLATIONS = 200
SPARE = 5
SPARE_CLIENTS = [{"role": "dashboard", "name": name} for name in ("To be revoked", "To be given new secrets")]
# Records the home whose householder calls: nobody who is fuzzed may end their code.
KEEPER = "KEEPER"


def fill(binary, address, environment, folder):
    """Gives everybody who calls, and what is there; writes that into the dictionaries of schemathesis.toml, too."""
    command = [binary, "client", "add", "--role", "admin", "--name", "Fuzz"]
    admin = json.loads(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout)
    tokens = {"admin": get_token(address, admin)}

    def add(path, body):
        return post(f"{address}{path}", body, tokens["admin"])["data"]

    def add_client(**client):
        return get_token(address, add("/v1/clients", client | {"name": "Fuzz"}))

    for code in (hooks.PARTNER, KEEPER):
        add("/v1/partners", {"code": code, "name": "Solar Co"})
    add("/v1/projects", {"code": hooks.PROJECT, "name_vi": "Mái trường xanh", "name_en": "Green school roofs"})
    for role in ["dashboard", "reviewer"]:
        tokens[role] = add_client(role=role)
    tokens["partner"] = add_client(role="partner", partner=hooks.PARTNER)
    keeper = add_client(role="partner", partner=KEEPER)
    made = [post(f"{address}/v1/installations", home(number), tokens["partner"]) for number in range(INSTALLATIONS)]
    installations = [one["data"]["installation"] for one in made]
    rejected = [{"installation": one["id"], "action": "reject", "reason": "other"} for one in installations[1::5]]
    post(f"{address}/v1/review/decisions", {"decisions": rejected}, tokens["reviewer"])
    spare = add("/v1/clients", {"role": "dashboard", "name": "Asks for tokens"})
    ended, kept = ([add("/v1/clients", client)["client_id"] for _ in range(SPARE)] for client in SPARE_CLIENTS)
    partners = [add("/v1/partners", {"code": f"SPARE-{number}", "name": "Spare"})["code"] for number in range(SPARE)]
    code = post(f"{address}/v1/installations", home(INSTALLATIONS, consent=True), keeper)["data"]["householder"]["code"]
    there = {
        "installations": [one["id"] for one in installations],
        "sites": [one["site"]["id"] for one in installations],
        "client_id": [spare["client_id"]],
        "client_secret": [spare["client_secret"]],
        "ended_clients": ended,
        "kept_clients": kept,
        "partners": partners,
        "disputes": [dispute(address, code, number) for number in range(SPARE)],
        "pledged": [one["id"] for one in installations[4::4]],
        "rejected": [one["id"] for one in installations[1::5]],
        "consents": ["1"],
    }
    for name, words in there.items():
        pathlib.Path(folder, name).write_text("".join(f'"{word}"\n' for word in words))
    known = [known_by(address, role, token) for role, token in tokens.items()]
    return [Caller(NOBODY), *known, Caller(HOUSEHOLDER, ("Householder-Code", code))], SimpleNamespace(**there)


def known_by(address, role, token):
    """A client of a role, with the scopes that the service says it has."""
    header = ("Authorization", f"Bearer {token}")
    me = send(urllib.request.Request(f"{address}/v1/me", headers=dict([header])))
    return Caller(role, header, frozenset(me["data"]["scopes"]))


def dispute(address, code, number):
    headers = {"Householder-Code": code, "Content-Type": "application/json"}
    body = json.dumps({"reason": "not_here", "note": f"Số {number}"})
    return send(urllib.request.Request(f"{address}/v1/householder/dispute", body.encode(), headers))["data"]["id"]


def home(number, consent=False):
    """A home; every fourth is only planned."""
    agreed = {"consent": {"on": "2026-01-02", "text_version": 1}} if consent else {}
    status = {"status": "pledged"} if number % 4 == 0 else {"status": "installed", "installed_on": "2026-01-15"}
    return status | agreed | {
        "external_id": f"I-{number}",
        "site": {"external_id": f"S-{number}", "kind": "home", "province_code": "01"},
        "measures": [{"measure": "rooftop_solar_pv", "quantity": 5.4}],
    }


def get_token(address, client):
    form = {"grant_type": "client_credentials", "client_id": client["client_id"], "client_secret": client["client_secret"]}
    request = urllib.request.Request(f"{address}/oauth/token", urllib.parse.urlencode(form).encode())
    return send(request)["access_token"]


def post(url, body, token):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return send(urllib.request.Request(url, json.dumps(body).encode(), headers))


def send(request):
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)
