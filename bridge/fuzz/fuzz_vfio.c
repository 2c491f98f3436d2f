// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_vfio.c: a hostile client. The script is a sequence of vfio-user messages, each with some
 * descriptors, that go to the bridge's server and the whole PCI function behind it. No device is
 * connected; what one does is fuzz_link.c's affair.
 *
 * A message is: command, flags, number of descriptors, bytes of payload (two), payload. The header
 * is made of that, so that most are taken apart; with bit 7 of the flags it is taken from the
 * script, too.
 *
 * Looked for, besides what the sanitizers see: descriptors that leak, replies that are larger than
 * their buffer or do not say their own size, maps kept of memory that is not there.
 */
#include "fuzz.h"
#include "pci_function.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define LOCAL_BYTES 0x10000u
#define GUEST_BYTES 0x4000u

static struct pci_function pci;
static int memory = -1;

static void must(int so, const char *what)
{
	if (so)
		return;
	fprintf(stderr, "fuzz_vfio: not so: %s\n", what);
	abort();
}

/* The next descriptor to be given out tells how many there are, if they are given back in order. */
static int free_descriptors(void)
{
	int fd = dup(memory);

	close(fd);
	return fd;
}

static void one_message(struct vfio_user *server, struct script *script)
{
	static uint8_t message[VFIO_USER_MAX_MESSAGE];
	static struct vfio_user_reply reply;
	int fds[VFIO_USER_MAX_FDS];
	uint8_t command = script_byte(script), flags = script_byte(script);
	int nfds = script_byte(script) % (VFIO_USER_MAX_FDS + 1);
	uint32_t payload = script_word(script) % 4096;
	uint32_t header[4] = {(uint32_t)command << 16 | 7, VFIO_USER_HEADER_BYTES + payload,
			      flags & 0x10, 0};
	const char *why = NULL;
	size_t size;

	memcpy(message, header, sizeof(header));
	if (flags & 0x80) {
		script_bytes(script, message, VFIO_USER_HEADER_BYTES);
		size = vfio_user_message_size(message);
		if (!size)
			return;
		script_bytes(script, message + VFIO_USER_HEADER_BYTES,
			     size - VFIO_USER_HEADER_BYTES);
	} else {
		size = VFIO_USER_HEADER_BYTES + payload;
		script_bytes(script, message + VFIO_USER_HEADER_BYTES, payload);
	}
	for (int i = 0; i < nfds; i++) {
		fds[i] = dup(memory);
		must(fds[i] >= 0, "a descriptor can be had");
	}
	pci.device.client_deadline = now_ms() + 5;
	if (vfio_user_handle(server, message, size, fds, nfds, &reply, &why)) {
		uint32_t says;

		must(reply.size <= sizeof(reply.bytes), "the reply fits");
		memcpy(&says, reply.bytes + 4, sizeof(says));
		must(!reply.size || says == reply.size, "the reply says its size");
	} else {
		must(why != NULL, "a client is dropped for a reason");
		server->version_agreed = false;
	}
	for (int i = 0; i < nfds; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	device_link_serve(&pci.device);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script script = {data, size};
	struct vfio_user server = {.device = &pci.ops, .version_agreed = true};
	char path[64];
	uint8_t shape;
	int before;

	if (memory < 0) {
		memory = memfd_create("guest", MFD_CLOEXEC);
		must(memory >= 0 && !ftruncate(memory, GUEST_BYTES), "guest memory");
	}
	snprintf(path, sizeof(path), "/tmp/dmmu-fuzz-%d", (int)getpid());
	before = free_descriptors();
	shape = script_byte(&script);
	must(pci_function_init(&pci, path, LOCAL_BYTES, (enum bar2_mode)(shape % 3),
			       DMMU_IRQ_COUNT - shape / 3 % DMMU_IRQ_COUNT, 10),
	     "the function");
	while (script.left)
		one_message(&server, &script);
	pci_function_client_gone(&pci);
	pci_function_end(&pci);
	unlink(path);
	must(free_descriptors() == before, "no descriptor is left open");
	return 0;
}
