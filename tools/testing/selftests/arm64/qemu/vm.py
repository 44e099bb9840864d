#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Boot the test machines, run things in them, and judge what came out.

Called by the Makefile beside it, which builds what a machine needs; "make
help" there is the manual. Exit status: 0 all as expected, 1 an unexpected
result, 2 wrong use or a missing part. "run" returns the status of the command
in the guest, 124 after a timeout and 125 for a guest that died.
"""
import argparse
import concurrent.futures
import configparser
import fnmatch
import functools
import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.realpath(__file__))
QEMU_NEEDED = (11, 1)
TIMED_OUT, DIED = 124, 125
# TCG runs the guest an order of magnitude slower than a host of today.
TCG_FACTOR = 10
RUNS_KEPT = 200
# for tests that are known to take the kernel down, some by hanging it
CRASH_TIMEOUT = 150
# of a whole run
TIMEOUT = 1200
# tests of upstream that share a boot
REGRESS_GROUP = 12
# of one of them
REGRESS_TIMEOUT = 600
# how much slower the kernels are that look for bugs
SLOW = {"debug": 3, "proxy": 3, "scx": 3}
# kernels without what a series is about: its tests give what the base gives
LIKE_BASE = ("nocompat",)
# marks rows about a program that gets a machine and its kernel for itself
OWN_BOOT = "boot:"


class Trouble(Exception):
    """Something a user can mend; the text says what and how."""


# Set when the user has seen enough: no machine may be left, none may follow.
stopped = threading.Event()


def colour(code, text):
    if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        return f"\033[{code}m{text}\033[0m"
    return text


def shown(path):
    """The path as seen from where the user typed make."""
    return os.path.relpath(path, os.environ.get("TYPED_IN") or os.getcwd())


def red(text):
    return colour("31", text)


def green(text):
    return colour("32", text)


# --------------------------------------------------------------- machines

def machines():
    conf = configparser.ConfigParser(
        interpolation=configparser.ExtendedInterpolation())
    with open(os.path.join(HERE, "machines.conf"), encoding="utf-8") as f:
        conf.read_file(f)
    return conf


def pick_machines(words):
    """Names for a list of names and globs, in the order of the table."""
    table = machines()
    wanted = []
    for word in words.replace(",", " ").split():
        hits = fnmatch.filter(table.sections(), word)
        if not hits:
            raise Trouble(f"no machine '{word}'\nthe machines are: " +
                          " ".join(table.sections()))
        wanted += hits
    return [name for name in table.sections() if name in wanted]


def one_machine(words):
    names = pick_machines(words)
    if len(names) != 1:
        raise Trouble(f"one machine is needed here, MACHINE='{words}' names "
                      f"{len(names)}: {' '.join(names)}")
    return names[0]


# --------------------------------------------------------------- one guest

def check_qemu(qemu):
    try:
        out = subprocess.run([*qemu, "--version"], capture_output=True,
                             text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as err:
        raise Trouble(f"cannot run '{shlex.join(qemu)}': {err}") from err
    found = re.search(r"emulator version (\d+)\.(\d+)(\.\d+)?(.*)", out)
    if not found:
        raise Trouble(f"'{shlex.join(qemu)}' does not name its version")
    if (int(found[1]), int(found[2])) < QEMU_NEEDED:
        need = ".".join(map(str, QEMU_NEEDED))
        raise Trouble(f"QEMU {found[1]}.{found[2]} is too old, {need} is "
                      f"needed ({qemu[0]})\nits plugins and its model of the "
                      f"newer CPU features are used; give another with QEMU=")
    return out.splitlines()[0]


class Guest:
    """One boot of one machine, with a folder of its own for all it leaves."""

    def __init__(self, args, name, what):
        self.args = args
        self.name = name
        self.conf = machines()[name]
        self.qemu = shlex.split(args.qemu)
        self.version = check_qemu(self.qemu)
        for part in ("kernel", "initrd", "root", "tests", "plugin"):
            if not os.path.exists(getattr(args, part)):
                raise Trouble(f"{getattr(args, part)} is not there")
        stamp = time.strftime("%Y%m%d-%H%M%S")
        self.dir = os.path.join(args.runs, f"{stamp}-{name}-{what}")
        for n in range(2, 1000):
            try:
                os.makedirs(self.dir)
                break
            except FileExistsError:
                self.dir = os.path.join(args.runs, f"{stamp}-{name}-{what}.{n}")
        self.job = self.path("job")
        os.mkdir(self.job)
        self.modules = None
        self.cause = None
        self.status = None
        self.findings = []

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)

    def read(self, name):
        try:
            with open(self.path(name), errors="replace", encoding="utf-8") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def prepare(self, script, files=None, modules=()):
        if modules:
            self.modules = self.args.modules
            self.write("job/modules", " ".join(modules) + "\n")
            script = "modprobe -a $(cat /job/modules) || exit\n" + script
        self.write("job/cmd", "[ ! -d /job/files ] || cp -a /job/files/. .\n" +
                   script + "\n")
        shutil.copy(os.path.join(HERE, "finish.sh"), self.path("job/finish"))
        shutil.copy(os.path.join(HERE, "splats"), self.job)
        self.write("job/machine", "".join(
            f"{k}={shlex.quote(v)}\n" for k, v in self.conf.items()))
        if files:
            shutil.copytree(files, self.path("job/files"), symlinks=True)

    def share(self, tag, folder):
        for c in (",", "\n"):
            if c in folder:
                raise Trouble(f"QEMU cannot share a folder with {c!r} in its "
                              f"name: {folder}")
        return ["-fsdev", f"local,id={tag},path={folder},security_model=none,"
                "readonly=on,multidevs=remap",
                "-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag}"]

    def pack(self):
        """An initrd that holds what is shared otherwise, by tag."""
        lines = ["dir /dev 755 0 0", "nod /dev/console 600 0 0 c 5 1",
                 "dir /sys 755 0 0"]
        built = os.path.dirname(self.args.initrd)
        lines.append(f"file /init {os.path.join(built, 'init')} 755 0 0")
        for tag, top in (("root", self.args.root), ("tests", self.args.tests),
                         ("job", self.job)):
            lines.append(f"dir /packed-{tag} 755 0 0")
            for folder, dirs, files in os.walk(top):
                rel = os.path.relpath(folder, top)
                # documents and the like are half of the root
                if rel == "usr" and tag == "root":
                    dirs.remove("share")
                for name in dirs + files:
                    path = os.path.join(folder, name)
                    to = os.path.normpath(f"/packed-{tag}/{rel}/{name}")
                    mode = f"{os.lstat(path).st_mode & 0o777:o} 0 0"
                    if " " in path + to:
                        raise Trouble(f"no blanks in names here: {path}")
                    if os.path.islink(path):
                        lines.append(f"slink {to} {os.readlink(path)} {mode}")
                    elif os.path.isdir(path):
                        lines.append(f"dir {to} {mode}")
                    elif os.path.isfile(path):
                        lines.append(f"file {to} {path} {mode}")
        self.write("initrd.list", "\n".join(lines) + "\n")
        with open(self.path("initrd"), "wb") as f:
            subprocess.run([os.path.join(built, "gen_init_cpio"),
                            self.path("initrd.list")], stdout=f, check=True)
        return self.path("initrd")

    def port(self, name):
        return ["-chardev", f"file,id={name},path={self.path(name)},append=on",
                "-device", f"virtserialport,chardev={name},name={name}"]

    def command(self, interactive=False, gdb=None):
        conf, args = self.conf, self.args
        plugin = ",".join(filter(None, [args.plugin,
                                        f"report={self.path('plugin')}",
                                        conf["plugin"]]))
        append = ["console=ttyAMA0", "panic=-1", "ignore_loglevel",
                  conf["append"], args.append]
        if gdb:
            append.append("nokaslr")
        packed = conf["root"] == "packed"
        shares = [] if packed else [*self.share("root", args.root),
                                    *self.share("tests", args.tests),
                                    *self.share("job", self.job),
                                    # its own kernel, for guests of the guest
                                    *self.share("boot",
                                                os.path.dirname(args.kernel))]
        cmd = [*self.qemu, "-nodefaults", "-no-user-config", "-no-reboot",
               "-display", "none",
               "-M", ",".join(filter(None, ["virt,gic-version=3",
                                            conf["machine"]])),
               "-cpu", conf["cpu"], "-smp", conf["smp"], "-m", conf["memory"],
               *shlex.split(conf["qemu"]), "-plugin", plugin,
               "-kernel", args.kernel,
               "-initrd", self.pack() if packed else args.initrd,
               "-append", " ".join(filter(None, append)), *shares,
               *(self.share("modules", self.modules) if self.modules else []),
               "-device", "virtio-serial-pci",
               *self.port("verdict")]
        if interactive:
            cmd += ["-serial", "mon:stdio"]
        else:
            cmd += ["-serial", f"file:{self.path('console.log')}",
                    *self.port("out"), *self.port("err")]
        if gdb:
            cmd += ["-gdb", gdb, "-S"]
        return cmd

    def record(self, cmd):
        """All that is needed to do this again, before anything can go wrong."""
        quoted = " \\\n\t".join(shlex.quote(c) for c in cmd)
        self.write("reproducer.sh", "#!/bin/sh\n# Boots this machine again "
                   "with the same job; the files it writes are those beside "
                   "this one.\ncd " + shlex.quote(self.dir) +
                   f"\n: >out; : >err\nprintf 'no verdict\\n' >verdict"
                   f"\nexec {quoted}\n")
        os.chmod(self.path("reproducer.sh"), 0o755)
        self.write("versions", f"{self.version}\nmachine: {self.name}\n"
                   f"kernel: {self.args.kernel}\n"
                   f"cpu: {self.conf['cpu']}\n{os.environ.get('VERSIONS', '')}\n")
        # the build folder of the kernel, three above its Image
        config = os.path.join(os.path.dirname(self.args.kernel),
                              "../../..", ".config")
        if os.path.exists(config):
            shutil.copy(config, self.path("config"))
        self.write("verdict", "no verdict\n")
        # atomically: other machines may run at the same time
        os.symlink(os.path.basename(self.dir), self.path("latest"))
        os.replace(self.path("latest"), os.path.join(self.args.runs, "latest"))

    def run(self, stream=False):
        """Boot, wait, judge. Sets status (None: no verdict) and cause."""
        if stopped.is_set():
            raise Trouble("stopped")
        timeout = self.args.timeout or \
            TIMEOUT * SLOW.get(self.args.variant, 1)
        cmd = self.command()
        self.record(cmd)
        for name in ("out", "err", "console.log"):
            self.write(name, "")
        begin = time.monotonic()
        timed_out = False
        with open(self.path("out"), "rb") as out, \
             open(self.path("err"), "rb") as err, \
             open(self.path("qemu.log"), "wb") as log, \
             subprocess.Popen(cmd, stdin=subprocess.DEVNULL, stdout=log,
                              stderr=log) as proc:
            try:
                while True:
                    if stopped.is_set():
                        raise Trouble("stopped")
                    ended = proc.poll() is not None
                    if stream:
                        for src, dst in ((out, sys.stdout), (err, sys.stderr)):
                            data = src.read()
                            if data:
                                dst.buffer.write(data)
                                dst.flush()
                    if ended:
                        break
                    if time.monotonic() - begin > timeout:
                        timed_out = True
                        proc.terminate()
                        try:
                            proc.wait(10)
                        except subprocess.TimeoutExpired:
                            proc.kill()
                        continue
                    time.sleep(0.02)
            except BaseException:
                proc.kill()
                raise
        self.seconds = time.monotonic() - begin
        self.judge(proc.returncode, timeout if timed_out else None)

    def judge(self, returncode, timeout):
        lines = self.read("verdict").splitlines()
        end = re.fullmatch(r"end exit=(\d+) checks=(\d+)",
                           lines[-1] if lines else "")
        console = self.read("console.log")
        if end and not timeout:
            self.status = int(end[1])
            self.findings = lines[1:-1]
            if int(end[2]):
                self.findings.append("the checks after the run could not be "
                                     f"done (status {end[2]})")
            # what the console shows after the guest looked at its own log
            with open(os.path.join(HERE, "splats"), encoding="utf-8") as f:
                splat = re.compile("|".join(
                    line for line in f.read().split("\n")
                    if line and not line.startswith("#")))
            if not self.findings:
                self.findings = [m for m in console.splitlines()
                                 if splat.search(m)][:5]
            self.findings += self.plugin_findings()
            # large, and made again easily
            if not self.status and not self.findings and \
               os.path.exists(self.path("initrd")):
                os.unlink(self.path("initrd"))
            return
        panic = re.search(r"Kernel panic - not syncing: (.*)", console)
        if panic:
            self.cause = f"kernel panic: {panic[1].strip()}"
        elif timeout:
            self.cause = f"timed out after {timeout:.0f} s"
        elif returncode < 0:
            self.cause = f"QEMU was killed by {signal.Signals(-returncode).name}"
        elif returncode > 0:
            self.cause = (f"QEMU failed (status {returncode}): " +
                          (self.read("qemu.log").strip() or "no message"))
        else:
            last = re.findall(r"^.*init: .*$", console, re.M)
            self.cause = ("the guest went down without a verdict" +
                                (f": {last[-1].strip()}" if last else ""))
        # arm64 Linux does not panic on an illegal return, it hangs: the
        # return has loaded the user's stack pointer into what is "current".
        for n, cpu in self.plugin_report().items():
            if cpu["illegal_returns"]:
                self.cause += f"; illegal return to AArch32 on CPU {n}"
        self.status = None

    # The plugin counts what it did; a hidden CPU that was never rewritten, or
    # AArch32 code where there can be none, means that the machine was not
    # what its name says.
    def plugin_report(self):
        cpus = {}
        for line in self.read("plugin").splitlines():
            facts = dict(f.split("=", 1) for f in line.split() if "=" in f)
            if line.startswith("cpu="):
                cpus[int(facts["cpu"])] = {k: int(v) for k, v in facts.items()}
        return cpus

    def plugin_findings(self):
        cpus = self.plugin_report()
        if len(cpus) != int(self.conf["smp"]):
            return [f"plugin: reported {len(cpus)} CPUs of {self.conf['smp']}"]
        late = re.search(r"maxcpus=(\d+)", self.conf["append"])
        booted = int(late[1]) if late else len(cpus)
        bad = []
        for n, cpu in cpus.items():
            if cpu["64only"] and not cpu["rewrites"] and n < booted:
                bad.append(f"plugin: CPU {n} was never shown as 64-bit only")
            for what in ("illegal_returns", "aarch32_insns", "missed"):
                if cpu["64only"] and cpu[what]:
                    bad.append(f"plugin: CPU {n}: {what}={cpu[what]}")
        return bad


def prune(runs):
    if not os.path.isdir(runs):
        return
    old = sorted(d for d in os.listdir(runs) if d[0].isdigit())
    for name in old[:-RUNS_KEPT]:
        shutil.rmtree(os.path.join(runs, name), ignore_errors=True)


# ----------------------------------------------------- results of kselftest

def nest(ktap):
    """kselftest prints the results inside a test as comments: "# ok 1 x".

    The parser wants them as KTAP nests them, by two blanks.
    """
    out = []
    for line in ktap.splitlines():
        if re.match(r"# (timeout set to|overriding timeout|selftests: )", line):
            continue
        out.append("  " + line[2:] if line.startswith("# ") else line)
    return "\n".join(out) + "\n"


def parse_ktap(guest, kunit):
    """{(test, case): pass|fail|skip}; case "-" is the test as a whole."""
    guest.write("results.ktap", guest.read("out"))
    guest.write("nested.ktap", nest(guest.read("out")))
    proc = subprocess.run(
        [sys.executable, kunit, "parse", f"--json={guest.path('results.json')}",
         f"--junit={guest.path('results.xml')}", guest.path("nested.ktap")],
        capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    guest.write("kunit.log", proc.stdout + proc.stderr)
    results = {}
    try:
        tree = json.loads(guest.read("results.json"))
    except json.JSONDecodeError:
        return results
    prefix = "selftests: "
    for group in tree["sub_groups"]:
        test = ":".join(group["name"].removeprefix(prefix).split(": ", 1))
        stack = [("", group)]
        while stack:
            path, node = stack.pop()
            for case in node["test_cases"]:
                results[test, path + case["name"].split(" # ")[0]] = \
                    case["status"].lower()
            for sub in node["sub_groups"]:
                stack.append((path + sub["name"] + ".", sub))
    for line in guest.read("out").splitlines():
        found = re.match(r"(ok|not ok) \d+ selftests: (\S+): (\S+)(.*)", line)
        if found:
            whole = "pass" if found[1] == "ok" else "fail"
            if "# SKIP" in found[4]:
                whole = "skip"
            results[f"{found[2]}:{found[3]}", "-"] = whole
    return results


class Expectations:
    """The committed tables: what each test must give on each machine."""

    def __init__(self, series, pattern, folder=os.path.join(HERE, "expect")):
        have = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        names = [n for n in have if n.endswith(".expect")]
        if series:
            wanted = [re.sub(r"^\d+-", "", s) for s in
                      series.replace(",", " ").split()]
            for s in wanted:
                if f"{s}.expect" not in names:
                    raise Trouble(f"no series '{s}' with tests\nthe series are:"
                                  f" {' '.join(n[:-7] for n in names)}")
            names = [f"{s}.expect" for s in wanted]
        # the tests of the machines first: others may change the machine
        names.sort(key=lambda name: (name != "qemu.expect", name))
        self.rows = []
        self.partly = []
        self.modules = {}
        for name in names:
            modules = []
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                for number, line in enumerate(f, 1):
                    line = line.split("#")[0].strip()
                    if not line or line.startswith("folder "):
                        continue
                    row = line.split(None, 5)
                    if row[0] == "partly":
                        self.partly += row[1:]
                        continue
                    if row[0] == "modules":
                        modules += row[1:]
                        continue
                    where = f"{name}:{number}"
                    if len(row) < 5:
                        raise Trouble(f"{where}: five columns are needed")
                    for result in row[3:5]:
                        if result not in ("pass", "fail", "skip", "crash", "-"):
                            raise Trouble(f"{where}: '{result}' is no result")
                    # what fails on the base alone is what the stack mends
                    if len(row) < 6 and (row[3] != "pass" and row[3] != "-"
                                         or row[4] == "skip"):
                        raise Trouble(f"{where}: '{row[3]}' needs a reason")
                    if not pattern or fnmatch.fnmatch(row[0], f"*{pattern}*"):
                        self.rows.append(row)
                        self.modules[row[0]] = modules
        if not self.rows:
            raise Trouble(f"no test matches T='{pattern}'")

    def of(self, machine, tree, variant):
        """{(test, case): result} on this machine; the first row wins.

        Rows for machine@variant come before those that name no variant.
        """
        if variant in LIKE_BASE:
            tree = "base"
        seen = {}
        for special in (True, False):
            for test, case, names, stack, base, *_ in self.rows:
                for name in names.split(","):
                    name, _, only = name.partition("@")
                    if fnmatch.fnmatch(machine, name) and \
                       (only == variant if special else not only):
                        seen.setdefault((test, case),
                                        stack if tree == "stack" else base)
        return {k: v for k, v in seen.items() if v != "-"}


def compare(expected, results):
    """Lines that say what is not as expected, and the counts."""
    wrong = []
    counts = {"pass": 0, "fail": 0, "skip": 0}
    tests = {test for test, _ in expected}
    for key, want in sorted(expected.items()):
        got = results.get(key)
        if got == want:
            counts["skip" if want == "skip" else "pass"] += 1
            continue
        wrong.append("{}: {}: expected {}, got {}".format(
            *key, want, got or "no result"))
    for key in sorted(results):
        if key in expected or key[0] not in tests:
            continue
        if key[1] != "-":
            wrong.append("{}: {}: {}, but no table expects it".format(
                *key, results[key]))
        elif results[key] == "fail" and "fail" not in [
                expected.get(k) or results[k] for k in results if
                k[0] == key[0] and k[1] != "-"]:
            wrong.append(f"{key[0]}: failed as a whole, though no case did")
    counts["fail"] = len(wrong)
    return wrong, counts


def scaled_settings(tests):
    """kselftest timeouts are for hardware; the guest runs under TCG."""
    for folder, _, files in os.walk(tests):
        if os.path.basename(folder) == "kselftest" or folder == tests:
            continue
        path = os.path.join(folder, "settings")
        lines = []
        if "settings" in files:
            with open(path, encoding="utf-8") as f:
                lines = f.read().splitlines()
            if "# scaled for TCG" in lines:
                continue
        timeout = 45
        keep = []
        for line in lines:
            found = re.fullmatch(r"timeout=(\d+)", line.strip())
            if found:
                timeout = int(found[1])
            else:
                keep.append(line)
        with open(path, "w", encoding="utf-8") as f:
            f.write("\n".join([*keep, "# scaled for TCG",
                               f"timeout={timeout * TCG_FACTOR}"]) + "\n")


def list_of_tests(tests):
    with open(os.path.join(tests, "kselftest-list.txt"), encoding="utf-8") as f:
        return f.read().split()


def run_tests(args, name, tests, what="test", modules=None, parse=None):
    guest = Guest(args, name, what)
    words = " ".join(f"-t {shlex.quote(t)}" for t in tests)
    # each once, in the order of the tables
    wanted = dict.fromkeys(m for t in tests for m in (modules or {}).get(t, ()))
    # of upstream's some have no limit, and some one that is longer than a boot
    limit = f"-o {REGRESS_TIMEOUT}" if parse else ""
    guest.prepare(f"cd /kselftest && exec ./run_kselftest.sh {limit} {words}",
                  modules=wanted)
    guest.run()
    return guest, parse(guest.read("out")) if parse else parse_ktap(guest, args.kunit)


def short_run(args):
    """The arguments for a boot with nothing but one short test."""
    limit = CRASH_TIMEOUT * SLOW.get(args.variant, 1)
    return argparse.Namespace(**{**vars(args), "timeout": min(
        args.timeout or limit, limit)})


def crash_machine(args, name, test, expected):
    """A test that takes this kernel down gets a machine of its own."""
    args = short_run(args)
    guest, results = run_tests(args, name, [test], "crash")
    cases = {k: v for k, v in expected.items() if k[0] == test}
    # Only a guest that died in the test counts: it had begun, and its kernel
    # went wrong. A machine that does not boot proves nothing.
    begun = (f"# selftests: {test.replace(':', ': ')}" in guest.read("out") or
             "init: the job begins" in guest.read("console.log"))
    kernel = re.search("kernel panic|illegal return", guest.cause or "")
    if guest.status is None and begun and kernel:
        results = {k: results.get(k, "crash") for k in cases}
    wrong, counts = compare(cases, results)
    return [f"{line} ({guest.cause or 'survived'}, see "
            f"{shown(guest.dir)})" for line in wrong], counts


def own_boot(args, name, test, expected):
    """A command that ends in another kernel, which has the last word."""
    args = short_run(args)
    guest = Guest(args, name, "boot")
    shutil.copy(args.kernel, guest.path("job/Image"))
    shutil.copy(args.initrd, guest.path("job/initrd"))
    guest.prepare(f"exec /kselftest/{test.removeprefix(OWN_BOOT)} "
                  "/job/Image /job/initrd")
    guest.run()
    result = {0: "pass", 4: "skip"}.get(guest.status, "fail")
    if re.search("kernel panic|illegal return", guest.cause or "") and \
       guest.read("out"):
        result = "crash"
    wrong, counts = compare({k: v for k, v in expected.items()
                             if k[0] == test}, {(test, "-"): result})
    wrong += guest.findings
    counts["fail"] += len(guest.findings)
    os.unlink(guest.path("job/Image"))
    return [f"{line} ({guest.cause or 'ended'}, see {shown(guest.dir)})"
            for line in wrong], counts


def test_machine(args, table, name):
    """Returns (lines of what went wrong, counts, guest) for one machine."""
    expected = table.of(name, args.tree, args.variant)
    # in the order of the tables
    tests = list(dict.fromkeys(row[0] for row in table.rows
                               if any(row[0] == test for test, _ in expected)))
    deadly = sorted({test for (test, _), r in expected.items() if r == "crash"})
    alone = [test for test in tests if test.startswith(OWN_BOOT)]
    deadly = [test for test in deadly if test not in alone]
    tests = [test for test in tests if test not in deadly + alone]
    wrong, counts, guest = [], {"pass": 0, "fail": 0, "skip": 0}, None
    if tests:
        guest, results = run_tests(args, name, tests, modules=table.modules)
        wrong, counts = compare({k: v for k, v in expected.items()
                                 if k[0] in tests}, results)
        if guest.status is None:
            wrong.insert(0, guest.cause)
            counts["fail"] += 1
        for finding in guest.findings:
            wrong.append(finding)
            counts["fail"] += 1
        if not guest.findings and guest.status is not None:
            counts["pass"] += 1
    for test in deadly + alone:
        run = own_boot if test in alone else crash_machine
        more, got = run(args, name, test, expected)
        wrong += more
        for k, v in got.items():
            counts[k] += v
    return wrong, counts, guest


@functools.lru_cache
def sum_of(program):
    """A QEMU that was built anew may have the same version."""
    with open(shutil.which(program), "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


# What no test run is made of, and what the key of a run has already
NOT_RUN = re.compile(r"Documentation/|MAINTAINERS$|tools/testing/selftests/arm64/qemu/"
                     r"(README|harness_selftest|plugin/selftest|tour/|machines\.conf|"
                     r"expect/.*\.expect)")


@functools.lru_cache
def code_of(trees, collections):
    """The files of the trees, but for the tests that are not run."""
    lines = hashlib.sha256()
    for tree in trees.split():
        files = subprocess.run(["git", "-C", tree, "ls-tree", "-r", "HEAD"],
                               check=True, capture_output=True, text=True)
        for line in files.stdout.splitlines():
            path = line.partition("\t")[2]
            tests = re.match(r"tools/testing/selftests/(kvm|arm64(?!/qemu))/", path)
            if NOT_RUN.match(path) or tests and tests[1] not in collections:
                continue
            lines.update(line.encode() + b"\n")
    return lines.hexdigest()


def store_file(args, table, name):
    """Where it stands that a run with all this gave what is expected."""
    qemu = shlex.split(args.qemu)
    rows = sorted(table.of(name, args.tree, args.variant).items())
    tests = sorted({test for (test, _), _ in rows})
    made_of = (args.made_of,
               code_of(args.code, tuple(sorted({t.split(":")[0] for t in tests}))),
               check_qemu(qemu), qemu, sum_of(qemu[0]), args.append,
               args.variant, args.tree, sorted(machines()[name].items()), rows,
               [table.modules.get(t) for t in tests])
    return os.path.join(args.store,
                        hashlib.sha256(repr(made_of).encode()).hexdigest())


def test_or_recall(args, table, name):
    """As test_machine(), but what is known to be good is not run again.

    The last of what it returns are the seconds, or None for a run of old. Only
    a run with nothing wrong is remembered.
    """
    file = store_file(args, table, name) if args.store and args.made_of else ""
    if os.path.exists(file):
        with open(file, encoding="utf-8") as f:
            return [], json.load(f), None, None
    begin = time.monotonic()
    wrong, counts, guest = test_machine(args, table, name)
    if file and not wrong:
        os.makedirs(args.store, exist_ok=True)
        new = f"{file}.{os.getpid()}"
        with open(new, "w", encoding="utf-8") as f:
            json.dump(counts, f)
        os.replace(new, file)
    return wrong, counts, guest, time.monotonic() - begin


def is_partly(folders, collection, test):
    """The folders of arm64 are installed as one, so the source tells."""
    return collection in folders or any(
        os.path.exists(os.path.join(HERE, "../..", folder, test + ".c"))
        for folder in folders if folder.startswith(collection + "/"))


def cmd_test(args):
    table = Expectations(args.series, args.match)
    names = [n for n in pick_machines(args.machine or "*")
             if table.of(n, args.tree, args.variant)]
    installed = set(list_of_tests(args.tests))
    wanted = {row[0] for row in table.rows if not row[0].startswith(OWN_BOOT)}
    if wanted - installed:
        raise Trouble("not installed: " + " ".join(sorted(wanted - installed)))
    forgotten = [t for t in sorted(installed - wanted)
                 if not is_partly(table.partly, *t.split(":"))]
    if not args.series and not args.match and forgotten:
        raise Trouble("installed, but in no table of expected results: " +
                      " ".join(forgotten))
    if not names:
        raise Trouble(f"no machine of '{args.machine or '*'}' has a test that "
                      "was asked for")
    total = {"pass": 0, "fail": 0, "skip": 0}

    # A guest keeps about one CPU of the host busy.
    pool = concurrent.futures.ThreadPoolExecutor(args.jobs or os.cpu_count())
    runs = [(name, pool.submit(test_or_recall, args, table, name))
            for name in names]
    try:
        for done, (name, run) in enumerate(runs):
            if sys.stdout.isatty():
                print(f"     {name:14} ... ({done}/{len(runs)} done)", end="\r",
                      flush=True)
            wrong, counts, guest, seconds = run.result()
            for k in total:
                total[k] += counts[k]
            print(f"{red('FAIL') if wrong else green('ok  ')} {name:14} "
                  f"{args.variant:8} {args.tree:6}{counts['pass']:4} passed "
                  f"{counts['fail']:3} failed {counts['skip']:3} skipped "
                  + ("  known" if seconds is None else f"{seconds:5.0f} s"),
                  flush=True)
            for line in wrong:
                print(f"       {line}")
            if wrong and guest:
                print(f"       see {shown(guest.dir)}", flush=True)
    except BaseException:
        stopped.set()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    if args.summary:
        print("{pass} passed, {fail} failed, {skip} skipped".format(**total))
    return 1 if total["fail"] else 0


# ------------------------------------------------------ run, boot and shell

def report_death(guest):
    print(f"{guest.name}: {guest.cause}", file=sys.stderr)
    tail = guest.read("console.log").splitlines()[-8:]
    for line in tail:
        print(f"  | {line[:150]}", file=sys.stderr)
    print(f"see {shown(guest.dir)}", file=sys.stderr)


def cmd_run(args):
    name = one_machine(args.machine)
    guest = Guest(args, name, "run")
    if args.files and not os.path.isdir(args.files):
        raise Trouble(f"FILES={args.files} is not a folder")
    guest.prepare(args.cmd, args.files)
    guest.run(stream=True)
    if guest.status is None:
        report_death(guest)
        return TIMED_OUT if guest.cause.startswith("timed out") else DIED
    for finding in guest.findings:
        print(f"{name}: {finding}", file=sys.stderr)
    return guest.status


def cmd_boot(args):
    """The tour: each series shows on a few lines what it changes."""
    name = one_machine(args.machine)
    guest = Guest(args, name, "boot")
    tour = os.path.join(HERE, "tour")
    parts = sorted(t for t in os.listdir(tour) if not t.endswith(".config"))
    guest.prepare("for t in /job/tour/*; do sh $t || exit; done")
    os.mkdir(guest.path("job/tour"))
    for part in parts:
        shutil.copy(os.path.join(tour, part), guest.path("job/tour"))
    print(f"Booting {name}: {guest.conf['about']} ({len(parts)} stops)\n",
          flush=True)
    guest.run(stream=True)
    if guest.status is None:
        report_death(guest)
        return DIED
    for finding in guest.findings:
        print(f"{name}: {finding}", file=sys.stderr)
    if guest.status or guest.findings:
        return 1
    print(f"\nPowered off after {guest.seconds:.1f} s. "
          f"Log: {shown(guest.path('console.log'))}")
    return 0


SHELL = """
stty rows {rows} cols {cols} 2>/dev/null
export TERM={term} PS1='{name}:\\w# '
dmesg -n 4
printf '\\nMachine {name}: {about}\\nThe selftests are in /kselftest. '
printf '"exit" powers off, Ctrl-A X kills QEMU.\\n\\n'
exec bash --norc -i
"""


def cmd_shell(args):
    name = one_machine(args.machine)
    guest = Guest(args, name, "shell")
    size = shutil.get_terminal_size()
    guest.prepare(SHELL.format(rows=size.lines, cols=size.columns, name=name,
                               about=guest.conf["about"],
                               term=os.environ.get("TERM", "linux")),
                  args.files)
    cmd = guest.command(interactive=True, gdb=args.gdb)
    guest.record(cmd)
    if args.gdb:
        print(f"waiting for a debugger: gdb-multiarch {args.vmlinux} "
              f"-ex 'target remote {args.gdb.removeprefix('tcp:')}'",
              flush=True)
    done = subprocess.run(cmd, check=False)
    end = re.search(r"^end exit=(\d+)", guest.read("verdict"), re.M)
    if not end:
        print(f"{name}: the guest went down without a verdict "
              f"(QEMU: {done.returncode})", file=sys.stderr)
        return DIED
    return int(end[1])


def cmd_machines(_args):
    table = machines()
    for name in table.sections():
        print(f"{name:14} {table[name]['about']}")
    return 0


# --------------------------------------------------------------- two trees

def begun_tests(guest):
    """Tests that the runner has begun, in order."""
    return [f"{m[1]}:{m[2]}" for m in
            re.finditer(r"^# selftests: (\S+?): (\S+)$", guest.read("out"), re.M)]


def upstream_results(out):
    """{(test, case): pass|fail|skip}, line by line.

    Not all that upstream's tests print is KTAP: plans come last or are not kept,
    and a parser that counts would give one test the cases of the next.
    """
    results, test = {}, ""
    for line in out.splitlines():
        head = re.match(r"# selftests: (\S+?): (\S+)$", line)
        # the output of a test may end without a newline
        whole = re.search(r"(not ok|ok) \d+ selftests: (\S+): (\S+)(.*)", line)
        case = re.match(r"#[ #]*(not ok|ok) \d+ ?(?:- )?(.*?)\s*( # .*)?$", line)
        if head:
            test = f"{head[1]}:{head[2]}"
        elif whole or case and test:
            found, rest = (whole, whole[4]) if whole else (case, case[3] or "")
            key = (f"{whole[2]}:{whole[3]}", "-") if whole else (test, case[2])
            what = "pass" if found[1] == "ok" else "fail"
            if re.search(r"# (SKIP|XFAIL)\b", rest):
                what = "skip"
            # of several with one name a failure counts
            if results.get(key) != "fail":
                results[key] = what
    return results


def anywhere(finding):
    """A line of the kernel log without what no two boots have in common."""
    if finding.startswith("kernel tainted"):
        return finding
    return re.sub(r"0x[0-9a-f]+|[0-9]+", "", re.sub(r"^\[[^]]*\] ", "", finding))


def run_upstream(args, name, tests, tree, kernel):
    """({(test, case): result}, {what: why it is not compared}) on one kernel.

    A test that takes the guest down must not hide the others, nor be blamed for
    what another did: it is run again, alone. What is not seen again is told.
    """
    args = argparse.Namespace(**{**vars(args), "kernel": kernel})
    results, dead = {}, {}
    left, alone, shared, again = tests, [], [], set()
    while left:
        guest, got = run_tests(args, name, left, "regress", parse=upstream_results)
        if guest.findings:
            # which of them it was cannot be told
            shared.append((left, "; ".join(guest.findings[:2]), guest.dir))
            alone += left
            break
        done = {test for test, case in got if case == "-"}
        begun = begun_tests(guest)
        results.update({k: v for k, v in got.items() if k[0] in done})
        left = [t for t in left if t not in done]
        if guest.status is not None:
            # the runner ended, and said nothing of these
            alone += left
            break
        # it may have ended just before
        cut = begun[-1:] or left[:1]
        # many slow tests in one boot prove nothing; one that hangs does so alone
        if not guest.cause.startswith("timed out"):
            shared.append((cut, guest.cause.split("\n")[0], guest.dir))
        alone += cut
        left = [t for t in left if t not in cut]
    for test in dict.fromkeys(alone):
        guest, got = run_tests(args, name, [test], "regress", parse=upstream_results)
        results = {k: v for k, v in results.items() if k[0] != test}
        if guest.status is None:
            got = {(test, "-"): guest.cause.split("\n")[0]}
            dead[test] = guest.cause
            again.add(test)
        elif guest.findings:
            got[test, "kernel log"] = "; ".join(dict.fromkeys(map(anywhere, guest.findings)))
            again.add(test)
        if guest.status is not None and (test, "-") not in got:
            dead[test] = "no result"
        results.update(got)
    for culprits, why, where in shared:
        if not again & set(culprits):
            dead[f"a boot of {len(culprits)} tests from {culprits[0]}"] = \
                f"{why} (not seen again, see {shown(where)})"
    print(f"{tree:5} {name}: {len(tests)} tests from {tests[0]}, "
          f"{len(alone)} of them alone", file=sys.stderr, flush=True)
    return results, dead


def cmd_regress(args):
    """Upstream's tests on two kernels in the same machine: the differences."""
    own = {row[0] for row in Expectations("", "").rows}
    tests = [t for t in list_of_tests(args.tests)
             if t not in own and fnmatch.fnmatch(t, f"*{args.match or ''}*")]
    if not tests:
        raise Trouble(f"no test of upstream matches T='{args.match}'")
    for test in tests:
        if not os.path.exists(os.path.join(args.tests, *test.split(":", 1))):
            print(f"not compared: {test}: not built")
    names = pick_machines(args.machine)
    groups = [tests[i:i + REGRESS_GROUP]
              for i in range(0, len(tests), REGRESS_GROUP)]
    pool = concurrent.futures.ThreadPoolExecutor(args.jobs or os.cpu_count())
    runs = [(name, tree, pool.submit(run_upstream, args, name, group, tree, kernel))
            for name in names for group in groups
            for tree, kernel in (("base", args.base_kernel), ("stack", args.kernel))]
    seen, dead = {}, {}
    try:
        for name, tree, run in runs:
            results, silent = run.result()
            seen.setdefault((name, tree), {}).update(results)
            dead.update({(name, tree, t): why for t, why in silent.items()})
    except BaseException:
        stopped.set()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    bad = 0
    for name in names:
        base, stack = seen[name, "base"], seen[name, "stack"]
        differ = sorted(k for k in set(base) | set(stack)
                        if base.get(k) != stack.get(k))
        for key in differ:
            print(f"{name}: {key[0]}: {key[1]}: base {base.get(key, 'no result')}, "
                  f"stack {stack.get(key, 'no result')}")
        # the same on both trees is no difference, but no comparison either
        lost = sorted(k for k in dead if k[0] == name)
        for key in lost:
            print(f"{name}: not compared: {key[1]}: {key[2]}: {dead[key]}")
        print(f"{name}: {len(tests)} tests, {len(base)} results, {len(differ)} differ "
              f"between base and stack, {len(lost)} not compared")
        bad += len(differ) + sum(tree == "stack" for _, tree, _ in lost)
    return 1 if bad else 0


