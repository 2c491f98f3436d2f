// SPDX-License-Identifier: GPL-2.0
/*
 * device_link.c: see device_link.h. Synchronization (sync_*) is a list of messages that is sent as
 * the ring takes them, never waiting, so that a device that is slow to come up costs the guest
 * nothing but all-ones.
 */
#include "device_link.h"
#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Steps of synchronization, in order. */
enum { SYNC_MASTER_OFF, SYNC_UNMAP, SYNC_RESET, SYNC_WAIT_RESET, SYNC_MAPS, SYNC_MASTER_ON };

int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

bool device_link_init(struct device_link *dev, const char *path, uint64_t local_bytes,
		      const struct dma_maps *maps, int timeout_ms)
{
	*dev = (struct device_link){
		.listen_fd = -1,
		.timeout_ms = timeout_ms,
		.maps = maps,
		.client_deadline = INT64_MAX,
	};
	dev->offer.local_bytes = local_bytes;
	dev->offer.local_fd = dmmu_link_memfd("dmmu-local", local_bytes);
	if (dev->offer.local_fd < 0) {
		log_error("cannot make %llu bytes of local memory: %s",
			  (unsigned long long)local_bytes, strerror(errno));
		return false;
	}
	dev->listen_fd = dmmu_link_listen(path);
	if (dev->listen_fd < 0)
		log_error("cannot listen on %s: %s", path, strerror(errno));
	return dev->listen_fd >= 0;
}

void device_link_end(struct device_link *dev)
{
	if (dev->link)
		dmmu_link_dma_gate(dev->link, false);
	dmmu_link_close(dev->link);
	dev->link = NULL;
	if (dev->listen_fd >= 0)
		close(dev->listen_fd);
	if (dev->offer.local_fd >= 0)
		close(dev->offer.local_fd);
}

/* The gate in the old memory stays closed, whatever becomes of the process that had it. */
static void lose_device(struct device_link *dev, const char *why)
{
	log_info("device lost: %s; reads answer all-ones until one connects", why);
	dmmu_link_dma_gate(dev->link, false);
	dmmu_link_close(dev->link);
	dev->link = NULL;
	dev->state = DEVICE_ABSENT;
}

static void start_sync(struct device_link *dev, enum device_state state)
{
	dmmu_link_dma_gate(dev->link, false);
	dev->state = state;
	dev->sync_step = SYNC_MASTER_OFF;
}

static void give_up(struct device_link *dev, const char *why)
{
	log_error(
		"device stuck: %s; its DMA is shut off and reads answer all-ones until it answers "
		"a reset",
		why);
	start_sync(dev, DEVICE_STUCK);
}

static bool send_map(struct device_link *dev, const struct dma_map *map, uint32_t tag)
{
	struct dmmu_msg msg = {
		.kind = DMMU_MSG_DMA_MAP,
		.tag = tag,
		.flags = (uint16_t)map->flags,
		.addr = map->iova,
		.size = map->size,
		.data = map->offset,
		.aux = dev->next_fd_id,
	};

	/* A descriptor whose message finds no room would stay with the device for nothing. */
	if (!dmmu_link_room(dev->link) || !dmmu_link_send_fd(dev->link, msg.aux, map->fd))
		return false;
	dev->next_fd_id++;
	return dmmu_link_send(dev->link, &msg);
}

/* Sends what the ring takes. Ends UP after the last step. */
static void sync_more(struct device_link *dev)
{
	struct dmmu_msg msg = {0};

	for (;;) {
		msg = (struct dmmu_msg){.tag = dev->next_tag};
		switch (dev->sync_step) {
		case SYNC_MASTER_OFF:
			msg.kind = DMMU_MSG_BUS_MASTER;
			break;
		case SYNC_UNMAP:
			msg.kind = DMMU_MSG_DMA_UNMAP;
			msg.size = DMMU_DMA_EVERYTHING;
			break;
		case SYNC_RESET:
			msg.kind = DMMU_MSG_RESET;
			msg.aux = DMMU_RESET_BUS;
			dev->sync_tag = msg.tag;
			break;
		case SYNC_WAIT_RESET:
			return;
		case SYNC_MAPS:
			if (dev->sync_map == dev->maps->count) {
				dev->sync_step++;
				continue;
			}
			if (dev->maps->map[dev->sync_map].fd >= 0 &&
			    !send_map(dev, &dev->maps->map[dev->sync_map], dev->next_tag))
				return;
			dev->next_tag++;
			dev->sync_map++;
			continue;
		case SYNC_MASTER_ON:
			dmmu_link_dma_gate(dev->link, dev->bus_master);
			msg.kind = DMMU_MSG_BUS_MASTER;
			msg.data = dev->bus_master;
			break;
		}
		if (!dmmu_link_send(dev->link, &msg))
			return;
		dev->next_tag++;
		if (dev->sync_step++ == SYNC_MASTER_ON) {
			dev->state = DEVICE_UP;
			log_info("device up");
			return;
		}
	}
}

