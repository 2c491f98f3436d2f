// SPDX-License-Identifier: GPL-2.0
/*
 * steps.c: the table of what can be done. Weights say how often a made-up sequence does it.
 */
#include "run.h"

const struct op_kind op_kinds[] = {
	/* the file */
	{"open", 3, OP_FAILS, do_open, {ARG_SLOT, ARG_DEVICE, ARG_END}},
	{"close", 2, OP_FAILS, do_close, {ARG_SLOT, ARG_END}},
	{"bind", 3, OP_FAILS, do_bind, {ARG_SLOT, ARG_FLAGS, ARG_PLACE, ARG_END}},
	{"query", 1, OP_FAILS, do_query, {ARG_SLOT, ARG_PLACE, ARG_END}},
	{"local", 1, OP_FAILS, do_local, {ARG_SLOT, ARG_PLACE, ARG_END}},
	{"counters", 1, OP_FAILS, do_counters, {ARG_SLOT, ARG_PLACE, ARG_END}},
	{"submit",
	 12,
	 OP_FAILS,
	 do_submit,
	 {ARG_SLOT, ARG_COUNT, ARG_FLAGS, ARG_OP, ARG_FLAGS, ARG_ADDRESS, ARG_ADDRESS, ARG_ADDRESS,
	  ARG_LENGTH, ARG_NUMBER, ARG_PLACE, ARG_END}},
	{"wait",
	 6,
	 OP_FAILS,
	 do_wait,
	 {ARG_SLOT, ARG_COUNT, ARG_SMALL, ARG_TIME, ARG_PLACE, ARG_END}},
	{"work",
	 12,
	 OP_FAILS,
	 do_work,
	 {ARG_SLOT, ARG_OP, ARG_ADDRESS, ARG_ADDRESS, ARG_LENGTH, ARG_END}},
	{"migrate",
	 10,
	 OP_FAILS,
	 do_migrate,
	 {ARG_SLOT, ARG_START, ARG_SIZE, ARG_SMALL, ARG_FLAGS, ARG_PLACE, ARG_END}},
	{"hint",
	 6,
	 OP_FAILS,
	 do_hint,
	 {ARG_SLOT, ARG_START, ARG_SIZE, ARG_SMALL, ARG_FLAGS, ARG_PLACE, ARG_END}},
	{"ioctl", 1, OP_FAILS, do_ioctl, {ARG_SLOT, ARG_NUMBER, ARG_NUMBER, ARG_NUMBER, ARG_END}},
	{"poll", 2, OP_FAILS, do_poll, {ARG_SLOT, ARG_CHOICE, ARG_END}},
	/* the memory */
	{"map", 6, 0, do_map, {ARG_PAGE, ARG_PAGES, ARG_SMALL, ARG_CHOICE, ARG_END}},
	{"unmap", 2, 0, do_unmap, {ARG_PAGE, ARG_PAGES, ARG_END}},
	{"protect", 4, 0, do_protect, {ARG_PAGE, ARG_PAGES, ARG_SMALL, ARG_END}},
	{"advise", 6, 0, do_advise, {ARG_PAGE, ARG_PAGES, ARG_CHOICE, ARG_END}},
	{"remap", 2, 0, do_remap, {ARG_PAGE, ARG_PAGES, ARG_PAGE, ARG_END}},
	{"touch", 8, OP_FAILS, do_touch, {ARG_PAGE, ARG_PAGES, ARG_SMALL, ARG_END}},
	{"pin", 2, 0, do_pin, {ARG_PAGE, ARG_PAGES, ARG_END}},
	{"disk", 2, OP_ALONE, do_disk, {ARG_PAGE, ARG_PAGES, ARG_SMALL, ARG_END}},
	{"unpin", 1, 0, do_unpin, {ARG_END}},
	{"userfault", 1, 0, do_userfault, {ARG_PAGE, ARG_PAGES, ARG_SMALL, ARG_END}},
	{"clear", 1, 0, do_clear, {ARG_SMALL, ARG_END}},
	{"idle", 2, 0, do_idle, {ARG_PAGE, ARG_SMALL, ARG_END}},
	{"reclaim", 1, 0, do_reclaim, {ARG_PAGES, ARG_END}},
	/* processes */
	{"fork", 2, 0, do_fork, {ARG_SMALL, ARG_PAGE, ARG_END}},
	{"second", 3, OP_ALONE, do_second, {ARG_PAGE, ARG_SMALL, ARG_END}},
	{"kill", 1, OP_ALONE, do_kill, {ARG_SMALL, ARG_END}},
	{"exec", 1, OP_ALONE, do_exec, {ARG_SMALL, ARG_END}},
	{"user", 1, OP_ALONE, do_user, {ARG_SMALL, ARG_END}},
	{"aside", 5, OP_ALONE, do_aside, {ARG_END}},
	{"fail", 6, OP_ALONE, do_fail, {ARG_NTH, ARG_END}},
	{"pause", 1, 0, do_pause, {ARG_SMALL, ARG_END}},
	/* what only root may do */
	{"knob", 3, 0, do_knob, {ARG_CHOICE, ARG_SMALL, ARG_END}},
	{"look", 1, 0, do_look, {ARG_CHOICE, ARG_DEVICE, ARG_END}},
	{"reset", 1, OP_DOWN, do_reset, {ARG_DEVICE, ARG_END}},
	{"break", 1, OP_DOWN, do_break, {ARG_DEVICE, ARG_END}},
	{"rebind", 0, OP_DOWN | OP_NEW, do_rebind, {ARG_DEVICE, ARG_END}},
};

const unsigned int op_kind_count = sizeof(op_kinds) / sizeof(op_kinds[0]);

_Static_assert(sizeof(op_kinds) / sizeof(op_kinds[0]) <= PROFILE_FORK, "profile.c counts more");

unsigned int sequence_flags(const struct sequence *s)
{
	unsigned int flags = 0;

	for (unsigned int i = 0; i < s->n; i++)
		flags |= op_kinds[s->op[i].kind].flags;
	return flags;
}
