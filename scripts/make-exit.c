// SPDX-License-Identifier: GPL-2.0
/*
 * A function for GNU make (its "load" directive): $(exit N) ends make with
 * status N. Without it make turns each failure of a recipe into a 2, and
 * "make run CMD='exit 7'" could not return 7.
 */
#include <stdio.h>
#include <stdlib.h>

typedef char *(*gmk_func_ptr)(const char *name, unsigned int argc, char **argv);
void gmk_add_function(const char *name, gmk_func_ptr func, unsigned int min,
		      unsigned int max, unsigned int flags);

/* GNU make loads nothing without this symbol. */
int plugin_is_GPL_compatible;

static char *leave(const char *name, unsigned int argc, char **argv)
{
	(void)name;
	(void)argc;
	fflush(NULL);
	/* without a status nothing is known to be good */
	exit(*argv[0] ? atoi(argv[0]) : 2);
}

int make_exit_gmk_setup(void)
{
	gmk_add_function("exit", leave, 1, 1, 0);
	return 1;
}
