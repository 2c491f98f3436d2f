// SPDX-License-Identifier: GPL-2.0
/*
 * link_test.c: the link as its users see it: order, back-pressure, sleep and wake, death of the
 * peer, descriptors, and what a broken peer can do. Also built with ThreadSanitizer, where both
 * ends share one mapping (dmmu_link_pair), because it cannot see races between two mappings of the
 * same memory.
 */
#include "check.h"
#include "link_end.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#define LOCAL_BYTES 65536u

static struct dmmu_link_offer offer;
static char directory[] = "/tmp/dmmu-link-XXXXXX", path[64];

static void set_up(void)
{
	CHECK(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/sock", directory);
	offer.local_bytes = LOCAL_BYTES;
	offer.local_fd = dmmu_link_memfd("local", LOCAL_BYTES);
	CHECK(offer.local_fd >= 0);
}

static void tear_down(void)
{
	unlink(path);
	rmdir(directory);
}

static struct dmmu_link *accept_within(int listen_fd, int ms)
{
	struct pollfd fds = {.fd = listen_fd, .events = POLLIN};

	CHECK(poll(&fds, 1, ms) == 1);
	return dmmu_link_accept(listen_fd, &offer);
}

static struct dmmu_msg completion(uint32_t tag, uint64_t data)
{
	return (struct dmmu_msg){.kind = DMMU_MSG_COMPLETION, .tag = tag, .data = data};
}

static struct dmmu_msg mmio_read(uint32_t tag, uint64_t addr)
{
	return (struct dmmu_msg){.kind = DMMU_MSG_MMIO_READ, .tag = tag, .addr = addr, .size = 4};
}

static void recv_waiting(struct dmmu_link *link, struct dmmu_msg *msg)
{
	while (!dmmu_link_recv(link, msg))
		CHECK(dmmu_link_wait(link, 20000) == 1);
}

/* Answers every read with its address + 1 until told BYE; may skip a beat to let the other side
 * sleep. */
static void echo(struct dmmu_link *device, unsigned int nap_every)
{
	struct dmmu_msg msg;
	uint64_t served = 0;

	for (;;) {
		while (dmmu_link_recv(device, &msg)) {
			struct dmmu_msg answer = completion(msg.tag, msg.addr + 1);

			CHECK(msg.kind == DMMU_MSG_MMIO_READ);
			if (nap_every && served++ % nap_every == 0)
				usleep(served % 7 * 30);
			while (!dmmu_link_send(device, &answer))
				if (dmmu_link_wait(device, 20000) < 0)
					return;
		}
		if (dmmu_link_wait(device, 20000) < 0)
			return;
	}
}

static void *echo_thread(void *arg)
{
	echo(arg, 0);
	return NULL;
}

static void *napping_echo_thread(void *arg)
{
	echo(arg, 61);
	return NULL;
}

/* Keeps up to `window` reads in flight and checks that the answers come in order. */
static void ask(struct dmmu_link *front, uint32_t count, uint32_t window)
{
	uint32_t sent = 0, got = 0;
	struct dmmu_msg msg;

	while (got < count) {
		while (sent < count && sent - got < window) {
			msg = mmio_read(sent, (uint64_t)sent * 3);
			if (!dmmu_link_send(front, &msg))
				break;
			sent++;
		}
		recv_waiting(front, &msg);
		CHECK_EQ(msg.kind, DMMU_MSG_COMPLETION);
		CHECK_EQ(msg.tag, got);
		CHECK_EQ(msg.data, (uint64_t)got * 3 + 1);
		got++;
	}
}

static void with_echo_thread(void *(*thread)(void *), uint32_t count, uint32_t window)
{
	struct dmmu_link *end[2];
	pthread_t id;

	CHECK(dmmu_link_pair(end, &offer));
	CHECK(!pthread_create(&id, NULL, thread, end[1]));
	ask(end[0], count, window);
	dmmu_link_close(end[0]);
	CHECK(!pthread_join(id, NULL));
	CHECK(!strcmp(dmmu_link_error(end[1]), "the peer ended in order"));
	dmmu_link_close(end[1]);
}

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define MANY 200000u
#else
#define MANY 1000000u
#endif

static void round_trip(void)
{
	with_echo_thread(echo_thread, 20000, 1);
}

/* The window is larger than a ring, so that both rings run full; both wrap thousands of times. */
static void order_threads(void)
{
	with_echo_thread(echo_thread, MANY, 4 * DMMU_LINK_SLOTS);
}

static void sleep_wake(void)
{
	with_echo_thread(napping_echo_thread, 30000, 3);
}

static pid_t fork_device(void (*device)(struct dmmu_link *))
{
	struct dmmu_link_offer seen;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		struct dmmu_link *link = dmmu_link_connect(path, &seen);

		CHECK(link);
		CHECK_EQ(seen.local_bytes, LOCAL_BYTES);
		device(link);
		dmmu_link_close(link);
		_exit(0);
	}
	return pid;
}

