#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Prove that the harness can fail: each case here breaks one thing and looks
for the words that name it. Arguments are those of vm.py; KTAP comes out.
"""
import concurrent.futures
import glob
import os
import shutil
import signal
import sys
import threading
import time

import vm

# name: (script of the test, its expected cases, what must be reported);
# None: nothing may be reported
TAP = "echo TAP version 13; echo 1..{n}; "
WARN = "echo WARNING >/sys/kernel/debug/provoke-crash/DIRECT; "
CASES = {
    "as_expected": (TAP.format(n=2) + "echo ok 1 a; echo ok 2 b '# SKIP no b'",
                    "a:pass b:skip", None),
    "broken_test": (TAP.format(n=1) + "echo not ok 1 a; exit 1",
                    "a:pass", "a: expected pass, got fail"),
    "unexpected_skip": (TAP.format(n=1) + "echo ok 1 a '# SKIP why'; exit 4",
                        "a:pass", "a: expected pass, got skip"),
    "unexpected_pass": (TAP.format(n=1) + "echo ok 1 a", "a:fail",
                        "a: expected fail, got pass"),
    "vanished_case": (TAP.format(n=1) + "echo ok 1 a", "a:pass b:pass",
                      "b: expected pass, got no result"),
    "new_case": (TAP.format(n=2) + "echo ok 1 a; echo ok 2 b", "a:pass",
                 "b: pass, but no table expects it"),
    "dies_after_its_cases": (TAP.format(n=1) + "echo ok 1 a; kill -SEGV $$",
                             "a:pass", "failed as a whole"),
    "hanging_test": (TAP.format(n=2) + "echo ok 1 a; sleep 600",
                     "a:pass b:pass", "b: expected pass, got no result"),
    "splat": (TAP.format(n=1) + WARN + "echo ok 1 a", "a:pass", "WARNING: "),
    "taint": (TAP.format(n=1) + WARN + "dmesg -C; echo ok 1 a", "a:pass",
              "tainted: 512"),
    "missing_verdict": (TAP.format(n=1) + "echo ok 1 a; sync; sleep 1; "
                        "echo o >/proc/sysrq-trigger; sleep 60", "a:pass",
                        "without a verdict"),
    "kernel_panic": (TAP.format(n=1) + "echo c >/proc/sysrq-trigger; sleep 60",
                     "a:pass", "kernel panic: sysrq triggered crash"),
    "expected_crash": (TAP.format(n=1) + "sync; sleep 1; "
                       "echo c >/proc/sysrq-trigger; sleep 60", "a:crash", None),
    "no_crash_but_gone": (TAP.format(n=1) + "sync; sleep 1; "
                          "echo o >/proc/sysrq-trigger; sleep 60", "a:crash",
                          "a: expected crash, got no result"),
    "hanging_guest": ("kill -STOP -1; while :; do :; done", "a:pass",
                      "timed out after"),
    "killed_qemu": (TAP.format(n=1) + "sleep 600", "a:pass",
                    "QEMU was killed by SIGKILL"),
}
MACHINE = "sym"


def install(args, folder, name, script):
    """A kselftest installation with one test; expect/ beside it."""
    tests = os.path.join(folder, "tests")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(os.path.join(tests, "arm64"))
    os.makedirs(os.path.join(folder, "expect"))
    shutil.copytree(os.path.join(args.tests, "kselftest"),
                    os.path.join(tests, "kselftest"))
    shutil.copy(os.path.join(args.tests, "run_kselftest.sh"), tests)
    with open(os.path.join(tests, "kselftest-list.txt"), "w",
              encoding="utf-8") as f:
        f.write(f"arm64:{name}.sh\n")
    path = os.path.join(tests, "arm64", f"{name}.sh")
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"#!/bin/sh\n{script}\n")
    os.chmod(path, 0o755)
    if name == "hanging_test":
        with open(os.path.join(tests, "arm64", "settings"), "w",
                  encoding="utf-8") as f:
            f.write("timeout=4\n")
    return tests


def kill_qemu(runs):
    """The runner's only child is QEMU: shoot it once the guest is up."""
    for _ in range(600):
        time.sleep(0.1)
        log = os.path.join(runs, "latest", "console.log")
        if os.path.exists(log) and "Run /init" in open(log, errors="replace",
                                                      encoding="utf-8").read():
            break
    for stat in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(stat, encoding="utf-8", errors="replace") as f:
                pid, rest = f.read().split(" ", 1)
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                command = f.read()
        except OSError:
            continue    # gone since
        parent = int(rest.rsplit(")", 1)[1].split()[1])
        if parent == os.getpid() and b"virtio-serial-pci" in command:
            os.kill(int(pid), signal.SIGKILL)


def try_case(args, name, script, cases, want):
    folder = os.path.join(args.runs, "selftest", name)
    args.tests = install(args, folder, name, script)
    with open(os.path.join(folder, "expect", "fake.expect"), "w",
              encoding="utf-8") as f:
        for case in cases.split():
            what, result = case.split(":")
            f.write(f"arm64:{name}.sh {what} * {result} {result} because\n")
    args.runs = os.path.join(folder, "runs")
    args.timeout = 30 if name == "hanging_guest" else 180
    table = vm.Expectations("", "", os.path.join(folder, "expect"))
    if name == "killed_qemu":
        threading.Thread(target=kill_qemu, args=(args.runs,)).start()
    args.store, args.made_of = os.path.join(folder, "store"), "this"
    wrong, _, _, _ = vm.test_or_recall(args, table, MACHINE)
    if want:
        return (any(want in line for line in wrong) and
                not os.path.exists(args.store)), wrong
    # what was good is not run again, but only if all parts are the same
    _, _, _, seconds = vm.test_or_recall(args, table, MACHINE)
    args.made_of = "that"
    return (not wrong and seconds is None and
            not os.path.exists(vm.store_file(args, table, MACHINE))), wrong


def main():
    words = [*sys.argv[1:], "test"]
    wanted = os.environ.get("T", "")
    cases = {k: v for k, v in CASES.items() if wanted in k}
    print(f"TAP version 13\n1..{len(cases)}", flush=True)
    pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count())
    runs = []
    for name, (script, rows, want) in cases.items():
        # it looks for QEMU among the children, so it must be alone
        if name == "killed_qemu":
            concurrent.futures.wait([run for _, _, run in runs])
        runs.append((name, want, pool.submit(
            try_case, vm.parser().parse_args(words), name, script, rows, want)))
        if name == "killed_qemu":
            concurrent.futures.wait([runs[-1][2]])
    failed = 0
    for number, (name, want, run) in enumerate(runs, 1):
        good, said = run.result()
        if not good:
            failed += 1
            print(f"# wanted: {want}\n# got: {said}")
        print(f"{'ok' if good else 'not ok'} {number} harness.{name}",
              flush=True)
    sys.exit(1 if failed else 0)


main()
