#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""progress.py WHAT COMMAND...: run a build, show how far it is.

On a terminal one line is rewritten; elsewhere a line is printed every half
minute. What the compiler says goes to standard error as it comes; what make
lists is counted and not shown.
"""
import subprocess
import sys
import time


def main():
    what, command = sys.argv[1], sys.argv[2:]
    begin = last = time.monotonic()
    tty = sys.stderr.isatty()
    count = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                          errors="replace") as proc:
        for line in proc.stdout:
            word = line.split()
            if word[:1] in (["CC"], ["AS"], ["LD"], ["AR"], ["HOSTCC"]):
                count += 1
            now = time.monotonic()
            if count and now - last > (0.2 if tty else 30):
                last = now
                text = f"{what}: {count} files, {now - begin:.0f} s"
                sys.stderr.write(f"\r{text:60.79}" if tty else f"    {text}\n")
                sys.stderr.flush()
    took = time.monotonic() - begin
    if tty and count:
        sys.stderr.write("\r" + " " * 79 + "\r")
    if proc.returncode:
        print(f"error: {what} does not build", file=sys.stderr)
    elif took > 20:
        print(f"    {what}: {count} files, {took:.0f} s", file=sys.stderr)
    return proc.returncode


try:
    sys.exit(main())
except KeyboardInterrupt:
    sys.exit(130)
