#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Read a kernel tarball on stdin, write it as one commit for git fast-import.

Author, dates and message are fixed, so the commit id depends on nothing but
the files, and the blob ids are those of any other clone.

usage: tar2git.py REF VERSION < linux.tar | git fast-import
"""
import sys
import tarfile

# Debian's source package ignores whatever is new at the top level, tools/ and
# all: git add would refuse, and git status hide, each file that is not there.
# It also drops mainline's exception for the .gitignore files themselves.
DEBIAN_IGNORES = b"\n#\n# Debian packaging: ignore everything"


def main():
    ref, version = sys.argv[1:]
    out = sys.stdout.buffer
    files = []
    with tarfile.open(fileobj=sys.stdin.buffer, mode="r|") as tar:
        for member in tar:
            name = member.name.removeprefix("./").partition("/")[2]
            if member.issym():
                mode, data = "120000", member.linkname.encode()
            elif member.isreg():
                mode = "100755" if member.mode & 0o100 else "100644"
                data = tar.extractfile(member).read()
            else:
                continue
            if name == ".gitignore":
                data = data.partition(DEBIAN_IGNORES)[0] + b"!.gitignore\n"
            if any(c in name for c in '"\n'):
                sys.exit(f"tar2git: cannot quote the file name {name!r}")
            files.append((name, mode))
            out.write(b"blob\nmark :%d\ndata %d\n" % (len(files), len(data)))
            out.write(data + b"\n")
    if not files:
        sys.exit("tar2git: no files on standard input")
    who = "Linux <linux@localhost> 0 +0000"
    msg = f"Linux {version}\n"
    out.write(f"commit {ref}\nauthor {who}\ncommitter {who}\n".encode())
    out.write(f"data {len(msg.encode())}\n{msg}".encode())
    for mark, (name, mode) in enumerate(files, 1):
        out.write(f'M {mode} :{mark} "{name}"\n'.encode())
    out.write(b"\n")


main()
