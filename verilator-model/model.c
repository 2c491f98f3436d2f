// SPDX-License-Identifier: GPL-2.0
/*
 * model.c: the loop of dmmu-model. Takes messages in the order of the link, advances the device
 * while it has something to do, sends its interrupts, and sleeps when nothing can happen.
 *
 * Order: the memory model stores data before the device sees its write response, the device raises
 * an interrupt after that, and the message is stored in the ring (release) after that; so whoever
 * sees the interrupt sees the data. A pointer into guest memory is asked for and used within one
 * call and messages are handled between cycles, so when DMA_UNMAP is answered nothing holds one.
 */
#include "model.h"
#include "control.h"
#include "dmmu_regs.h"
#include "stimulus.h"

#include <stdio.h>
#include <time.h>

#define BATCH	     16 /* cycles between two looks at the ring */
#define REST	     4	/* cycles at rest before the device counts as idle: outputs lag an edge */
#define PEER_CHECK   65536   /* cycles between two looks whether the other end lives */
#define CONTROL	     4096    /* cycles between two looks at the control socket */
#define CLOCK	     256     /* cycles between two readings of the clock for the log */
#define RESET_BOUND  1000000 /* cycles a function-level reset may take to drain */
#define SEND_BOUND_S 10	     /* a completion that finds no room for so long: the other end hangs */

enum step { STEP_GO = -1 }; /* anything else is an enum model_exit */

/* So that the cycles of a log can be laid beside what others did meanwhile. */
static void log_clock(struct model *model)
{
	uint64_t ns;
	struct timespec t;

	if (!model->log)
		return;
	clock_gettime(CLOCK_MONOTONIC, &t);
	ns = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
	stimulus_remark(model->log, STIMULUS_CLOCK, &ns, sizeof(ns));
}

static int device_broke(struct model *model)
{
	fprintf(stderr, "dmmu-model: the device broke: %s\n", model->dev->error);
	return MODEL_BROKEN;
}

static int link_ended(struct model *model)
{
	fprintf(stderr, "dmmu-model: link ended: %s\n", dmmu_link_error(model->link));
	return MODEL_OK;
}

static int send_completion(struct model *model, struct dmmu_msg *reply)
{
	double until = model_now() + SEND_BOUND_S;

	reply->cycle = dmmu_device_cycles(model->dev);
	log_clock(model);
	if (model->log)
		stimulus_remark(model->log, STIMULUS_ANSWER, reply, sizeof(*reply));
	while (!dmmu_link_send(model->link, reply)) {
		if (dmmu_link_broken(model->link))
			return link_ended(model);
		if (model_stop)
			return MODEL_OK;
		if (model_now() > until) {
			fprintf(stderr, "dmmu-model: the other end took nothing for %d s\n",
				SEND_BOUND_S);
			return MODEL_FAILED;
		}
		nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
	}
	return STEP_GO;
}

static void hold_irqs(struct model *model)
{
	/* while one could not be sent, or must not be, the device keeps requesting */
	bool hold = !model->bus_master || model->bad.ready ||
		    model->bad.stopped > dmmu_device_cycles(model->dev);

	model->dev->irq_hold = hold ? 0xff : 0;
}

static bool send_irq(struct model *model, unsigned int vector)
{
	struct dmmu_msg msg = {
		.kind = DMMU_MSG_IRQ, .aux = vector, .cycle = dmmu_device_cycles(model->dev)};

	if (!dmmu_link_send(model->link, &msg))
		return false;
	log_clock(model);
	if (model->log)
		stimulus_remark(model->log, STIMULUS_ANSWER, &msg, sizeof(msg));
	model->stats.irqs++;
	return true;
}

static void send_irqs(struct model *model)
{
	struct misbehaviour *bad = &model->bad;

	misbehave_irqs(model);
	for (unsigned int v = 0; v < DMMU_IRQ_COUNT; v++) {
		uint8_t bit = (uint8_t)(1u << v);

		if (!(bad->ready & bit))
			continue;
		if (bad->twice & bit && send_irq(model, v))
			bad->twice &= (uint8_t)~bit;
		if (bad->twice & bit || !send_irq(model, v))
			break;
		bad->ready &= (uint8_t)~bit;
	}
	hold_irqs(model);
}