static void sync_completion(struct device_link *dev, const struct dmmu_msg *msg)
{
	if (dev->sync_step != SYNC_WAIT_RESET || msg->tag != dev->sync_tag)
		return; /* an answer to something that nobody waits for any more */
	if (msg->status != DMMU_STATUS_SUCCESS) {
		lose_device(dev, "it cannot be reset");
		return;
	}
	if (dev->state == DEVICE_STUCK)
		log_info("device answers again, after a reset");
	dev->state = DEVICE_SYNCING;
	dev->sync_step = SYNC_MAPS;
	dev->sync_map = 0;
}

/* Takes what the device sent. True when it was the completion of `tag`, which is put in
 * *completion. */
static bool take_messages(struct device_link *dev, const uint32_t *tag, struct dmmu_msg *completion)
{
	struct dmmu_msg msg;

	while (dev->link && dmmu_link_recv(dev->link, &msg)) {
		if (msg.kind == DMMU_MSG_IRQ) {
			/* Those of a device that was given up belong to work that is lost. */
			if (dev->state == DEVICE_UP && dev->bus_master)
				dev->on_irq(dev->on_irq_arg, msg.aux);
		} else if (tag && msg.tag == *tag && dev->state == DEVICE_UP) {
			*completion = msg;
			return true;
		} else if (dev->state != DEVICE_UP) {
			sync_completion(dev, &msg);
		} else if (msg.status != DMMU_STATUS_SUCCESS) {
			log_error("the device refused request %u (status %u)", msg.tag, msg.status);
		}
	}
	return false;
}

void device_link_serve(struct device_link *dev)
{
	if (!dev->link)
		return;
	take_messages(dev, NULL, NULL);
	if (dev->link && (dev->state == DEVICE_SYNCING || dev->state == DEVICE_STUCK))
		sync_more(dev);
	if (dev->link && dmmu_link_broken(dev->link)) {
		take_messages(dev, NULL, NULL); /* what it said before it died */
		if (dev->link)
			lose_device(dev, dmmu_link_error(dev->link));
	}
}

bool device_link_arm(struct device_link *dev)
{
	return !dev->link || dmmu_link_arm(dev->link);
}

void device_link_accept(struct device_link *dev)
{
	/* A dead one is noticed late when its successor is quick; a stuck one makes place. */
	device_link_serve(dev);
	if (dev->state == DEVICE_UP || dev->state == DEVICE_SYNCING) {
		dmmu_link_refuse(dev->listen_fd);
		log_info("a second device was turned away: one is connected");
		return;
	}
	if (dev->link)
		lose_device(dev, "replaced by another while stuck");
	dev->link = dmmu_link_accept(dev->listen_fd, &dev->offer);
	if (dev->link) {
		log_info("device connected");
		start_sync(dev, DEVICE_SYNCING);
		sync_more(dev);
	} else if (errno != EAGAIN) {
		log_error("a device that connected was refused: %s",
			  errno == EPROTO      ? "it speaks another version of the link protocol"
			  : errno == ETIMEDOUT ? "it did not say HELLO"
					       : strerror(errno));
	}
}

static int64_t deadline(const struct device_link *dev)
{
	int64_t own = now_ms() + dev->timeout_ms;

	return own < dev->client_deadline ? own : dev->client_deadline;
}

/* Waits for the device to do something, no longer than until; false when time is over. */
static bool wait_device(struct device_link *dev, int64_t until)
{
	int64_t left = until - now_ms();

	if (left <= 0)
		return false;
	if (dmmu_link_wait(dev->link, (int)left) < 0)
		device_link_serve(dev); /* notices the end */
	return true;
}

/* A device that has just connected is worth waiting for; one that is stuck is not. */
static bool device_is_up(struct device_link *dev, int64_t until)
{
	if (dev->link && dev->state == DEVICE_SYNCING)
		device_link_serve(dev);
	while (dev->link && dev->state == DEVICE_SYNCING) {
		if (!wait_device(dev, until)) {
			give_up(dev, "it does not answer the reset after connecting");
			return false;
		}
		device_link_serve(dev);
	}
	return dev->state == DEVICE_UP;
}

void device_link_settle(struct device_link *dev)
{
	device_is_up(dev, deadline(dev));
}

