"""A throwaway PostgreSQL server, as tests/support/postgres.rs has one for the other tests."""

import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import time

import leftovers

USER = "postgres"
SETTINGS = {"listen_addresses": "", "timezone": "Asia/Ho_Chi_Minh"}


@contextlib.contextmanager
def database():
    """The URL of an empty database. The server ends and its files go, whatever happens."""
    programs = find_programs()
    folder = leftovers.folder() / "postgres"
    folder.mkdir(mode=0o700)
    try:
        account = {}
        if os.geteuid() == 0:
            # As root the server refuses to run.
            account = {"user": USER, "group": pwd.getpwnam(USER).pw_gid, "extra_groups": []}
            shutil.chown(folder, USER, account["group"])
        others = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        how = {"cwd": folder, "env": others | {"LC_ALL": "C"}, **account}
        data, quiet = folder / "data", {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        initialise = [programs / "initdb", "--username", USER, "--encoding=UTF8", "--no-sync", "--auth=trust", data]
        if leftovers.start(initialise, **quiet, **how).wait():
            sys.exit("PostgreSQL makes no cluster")
        settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        start = [programs / "postgres", "-D", data, "-k", folder, *settings]
        server = leftovers.start(start, **quiet, **how)
        try:
            wait_for(server, [programs / "psql", "--host", folder, "--username", USER, "--command", "SELECT 1"], quiet | how)
            yield f"postgres:///{USER}?host={folder}&user={USER}"
        finally:
            # At once, whoever is connected.
            server.send_signal(signal.SIGQUIT)
            server.wait(60)
    finally:
        shutil.rmtree(folder)


def wait_for(server, question, how):
    until = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < until:
        if subprocess.run(question, **how).returncode == 0:
            return
        time.sleep(0.05)
    sys.exit("PostgreSQL does not start")


def find_programs():
    """The folder with the server programs: of the initdb on the PATH, else of the newest version that Debian installed."""
    folders = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: -int(folder.parent.name))
    if on_path := shutil.which("initdb"):
        folders.insert(0, pathlib.Path(on_path).resolve().parent)
    for folder in folders:
        if all((folder / program).exists() for program in ("initdb", "postgres", "psql")):
            return folder
    sys.exit("no PostgreSQL server programs (initdb, postgres, psql): `make fuzz` installs them on Debian and Ubuntu")