static int reset(struct model *model, uint64_t kind)
{
	struct dmmu_device *dev = model->dev;
	bool drained;

	misbehave_reset(model);
	drained = dmmu_device_flr(dev, RESET_BOUND);
	model->stats.resets++;
	if (dev->error)
		return device_broke(model);
	if (!drained)
		fprintf(stderr,
			"dmmu-model: function-level reset not done in %d cycles, reset hard\n",
			RESET_BOUND);
	if ((!drained || kind == DMMU_RESET_BUS) && !dmmu_device_hard_reset(dev))
		return device_broke(model);
	dev->irq_new = 0; /* what the old life wanted to say */
	model->bad.ready = 0;
	hold_irqs(model);
	return STEP_GO;
}

/* The device on its own: nobody asked for it, nobody is told. */
static int hard_reset(struct model *model)
{
	misbehave_reset(model);
	if (!dmmu_device_hard_reset(model->dev))
		return device_broke(model);
	model->dev->irq_new = 0;
	hold_irqs(model);
	return STEP_GO;
}

/* The link is gone as if we had died, and after a while another device is there: we, reset. */
static int lose_link(struct model *model, uint64_t ms)
{
	double until = model_now() + 1e-3 * (double)ms;
	int step;

	model_disconnect(model);
	step = hard_reset(model);
	while (!model_stop && model_now() < until)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	if (step != STEP_GO)
		return step;
	return model_connect(model) ? STEP_GO : model_stop ? MODEL_OK : MODEL_FAILED;
}

static int befall(struct model *model)
{
	enum fault_kind what = model->bad.wanted;

	model->bad.wanted = FAULT_NONE;
	switch (what) {
	case FAULT_DEVICE_FLR:
		return reset(model, DMMU_RESET_FLR);
	case FAULT_DEVICE_RESET:
		return hard_reset(model);
	case FAULT_LINK_LOSS:
		return lose_link(model, model->bad.wanted_ms);
	default:
		return STEP_GO;
	}
}

static uint32_t map(struct model *model, const struct dmmu_msg *msg)
{
	int fd = dmmu_link_take_fd(model->link, msg->aux);
	int err = dmmu_dma_add(model->dma, msg->addr, msg->size, fd, msg->data, msg->flags);

	model->stats.dma_maps++;
	if (err)
		fprintf(stderr, "dmmu-model: DMA map of 0x%llx + 0x%llx refused: errno %d%s\n",
			(unsigned long long)msg->addr, (unsigned long long)msg->size, -err,
			fd < 0 ? ", no file descriptor came with it" : "");
	return err ? DMMU_STATUS_ABORT : DMMU_STATUS_SUCCESS;
}

static int read_bar(struct model *model, const struct dmmu_msg *msg, struct dmmu_msg *reply)
{
	enum fault_kind fault = faults_mmio(&model->bad.faults);

	if (!model_mmio_read(model, msg, reply))
		return device_broke(model);
	if (fault != FAULT_NONE)
		misbehave_note(model, fault);
	if (fault == FAULT_MMIO_TIMEOUT)
		return STEP_GO;
	if (fault == FAULT_MMIO_ONES) {
		reply->status = DMMU_STATUS_UNSUPPORTED; /* what the front end makes all-ones of */
		reply->data = 0;
	}
	return send_completion(model, reply);
}

static int handle(struct model *model, const struct dmmu_msg *msg)
{
	struct dmmu_msg reply = {.kind = DMMU_MSG_COMPLETION, .tag = msg->tag};
	int step;

	log_clock(model);
	if (model->log)
		stimulus_remark(model->log, STIMULUS_MESSAGE, msg, sizeof(*msg));
	switch (msg->kind) {
	case DMMU_MSG_MMIO_READ:
		return read_bar(model, msg, &reply);
	case DMMU_MSG_MMIO_WRITE:
		return model_mmio_write(model, msg) ? STEP_GO : device_broke(model);
	case DMMU_MSG_DMA_MAP:
		reply.status = map(model, msg);
		return send_completion(model, &reply);
	case DMMU_MSG_DMA_UNMAP:
		model->stats.dma_unmaps++;
		if (dmmu_dma_remove(model->dma, msg->addr, msg->size))
			reply.status = DMMU_STATUS_ABORT;
		return send_completion(model, &reply);
	case DMMU_MSG_RESET:
		step = reset(model, msg->aux);
		return step == STEP_GO ? send_completion(model, &reply) : step;
	case DMMU_MSG_BUS_MASTER:
		model->bus_master = msg->data & 1;
		hold_irqs(model);
		return send_completion(model, &reply);
	default:
		return STEP_GO; /* HELLO and what a newer minor version may add */
	}
}

