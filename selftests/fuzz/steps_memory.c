// SPDX-License-Identifier: GPL-2.0
/*
 * steps_memory.c: what can be done with the memory that CPU and device share.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/userfaultfd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "dmmu_test.h"
#include "run.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE 101
#endif
#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

enum { DISK_TIMES = 16 };

static void *page_of(uint64_t page)
{
	return (void *)(uintptr_t)(ARENA + page % ARENA_PAGES * 4096);
}

static size_t bytes_from(uint64_t page, uint64_t pages)
{
	page %= ARENA_PAGES;
	pages = pages % ARENA_PAGES + 1;
	if (pages > ARENA_PAGES - page)
		pages = ARENA_PAGES - page;
	return pages * 4096;
}

/* A file in memory, or on a disk, which then has no name. The last page is beyond its end. */
static int file_of(size_t bytes, bool disk)
{
	int fd = disk ? open("/mnt", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)
		      : memfd_create("fuzz", MFD_CLOEXEC);

	if (fd >= 0 && ftruncate(fd, bytes > 4096 ? (off_t)bytes - 4096 : 4096)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* With content, and nobody can change it any more. */
static int sealed_file(size_t bytes)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -1;
	if (ftruncate(fd, (off_t)bytes)) {
		close(fd);
		return -1;
	}
	for (size_t at = 0; at < bytes && at < 64 * 4096; at += 4096)
		(void)!pwrite(fd, &at, sizeof(at), (off_t)at);
	fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK);
	return fd;
}

/* 0, 1: anonymous, 2: shared, 3, 4: a file in memory, 5, 6: on a disk, 7, 8: sealed, 9: huge. */
void do_map(struct run *run, const uint64_t *arg)
{
	int protection = arg[2] % 4 == 3 ? PROT_NONE : PROT_READ | (arg[2] & 1 ? 0 : PROT_WRITE);
	size_t bytes = bytes_from(arg[0], arg[1]);
	int flags = MAP_FIXED | MAP_NORESERVE, file = -1;
	unsigned int kind = arg[3] % 10;

	(void)run;
	switch (kind) {
	case 0:
	case 1:
		flags |= MAP_PRIVATE | MAP_ANONYMOUS;
		break;
	case 2:
		flags |= MAP_SHARED | MAP_ANONYMOUS;
		break;
	case 9:
		if (arg[0] % 512 || bytes % DMMU_HUGE)
			return;
		flags |= MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB;
		break;
	default:
		file = kind < 7 ? file_of(bytes, kind > 4) : sealed_file(bytes);
		if (file < 0)
			return;
		flags |= kind & 1 ? MAP_SHARED : MAP_PRIVATE;
		if (kind == 7)
			protection &= ~PROT_WRITE;
	}
	mmap(page_of(arg[0]), bytes, protection, flags, file, 0);
	if (file >= 0)
		close(file);
}

void do_unmap(struct run *run, const uint64_t *arg)
{
	(void)run;
	munmap(page_of(arg[0]), bytes_from(arg[0], arg[1]));
}

void do_protect(struct run *run, const uint64_t *arg)
{
	static const int protections[] = {PROT_READ | PROT_WRITE, PROT_READ, PROT_NONE, PROT_WRITE};

	(void)run;
	mprotect(page_of(arg[0]), bytes_from(arg[0], arg[1]), protections[arg[2] % 4]);
}

void do_advise(struct run *run, const uint64_t *arg)
{
	static const int advices[] = {
		MADV_DONTNEED,	 MADV_FREE,	     MADV_PAGEOUT,	  MADV_COLD,
		MADV_HUGEPAGE,	 MADV_COLLAPSE,	     MADV_DONTFORK,	  MADV_MERGEABLE,
		MADV_REMOVE,	 MADV_POPULATE_READ, MADV_POPULATE_WRITE, MADV_NOHUGEPAGE,
		MADV_WIPEONFORK, MADV_UNMERGEABLE,   MADV_SOFT_OFFLINE,	  MADV_WILLNEED,
	};
	size_t bytes = bytes_from(arg[0], arg[1]);
	int advice = advices[arg[2] % (sizeof(advices) / sizeof(advices[0]))];

	(void)run;
	/* That memory is gone until the machine is: one page at a time. */
	madvise(page_of(arg[0]), advice == MADV_SOFT_OFFLINE ? 4096 : bytes, advice);
}

void do_remap(struct run *run, const uint64_t *arg)
{
	size_t bytes = bytes_from(arg[0], arg[1]);

	(void)run;
	if (arg[2] % ARENA_PAGES * 4096 + bytes > ARENA_BYTES)
		return;
	(void)!mremap(page_of(arg[0]), bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
		      page_of(arg[2]));
}

