// SPDX-License-Identifier: GPL-2.0
/* Is the handle that KCOV gives a process a structure, rather than a number? */
#include <linux/kcov.h>

extern void handle_of_a_process(void);
void handle_of_a_process(void)
{
#ifdef DMMU_NEW
	struct kcov_common_handle_id handle = kcov_common_handle();
#else
	u64 handle = kcov_common_handle();
#endif
	(void)handle;
}
