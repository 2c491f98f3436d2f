/* SPDX-License-Identifier: GPL-2.0 */
/*
 * guest.h: the pieces of the guest's init.
 *
 * init.c decides what to do, setup.c makes the machine usable, modules.c loads and unloads,
 * program.c runs one program within a time limit, settings.c sees that it leaves the driver as it
 * was, log.c watches the kernel's log, report.c writes KTAP.
 */
#ifndef DMMU_GUEST_H
#define DMMU_GUEST_H

#include <stdbool.h>
#include <stddef.h>

/* report.c: the test channel. Lines that start with "# dmmu-guest:" are for the runner. */
void report_open(void);
int report_fd(void);
void report(const char *format, ...) __attribute__((format(printf, 1, 2)));
void report_indented(const char *line); /* one line, without its newline, as part of a subtest */
void report_plan(unsigned int tests);
void report_result(bool ok, const char *name, const char *reason);
void report_skip(const char *name, const char *reason);
unsigned int report_failed(void);
/* Stop here: say why on the channel and power off. The runner misses the end marker. */
void give_up(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* setup.c */
void setup_mounts(void);
void setup_disks(void); /* swap and /mnt, for those disks that the machine has */
const char *setup_option(const char *name,
			 const char *fallback); /* dmmu.NAME= of the command line */
bool write_file(const char *path, const char *text);
void power_off(void) __attribute__((noreturn));

/* modules.c: errno-style, 0 is success */
int module_load(const char *path);
int module_unload(const char *name);

/* program.c */
struct program_end {
	bool timed_out;
	bool immortal; /* did not die within 10 s of SIGKILL */
	int status;    /* as of waitpid() */
};
/* Runs argv; its output goes to the channel, indented as a subtest when asked, else as it is. */
struct program_end program_run(char *const argv[], unsigned int seconds, bool indented);
void program_describe(const struct program_end *end, unsigned int seconds, char *text, size_t size);

/* settings.c: of the driver */
void settings_keep(void);
/* As they were kept? If not, @text says which is not, and all are put back. */
bool settings_put_back(char *text, size_t size);

/* log.c */
void log_open(void);
/* Complaints in the kernel's log since the last call: how many, and the first one's text. */
unsigned int log_complaints(char *first, size_t size);
/* kmemleak, where the kernel has it. Waits some seconds: objects must be of an age. */
bool leaks_possible(void);
void leaks_forget(void);	/* what the kernel's own start leaked is not the driver's */
unsigned int leaks_found(void); /* prints them to the channel */

#endif
