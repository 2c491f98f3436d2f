// SPDX-License-Identifier: GPL-2.0
/*
 * adversity: the device misbehaves in every way that the host can make it (docs/adversity.md), and
 * under each the same holds: every wait ends, whatever completes well has the right data, what does
 * not says so, the kernel says it once and briefly, and afterwards the device works again, if need
 * be after a reset.
 *
 * Which of three is expected depends on the kind: all goes well, only later (WELL); the operations
 * that it befell fail, and no others (ERRORS); the device is given up, and reset (LOSS); or either
 * of the latter or nothing, by chance (ANY). Each claim prints a line for the table of
 * docs/adversity.md.
 *
 * Needs a runner that takes "DMMU-ACTION model"; elsewhere all is skipped.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "dmmu_fixture.h"
#include "host_control.h"

#define END_SECONDS 90 /* a round of work that did not end by then hangs */

enum { CHUNKS = 8, CHUNK = 4 * DMMU_PAGE, BYTES = CHUNKS * CHUNK, WORKS = 3 * CHUNKS };

enum expectation { WELL, ERRORS, LOSS, ANY };

/* What became of some rounds of work. */
struct outcome {
	unsigned int ok, failed, lost;
	unsigned int wrong; /* said OK and was not: the worst */
	unsigned int messages;
	bool hangs, device_failed;
	char first[200]; /* of those that failed */
};

DMMU_FIXTURE(adversity)

/* Kernel messages of the driver, of level error or worse, since the last call. */
static unsigned int errors_in_log(void)
{
	static int fd = -1;
	unsigned int count = 0;
	char record[2048];

	if (fd < 0) {
		fd = dmmu_log_open();
		return 0;
	}
	while (dmmu_log_next(fd, record, sizeof(record)))
		if ((strtoul(record, NULL, 10) & 7) <= 3 && strstr(record, "dmmu"))
			count++;
	return count;
}

static void note_failure(struct outcome *o, const struct dmmu_completion *c)
{
	if (c->status == DMMU_LOST)
		o->lost++;
	else
		o->failed++;
	if (!*o->first)
		snprintf(o->first, sizeof(o->first), "%s", dmmu_text(c));
}

/* Sum of the words of a chunk, modulo 2^64, as REDUCE has it. */
static uint64_t sum_of(const uint64_t *words)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < CHUNK / 8; i++)
		sum += words[i];
	return sum;
}

static void check(struct outcome *o, const struct dmmu_completion *c, const uint64_t *from,
		  const uint64_t *to, const uint64_t *filled)
{
	unsigned int kind = c->cookie / CHUNKS, at = c->cookie % CHUNKS * (CHUNK / 8);
	bool right;

	if (c->cookie >= WORKS) {
		o->wrong++;
		return;
	}
	if (!dmmu_is_ok(c)) {
		note_failure(o, c);
		return;
	}
	if (kind == 0)
		right = !memcmp(from + at, to + at, CHUNK);
	else if (kind == 1)
		right = dmmu_other_than(filled + at, c->cookie, CHUNK / 8) == CHUNK / 8;
	else
		right = c->result == sum_of(from + at);
	if (right)
		o->ok++;
	else
		o->wrong++;
}

static void collect(int fd, struct outcome *o, const uint64_t *from, const uint64_t *to,
		    const uint64_t *filled)
{
	uint64_t until = dmmu_now_ns() + END_SECONDS * 1000000000ull;
	unsigned int have = 0;

	while (have < WORKS) {
		struct dmmu_completion c[WORKS];
		unsigned int got = 0;
		int error = dmmu_wait(fd, c, 1, WORKS - have, 1000000000, &got);

		for (unsigned int i = 0; i < got; i++)
			check(o, &c[i], from, to, filled);
		have += got;
		if (error && error != -ETIME) {
			o->device_failed = true;
			o->lost += WORKS - have;
			return;
		}
		if (dmmu_now_ns() > until) {
			o->hangs = true;
			return;
		}
	}
}

/*
 * A round: copies, fills and sums over pages that the device has not seen, while the CPU changes
 * the protection of those it has, and takes others away.
 */
static void round_of_work(int fd, struct outcome *o, uint64_t seed)
{
	uint64_t *from = dmmu_map(BYTES), *to = dmmu_map(BYTES), *filled = dmmu_map(BYTES);
	struct dmmu_work_desc work[WORKS];
	struct dmmu_ioc_counters counters;
	struct dmmu_ioc_submit submit = {.works = dmmu_va(work), .count = WORKS};

	dmmu_pattern(from, BYTES / 8, seed);
	for (unsigned int i = 0; i < CHUNKS; i++) {
		size_t at = i * (CHUNK / 8);

		work[i] = dmmu_copy(to + at, from + at, CHUNK);
		work[CHUNKS + i] = dmmu_fill(filled + at, CHUNKS + i, CHUNK);
		work[2 * CHUNKS + i] = dmmu_reduce(from + at, CHUNK / 8);
	}
	for (unsigned int i = 0; i < WORKS; i++)
		work[i].cookie = i;
	if (ioctl(fd, DMMU_IOC_SUBMIT, &submit) || submit.queued != WORKS) {
		o->device_failed = true;
		return;
	}
	for (unsigned int i = 0; i < 4; i++) {
		dmmu_sleep_us(20000);
		mprotect(from, BYTES, PROT_READ);
		mprotect(from, BYTES, PROT_READ | PROT_WRITE);
	}
	if (ioctl(fd, DMMU_IOC_COUNTERS, &counters))
		o->device_failed |= errno == ENODEV;
	collect(fd, o, from, to, filled);
	munmap(from, BYTES);
	munmap(to, BYTES);
	munmap(filled, BYTES);
}

