# mypy: ignore-errors
"""Imports all files in forked processes, one after the other in each, and survives those that crash."""

import contextlib
import faulthandler
import json
import os
import re
import select
import signal
import sys
import tempfile
import time
import traceback

from .failures import describe_text
from .file_import import import_file
from .observations import DEPRECATED, SEEN, clear, location

FILES_PER_FORK = 50  # so that memory stays bounded: nothing is collected in a fork
LAST_WORDS_SECONDS = 2.0  # for faulthandler, before a fork is killed


class Surroundings:
    """What a file may change in its process and the next one must not see."""

    def __init__(self):
        self.modules, self.path, self.environ = set(sys.modules), list(sys.path), dict(os.environ)
        self.folder, self.arguments = os.getcwd(), list(sys.argv)

    def restore(self):
        for name in set(sys.modules) - self.modules:
            module = sys.modules[name]
            file = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), "")
            if name in DEPRECATED or name.startswith("unusual_prefix_") or location(os.path.join(file, ""), None):
                del sys.modules[name]
        if dict(os.environ) != self.environ:
            os.environ.clear()
            os.environ.update(self.environ)
        sys.path[:] = self.path
        sys.argv[:] = self.arguments
        os.chdir(self.folder)
        clear()


class Fork:
    """A process that imports one file after another."""

    def __init__(self, limit):
        self.limit = limit
        self.output = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `close`)
        self.job = None
        self.done = 0
        self.answer = b""
        self.timed_out = False
        requests, self.requests = os.pipe()
        self.answers, answers = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            status = 1
            try:
                os.close(self.requests)
                os.close(self.answers)
                self._work(requests, answers)
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(status)
        os.close(requests)
        os.close(answers)

    def _work(self, requests, answers):
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        os.dup2(self.output.fileno(), 1)
        os.dup2(self.output.fileno(), 2)
        faulthandler.enable(self.output, all_threads=False)
        before = Surroundings()
        with os.fdopen(requests) as lines, os.fdopen(answers, "wb") as out:
            for line in lines:
                key, path = json.loads(line)
                out.write(json.dumps(import_file(path, key), default=str).encode() + b"\n")
                out.flush()
                before.restore()

    def send(self, job):
        self.job = job
        self.answer = b""
        self.started = time.monotonic()
        self.deadline = self.started + self.limit
        os.write(self.requests, json.dumps(job[:2]).encode() + b"\n")

    def read_answer(self):
        """Return the whole answer, b"" if the process has ended, None if more of the answer is to come."""
        part = os.read(self.answers, 1 << 16)
        self.answer += part
        return self.answer if not part or part.endswith(b"\n") else None

    def close(self):
        """End the work of the process, which then exits by itself; it is not waited for."""
        os.close(self.requests)
        os.close(self.answers)
        self.output.close()

    def describe_crash(self, status):
        """Return the description of a file that ended its process."""
        self.output.seek(0)
        text = self.output.read().decode(errors="replace")
        self.close()
        where = None
        for file, line in re.findall(r'File "(.+?)", line (\d+)', text):  # faulthandler prints the innermost first
            where = where or location(file, int(line))
        if self.timed_out:
            kind, message = "Timeout", f"it was still being imported after {self.limit:g} seconds, and was ended"
        elif status < 0:
            kind, message = "Crash", f"it ended its process by {signal.Signals(-status).name}"
        else:
            kind, message = "Crash", f"it ended its process with status {status}"
        key = self.job[0]
        error = describe_text(kind, message, where or {"folder": "dags", "file": key, "line": None})
        error["trace"] = text[-4000:].strip()
        seconds = time.monotonic() - self.started
        return {"key": key, "seconds": seconds, "dags": [], "error": error, **{name: [] for name in SEEN}}


def import_files(files, jobs, limit, report):
    """Import `files` (key, path, seconds to add), `jobs` at once, and call `report` with the description of each."""
    waiting = list(reversed(files))
    forks = {}
    finished = []  # process ids of closed forks
    retried = set()

    def stop(*_):
        for pid in (*forks, *finished):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        os._exit(1)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)

    def should_retry(fork, result):
        """Return whether earlier files in the fork may be why it failed. A timeout would take as long again."""
        error = result["error"]
        return error and error["kind"] != "Timeout" and fork.done > 1 and fork.job[0] not in retried

    def retry(fork):
        retried.add(fork.job[0])
        waiting.append(fork.job)

    def dismiss(fork):
        del forks[fork.pid]
        fork.close()
        finished.append(fork.pid)

    while waiting or forks:
        while waiting and len(forks) < jobs:
            fork = Fork(limit)
            forks[fork.pid] = fork
            fork.send(waiting.pop())
        soonest = min(fork.deadline for fork in forks.values()) - time.monotonic()
        readable, _, _ = select.select([fork.answers for fork in forks.values()], [], [], min(max(soonest, 0), 0.5))
        for fork in list(forks.values()):
            answer = fork.read_answer() if fork.answers in readable else None
            if answer:
                result = json.loads(answer)
                fork.done += 1
                if should_retry(fork, result):
                    retry(fork)
                    dismiss(fork)
                    continue
                result["seconds"] += fork.job[2]
                report(result)
                if not waiting or result["error"] or fork.done == FILES_PER_FORK or waiting[-1][0] in retried:
                    dismiss(fork)
                else:
                    fork.send(waiting.pop())
                continue
            if fork.deadline <= time.monotonic():
                # First the signal at which faulthandler prints where the file is, then the one that cannot be caught.
                os.kill(fork.pid, signal.SIGKILL if fork.timed_out else signal.SIGABRT)
                fork.deadline += LAST_WORDS_SECONDS
                fork.timed_out = True
            ended, status = os.waitpid(fork.pid, 0 if answer == b"" else os.WNOHANG)
            if ended:
                del forks[fork.pid]
                fork.done += 1
                result = fork.describe_crash(os.waitstatus_to_exitcode(status))
                if should_retry(fork, result):
                    retry(fork)
                else:
                    report(result)
    for pid in finished:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
