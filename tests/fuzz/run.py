"""Holds a service against its document, on SQLite and on PostgreSQL, each with a register of its own: a known-good request
of each operation by everybody, then systematic ones, then as many random ones as there is time for. Fails when an answer
is not as documented, when somebody may not do what they should or the other way round, and when nothing made up ever
succeeds for a caller. Says which operations nothing made up got right: that hangs on how fast the machine is."""

import collections
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import sys
import tempfile
import time

import cluster
import hooks
import known_good
import leftovers
import register
import spreadsheets
from callers import operations

HERE = pathlib.Path(__file__).resolve().parent
DOCUMENT = HERE.parent.parent / "openapi" / "openapi.json"
DESCRIBED = json.loads(DOCUMENT.read_text())
# URLs of databases; without one the service makes its own.
DATABASES = {"sqlite": lambda: contextlib.nullcontext(None), "postgres": cluster.database}
# Of random requests, on both databases together: they are repeated with other values until these are spent.
SECONDS = int(os.environ.get("FUZZ_SECONDS") or "60")
SEED = int(os.environ.get("FUZZ_SEED") or "1")
ROUNDS = {
    "systematic": ["--phases", "examples,coverage"],
    "random": ["--phases", "fuzzing,stateful", "--max-time", str(max(1, SECONDS // len(DATABASES)))],
}
BEGAN = time.monotonic()
# All of it ends by then, come what may.
DEADLINE = BEGAN + SECONDS + 240


@contextlib.contextmanager
def service(binary, database, folder):
    """A running service, stopped whatever happens: its address, and the environment of commands beside it."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_URL", "GREEN_HOMES_"))}
    data = pathlib.Path(folder, "data")
    data.mkdir(mode=0o700)
    # Every caller comes from one address, and asks as fast as it can.
    settings = {"DATA_DIR": str(data), "LISTEN": "127.0.0.1:0", "LOG": "warn", "CLIENT_RATE": "0", "ADDRESS_RATE": "0",
                "DAILY_INSTALLATIONS": "0"}
    environment = others | {f"GREEN_HOMES_{name}": value for name, value in settings.items()}
    environment |= {"DATABASE_URL": database} if database else {}
    said = pathlib.Path(folder, "service")
    with said.open("w") as log:
        process = leftovers.start([binary, "serve"], env=environment, stdout=log, stderr=log)
    try:
        yield wait_for_address(process, said), environment
    finally:
        process.terminate()
        try:
            process.wait(60)
        finally:
            process.kill()


def wait_for_address(process, said):
    """Where the service listens."""
    while process.poll() is None:
        if public := re.search(r"listening on (\S+)", said.read_text()):
            return public[1]
        time.sleep(0.05)
    sys.exit(f"the service did not start: {said.read_text()}")


def share_out(callers):
    """Which operations to make requests up for as whom: those for everybody as nobody, all others as those who may do
    them. Whoever may do no more than another is left out."""
    own = {caller: {name for name, _, _, one in operations(DESCRIBED) if caller.is_tried_on(one)} for caller in callers}
    return {caller: sorted(names) for caller, names in own.items() if not any(names < others for others in own.values())}


def make_up(tried, words, address, seed, folder, reports):
    """Runs schemathesis as everybody at the same time; the reports of those who were answered something undocumented."""
    reports.mkdir()
    environment = os.environ | {"PYTHONPATH": str(HERE), "SCHEMATHESIS_HOOKS": hooks.__name__}
    runs = {}
    try:
        for caller, own in tried.items():
            command = [sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml", "run", DOCUMENT]
            command += ["--url", address, "--seed", str(seed), "--no-color", *words]
            command += [word for name in own for word in ("--include-operation-id", name)]
            command += ["--header", ": ".join(caller.header)] if caller.header else []
            report = reports / caller.name
            environment["FUZZ_ANSWERS"] = f"{report.resolve()}.json"
            with report.open("w") as output:
                runs[report] = leftovers.start(command, env=environment, cwd=folder, stdout=output, stderr=output)
        return [report for report, run in runs.items() if run.wait(DEADLINE - time.monotonic()) != 0]
    finally:
        for run in runs.values():
            run.kill()


def hold(binary, database, seed, reports):
    """Holds a service on one database against the document; what was wrong, and which operations were done."""
    shutil.rmtree(reports, ignore_errors=True)
    reports.mkdir(parents=True)
    with (
        DATABASES[database]() as url,
        tempfile.TemporaryDirectory(dir=leftovers.folder()) as folder,
        service(binary, url, folder) as (address, environment),
    ):
        callers, there = register.fill(binary, address, environment, folder)
        wrong = known_good.try_all(DESCRIBED, address, callers, there)
        wrong += spreadsheets.faults(address, dict(one.header for one in callers if one.name == "reviewer"))
        # The paths in it are relative to where it lies.
        shutil.copy(HERE / "schemathesis.toml", folder)
        tried = share_out(callers)
        for name, words in ROUNDS.items():
            failed = make_up(tried, words, address, seed, folder, reports / name)
            wrong += [f"{report}:\n{report.read_text()}" for report in failed]
        shutil.copy(pathlib.Path(folder, "service"), reports)
    done = set()
    for caller in tried:
        answers = collections.Counter()
        for file in reports.glob(f"*/{caller.name}.json"):
            answers.update({(operation, status): count for operation, status, count in json.loads(file.read_text())})
        succeeded = {answer for answer in answers if 200 <= answer[1] < 300}
        done.update(operation for operation, _ in succeeded)
        good = sum(answers[answer] for answer in succeeded)
        print(f"fuzz: {database} as {caller.name}: {answers.total()} requests, {good} done")
        wrong += [f"nothing made up was ever done as {caller.name}"] * (not good)
    return [f"{database}: {one}" for one in wrong], done


def main(binary, reports):
    held = [hold(binary, database, SEED + place, reports / database) for place, database in enumerate(DATABASES)]
    wrong, done = [one for some, _ in held for one in some], set().union(*(some for _, some in held))
    for _, method, path, _ in operations(DESCRIBED):
        if (name := f"{method.upper()} {path}") not in done:
            print(f"fuzz: nothing made up got {name} right: feed it what it needs, in {HERE / 'hooks.py'}")
    for one in wrong:
        print(f"fuzz: {one}")
    print(f"fuzz: {'FAILED' if wrong else 'ok'}, {time.monotonic() - BEGAN:.0f} s, reports in {reports}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    # So that the service is stopped then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    main(sys.argv[1], pathlib.Path(sys.argv[2]))
