#!/usr/bin/env python3
"""The break-out tests again, as an account without privileges: the way a service should run.

    as_user.py TEST_PROGRAM…

Run by root, it becomes a number that no account has (setpriv, no groups, no capabilities, a home of its own); run by
anybody else, it stays who it is. Exit 77 with the reason where that cannot be."""
import os
import pathlib
import pwd
import shutil
import subprocess
import sys
import tempfile

CASES = "*sandbox*,*breaking out*,*root filesystem*,*to standard error*,*is ended*,*executable*"


def skip(reason):
    print(f"SKIPPED: {reason}")
    sys.exit(77)


def free_number():
    taken = {entry.pw_uid for entry in pwd.getpwall()}
    return next(number for number in range(61_000, 65_000) if number not in taken)


def main():
    programs = [pathlib.Path(name).resolve() for name in sys.argv[1:]]
    if shutil.which("bwrap") is None:
        skip("bubblewrap is not installed (scripts/setup)")
    become = []
    with tempfile.TemporaryDirectory(prefix="naru-user-") as home:
        number = os.geteuid()
        if number == 0:
            if shutil.which("setpriv") is None:
                skip("setpriv is not installed, and root cannot try what a user may do")
            number = free_number()
            os.chown(home, number, number)
            become = ["setpriv", f"--reuid={number}", f"--regid={number}", "--clear-groups", "--inh-caps=-all",
                      "--bounding-set=-all", "--no-new-privs"]
        environment = {"PATH": "/usr/bin:/bin", "HOME": home, "TMPDIR": home, "LC_ALL": "C.UTF-8",
                       **{k: v for k, v in os.environ.items() if k.startswith("NARU_")}}
        # A build under a folder that is closed to others cannot be run by another account.
        for program in programs:
            if subprocess.run([*become, "test", "-x", str(program)], env=environment, check=False).returncode != 0:
                skip(f"{program} cannot be run by another account")
        probe = subprocess.run([*become, "bwrap", "--unshare-all", "--ro-bind", "/usr", "/usr", "--symlink", "usr/lib", "/lib",
                                "--symlink", "usr/lib64", "/lib64", "/usr/bin/true"], env=environment, capture_output=True,
                               text=True, check=False)
        if probe.returncode != 0:
            skip(f"this machine allows no user namespaces to an account without privileges: {probe.stderr.strip()[-200:]}")
        failed = 0
        for program in programs:
            done = subprocess.run([*become, str(program), f"-tc={CASES}"], env=environment, cwd=home, capture_output=True,
                                  text=True, check=False)
            counts = [line for line in done.stdout.splitlines() if "test cases:" in line]
            print(f"{program.name} as user {number}: {counts[-1] if counts else done.stderr[-400:]}")
            ran = counts and not counts[-1].split("|")[0].strip().endswith(" 0")
            if done.returncode != 0 or not ran:
                print(done.stdout[-3000:])
                failed += 1
    sys.exit(1 if failed else 0)


main()