def cmd_bench(args):
    """Guest instructions of hot paths, base against stack."""
    rows = {}
    # What the page allocator has at hand differs from boot to boot.
    boots = 3 * [("base", args.base_kernel), ("stack", args.kernel)]
    for tree, kernel in boots:
        for name in pick_machines(args.machine):
            args.kernel = kernel
            guest = Guest(args, name, "bench")
            # one that skips has nothing to count on this kernel
            guest.prepare("for b in /kselftest/*/*-bench; do "
                          "$b || [ $? -eq 4 ] || exit 1; done")
            guest.run()
            if guest.status != 0:
                if guest.status is None:
                    report_death(guest)
                raise Trouble(f"bench failed on {tree}: "
                              f"{guest.cause or guest.read('err')}")
            for line in guest.read("out").splitlines():
                what, count = line.rsplit(None, 1)
                # what the library of a test says is no count
                if not count.isdecimal():
                    continue
                row = rows.setdefault((name, what), {})
                row[tree] = min(int(count), row.get(tree, int(count)))
    print(f"{'guest instructions for':38} {'base':>11} {'stack':>11} {'':>9}")
    for (name, what), got in rows.items():
        base, stack = got.get("base"), got.get("stack")
        if base and stack is not None:
            print(f"{name + ': ' + what:38} {base:11} {stack:11} "
                  f"{100 * (stack - base) / base:+8.2f}%")
        else:
            print(f"{name + ': ' + what:38} {base or '-':>11} {stack or '-':>11}")
    return 0