static bool reset_device(void)
{
	glob_t found;
	bool ok = false;

	if (glob("/sys/bus/pci/drivers/dmmu/*/reset", 0, NULL, &found))
		return false;
	for (unsigned int attempt = 0; attempt < 40 && !ok; attempt++) {
		int fd = open(found.gl_pathv[0], O_WRONLY | O_CLOEXEC);

		ok = fd >= 0 && write(fd, "1", 1) == 1;
		if (fd >= 0)
			close(fd);
		if (!ok)
			dmmu_sleep_us(500000);
	}
	globfree(&found);
	return ok;
}

/* Nothing misbehaves any more. Does the device work, perhaps after a reset? */
static bool works_again(int *fd, bool *was_reset)
{
	struct outcome o = {0};

	*was_reset = false;
	if (!host_do("faults none") || !host_do("release all"))
		return false;
	for (unsigned int attempt = 0; attempt < 3; attempt++) {
		if (*fd < 0)
			*fd = dmmu_open_bound();
		memset(&o, 0, sizeof(o));
		if (*fd >= 0)
			round_of_work(*fd, &o, 77 + attempt);
		if (*fd >= 0 && o.ok == WORKS)
			return true;
		if (o.hangs || o.wrong)
			break;
		if (*fd >= 0)
			close(*fd);
		*fd = -1;
		*was_reset = reset_device();
		dmmu_sleep_us(500000);
	}
	fprintf(stderr, "# afterwards: %u ok, %u failed, %u lost, %u wrong%s; %s\n", o.ok, o.failed,
		o.lost, o.wrong, o.hangs ? ", hangs" : "", o.first);
	return false;
}

static const char *name_of(const struct outcome *o)
{
	if (o->hangs)
		return "HANGS";
	if (o->wrong)
		return "WRONG DATA";
	if (o->device_failed || o->lost)
		return "device given up";
	return o->failed ? "operations fail" : "all well";
}

/* The kind as the host counts it: "irq=lose" of "irq=lose:p=0.1". */
static void kind_of(const char *spec, char *kind, size_t size)
{
	snprintf(kind, size, "%.*s", (int)strcspn(spec, ":"), spec);
}

#define SURVIVES(name, spec, expected)                                                             \
	CLAIM(adversity, name)                                                                     \
	{                                                                                          \
		enum expectation expect = expected;                                                \
		struct outcome o = {0};                                                            \
		char kind[64], command[300];                                                       \
		uint64_t before, happened, start;                                                  \
		bool was_reset = false, again;                                                     \
		double seconds;                                                                    \
                                                                                                   \
		if (!host_there())                                                                 \
			SKIP(return, "nobody on the host answers");                                \
		kind_of(spec, kind, sizeof(kind));                                                 \
		errors_in_log();                                                                   \
		before = host_count(kind);                                                         \
		snprintf(command, sizeof(command), "faults %s", spec);                             \
		ASSERT_TRUE(host_do(command));                                                     \
		start = dmmu_now_ns();                                                             \
		for (unsigned int i = 0; i < 3 && !o.device_failed && !o.hangs; i++)               \
			round_of_work(self->fd, &o, i + 1);                                        \
		seconds = (double)(dmmu_now_ns() - start) / 1e9;                                   \
		happened = host_count(kind) - before;                                              \
		o.messages = errors_in_log();                                                      \
		if (o.device_failed) {                                                             \
			close(self->fd);                                                           \
			self->fd = -1;                                                             \
		}                                                                                  \
		again = works_again(&self->fd, &was_reset);                                        \
		printf("# ADVERSITY\t%s\t%llu\t%s\t%u\t%u\t%u\t%u\t%u\t%.1f\t%s\n", spec,          \
		       (unsigned long long)happened, name_of(&o), o.ok, o.failed, o.lost, o.wrong, \
		       o.messages, seconds,                                                        \
		       !again	   ? "NO"                                                          \
		       : was_reset ? "after a reset"                                               \
				   : "yes");                                                       \
		fflush(stdout);                                                                    \
		EXPECT_LT(0, happened) TH_LOG("it never happened");                                \
		EXPECT_FALSE(o.hangs) TH_LOG("work did not end in %d s", END_SECONDS);             \
		EXPECT_EQ(0, o.wrong) TH_LOG("operations said OK, and their data is wrong");       \
		EXPECT_TRUE(again) TH_LOG("the device does not work afterwards");                  \
		EXPECT_GE(6, o.messages) TH_LOG("the kernel says it %u times", o.messages);        \
		if (expect == WELL) {                                                              \
			EXPECT_EQ(0, o.failed + o.lost) TH_LOG("%s", o.first);                     \
			EXPECT_FALSE(o.device_failed);                                             \
			EXPECT_EQ(0, o.messages);                                                  \
		}                                                                                  \
		if (expect == ERRORS) {                                                            \
			EXPECT_FALSE(o.device_failed || o.lost) TH_LOG("%s", o.first);             \
			EXPECT_LT(0, o.failed);                                                    \
			EXPECT_GE(happened, o.failed) TH_LOG("more failed than were befallen");    \
		}                                                                                  \
		if (expect == LOSS) {                                                              \
			EXPECT_TRUE(o.device_failed || o.lost);                                    \
			EXPECT_LE(1, o.messages) TH_LOG("the kernel says nothing");                \
		}                                                                                  \
	}

