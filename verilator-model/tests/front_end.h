/* SPDX-License-Identifier: GPL-2.0 */
/*
 * front_end.h: a test program as the front end of dmmu-model's link: it starts the model, has a
 * little guest memory, speaks to the registers and rings. One model per program. Every wait has a
 * bound; a failure says where and ends the program with 1.
 */
#ifndef DMMU_TEST_FRONT_END_H
#define DMMU_TEST_FRONT_END_H

#include "dmmu_link.h"
#include "dmmu_regs.h"

#include <sys/types.h>

#define LOCAL_BYTES (4u << 20)
#define GUEST_BYTES (1u << 20)
#define GUEST_DMA   0x200000000ull
#define BOUND_MS    20000

extern char path[64], stats_path[64], control_path[64], log_path[64];
extern struct dmmu_link *link_end;
extern uint8_t *local, *guest;
extern int guest_fd;
extern pid_t child;
extern unsigned int irqs[DMMU_IRQ_COUNT];
extern uint64_t irq_cycle[DMMU_IRQ_COUNT]; /* device cycle of the last */

#define CHECK(cond)                                      \
	do {                                             \
		if (!(cond))                             \
			fail(__FILE__, __LINE__, #cond); \
	} while (0)

_Noreturn void fail(const char *file, int line, const char *what);
int64_t now_ms(void);

/* Starts MODEL with these arguments besides its own, NULL-terminated or NULL. */
void launch(const char *model, const char *const *more);
void accept_link(void);
void start(const char *model, const char *const *more); /* and accept_model() */
void accept_model(void); /* also after a link was lost; the DMA gate is open, bus mastering on */
int exit_status(void);	 /* of the model, which must end within the bound */
void finish(void);	 /* ends the link; the model must end well */
void remove_files(void);
double
stat_value(const char *name); /* of the statistics, once the model has ended; 0 when absent */

struct dmmu_msg ask(struct dmmu_msg msg); /* and wait for its completion */
struct dmmu_msg read_bar(unsigned int bar, uint64_t addr, unsigned int size);
uint64_t reg(uint64_t addr);
void write_bar(unsigned int bar, uint64_t addr, unsigned int size, uint64_t data);
void wait_irq(unsigned int vector, unsigned int count);
void take_irqs(int ms); /* those that come within so long */
void map_guest(void);
void enable_rings(void); /* 16 entries each, at the start of guest memory */

/* The rings, once enabled. Each push rings the doorbell. */
void push_ctl(const struct dmmu_ctl *ctl);
void push_work(const struct dmmu_work *work);
struct dmmu_status *status_block(void);
struct dmmu_cpl *completion(uint32_t index);
struct dmmu_flt *fault_record(uint32_t index);
extern uint32_t ctl_pushed;
void await_count(const uint32_t *count, uint32_t value); /* a word that the device writes */

#endif /* DMMU_TEST_FRONT_END_H */
