/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vfio_client.h: a vfio-user client for tests. Written from the specification and not from the
 * bridge's own definitions, so that the two check each other.
 */
#ifndef DMMU_VFIO_CLIENT_H
#define DMMU_VFIO_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	VU_VERSION = 1,
	VU_DMA_MAP = 2,
	VU_DMA_UNMAP = 3,
	VU_GET_INFO = 4,
	VU_GET_REGION_INFO = 5,
	VU_GET_IRQ_INFO = 7,
	VU_SET_IRQS = 8,
	VU_REGION_READ = 9,
	VU_REGION_WRITE = 10,
	VU_RESET = 13,
};

#define VU_NO_REPLY 0x10u

int vu_connect(const char *path); /* waits for the server, 5 s */
void vu_send(int sock, uint16_t id, uint16_t command, uint32_t flags, const void *payload,
	     size_t bytes, const int *fds, int nfds);
/* Waits for the reply with that id, 10 s. Returns its errno (0: good); payload in reply, at most
   `room` bytes, its size in *got; one descriptor, or -1, in *fd. got and fd may be NULL. */
int vu_receive(int sock, uint16_t id, uint16_t command, void *reply, size_t room, size_t *got,
	       int *fd);
int vu_call(int sock, uint16_t command, const void *payload, size_t bytes, const int *fds, int nfds,
	    void *reply, size_t room);
bool vu_closed_by_peer(int sock); /* within 2 s */

int vu_version(int sock);
uint64_t vu_read(int sock, uint32_t region, uint64_t offset, uint32_t bytes);
void vu_write(int sock, uint32_t region, uint64_t offset, uint32_t bytes, uint64_t value);
void vu_post(int sock, uint32_t region, uint64_t offset, uint32_t bytes, uint64_t value);
int vu_map(int sock, uint64_t iova, uint64_t size, uint64_t offset, uint32_t flags, int fd);
int vu_unmap(int sock, uint64_t iova, uint64_t size, uint32_t flags);
int vu_set_irqs(int sock, uint32_t flags, uint32_t start, uint32_t count, const int *fds, int nfds);

#define VU_CONFIG 7u /* region index of configuration space */

#endif /* DMMU_VFIO_CLIENT_H */
