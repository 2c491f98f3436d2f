// SPDX-License-Identifier: GPL-2.0
/*
 * The name space of a symbol is a string, no longer a bare word. The old macro takes a string, too,
 * and makes a name with quotes of it; so ask how long the text becomes.
 */
#include <linux/module.h>

#undef MODULE_INFO
#define MODULE_INFO(tag, info) static_assert(sizeof(#tag) && sizeof(info) == 5)

#ifdef DMMU_NEW
MODULE_IMPORT_NS("DMMU");
#else
MODULE_IMPORT_NS(DMMU);
#endif