static void expect_exit(pid_t pid)
{
	int status;

	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && !WEXITSTATUS(status));
}

static void echo_process(struct dmmu_link *link)
{
	echo(link, 0);
}

static void order_processes(void)
{
	int listen_fd = dmmu_link_listen(path);
	struct dmmu_link *front;
	pid_t pid;

	CHECK(listen_fd >= 0);
	CHECK(!dmmu_link_accept(listen_fd, &offer) && errno == EAGAIN);
	pid = fork_device(echo_process);
	front = accept_within(listen_fd, 5000);
	CHECK(front);
	ask(front, MANY, 4 * DMMU_LINK_SLOTS);
	dmmu_link_close(front);
	expect_exit(pid);
	close(listen_fd);
}

static void full_ring(void)
{
	struct dmmu_link *end[2];
	struct dmmu_msg msg = mmio_read(0, 0);

	CHECK(dmmu_link_pair(end, &offer));
	for (uint32_t i = 0; i < DMMU_LINK_SLOTS; i++) {
		msg.tag = i;
		CHECK(dmmu_link_send(end[0], &msg));
	}
	CHECK(!dmmu_link_send(end[0], &msg));
	CHECK(!dmmu_link_broken(end[0]));
	CHECK(dmmu_link_wait(end[0], 20) == 0); /* no room comes by itself */
	CHECK(dmmu_link_recv(end[1], &msg) && msg.tag == 0);
	CHECK(dmmu_link_wait(end[0], 1000) == 1); /* the wake-up for room */
	msg.tag = DMMU_LINK_SLOTS;
	CHECK(dmmu_link_send(end[0], &msg));
	CHECK(!dmmu_link_send(end[0], &msg));
	for (uint32_t i = 1; i <= DMMU_LINK_SLOTS; i++)
		CHECK(dmmu_link_recv(end[1], &msg) && msg.tag == i);
	CHECK(!dmmu_link_recv(end[1], &msg));
	dmmu_link_close(end[0]);
	dmmu_link_close(end[1]);
}

static void *wake_later(void *arg)
{
	usleep(50000);
	dmmu_link_wake(arg);
	return NULL;
}

static void wake(void)
{
	struct dmmu_link *end[2];
	pthread_t id;

	CHECK(dmmu_link_pair(end, &offer));
	CHECK(!pthread_create(&id, NULL, wake_later, end[0]));
	CHECK(dmmu_link_wait(end[0], 20000) == 0);
	CHECK(!pthread_join(id, NULL));
	dmmu_link_wake(end[0]); /* before the wait: it is not lost */
	CHECK(dmmu_link_wait(end[0], 20000) == 0);
	CHECK(dmmu_link_wait(end[0], 10) == 0);
	dmmu_link_close(end[0]);
	dmmu_link_close(end[1]);
}

