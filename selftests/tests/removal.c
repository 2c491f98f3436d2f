// SPDX-License-Identifier: GPL-2.0
/*
 * removal: the device is taken away under load and comes back, again and again: by the PCI core
 * (remove, rescan), by the driver model (unbind, bind), by a reset; and the module is not unloaded
 * while somebody uses it. Waits end, work is told to be lost, memory is right, the next one works.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dmmu_fixture.h"
#include "dmmu_pci.h"

enum { LOADERS = 3, PAGES = 8, ROUNDS = 3 };

DMMU_FIXTURE(removal)

/* A thread that opens, works and moves pages for as long as it may, whatever the errors. */
struct loader {
	pthread_t thread;
	uint64_t *p, *shadow;
	volatile bool stop, has_file;
	unsigned int rounds, wrong;
};

static void *load(void *opaque)
{
	struct loader *l = opaque;
	const size_t bytes = PAGES * DMMU_PAGE, words = bytes / 8;
	int fd = -1;

	while (!l->stop) {
		struct dmmu_ioc_bind bind = {0};
		struct dmmu_work_desc work[PAGES];
		struct dmmu_ioc_submit submit = {.works = dmmu_va(work), .count = PAGES};
		struct dmmu_ioc_migrate migrate = {
			.start = dmmu_va(l->p), .size = bytes, .to = DMMU_MIGRATE_TO_DEVICE};
		struct dmmu_completion c[PAGES];
		unsigned int have = 0, got;
		int error = 0;

		if (fd < 0) {
			fd = open(dmmu_path(), O_RDWR | O_CLOEXEC);
			if (fd < 0 || ioctl(fd, DMMU_IOC_BIND, &bind)) {
				if (fd >= 0)
					close(fd);
				fd = -1;
				dmmu_sleep_us(5000);
				continue;
			}
			l->has_file = true;
		}
		ioctl(fd, DMMU_IOC_MIGRATE, &migrate);
		for (unsigned int i = 0; i < PAGES; i++) {
			work[i] = dmmu_copy(l->p + i * 512, l->shadow + i * 512, DMMU_PAGE);
			work[i].cookie = i;
		}
		if (ioctl(fd, DMMU_IOC_SUBMIT, &submit)) {
			error = -errno;
		} else {
			while (have < submit.queued && (!error || error == -ETIME)) {
				error = dmmu_wait(fd, c, 1, PAGES, 1000000000, &got);
				have += got;
			}
		}
		if (error && error != -ETIME) {
			close(fd);
			fd = -1;
			l->has_file = false;
			continue;
		}
		/* Zeros at first, then never anything but what was copied. */
		for (size_t i = 0; i < words; i++)
			l->wrong += l->p[i] && l->p[i] != l->shadow[i];
		l->rounds++;
	}
	if (fd >= 0)
		close(fd);
	return NULL;
}

static bool loaders_start(struct loader *l)
{
	for (unsigned int i = 0; i < LOADERS; i++) {
		l[i] = (struct loader){.p = dmmu_map(PAGES * DMMU_PAGE),
				       .shadow = dmmu_map(PAGES * DMMU_PAGE)};
		if (!l[i].p || !l[i].shadow)
			return false;
		dmmu_pattern(l[i].shadow, PAGES * 512, i + 1);
		if (pthread_create(&l[i].thread, NULL, load, &l[i]))
			return false;
	}
	return true;
}

/* Each has ended a round of work. */
static bool loaders_work(const struct loader *l)
{
	for (unsigned int i = 0; i < LOADERS; i++) {
		const volatile unsigned int *rounds = &l[i].rounds;
		uint64_t until = dmmu_now_ns() + DMMU_WAIT_SECONDS * 1000000000ull;
		unsigned int was = *rounds;

		while (*rounds < was + 1) {
			if (dmmu_now_ns() > until) {
				fprintf(stderr, "# loader %u stands still at %u\n", i, was);
				return false;
			}
			dmmu_sleep_us(5000);
		}
	}
	return true;
}

/* Nobody has the old device any more: the next one gets its number. */
static bool loaders_let_go(const struct loader *l)
{
	uint64_t until = dmmu_now_ns() + DMMU_WAIT_SECONDS * 1000000000ull;

	for (unsigned int i = 0; i < LOADERS; i++) {
		while (l[i].has_file) {
			if (dmmu_now_ns() > until) {
				fprintf(stderr, "# loader %u does not let go\n", i);
				return false;
			}
			dmmu_sleep_us(5000);
		}
	}
	return true;
}

static unsigned int loaders_stop(struct loader *l)
{
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < LOADERS; i++)
		l[i].stop = true;
	for (unsigned int i = 0; i < LOADERS; i++) {
		pthread_join(l[i].thread, NULL);
		for (size_t k = 0; k < PAGES * 512; k++)
			wrong += l[i].p[k] != l[i].shadow[k] && l[i].p[k];
		wrong += l[i].wrong;
	}
	return wrong;
}

CLAIM(removal, remove_and_rescan_under_load)
{
	struct loader l[LOADERS];
	char folder[512];

	close(self->fd); /* it would keep the number of the device */
	self->fd = -1;
	ASSERT_TRUE(loaders_start(l));
	for (unsigned int round = 0; round < ROUNDS; round++) {
		ASSERT_TRUE(loaders_work(l));
		ASSERT_TRUE(pci_folder(folder, sizeof(folder)));
		ASSERT_EQ(0, put(folder, "remove"));
		ASSERT_TRUE(loaders_let_go(l));
		ASSERT_EQ(0, put("/sys/bus/pci", "rescan"));
	}
	EXPECT_TRUE(loaders_work(l));
	EXPECT_EQ(0, loaders_stop(l));
}

CLAIM(removal, unbind_and_bind_under_load)
{
	struct loader l[LOADERS];
	char folder[512];

	close(self->fd);
	self->fd = -1;
	ASSERT_TRUE(pci_folder(folder, sizeof(folder)));
	ASSERT_TRUE(loaders_start(l));
	for (unsigned int round = 0; round < ROUNDS; round++) {
		ASSERT_TRUE(loaders_work(l));
		ASSERT_EQ(0, put_driver("unbind", folder));
		ASSERT_TRUE(loaders_let_go(l));
		ASSERT_EQ(0, put_driver("bind", folder));
	}
	EXPECT_TRUE(loaders_work(l));
	EXPECT_EQ(0, loaders_stop(l));
}

CLAIM(removal, reset_under_load)
{
	struct loader l[LOADERS];
	char folder[512];

	ASSERT_TRUE(pci_folder(folder, sizeof(folder)));
	ASSERT_TRUE(loaders_start(l));
	for (unsigned int round = 0; round < ROUNDS; round++) {
		ASSERT_TRUE(loaders_work(l));
		ASSERT_EQ(0, put(folder, "reset"));
	}
	EXPECT_TRUE(loaders_work(l));
	EXPECT_EQ(0, loaders_stop(l));
}

CLAIM(removal, the_module_stays_while_somebody_uses_it)
{
	struct loader l[LOADERS];

	ASSERT_TRUE(loaders_start(l));
	for (unsigned int round = 0; round < ROUNDS; round++) {
		ASSERT_TRUE(loaders_work(l));
		EXPECT_EQ(-1, syscall(SYS_delete_module, "dmmu", O_NONBLOCK));
		EXPECT_EQ(EAGAIN, errno);
	}
	EXPECT_TRUE(loaders_work(l));
	EXPECT_EQ(0, loaders_stop(l));
}

DMMU_TEST_MAIN