/* By the kernel's hand, so that nothing happens where there is no page, or none that may be. */
void touch(uint64_t page, bool write_it)
{
	static int ends[2];
	char byte;

	if (!ends[1] && pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return;
	/* Out of the page into the pipe, and back. */
	if (write(ends[1], page_of(page), 1) == 1)
		(void)!read(ends[0], write_it ? page_of(page) : &byte, 1);
}

void do_touch(struct run *run, const uint64_t *arg)
{
	uint64_t pages = bytes_from(arg[0], arg[1]) / 4096;

	(void)run;
	for (uint64_t i = 0; i < pages && i < 64; i++)
		touch(arg[0] + i, arg[2] & 1);
}

/* Somebody has the pages in his hands: a pipe. */
void do_pin(struct run *run, const uint64_t *arg)
{
	size_t bytes = bytes_from(arg[0], arg[1] % 16);
	struct iovec at = {.iov_base = page_of(arg[0]), .iov_len = bytes};

	if (run->pipe[0] < 0 && pipe2(run->pipe, O_CLOEXEC | O_NONBLOCK))
		return;
	(void)!vmsplice(run->pipe[1], &at, 1, SPLICE_F_NONBLOCK);
}

/*
 * The disk reads from the pages, or writes to them, while we go on, whatever becomes of our
 * mapping; it has other things to do before. With 2 the mapping goes at once, so that the last to
 * have the pages is the disk.
 */
void do_disk(struct run *run, const uint64_t *arg)
{
	static char before[DISK_TIMES - 1][DISK_PAGES * 4096] __attribute__((aligned(4096)));
	size_t bytes = bytes_from(arg[0], arg[1] % DISK_PAGES);
	struct iocb io[DISK_TIMES], *list[DISK_TIMES];

	/* The kernel's DMA checks want no page to be with a disk twice. */
	if (run->aio)
		syscall(SYS_io_destroy, run->aio);
	run->aio = 0;
	if (syscall(SYS_io_setup, DISK_TIMES, &run->aio))
		return;
	for (unsigned int i = 0; i < DISK_TIMES; i++) {
		bool last = i == DISK_TIMES - 1;

		io[i] = (struct iocb){
			.aio_fildes = (uint32_t)machine_disk(),
			.aio_lio_opcode = last && arg[2] & 1 ? IOCB_CMD_PREAD : IOCB_CMD_PWRITE,
			.aio_buf = last ? dmmu_va(page_of(arg[0])) : dmmu_va(before[i]),
			.aio_nbytes = last ? bytes : sizeof(before[i])};
		list[i] = &io[i];
	}
	syscall(SYS_io_submit, run->aio, DISK_TIMES, list);
	if (arg[2] & 2)
		munmap(page_of(arg[0]), bytes);
}

void do_unpin(struct run *run, const uint64_t *arg)
{
	(void)arg;
	for (int i = 0; i < 2; i++) {
		if (run->pipe[i] >= 0)
			close(run->pipe[i]);
		run->pipe[i] = -1;
	}
	if (run->aio)
		syscall(SYS_io_destroy, run->aio);
	run->aio = 0;
}

/* Missing pages, or writes, are for a handler that never answers; the kernel's own get EFAULT. */
void do_userfault(struct run *run, const uint64_t *arg)
{
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register range = {
		.range = {.start = dmmu_va(page_of(arg[0])), .len = bytes_from(arg[0], arg[1])},
		.mode = arg[2] & 1 ? UFFDIO_REGISTER_MODE_WP : UFFDIO_REGISTER_MODE_MISSING};
	struct uffdio_writeprotect protect = {.range = range.range,
					      .mode = UFFDIO_WRITEPROTECT_MODE_WP};

	if (run->userfault < 0) {
		run->userfault = (int)syscall(__NR_userfaultfd,
					      O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
		if (run->userfault >= 0)
			ioctl(run->userfault, UFFDIO_API, &api);
	}
	if (run->userfault < 0)
		return;
	if (arg[2] & 4) {
		ioctl(run->userfault, UFFDIO_UNREGISTER, &range.range);
		return;
	}
	if (!ioctl(run->userfault, UFFDIO_REGISTER, &range) && arg[2] & 1)
		ioctl(run->userfault, UFFDIO_WRITEPROTECT, &protect);
}

static int proc_file(const char *name, int flags)
{
	return open(name, flags | O_CLOEXEC);
}

/* The marks for "used" and "written" of all our pages are taken away. */
void do_clear(struct run *run, const uint64_t *arg)
{
	int fd = proc_file("/proc/self/clear_refs", O_WRONLY);
	char what = (char)('1' + arg[0] % 4);

	(void)run;
	if (fd < 0)
		return;
	(void)!write(fd, &what, 1);
	close(fd);
}

/* Asks, as reclaim does, who uses a page and those after it: the bitmap counts in 64 pages. */
void do_idle(struct run *run, const uint64_t *arg)
{
	uint64_t all = ~0ull, pfn = dmmu_pagemap(page_of(arg[0])) & ((1ull << 55) - 1);
	int fd = proc_file("/sys/kernel/mm/page_idle/bitmap", O_RDWR);

	(void)run;
	if (fd < 0)
		return;
	if (pfn) {
		if (arg[1] & 1)
			(void)!pwrite(fd, &all, sizeof(all), (off_t)(pfn / 64 * 8));
		(void)!pread(fd, &all, sizeof(all), (off_t)(pfn / 64 * 8));
	}
	close(fd);
}
