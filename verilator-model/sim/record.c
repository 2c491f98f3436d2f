// SPDX-License-Identifier: GPL-2.0
/*
 * record.c: see record.h. Fields from the left: single bits in groups of four, then everything
 * wider.
 */
#include "record.h"

#include <inttypes.h>

static unsigned int bits(unsigned int a, unsigned int b, unsigned int c, unsigned int d)
{
	return (a & 1) << 3 | (b & 1) << 2 | (c & 1) << 1 | (d & 1);
}

void dmmu_record_begin(FILE *file, uint64_t local_size)
{
	fprintf(file, "%016" PRIx64 "\n", local_size);
}

static void memory_in(FILE *file, const struct dmmu_axi_in *in)
{
	fprintf(file, "%x%x%x%02x%02x%016" PRIx64,
		bits(in->awready, in->wready, in->bvalid, in->arready),
		bits(in->rvalid, in->rlast, in->bresp >> 1, in->bresp), in->rresp & 3,
		in->bid & 0xffu, in->rid & 0xffu, in->rdata[0]);
}

static void memory_out(FILE *file, const struct dmmu_axi_out *out)
{
	fprintf(file, "%x%x%02x%02x%02x%02x%02x%016" PRIx64 "%016" PRIx64 "%016" PRIx64,
		bits(out->awvalid, out->wvalid, out->wlast, out->bready),
		bits(out->arvalid, out->rready, 0, 0), out->awid & 0xffu, out->awlen,
		out->arid & 0xffu, out->arlen, (unsigned int)out->wstrb & 0xffu, out->awaddr,
		out->wdata[0], out->araddr);
}

void dmmu_record_cycle(FILE *file, const struct dmmu_pins_in *in, const struct dmmu_pins_out *out)
{
	const struct dmmu_axil_in *i = &in->axil;
	const struct dmmu_axil_out *o = &out->axil;

	fprintf(file, "%x%x%02x%x%04x%04x%08x", bits(in->rst, in->flr_req, i->awvalid, i->wvalid),
		bits(i->bready, i->arvalid, i->rready, 0), in->irq_ack & 0xffu, i->wstrb & 0xfu,
		i->awaddr, i->araddr, i->wdata);
	memory_in(file, &in->host);
	memory_in(file, &in->local);
	fprintf(file, " %x%x%02x%x%08x", bits(out->flr_done, out->busy, o->awready, o->wready),
		bits(o->bvalid, o->arready, o->rvalid, 0), out->irq_req & 0xffu,
		bits(o->bresp >> 1, o->bresp, o->rresp >> 1, o->rresp), o->rdata);
	memory_out(file, &out->host);
	memory_out(file, &out->local);
	putc('\n', file);
}