VERBS = {n[4:]: f for n, f in globals().items() if n.startswith("cmd_")}


def parser():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--qemu", default="qemu-system-aarch64")
    for part in ("kernel", "initrd", "root", "tests", "plugin", "runs", "kunit",
                 "base-kernel", "vmlinux", "machine",
                 "files", "cmd", "gdb", "append", "series", "match", "store",
                 "made-of", "code", "modules"):
        p.add_argument("--" + part, default="")
    p.add_argument("--variant", default="release")
    p.add_argument("--tree", default="stack", choices=("stack", "base"))
    p.add_argument("--timeout", type=float, default=0)
    p.add_argument("--jobs", type=int, default=0)
    p.add_argument("--summary", action="store_true")
    p.add_argument("verb", choices=[*sorted(VERBS), "settings"])
    return p


def on_signal(number, _frame):
    raise SystemExit(128 + number)


def main():
    args = parser().parse_args()
    # else Python would go at once, and leave the machines alone
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    try:
        if args.verb == "settings":
            scaled_settings(args.tests)
            return 0
        if args.runs:
            prune(args.runs)
        return VERBS[args.verb](args)
    except Trouble as err:
        print(f"error: {err}", file=sys.stderr)
        return 2
    except OSError as err:
        print(f"error: {err}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
