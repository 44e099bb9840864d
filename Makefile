# SPDX-License-Identifier: GPL-2.0
# The whole interface of the stack; "make help" is its manual.

O ?= build
export O
# Whatever else is set in a call is a mistyped name, and the default would be
# taken in its place. What is set reaches the scripts through the environment;
# an empty CROSS_COMPILE32 means "do without".
VARIABLES := O LINUX BASE QEMU CROSS_COMPILE CROSS_COMPILE32 J ROOTFS SPARSE \
	ABIDIFF MACHINE SERIES T VARIANT TREE FILES CMD TIMEOUT APPEND REV FORCE \
	XDG_CACHE_HOME CCACHE_MAXSIZE
$(foreach v,$(filter-out $(VARIABLES),$(.VARIABLES)),\
	$(if $(filter command,$(firstword $(origin $v))),\
		$(error no variable '$v'; "make help" lists them)))
unexport CMD
MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := help
.PHONY: help
help:
	@echo 'Linux 7.3 arm64 and KVM patch stack: build, boot, prove.'
	@echo
	@echo 'Use it'
	@echo '  boot           set up, apply, build, boot an asymmetric machine, tour'
	@echo '  shell          the same, into an interactive shell  [MACHINE=asym64]'
	@echo "  run            a command in a guest: MACHINE=asym64 CMD='nproc'"
	@echo '                 [FILES=folder to copy in] [TIMEOUT=seconds]'
	@echo '  gdb            boot with symbols, wait for a debugger on port 1234'
	@echo '  vmm            boot a Linux guest with MTE and its RAM in a file'
	@echo '  machines       list the machines'
	@echo '  headers        install the uapi headers of the patched kernel'
	@echo
	@echo 'Prove it'
	@echo '  check          all that CI runs: static, bisectable, selftest, tests'
	@echo '  test           the tests of the stack, in every machine'
	@echo '                 [SERIES=asym32] [MACHINE="asym* kvm"] [T=pattern]'
	@echo '                 [VARIANT=release|debug] [TREE=stack|base]'
	@echo '                 VARIANT also: proxy scx 16k nocompat'
	@echo '  static         the gates that need no kernel build'
	@echo '  bisectable     each patch builds without a new warning'
	@echo '  selftest       prove that harness and plugin work, and can fail'
	@echo '  mutants        break the stack on purpose: SERIES=asym32'
	@echo "  regress        upstream's selftests, base against stack [T=pattern]"
	@echo '                 [MACHINE=kvm]'
	@echo '  bench          guest instructions, base against stack [MACHINE="bench*"]'
	@echo
	@echo 'Work on it'
	@echo '  tree           bring $(O)/tree up to date: one commit a patch'
	@echo '  refresh        write its commits back to patches/ and the mirror'
	@echo '  refresh-check  would refresh change anything?'
	@echo '  range-diff     the stack now against the stack at REV=commit'
	@echo '  clean          remove $(O)     distclean  and the download cache'
	@echo
	@echo 'Variables'
	@echo "  LINUX=clone of 7.3.y [Debian's source]     BASE=commit in it [HEAD]"
	@echo '  QEMU=command, >= 11.1    CROSS_COMPILE=     CROSS_COMPILE32='
	@echo '  ROOTFS=arm64 user space  SPARSE= ABIDIFF=   programs to use'
	@echo '  TIMEOUT=seconds [1200]   APPEND=to the kernel command line'
	@echo '  O=folder for outputs [build]                J=jobs [all CPUs]'
	@echo '  XDG_CACHE_HOME=folder that the download cache lies in [~/.cache]'

.PHONY: boot shell gdb vmm machines headers test selftest bench regress
boot shell gdb vmm machines headers test selftest bench regress:
	@scripts/harness $@

# make itself returns 2 for whatever fails; scripts/make-exit.c lets "run"
# return what the guest's command returned.
.PHONY: run run-guest
ifneq ($(filter run,$(MAKECMDGOALS)),)
-load $(O)/make_exit.so
endif
$(O)/make_exit.so: scripts/make-exit.c
	@scripts/setup tools >&2
	@mkdir -p $(O) && cc -shared -fPIC -O2 -o $@ $<

STATUS := $(O)/.status.$(shell echo $$PPID)
run-guest: export GUEST_CMD = $(value CMD)
run-guest:
	@rc=0; scripts/harness run || rc=$$?; echo $$rc >$(STATUS)
run: run-guest
	@$(eval RC := $(shell cat $(STATUS); rm -f $(STATUS)))$(exit $(RC))exit $(RC)

.PHONY: check static bisectable mutants range-diff tree refresh refresh-check
check static bisectable tree refresh:
	@scripts/$@
mutants:
	@scripts/mutate "$(SERIES)"
range-diff:
	@scripts/range-diff "$(REV)"
refresh-check:
	@scripts/refresh --check

.DEFAULT:
	@echo "error: no target '$@'; make help lists them" >&2; exit 2

.PHONY: clean distclean
clean distclean:
	@scripts/clean $@