/* A device by hand, to say wrong things. */
static int raw_connect(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, path);
	CHECK(sock >= 0 && !connect(sock, (struct sockaddr *)&address, sizeof(address)));
	return sock;
}

static void refused(int listen_fd, const struct dmmu_msg *hello, size_t size, int error)
{
	int sock = raw_connect(), fds[PACKET_FDS], count;
	struct dmmu_msg answer;

	if (size)
		CHECK(send(sock, hello, size, 0) == (ssize_t)size);
	CHECK(!dmmu_link_accept(listen_fd, &offer) && errno == error);
	CHECK(packet_receive(sock, &answer, fds, &count) == 1);
	CHECK_EQ(answer.kind, DMMU_MSG_HELLO);
	CHECK_EQ(answer.aux >> 16, DMMU_LINK_MAJOR);
	CHECK_EQ(count, 0);
	CHECK(packet_receive(sock, &answer, fds, &count) == -1);
	close(sock);
}

static void version_refused(void)
{
	int listen_fd = dmmu_link_listen(path);
	struct dmmu_msg hello = {
		.kind = DMMU_MSG_HELLO,
		.addr = DMMU_LINK_MAGIC,
		.aux = (DMMU_LINK_MAJOR + 1) << 16,
	};

	CHECK(listen_fd >= 0);
	refused(listen_fd, &hello, sizeof(hello), EPROTO);
	hello.aux = DMMU_LINK_MAJOR << 16;
	hello.addr++;
	refused(listen_fd, &hello, sizeof(hello), EPROTO);
	refused(listen_fd, &hello, 10, EPROTO);
	refused(listen_fd, NULL, 0, ETIMEDOUT);
	CHECK(dmmu_link_listen(path) < 0 && errno == EADDRINUSE);
	close(listen_fd);
	listen_fd = dmmu_link_listen(path); /* the dead one's file is replaced */
	CHECK(listen_fd >= 0);
	close(listen_fd);
}

/* A front end of another version, and one that has a device already. */
static void connect_refused(void)
{
	struct dmmu_msg hello = {
		.kind = DMMU_MSG_HELLO,
		.addr = DMMU_LINK_MAGIC,
		.aux = (DMMU_LINK_MAJOR + 1) << 16,
	};
	struct dmmu_link_offer seen;
	int listen_fd;
	pid_t pid;

	CHECK(!dmmu_link_connect(path, &seen) && errno == ENOENT);
	for (int busy = 0; busy < 2; busy++) {
		listen_fd = dmmu_link_listen(path);
		CHECK(listen_fd >= 0);
		pid = fork();
		CHECK(pid >= 0);
		if (!pid) {
			CHECK(!dmmu_link_connect(path, &seen));
			CHECK_EQ(errno, busy ? EBUSY : EPROTO);
			_exit(0);
		}
		CHECK(poll(&(struct pollfd){.fd = listen_fd, .events = POLLIN}, 1, 5000) == 1);
		if (busy) {
			dmmu_link_refuse(listen_fd);
		} else {
			int sock = accept(listen_fd, NULL, NULL);

			CHECK(sock >= 0 && packet_send(sock, &hello, NULL, 0));
			close(sock);
		}
		expect_exit(pid);
		close(listen_fd);
	}
}

static void last_words(struct dmmu_link *link)
{
	struct dmmu_msg msg = completion(7, 7);

	CHECK(dmmu_link_wait(link, 5000) == 1);
	CHECK(dmmu_link_send(link, &msg));
	raise(SIGKILL);
}

static void peer_death(void)
{
	int listen_fd = dmmu_link_listen(path), status;
	struct dmmu_link *front;
	struct dmmu_msg msg = mmio_read(1, 0);
	pid_t pid;

	CHECK(listen_fd >= 0);
	pid = fork_device(last_words);
	front = accept_within(listen_fd, 5000);
	CHECK(front && dmmu_link_send(front, &msg));
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
	CHECK(dmmu_link_wait(front, 5000) == 1); /* what it sent before it died comes first */
	CHECK(dmmu_link_recv(front, &msg) && msg.tag == 7);
	CHECK(dmmu_link_wait(front, 5000) == -1);
	CHECK(dmmu_link_broken(front));
	CHECK(!strcmp(dmmu_link_error(front), "the peer is gone"));
	CHECK(!dmmu_link_send(front, &msg));
	dmmu_link_close(front);
	close(listen_fd);
}