SURVIVES(latency_spikes, "latency=spike:p=0.01:cycles=5000", WELL)
SURVIVES(overtaking, "order=overtake:p=0.1:cycles=2000", WELL)
SURVIVES(back_pressure, "stall=bus:p=0.01:cycles=2000", WELL)
SURVIVES(late_invalidations, "invalidate=delay:p=0.5:cycles=20000", WELL)
SURVIVES(late_acknowledges, "ack=delay:p=0.5:cycles=20000", WELL)
SURVIVES(late_answers, "answer=delay:p=0.3:cycles=20000", WELL)
SURVIVES(late_records, "record=delay:p=0.3:cycles=20000", WELL)
SURVIVES(late_completions, "completion=delay:p=0.3:cycles=20000", WELL)
SURVIVES(a_stopped_device, "device=stop:p=0.002:n=2:cycles=100000", WELL)
SURVIVES(lost_interrupts, "irq=lose:p=0.2", WELL)
SURVIVES(duplicate_interrupts, "irq=duplicate:p=0.5", WELL)
SURVIVES(late_interrupts, "irq=late:p=0.5:cycles=30000", WELL)
SURVIVES(an_acknowledge_that_is_lost, "ack=lose:n=1", ANY)
SURVIVES(acknowledges_that_are_lost_for_ever, "ack=lose", LOSS)
SURVIVES(bus_errors_under_data, "axi=slverr:on=data:p=0.003", ERRORS)
SURVIVES(decode_errors_under_data, "axi=decerr:on=data:p=0.003", ERRORS)
SURVIVES(poisoned_data, "data=poison:on=data:p=0.003", ERRORS)
SURVIVES(bus_errors_under_page_tables, "axi=slverr:on=table:p=0.02", LOSS)
SURVIVES(a_bus_error_under_a_ring, "axi=slverr:on=ring:n=1:after=20", LOSS)
SURVIVES(reads_of_all_ones_now_and_then, "mmio=ones:p=0.3", WELL)
SURVIVES(a_read_without_completion, "mmio=timeout:n=1", LOSS)
SURVIVES(a_link_that_breaks, "link=loss:n=1:after=150:ms=200", LOSS)
SURVIVES(a_reset_that_nobody_asked_for, "device=flr:n=1:after=150", LOSS)
SURVIVES(a_hard_reset_with_accesses_in_flight, "device=reset:n=1:after=150", LOSS)

/*
 * The entry that mprotect wants cleared stays what it was, and the interrupt that would say so is
 * lost. The device walks it again and would write for ever: the driver must know from the
 * acknowledge itself, and cut the device off before mprotect returns.
 */
CLAIM(adversity, mprotect_does_not_believe_a_clear_that_failed)
{
	volatile uint64_t *word = dmmu_map(DMMU_PAGE);
	uint64_t before, seen;
	bool was_reset;

	if (!host_there())
		SKIP(return, "nobody on the host answers");
	ASSERT_EQ(0, dmmu_hammers_start(self->fd, word, 8, 1));
	before = host_count("axi=slverr");
	ASSERT_TRUE(host_do("faults axi=slverr:on=table:n=1,irq=lose:vector=error"));
	EXPECT_EQ(0, mprotect((void *)word, DMMU_PAGE, PROT_READ));
	seen = *word;
	EXPECT_LT(0, seen) TH_LOG("the device never wrote");
	dmmu_sleep_us(500000);
	EXPECT_EQ(seen, *word) TH_LOG("the device writes to a page that is read-only");
	EXPECT_EQ(before + 1, host_count("axi=slverr")) TH_LOG("no access failed");
	close(self->fd);
	self->fd = -1;
	EXPECT_TRUE(works_again(&self->fd, &was_reset));
	EXPECT_TRUE(was_reset) TH_LOG("the device was not given up");
}

DMMU_TEST_MAIN