/* What a signal asked for, whose wake-up the wait that has just ended may have taken. */
static bool signalled(void)
{
	return model_stop || model_want_stats || model_memory_lost;
}

/* Nothing to do: look at the ring for a moment, then sleep until it has something. */
static int rest(struct model *model)
{
	double start = model_now(), end = start + 1e-6 * model->options.spin_us;
	int woken, limit;

	log_clock(model);
	while (model_now() < end)
		if (!dmmu_link_arm(model->link))
			return STEP_GO;
	/* after a full ring there are interrupts to send, when there is room */
	limit = model->bad.ready ? 10 : -1;
	woken = dmmu_link_wait_also(model->link, model->log ? 50 : limit, model->control_fd);
	if (!woken && model->log && !signalled()) {
		stimulus_flush(model->log); /* whoever kills us now shall find all of it */
		woken = dmmu_link_wait_also(model->link, limit, model->control_fd);
	}
	model->stats.sleeps++;
	model->stats.sleep_seconds += model_now() - start;
	log_clock(model);
	control_serve(model);
	return woken < 0 ? link_ended(model) : STEP_GO;
}

static int busy(struct model *model, unsigned int *resting, uint64_t *next_check)
{
	struct dmmu_device *dev = model->dev;
	uint64_t started = dmmu_device_cycles(dev);

	for (unsigned int i = 0; i < BATCH && *resting < REST; i++) {
		if (!dmmu_device_cycle(dev))
			return device_broke(model);
		if (dev->irq_new)
			send_irqs(model);
		*resting = dmmu_device_idle(dev) ? *resting + 1 : 0;
	}
	if (misbehave_waits(model)) {
		*resting = 0;
		send_irqs(model);
	}
	if (model->control_fd >= 0 && dmmu_device_cycles(dev) / CONTROL != started / CONTROL)
		control_serve(model);
	if (dmmu_device_cycles(dev) / CLOCK != started / CLOCK)
		log_clock(model);
	if (dmmu_device_cycles(dev) >= *next_check) {
		*next_check = dmmu_device_cycles(dev) + PEER_CHECK;
		if (dmmu_link_broken(model->link))
			return link_ended(model);
	}
	return STEP_GO;
}

int model_run(struct model *model)
{
	struct dmmu_device *dev = model->dev;
	unsigned int resting = 0; /* consecutive cycles at rest */
	uint64_t next_check = 0, busy_from = dmmu_device_cycles(dev);
	double busy_since = model_now();
	struct dmmu_msg msg;
	int step = STEP_GO;

	hold_irqs(model);
	while (step == STEP_GO) {
		if (model_stop)
			return MODEL_OK;
		if (model_memory_lost) {
			fprintf(stderr, "dmmu-model: guest memory vanished under an access\n");
			return MODEL_FAILED;
		}
		if (model_want_stats) {
			model_want_stats = 0;
			if (model->options.stats && !model_stats_write(model, model->options.stats))
				perror(model->options.stats);
		}
		if (model->bad.wanted != FAULT_NONE) {
			step = befall(model);
			resting = 0;
			continue;
		}
		if (dev->irq_new || model->bad.ready) {
			send_irqs(model);
			resting = 0;
		}
		if (dmmu_link_recv(model->link, &msg)) {
			step = handle(model, &msg);
			resting = 0;
		} else if (resting < REST || model->options.no_sleep) {
			resting = model->options.no_sleep ? 0 : resting;
			step = busy(model, &resting, &next_check);
		} else {
			model->stats.busy_cycles += dmmu_device_cycles(dev) - busy_from;
			model->stats.busy_seconds += model_now() - busy_since;
			step = rest(model);
			busy_from = dmmu_device_cycles(dev);
			busy_since = model_now();
		}
	}
	return step;
}
