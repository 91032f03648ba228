"""Lets schemathesis try the whole interface of a service on a register of its own: once as nobody and once with a token
of each role. Fails when an answer is not as documented, and says which operations never once did what
they are for: which requests there are hangs on how fast the machine is."""

import collections
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

import hooks
import register

HERE = pathlib.Path(__file__).resolve().parent
DOCUMENT = HERE.parent.parent / "openapi" / "openapi.json"
NOBODY = "nobody"
METRICS_AT = r"metrics at (\S+?)/metrics"
# schemathesis shares these out among its phases, and repeats the random ones with other values until they are spent.
SECONDS = os.environ.get("FUZZ_SECONDS") or "60"


@contextlib.contextmanager
def service(binary, folder):
    """A running service, stopped whatever happens: its address, and the environment of commands beside it."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_URL", "GREEN_HOMES_"))}
    # Every caller comes from one address, and asks as fast as it can.
    settings = {"DATA_DIR": folder, "LISTEN": "127.0.0.1:0", "METRICS_LISTEN": "127.0.0.1:0", "LOG": "warn"}
    settings |= {"CLIENT_RATE": "0", "ADDRESS_RATE": "0"}
    environment = others | {f"GREEN_HOMES_{name}": value for name, value in settings.items()}
    said = pathlib.Path(folder, "service")
    with said.open("w") as log:
        process = subprocess.Popen([binary, "serve"], env=environment, stderr=log)
    try:
        yield wait_for_addresses(process, said), environment
    finally:
        process.terminate()
        try:
            process.wait(60)
        finally:
            process.kill()


def wait_for_addresses(process, said):
    """Where the service listens, and where it shows operators its metrics."""
    while process.poll() is None:
        public, operators = (re.search(line, said.read_text()) for line in (r"listening on (\S+)", METRICS_AT))
        if public and operators:
            return public[1], operators[1]
        time.sleep(0.05)
    sys.exit(f"the service did not start: {said.read_text()}")


def fuzz(address, callers, folder, reports):
    """Runs schemathesis as everybody at the same time; whether all was as documented for each."""
    # The paths in it are relative to where it lies.
    config = pathlib.Path(folder, "schemathesis.toml")
    config.write_text((HERE / "schemathesis.toml").read_text())
    environment = os.environ | {"PYTHONPATH": str(HERE), "SCHEMATHESIS_HOOKS": hooks.__name__}
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", config]
    command += ["run", DOCUMENT, "--url", address, "--max-time", SECONDS, "--no-color"]
    if seed := os.environ.get("FUZZ_SEED"):
        command += ["--seed", seed]
    runs = {}
    try:
        for caller, header in {NOBODY: None, **callers}.items():
            header = ["--header", header] if header else []
            with (reports / caller).open("w") as report:
                runs[caller] = subprocess.Popen(command + header, env=environment, cwd=folder, stdout=report, stderr=report)
        return {caller: run.wait(float(SECONDS) + 120) == 0 for caller, run in runs.items()}
    finally:
        for run in runs.values():
            run.kill()


def answers(metrics):
    """How many answers of each status each operation gave, by the service's own count."""
    with urllib.request.urlopen(f"{metrics}/metrics") as shown:
        text = shown.read().decode()
    counts = collections.defaultdict(collections.Counter)
    line = r'http_requests_total\{route="([^"]+)",method="(\w+)",status="(\d+)"\} (\d+)'
    for route, method, status, count in re.findall(line, text):
        counts[f"{method} {route}"][status] = int(count)
    return counts


def never_done(counts):
    """The documented operations that never succeeded: nothing was learnt of their answers."""
    paths = json.loads(DOCUMENT.read_text())["paths"]
    operations = [f"{method.upper()} {path}" for path, item in paths.items() for method in item]
    return [name for name in operations if not any(status.startswith("2") for status in counts[name])]


def judge(outcomes, counts, reports):
    """Says what was tried and what was wrong; whether nothing was."""
    for caller, fine in outcomes.items():
        report = (reports / caller).read_text()
        generated = re.search(r"(\d+) generated", report)
        print(f"fuzz: as {caller}: {generated[1] if generated else 'no'} requests, {'all as documented' if fine else 'FAILED'}")
        if not fine:
            print(report)
    (reports / "answers").write_text("".join(f"{name} {dict(sorted(counts[name].items()))}\n" for name in sorted(counts)))
    idle = never_done(counts)
    for name in idle:
        print(f"fuzz: {name} never succeeded: feed it what it needs, in {HERE / 'hooks.py'}. See {reports / 'answers'}")
    return all(outcomes.values())


def main(binary, reports):
    reports.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, service(binary, folder) as ((address, metrics), environment):
        callers = register.fill(binary, address, environment, folder)
        before = answers(metrics)
        outcomes = fuzz(address, callers, folder, reports)
        counts = {name: after - before[name] for name, after in answers(metrics).items()}
        (reports / "service").write_text(pathlib.Path(folder, "service").read_text())
    fine = judge(outcomes, collections.defaultdict(collections.Counter, counts), reports)
    print(f"fuzz: {'ok' if fine else 'FAILED'}, {time.monotonic() - began:.0f} s, reports in {reports}")
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    # So that the service is stopped then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    main(sys.argv[1], pathlib.Path(sys.argv[2]))
