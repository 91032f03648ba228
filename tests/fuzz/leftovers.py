"""What a run leaves behind: nothing, also when it is killed. A watchdog process ends the programs that the run started and
deletes its folder as soon as the run has gone, however it went."""

import functools
import os
import pathlib
import subprocess
import tempfile

# Reads until the run has gone (its end of the pipe closes), then ends its own process group: itself and every program
# that the run has put there. SIGQUIT comes first because PostgreSQL then gives its shared memory back.
WATCHDOG = """
trap '' HUP INT QUIT TERM
while read -r _; do :; done
kill -QUIT 0
sleep 1
rm -rf "$1"
kill -KILL 0
"""


@functools.cache
def folder():
    """The run's folder, for whatever it writes. A short path: that of a Unix socket may have 107 characters at most."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="gh-fuzz-", dir="/tmp"))
    # The account of the PostgreSQL server passes through.
    folder.chmod(0o711)
    return folder


@functools.cache
def watchdog():
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = ["sh", "-c", WATCHDOG, "watchdog", folder()]
    return subprocess.Popen(command, stdin=subprocess.PIPE, preexec_fn=lambda: os.setpgid(0, 0), **quiet)


def start(command, **how):
    """Starts a program that does not outlive this process."""
    group = watchdog().pid
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=lambda: os.setpgid(0, group), **how)
