"""A small register to try things on: a partner, a project, clients of every role, some installations."""

import json
import pathlib
import subprocess
import urllib.parse
import urllib.request

import hooks

# Enough that some are still to be decided when most have been ended.
INSTALLATIONS = 200
SPARE = 5
SPARE_CLIENTS = [{"role": "dashboard", "name": name} for name in ("To be revoked", "To be given new secrets")]


def fill(binary, address, environment, folder):
    """Gives the header by which each caller is known, and writes what is there into the dictionaries of schemathesis.toml."""
    command = [binary, "client", "add", "--role", "admin", "--name", "Fuzz"]
    admin = json.loads(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout)
    tokens = {"admin": get_token(address, admin)}

    def add(path, body):
        return post(f"{address}{path}", body, tokens["admin"])["data"]

    add("/v1/partners", {"code": hooks.PARTNER, "name": "Solar Co"})
    add("/v1/projects", {"code": hooks.PROJECT, "name_vi": "Mái trường xanh", "name_en": "Green school roofs"})
    tokens["partner"] = get_token(address, add("/v1/clients", {"role": "partner", "partner": hooks.PARTNER, "name": "Fuzz"}))
    for role in ["dashboard", "reviewer"]:
        tokens[role] = get_token(address, add("/v1/clients", {"role": role, "name": "Fuzz"}))
    made = [post(f"{address}/v1/installations", home(number), tokens["partner"]) for number in range(INSTALLATIONS)]
    installations = [one["data"]["installation"] for one in made]
    rejected = [{"installation": one["id"], "action": "reject", "reason": "other"} for one in installations[1::5]]
    post(f"{address}/v1/review/decisions", {"decisions": rejected}, tokens["reviewer"])
    spare = add("/v1/clients", {"role": "dashboard", "name": "Asks for tokens"})
    ended, kept = ([add("/v1/clients", client)["client_id"] for _ in range(SPARE)] for client in SPARE_CLIENTS)
    partners = [add("/v1/partners", {"code": f"SPARE-{number}", "name": "Spare"})["code"] for number in range(SPARE)]
    code = post(f"{address}/v1/installations", home(INSTALLATIONS, consent=True), tokens["partner"])
    code = code["data"]["householder"]["code"]
    disputes = [dispute(address, code) for _ in range(SPARE)]
    write(folder, "installations", [one["id"] for one in installations])
    write(folder, "sites", [one["site"]["id"] for one in installations])
    write(folder, "client_id", [spare["client_id"]])
    write(folder, "client_secret", [spare["client_secret"]])
    write(folder, "ended_clients", ended)
    write(folder, "kept_clients", kept)
    write(folder, "partners", partners)
    write(folder, "disputes", disputes)
    write(folder, "if_match", ["*"])
    write(folder, "consents", ["1"])
    headers = {role: f"Authorization: Bearer {token}" for role, token in tokens.items()}
    return headers | {"householder": f"Householder-Code: {code}"}


def dispute(address, code):
    headers = {"Householder-Code": code, "Content-Type": "application/json"}
    return send(f"{address}/v1/householder/dispute", json.dumps({"reason": "not_here"}), headers)["data"]["id"]


def write(folder, name, words):
    pathlib.Path(folder, name).write_text("".join(f'"{word}"\n' for word in words))


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
    return send(f"{address}/oauth/token", urllib.parse.urlencode(form), {})["access_token"]


def post(url, body, token):
    return send(url, json.dumps(body), {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})


def send(url, body, headers):
    with urllib.request.urlopen(urllib.request.Request(url, body.encode(), headers)) as answer:
        return json.load(answer)
