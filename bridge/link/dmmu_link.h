/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dmmu_link.h: the link between a PCIe front end (dmmu-bridge) and a device behind it (dmmu-model,
 * or somebody else's simulator). docs/link-protocol.md is its specification; this header is its C
 * form.
 *
 * One memfd holds a header and two single-producer single-consumer rings of 64-byte messages, one
 * each way. A SOCK_SEQPACKET unix socket beside it carries only file descriptors and tells of the
 * peer's death. DMA data does not cross the rings: the device side maps guest memory by the
 * descriptors that come with DMA_MAP, and checks each access against that table.
 */
#ifndef DMMU_LINK_H
#define DMMU_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define _Static_assert static_assert
extern "C" {
#endif

#define DMMU_LINK_MAGIC 0x4b4e4c554d4d44ull /* "DMMULNK" little-endian */
#define DMMU_LINK_MAJOR 1
#define DMMU_LINK_MINOR 0
#define DMMU_LINK_SLOTS 1024u /* messages per ring, a power of two */

enum dmmu_msg_kind {
	DMMU_MSG_NONE = 0,
	/* front end to device; those marked C are answered by exactly one COMPLETION with the same
	   tag, in any order */
	DMMU_MSG_MMIO_READ = 1,	 /* C: bar, addr, size (1 2 4 8) */
	DMMU_MSG_MMIO_WRITE = 2, /* posted: bar, addr, size, data */
	DMMU_MSG_DMA_MAP = 3, /* C: addr = first DMA address, size, data = offset in the file, aux =
				 fd id, flags */
	DMMU_MSG_DMA_UNMAP = 4,	 /* C: addr, size; whole mappings; addr 0 with size
				    DMMU_DMA_EVERYTHING is all of them. Completion means: no access
				    to  it any more */
	DMMU_MSG_RESET = 5,	 /* C: aux = enum dmmu_reset_kind */
	DMMU_MSG_BUS_MASTER = 6, /* C: data = 1 DMA and interrupts allowed, 0 not */
	/* device to front end */
	DMMU_MSG_COMPLETION = 32, /* tag, status, data */
	DMMU_MSG_IRQ = 33,	  /* aux = vector; every DMA write before it is visible */
	/* on the socket only, handled inside this library */
	DMMU_MSG_HELLO = 48, /* first packet of each side: addr = magic, aux = major << 16 | minor,
				data = local memory bytes, size = bytes of link memory */
	DMMU_MSG_FD = 50,    /* aux = fd id, with one descriptor */
	/* both ways */
	DMMU_MSG_BYE = 49, /* an orderly end; sent by dmmu_link_close() */
			   /* kept free: 64..79 PASID, 80..95 ATS, 96..111 page request interface */
};

enum dmmu_msg_status {
	DMMU_STATUS_SUCCESS = 0,
	DMMU_STATUS_UNSUPPORTED = 1, /* PCIe UR: no such address or access size */
	DMMU_STATUS_ABORT = 2,	     /* PCIe CA: the device refused or broke */
	DMMU_STATUS_TIMEOUT = 3, /* no answer in time; made up by the waiting side, never sent */
};

enum dmmu_reset_kind { DMMU_RESET_FLR = 0, DMMU_RESET_BUS = 1 };

#define DMMU_MSG_F_READ	 0x1u /* DMA_MAP: the device may read */
#define DMMU_MSG_F_WRITE 0x2u /* DMA_MAP: the device may write */

struct dmmu_msg {
	uint16_t kind;	 /* enum dmmu_msg_kind */
	uint16_t flags;	 /* DMMU_MSG_F_* */
	uint32_t tag;	 /* chosen by the requester, echoed by COMPLETION */
	uint8_t bar;	 /* MMIO */
	uint8_t rsvd[3]; /* zero */
	uint32_t status; /* COMPLETION: enum dmmu_msg_status */
	uint64_t addr;	 /* MMIO: offset in the BAR. DMA_*: first DMA address */
	uint64_t size;	 /* bytes */
	uint64_t data;
	uint64_t aux;
	uint64_t cycle; /* device to front end: device cycle at which it was sent, else 0 */
	uint64_t rsvd2; /* zero */
};
_Static_assert(sizeof(struct dmmu_msg) == 64, "a link message is one cache line");

/*
 * NULL when a message of a known kind is well formed for the direction it came from, else what is
 * wrong with it. dmmu_link_recv() has checked every message it returns.
 */
const char *dmmu_msg_check(const struct dmmu_msg *msg, bool from_device);

struct dmmu_link; /* one end of a link; used by one thread, but for dmmu_link_wake() */

/* What a front end hands to a device that connects. Ownership stays with the caller of accept. */
struct dmmu_link_offer {
	int local_fd; /* memfd of local memory, which outlives the device process */
	uint64_t local_bytes;
};

/* A memfd of `bytes` zeroes whose size is sealed, as link and local memory must be; -1 and errno.
 */
int dmmu_link_memfd(const char *name, uint64_t bytes);

/*
 * Front end: listen on PATH (the socket file of a dead front end is replaced, that of a living one
 * is EADDRINUSE); accept one device, returns NULL with errno EAGAIN when none waits, EPROTO when it
 * speaks another major version or no link protocol, ETIMEDOUT when it says nothing for 200 ms. The
 * listening fd is for poll(). The gate (below) is closed at first.
 */
int dmmu_link_listen(const char *path);
struct dmmu_link *dmmu_link_accept(int listen_fd, const struct dmmu_link_offer *offer);
/* Turns the next device that waits away (it gets EBUSY): there is one already. */
void dmmu_link_refuse(int listen_fd);

/*
 * Device: connect to PATH. On success local_fd/local_bytes describe local memory (owned by the
 * link). NULL and errno: ECONNREFUSED or ENOENT no front end, EBUSY it has a device already, EPROTO
 * another major version, ETIMEDOUT no answer within 5 s.
 */
struct dmmu_link *dmmu_link_connect(const char *path, struct dmmu_link_offer *offer_out);

/* Both ends in one process over one mapping, for tests; end[0] is the front end. False and errno.
 */
bool dmmu_link_pair(struct dmmu_link *end[2], const struct dmmu_link_offer *offer);

void dmmu_link_close(struct dmmu_link *link); /* says BYE; either end; NULL is fine */
void dmmu_link_drop(struct dmmu_link *link);  /* the same without BYE, as by a process that died */

/*
 * Send: copies the message, visible to the peer in order; wakes it when it sleeps. False when the
 * ring is full or the link is broken: nothing was sent. Receive: takes the next message; false when
 * there is none. Each message received is checked (known kind, right direction, zero reserved
 * fields); a bad one marks the link broken. What a peer sent before it died can still be received.
 */
bool dmmu_link_send(struct dmmu_link *link, const struct dmmu_msg *msg);
bool dmmu_link_recv(struct dmmu_link *link, struct dmmu_msg *msg);
/* Whether the next send will find room; when not, as after a send that found none. */
bool dmmu_link_room(struct dmmu_link *link);

/*
 * Sleep until there is a message (or room, when the last send found the ring full), the peer is
 * gone, or timeout_ms is over (-1: for ever). 1: message or room, 0: time over, signal, or
 * dmmu_link_wake(), -1: broken or peer gone, and no message left.
 *
 * A caller with its own poll() loop asks for POLLIN on event_fd and POLLRDHUP on socket_fd, and
 * calls dmmu_link_arm() before each poll(); it returns false when there is a message (or room)
 * already: do not sleep. arm() also takes what woke the last poll() out of event_fd.
 */
int dmmu_link_wait(struct dmmu_link *link, int timeout_ms);
/* Ends with 0 also when descriptor `also` can be read; -1: none. */
int dmmu_link_wait_also(struct dmmu_link *link, int timeout_ms, int also);
bool dmmu_link_arm(struct dmmu_link *link);
void dmmu_link_fds(struct dmmu_link *link, int *event_fd, int *socket_fd);
/* Ends a dmmu_link_wait() of this end, now or the next one. From any thread or a signal handler. */
void dmmu_link_wake(struct dmmu_link *link);

/*
 * Peer gone or protocol error; dmmu_link_error() says which. broken() makes a system call: not for
 * every cycle of a device. recv() may still have messages to give.
 */
bool dmmu_link_broken(struct dmmu_link *link);
const char *dmmu_link_error(struct dmmu_link *link);

/*
 * File descriptors for DMA_MAP. Send before the message that names the id (the caller keeps its
 * descriptor; false: the peer does not take any now, or is gone); take (ownership) when handling
 * it, -1 when absent.
 */
bool dmmu_link_send_fd(struct dmmu_link *link, uint64_t id, int fd);
int dmmu_link_take_fd(struct dmmu_link *link, uint64_t id);

/*
 * The DMA gate, a word in the shared header: the front end closes it (bus master off, device given
 * up) and the device looks at it before each access to guest memory. So a device process that was
 * stopped and wakes later cannot scribble over memory that the guest has long reused.
 */
void dmmu_link_dma_gate(struct dmmu_link *link, bool open); /* front end */
bool dmmu_link_dma_open(struct dmmu_link *link);	    /* device */

/*
 * dma_table: the guest memory a device may touch. find() returns where DMA address iova is mapped
 * here, or NULL unless [iova, iova+len) lies in one mapping that permits the access; the pointer is
 * good until the mapping is removed. add() takes ownership of fd, also when it fails. Errors are
 * negative errno: -EEXIST overlap, -EINVAL size, flags or file too short, -ENOENT nothing to
 * remove; remove() takes whole mappings only (-EINVAL when the range cuts one), any number of them.
 */
#define DMMU_DMA_EVERYTHING UINT64_MAX /* size of the range from 0 that holds every mapping */
struct dmmu_dma_table;
struct dmmu_dma_table *dmmu_dma_new(void);
void dmmu_dma_free(struct dmmu_dma_table *table);
int dmmu_dma_add(struct dmmu_dma_table *table, uint64_t iova, uint64_t size, int fd,
		 uint64_t offset, unsigned int flags);
int dmmu_dma_remove(struct dmmu_dma_table *table, uint64_t iova, uint64_t size);
void *dmmu_dma_find(const struct dmmu_dma_table *table, uint64_t iova, uint64_t len, bool write);

#ifdef __cplusplus
}
#endif

#endif /* DMMU_LINK_H */
