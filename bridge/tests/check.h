/* SPDX-License-Identifier: GPL-2.0 */
/*
 * check.h: the few macros the C tests need. A failed CHECK prints where and what, and ends the
 * program with status 1. A test program holds several sub-tests and runs the one named by its
 * argument, so that each is a CTest of its own; without argument it runs all. alarm() bounds every
 * test.
 */
#ifndef DMMU_CHECK_H
#define DMMU_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK(condition)                                                                        \
	do {                                                                                    \
		if (!(condition)) {                                                             \
			fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition); \
			exit(1);                                                                \
		}                                                                               \
	} while (0)

#define CHECK_EQ(got, want)                                                                    \
	do {                                                                                   \
		unsigned long long got_ = (unsigned long long)(got);                           \
		unsigned long long want_ = (unsigned long long)(want);                         \
                                                                                               \
		if (got_ != want_) {                                                           \
			fprintf(stderr, "%s:%d: failed: %s is 0x%llx, not 0x%llx\n", __FILE__, \
				__LINE__, #got, got_, want_);                                  \
			exit(1);                                                               \
		}                                                                              \
	} while (0)

struct check_test {
	const char *name;
	void (*run)(void);
	unsigned int seconds; /* bound; 0 is 60 */
};

static inline int check_main(const struct check_test *tests, size_t count, int argc, char **argv)
{
	int ran = 0;

	for (size_t i = 0; i < count; i++) {
		if (argc > 1 && strcmp(argv[1], tests[i].name))
			continue;
		alarm(tests[i].seconds ? tests[i].seconds : 60);
		tests[i].run();
		printf("ok %s\n", tests[i].name);
		fflush(stdout);
		ran++;
	}
	if (!ran)
		fprintf(stderr, "no test of that name\n");
	return ran ? 0 : 2;
}

#endif /* DMMU_CHECK_H */