static int open_fds(void)
{
	int count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void fd_passing(void)
{
	int before = open_fds(), fd[3];
	struct dmmu_link *end[2];
	struct stat want, got;

	CHECK(dmmu_link_pair(end, &offer));
	for (int i = 0; i < 3; i++) {
		int sent = dmmu_link_memfd("ram", 4096);

		CHECK(sent >= 0 && !fstat(sent, i ? &got : &want));
		CHECK(dmmu_link_send_fd(end[0], 100 + i, sent));
		close(sent);
	}
	CHECK(dmmu_link_take_fd(end[1], 99) == -1);
	fd[2] = dmmu_link_take_fd(end[1], 102);
	fd[0] = dmmu_link_take_fd(end[1], 100);
	CHECK(fd[0] >= 0 && fd[2] >= 0 && !fstat(fd[0], &got));
	CHECK_EQ(got.st_ino, want.st_ino);
	CHECK(fcntl(fd[0], F_GETFD) & FD_CLOEXEC);
	CHECK(dmmu_link_take_fd(end[1], 100) == -1);
	close(fd[0]);
	close(fd[2]);
	/* More descriptors than are ever named: the link is broken, and holds none when closed. */
	for (int i = 0; i < LINK_WAITING_FDS + 8 && dmmu_link_send_fd(end[0], 1000 + i, 0); i++)
		CHECK(dmmu_link_take_fd(end[1], 1) == -1);
	CHECK(dmmu_link_broken(end[1]));
	dmmu_link_close(end[0]);
	dmmu_link_close(end[1]);
	CHECK_EQ(open_fds(), before);
}

/* What the device end says when the front end's next message is msg. */
static const char *verdict(struct dmmu_msg msg)
{
	struct dmmu_link *end[2];
	static char text[80];

	CHECK(dmmu_link_pair(end, &offer));
	CHECK(dmmu_link_send(end[0], &msg));
	if (dmmu_link_recv(end[1], &msg)) {
		strcpy(text, "good");
	} else {
		CHECK(dmmu_link_wait(end[1], 0) == -1);
		CHECK(!dmmu_link_send(end[1], &msg));
		snprintf(text, sizeof(text), "%s", dmmu_link_error(end[1]));
	}
	dmmu_link_close(end[0]);
	dmmu_link_close(end[1]);
	return text;
}

static void bad_messages(void)
{
	struct dmmu_msg good = mmio_read(1, 0x40), bad;

	CHECK(!strcmp(verdict(good), "good"));
	for (unsigned int kind = 0; kind < 70; kind++) {
		bad = good;
		bad.kind = kind;
		if (kind == 0 || (kind > 6 && kind != DMMU_MSG_COMPLETION && kind != DMMU_MSG_IRQ &&
				  kind != DMMU_MSG_BYE))
			CHECK(!strcmp(verdict(bad), "unknown message kind"));
	}
	bad = completion(1, 1);
	CHECK(!strcmp(verdict(bad), "message kind of the other direction"));
	for (int i = 0; i < 4; i++) {
		bad = good;
		if (i < 3)
			bad.rsvd[i] = 1;
		else
			bad.rsvd2 = 1;
		CHECK(!strcmp(verdict(bad), "a reserved field is not zero"));
	}
	bad = good, bad.size = 3;
	CHECK(!strcmp(verdict(bad), "a field is out of range"));
	bad = good, bad.bar = 6;
	CHECK(!strcmp(verdict(bad), "a field is out of range"));
	bad = good, bad.kind = DMMU_MSG_DMA_MAP, bad.flags = 4;
	CHECK(!strcmp(verdict(bad), "a field is out of range"));
	bad = good, bad.kind = DMMU_MSG_RESET, bad.aux = 2;
	CHECK(!strcmp(verdict(bad), "a field is out of range"));
	bad = completion(1, 1), bad.status = DMMU_STATUS_TIMEOUT;
	CHECK(!strcmp(dmmu_msg_check(&bad, true), "a field is out of range"));
}

/* Impossible indices break the link; nothing is read or written outside (the sanitizers would see).
 */
static void bad_indices(void)
{
	static const uint32_t wrong[] = {DMMU_LINK_SLOTS + 1, 0x80000000u, 0xffffffffu};
	struct dmmu_msg msg = mmio_read(1, 0);
	struct dmmu_link *end[2];

	for (unsigned int i = 0; i < 6; i++) {
		CHECK(dmmu_link_pair(end, &offer));
		if (i < 3) { /* the producer's */
			atomic_store(&end[1]->in.shared->tail, wrong[i]);
			CHECK(!dmmu_link_recv(end[1], &msg));
			CHECK(dmmu_link_broken(end[1]));
			CHECK(dmmu_link_wait(end[1], 100) == -1);
		} else { /* the consumer's, looked at when the ring seems full */
			atomic_store(&end[0]->out.shared->head, wrong[i - 3]);
			for (uint32_t n = 0; n < DMMU_LINK_SLOTS; n++)
				CHECK(dmmu_link_send(end[0], &msg));
			/* head == SLOTS + 1 is one more than was sent */
			CHECK(!dmmu_link_send(end[0], &msg));
			CHECK(dmmu_link_broken(end[0]));
		}
		CHECK(!strcmp(dmmu_link_error(end[i < 3]), "the peer's ring index is impossible"));
		dmmu_link_close(end[0]);
		dmmu_link_close(end[1]);
	}
}

/* Random bytes all over the shared memory: an error or silence, no crash. */
static void random_memory(void)
{
	struct dmmu_link *end[2];
	struct dmmu_msg msg;

	srandom(1);
	for (int round = 0; round < 200; round++) {
		uint8_t *bytes;

		CHECK(dmmu_link_pair(end, &offer));
		bytes = (uint8_t *)end[0]->memory->shared;
		for (int i = 0; i < 4096; i++)
			bytes[random() % (round % 2 ? 0x1100 : 0x400)] = random() >> 8;
		for (int i = 0; i < 2000; i++) {
			msg = mmio_read(i, 0);
			dmmu_link_send(end[0], &msg);
			dmmu_link_recv(end[1], &msg);
			msg = completion(i, 0);
			dmmu_link_send(end[1], &msg);
			dmmu_link_recv(end[0], &msg);
		}
		dmmu_link_wait(end[0], 0);
		dmmu_link_wait(end[1], 0);
		dmmu_link_close(end[0]);
		dmmu_link_close(end[1]);
	}
}

static void dma_gate(void)
{
	struct dmmu_link *end[2];

	CHECK(dmmu_link_pair(end, &offer));
	CHECK(!dmmu_link_dma_open(end[1]));
	dmmu_link_dma_gate(end[0], true);
	CHECK(dmmu_link_dma_open(end[1]));
	dmmu_link_dma_gate(end[0], false);
	CHECK(!dmmu_link_dma_open(end[1]));
	dmmu_link_close(end[0]);
	dmmu_link_close(end[1]);
}

static int ram(uint64_t bytes)
{
	int fd = dmmu_link_memfd("ram", bytes);

	CHECK(fd >= 0);
	return fd;
}

#define RW (DMMU_MSG_F_READ | DMMU_MSG_F_WRITE)

static void dma_table(void)
{
	struct dmmu_dma_table *t = dmmu_dma_new();
	int before = open_fds(), fd = ram(0x8000), pipe_fd[2];
	uint8_t *direct = mmap(NULL, 0x8000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), *p;

	CHECK(t && direct != MAP_FAILED);
	CHECK(!dmmu_dma_add(t, 0x10000, 0x4000, dup(fd), 0x2000, RW));
	CHECK(!dmmu_dma_add(t, 0x1000, 0x1000, dup(fd), 0x7000, DMMU_MSG_F_READ));
	CHECK(!dmmu_dma_add(t, 0x14000, 0x1000, dup(fd), 0, DMMU_MSG_F_WRITE));

	/* the right place, in both directions */
	p = dmmu_dma_find(t, 0x10000, 0x4000, true);
	CHECK(p);
	p[5] = 0x5a;
	CHECK_EQ(direct[0x2005], 0x5a);
	direct[0x7fff] = 0xa5;
	p = dmmu_dma_find(t, 0x1fff, 1, false);
	CHECK(p && *p == 0xa5);

	/* edges, permissions, two neighbours are two mappings */
	CHECK(!dmmu_dma_find(t, 0x0fff, 1, false));
	CHECK(!dmmu_dma_find(t, 0x1fff, 2, false));
	CHECK(!dmmu_dma_find(t, 0x2000, 1, false));
	CHECK(!dmmu_dma_find(t, 0x1000, 1, true));
	CHECK(!dmmu_dma_find(t, 0x14000, 1, false));
	CHECK(dmmu_dma_find(t, 0x14000, 1, true));
	CHECK(!dmmu_dma_find(t, 0x13fff, 2, true));
	CHECK(!dmmu_dma_find(t, 0x10000, UINT64_MAX, true));
	CHECK(!dmmu_dma_find(t, UINT64_MAX, 1, false));
	CHECK(!dmmu_dma_find(t, UINT64_MAX, UINT64_MAX, false));

	/* overlaps of every kind */
	CHECK(dmmu_dma_add(t, 0x10000, 0x4000, dup(fd), 0, RW) == -EEXIST);
	CHECK(dmmu_dma_add(t, 0xf000, 0x1001, dup(fd), 0, RW) == -EEXIST);
	CHECK(dmmu_dma_add(t, 0x13fff, 1, dup(fd), 0, RW) == -EEXIST);
	CHECK(dmmu_dma_add(t, 0x0, 0x7000, dup(fd), 0, RW) == -EEXIST);

	/* sizes, flags, files */
	CHECK(dmmu_dma_add(t, 0x20000, 0, dup(fd), 0, RW) == -EINVAL);
	CHECK(dmmu_dma_add(t, 0x20000, 0x8001, dup(fd), 0, RW) == -EINVAL);
	CHECK(dmmu_dma_add(t, 0x20000, 0x1000, dup(fd), 0x7001, RW) == -EINVAL);
	CHECK(dmmu_dma_add(t, 0x20000, 0x1000, dup(fd), UINT64_MAX - 0xfff, RW) == -EINVAL);
	CHECK(dmmu_dma_add(t, UINT64_MAX - 0xfff, 0x1000, dup(fd), 0, RW) == -EINVAL);
	CHECK(dmmu_dma_add(t, 0x20000, 0x1000, dup(fd), 0, 0) == -EINVAL);
	CHECK(dmmu_dma_add(t, 0x20000, 0x1000, dup(fd), 0, 4 | RW) == -EINVAL);
	CHECK(dmmu_dma_add(t, 0x20000, 0x1000, -1, 0, RW) == -EBADF);
	CHECK(!pipe(pipe_fd));
	CHECK(dmmu_dma_add(t, 0x20000, 0x1000, pipe_fd[0], 0, RW) == -EINVAL);
	close(pipe_fd[1]);

	/* an offset that is not a page */
	CHECK(!dmmu_dma_add(t, 0x30000, 0x800, dup(fd), 0x2800, RW));
	p = dmmu_dma_find(t, 0x30000, 0x800, false);
	direct[0x2801] = 9;
	CHECK(p && p[1] == 9);

	/* whole mappings only */
	CHECK(dmmu_dma_remove(t, 0x10000, 0x1000) == -EINVAL);
	CHECK(dmmu_dma_remove(t, 0x11000, 0x4000) == -EINVAL);
	CHECK(dmmu_dma_remove(t, 0x50000, 0x1000) == -ENOENT);
	CHECK(dmmu_dma_remove(t, 0, 0) == -EINVAL);
	CHECK(dmmu_dma_remove(t, 0x10000, UINT64_MAX) == -EINVAL);
	CHECK(!dmmu_dma_remove(t, 0x10000, 0x5000)); /* two at once */
	CHECK(!dmmu_dma_find(t, 0x10000, 1, false));
	CHECK(dmmu_dma_find(t, 0x1000, 1, false));
	CHECK(!dmmu_dma_remove(t, 0, DMMU_DMA_EVERYTHING));
	CHECK(!dmmu_dma_remove(t, 0, DMMU_DMA_EVERYTHING));
	CHECK(!dmmu_dma_find(t, 0x1000, 1, false));
	CHECK(!dmmu_dma_find(t, 0x30000, 1, false));

	/* every descriptor that add() was given is closed */
	close(fd);
	CHECK_EQ(open_fds(), before);
	munmap(direct, 0x8000);
	dmmu_dma_free(t);
}

/* Random adds and removes against a plain array of pages. */
static void dma_table_random(void)
{
	enum { PAGES = 64 };
	struct dmmu_dma_table *t = dmmu_dma_new();
	int owner[PAGES] = {0}, next = 1, fd = ram(PAGES * 4096);

	CHECK(t);
	srandom(7);
	for (int round = 0; round < 20000; round++) {
		int first = random() % PAGES, count = 1 + random() % 6, clash = 0, cut = 0, any = 0;

		if (first + count > PAGES)
			count = PAGES - first;
		for (int i = first; i < first + count; i++)
			clash |= owner[i], any |= owner[i];
		if (random() % 2) {
			int err = dmmu_dma_add(t, first * 4096ull, count * 4096ull, dup(fd),
					       first * 4096ull, RW);

			CHECK(err == (clash ? -EEXIST : 0));
			for (int i = first; !err && i < first + count; i++)
				owner[i] = next;
			next += !err;
		} else {
			int err;

			cut = (first && owner[first] && owner[first - 1] == owner[first]) ||
			      (first + count < PAGES && owner[first + count] &&
			       owner[first + count] == owner[first + count - 1]);
			err = dmmu_dma_remove(t, first * 4096ull, count * 4096ull);
			CHECK(err == (cut ? -EINVAL : any ? 0 : -ENOENT));
			for (int i = first; !err && i < first + count; i++)
				owner[i] = 0;
		}
		for (int i = 0; i < PAGES; i++)
			CHECK(!owner[i] == !dmmu_dma_find(t, i * 4096ull, 4096, true));
	}
	close(fd);
	dmmu_dma_free(t);
}

int main(int argc, char **argv)
{
	static const struct check_test tests[] = {
		{"round_trip", round_trip, 0},
		{"order_threads", order_threads, 120},
		{"order_processes", order_processes, 120},
		{"full_ring", full_ring, 0},
		{"sleep_wake", sleep_wake, 120},
		{"wake", wake, 0},
		{"version_refused", version_refused, 0},
		{"connect_refused", connect_refused, 0},
		{"peer_death", peer_death, 0},
		{"fd_passing", fd_passing, 0},
		{"bad_messages", bad_messages, 0},
		{"bad_indices", bad_indices, 0},
		{"random_memory", random_memory, 0},
		{"dma_gate", dma_gate, 0},
		{"dma_table", dma_table, 0},
		{"dma_table_random", dma_table_random, 0},
	};
	int result;

	set_up();
	atexit(tear_down);
	result = check_main(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
	close(offer.local_fd);
	return result;
}
