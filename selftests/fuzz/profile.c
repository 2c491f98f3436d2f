// SPDX-License-Identifier: GPL-2.0
/*
 * profile.c: where the time of a run goes, by kind of step.
 */
#include <sys/mman.h>

#include "fuzz.h"

static struct {
	uint64_t count, ns, longest;
} * spent;

void profile_open(void)
{
	spent = mmap(NULL, PROFILE_COUNT * sizeof(*spent), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (spent == MAP_FAILED)
		spent = NULL;
}

void profile_add(unsigned int kind, uint64_t ns)
{
	if (!spent)
		return;
	__atomic_add_fetch(&spent[kind].count, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&spent[kind].ns, ns, __ATOMIC_RELAXED);
	if (ns > spent[kind].longest)
		spent[kind].longest = ns;
}

static const char *name_of(unsigned int kind)
{
	static const char *const others[] = {"(fork)", "(close at the end)", "(exit)", "(mend)",
					     "(coverage)"};

	return kind < op_kind_count ? op_kinds[kind].name : others[kind - PROFILE_FORK];
}

void profile_print(FILE *to)
{
	for (unsigned int i = 0; spent && i < PROFILE_COUNT; i++)
		if (spent[i].count)
			fprintf(to, "# TIME %llu %llu %llu %s\n",
				(unsigned long long)spent[i].ns / 1000000,
				(unsigned long long)spent[i].count,
				(unsigned long long)spent[i].longest / 1000000, name_of(i));
}
