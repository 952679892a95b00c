"""What every journey shares: the real binary, a scratch folder, and checks that say what they expected."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

NARU = os.environ.get("NARU", "build/release/naru")
SOURCE = pathlib.Path(os.environ.get("NARU_SOURCE", "."))
SHARED = pathlib.Path(os.environ.get("NARU_SHARED", SOURCE / ".." / "shared"))


class Journey:
    def __init__(self, name):
        self.name = name
        self.failed = []
        self.passed = 0
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="naru-journey-"))

    def check(self, held, sentence):
        if held:
            self.passed += 1
        else:
            self.failed.append(sentence)
            print(f"FAILED: {sentence}", flush=True)
        return held

    def equal(self, found, expected, sentence):
        return self.check(found == expected, f"{sentence}: expected {expected!r}, found {found!r}")

    def run(self, *arguments, stdin=None, env=None, timeout=600):
        """naru ARGUMENTS --json → (exit status, parsed answer, standard error)."""
        done = subprocess.run([NARU, *map(str, arguments), "--json"], input=stdin, text=True, capture_output=True,
                              timeout=timeout, env={**os.environ, **(env or {})})
        try:
            answer = json.loads(done.stdout)
        except ValueError:
            answer = None
        return done.returncode, answer, done.stderr

    def must(self, *arguments, **more):
        status, answer, err = self.run(*arguments, **more)
        if status != 0:
            raise SystemExit(f"naru {' '.join(map(str, arguments))} ended with {status}: {answer} {err[-2000:]}")
        return answer

    def refused(self, status, kind, *arguments, **more):
        """The command must end with that status and an error of that kind that says what and where; returns it."""
        found, answer, err = self.run(*arguments, **more)
        words = " ".join(map(str, arguments))
        error = (answer or {}).get("error", {})
        self.equal((found, error.get("kind")), (status, kind), f"naru {words}")
        self.check(bool(error.get("what")) and bool(error.get("where")), f"naru {words}: says what and where: {error}")
        return error

    def end(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        print(f"{self.name}: {self.passed} passed, {len(self.failed)} failed")
        sys.exit(1 if self.failed else 0)


def skip(reason):
    print(f"SKIPPED: {reason}")
    sys.exit(77)