/* Sends in bounded time; the ring may be full. False: the device is not UP any more. */
static bool send_by(struct device_link *dev, const struct dmmu_msg *msg, const struct dma_map *map,
		    int64_t until)
{
	while (dev->state == DEVICE_UP) {
		if (map ? send_map(dev, map, msg->tag) : dmmu_link_send(dev->link, msg))
			return true;
		/* Serving before waiting: the device may itself wait for room. */
		device_link_serve(dev);
		if (dev->state == DEVICE_UP && !wait_device(dev, until)) {
			give_up(dev, "its ring stays full");
			return false;
		}
	}
	return false;
}

static struct dmmu_msg request(struct device_link *dev, struct dmmu_msg msg,
			       const struct dma_map *map)
{
	struct dmmu_msg answer = {.status = DMMU_STATUS_TIMEOUT};
	int64_t until = deadline(dev);

	if (!device_is_up(dev, until))
		return answer;
	msg.tag = dev->next_tag++;
	if (!send_by(dev, &msg, map, until))
		return answer;
	while (dev->state == DEVICE_UP) {
		if (take_messages(dev, &msg.tag, &answer))
			return answer;
		if (dmmu_link_broken(dev->link)) {
			if (take_messages(dev, &msg.tag, &answer))
				return answer;
			device_link_serve(dev);
		} else if (!wait_device(dev, until)) {
			static const char *const name[] = {
				"?",	     "a register read", "a write",   "DMA_MAP",
				"DMA_UNMAP", "RESET",		"BUS_MASTER"};
			char why[80];

			snprintf(why, sizeof(why), "no answer to %s in %d ms", name[msg.kind],
				 dev->timeout_ms);
			give_up(dev, why);
		}
	}
	return answer;
}

enum dmmu_msg_status device_link_read(struct device_link *dev, uint8_t bar, uint64_t addr,
				      uint32_t size, uint64_t *data)
{
	struct dmmu_msg answer = request(dev,
					 (struct dmmu_msg){
						 .kind = DMMU_MSG_MMIO_READ,
						 .bar = bar,
						 .addr = addr,
						 .size = size,
					 },
					 NULL);

	*data = answer.data;
	return answer.status;
}

void device_link_write(struct device_link *dev, uint8_t bar, uint64_t addr, uint32_t size,
		       uint64_t data)
{
	struct dmmu_msg msg = {
		.kind = DMMU_MSG_MMIO_WRITE,
		.bar = bar,
		.addr = addr,
		.size = size,
		.data = data,
	};
	int64_t until = deadline(dev);

	if (device_is_up(dev, until))
		send_by(dev, &msg, NULL, until);
}

enum dmmu_msg_status device_link_map(struct device_link *dev, const struct dma_map *map)
{
	return request(dev, (struct dmmu_msg){.kind = DMMU_MSG_DMA_MAP}, map).status;
}

/* After a request that must have an effect: a device that refuses it is no better than a stuck one.
 */
static void must_have_worked(struct device_link *dev, struct dmmu_msg answer, const char *what)
{
	if (dev->state == DEVICE_UP && answer.status != DMMU_STATUS_SUCCESS) {
		char why[64];

		snprintf(why, sizeof(why), "it refused %s (status %u)", what, answer.status);
		give_up(dev, why);
	}
}

void device_link_unmap(struct device_link *dev, uint64_t iova, uint64_t size)
{
	struct dmmu_msg msg = {.kind = DMMU_MSG_DMA_UNMAP, .addr = iova, .size = size};

	must_have_worked(dev, request(dev, msg, NULL), "DMA_UNMAP");
}

void device_link_set_bus_master(struct device_link *dev, bool on)
{
	struct dmmu_msg msg = {.kind = DMMU_MSG_BUS_MASTER, .data = on};

	if (on == dev->bus_master)
		return;
	/* While synchronizing, the last step tells the device. */
	if (!device_is_up(dev, deadline(dev))) {
		dev->bus_master = on;
		return;
	}
	if (on) {
		dev->bus_master = true;
		dmmu_link_dma_gate(dev->link, true);
	}
	must_have_worked(dev, request(dev, msg, NULL), "BUS_MASTER");
	/* What was under way has ended; interrupts that announced it have been passed on. */
	dev->bus_master = on;
	if (!on && dev->link)
		dmmu_link_dma_gate(dev->link, false);
}

void device_link_reset(struct device_link *dev, enum dmmu_reset_kind kind)
{
	struct dmmu_msg msg = {.kind = DMMU_MSG_RESET, .aux = kind};

	must_have_worked(dev, request(dev, msg, NULL), "RESET");
	dev->bus_master = false;
	if (dev->link)
		dmmu_link_dma_gate(dev->link, false);
}

void device_link_forget_guest(struct device_link *dev)
{
	dev->bus_master = false;
	if (!dev->link)
		return;
	start_sync(dev, dev->state == DEVICE_STUCK ? DEVICE_STUCK : DEVICE_SYNCING);
	sync_more(dev);
}
