// SPDX-License-Identifier: GPL-2.0
/*
 * stimulus.c: see stimulus.h. The inputs of a cycle are packed into words of eight bytes, six of
 * the bare device and more of a card with wide buses; a record tells which words differ from the
 * cycle before and, of those, which bytes. Cycles that differ in nothing are counted. gzip does the
 * rest.
 *
 *	0x01 hash32			outputs so far
 *	0x02 kind length bytes...	remark
 *	0x03				end
 *	0x04 count (LEB128)		so many cycles like the last
 *	0x80 | words, then for each word: which bytes, the bytes
 *
 * Where there are more words than seven, two bytes with the flags of words 7 to 22 come before
 * those of the first word.
 */
#include "stimulus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define PORT_WORDS (1 + DMMU_AXI_WORDS)
#define WORDS_MAX  (2 + 2 * PORT_WORDS)
#define FEW	   7 /* words whose flags are in the first byte of a record */
#define MAGIC	   "dmmu stimulus 1\n"
#define FLUSH	   16384 /* cycles between two flushes: what a writer that is killed may lose */

enum { REC_HASH = 1, REC_REMARK, REC_END, REC_SAME, REC_CHANGE = 0x80 };

static void put16(unsigned char *to, uint16_t value)
{
	to[0] = (unsigned char)value;
	to[1] = (unsigned char)(value >> 8);
}

static uint16_t get16(const unsigned char *from)
{
	return (uint16_t)(from[0] | from[1] << 8);
}

static void put64(unsigned char *to, uint64_t value)
{
	for (unsigned int i = 0; i < 8; i++)
		to[i] = (unsigned char)(value >> 8 * i);
}

static uint64_t get64(const unsigned char *from)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < 8; i++)
		value |= (uint64_t)from[i] << 8 * i;
	return value;
}

/* How many words the inputs of this device take. */
static unsigned int words(void)
{
	return 2 + 1 + dmmu_sim_shape.host_words + 1 + dmmu_sim_shape.local_words;
}

/* Whose pins these are: a log of others cannot be read. */
static const char *this_device(void)
{
	static char text[80];

	snprintf(text, sizeof(text), "%s %u %u", dmmu_sim_shape.name, dmmu_sim_shape.host_words,
		 dmmu_sim_shape.local_words);
	return text;
}

static unsigned char bits(bool a, bool b, bool c, bool d, bool e, bool f, bool g)
{
	return (unsigned char)(a | b << 1 | c << 2 | d << 3 | e << 4 | f << 5 | g << 6);
}

static void pack_axi(unsigned char *to, const struct dmmu_axi_in *in, unsigned int beat)
{
	to[0] = bits(in->awready, in->wready, in->bvalid, in->arready, in->rvalid, in->rlast,
		     false);
	to[1] = in->bresp;
	to[2] = in->rresp;
	to[3] = 0;
	put16(to + 4, in->bid);
	put16(to + 6, in->rid);
	for (unsigned int i = 0; i < beat; i++)
		put64(to + 8 + 8 * i, in->rdata[i]);
}

static void unpack_axi(const unsigned char *from, struct dmmu_axi_in *in, unsigned int beat)
{
	in->awready = from[0] & 1;
	in->wready = from[0] >> 1 & 1;
	in->bvalid = from[0] >> 2 & 1;
	in->arready = from[0] >> 3 & 1;
	in->rvalid = from[0] >> 4 & 1;
	in->rlast = from[0] >> 5 & 1;
	in->bresp = from[1];
	in->rresp = from[2];
	in->bid = get16(from + 4);
	in->rid = get16(from + 6);
	for (unsigned int i = 0; i < beat; i++)
		in->rdata[i] = get64(from + 8 + 8 * i);
}

static void pack(unsigned char *to, const struct dmmu_pins_in *in)
{
	const struct dmmu_axil_in *axil = &in->axil;

	to[0] = bits(in->rst, in->flr_req, axil->awvalid, axil->wvalid, axil->bready, axil->arvalid,
		     axil->rready);
	to[1] = in->irq_ack;
	to[2] = axil->wstrb;
	to[3] = in->memory_down;
	put16(to + 4, axil->awaddr);
	put16(to + 6, axil->araddr);
	put64(to + 8, axil->wdata);
	pack_axi(to + 16, &in->host, dmmu_sim_shape.host_words);
	pack_axi(to + 24 + 8 * dmmu_sim_shape.host_words, &in->local, dmmu_sim_shape.local_words);
}

static void unpack(const unsigned char *from, struct dmmu_pins_in *in)
{
	struct dmmu_axil_in *axil = &in->axil;

	in->rst = from[0] & 1;
	in->flr_req = from[0] >> 1 & 1;
	axil->awvalid = from[0] >> 2 & 1;
	axil->wvalid = from[0] >> 3 & 1;
	axil->bready = from[0] >> 4 & 1;
	axil->arvalid = from[0] >> 5 & 1;
	axil->rready = from[0] >> 6 & 1;
	in->memory_down = from[3] & 1;
	in->irq_ack = from[1];
	axil->wstrb = from[2];
	axil->awaddr = get16(from + 4);
	axil->araddr = get16(from + 6);
	axil->wdata = (uint32_t)get64(from + 8);
	unpack_axi(from + 16, &in->host, dmmu_sim_shape.host_words);
	unpack_axi(from + 24 + 8 * dmmu_sim_shape.host_words, &in->local,
		   dmmu_sim_shape.local_words);
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 29;
}

static uint64_t hash_axi(uint64_t hash, const struct dmmu_axi_out *out, unsigned int beat)
{
	hash = mix(hash, bits(out->awvalid, out->wvalid, out->wlast, out->bready, out->arvalid,
			      out->rready, false) |
				 (uint64_t)out->awlen << 8 | (uint64_t)out->arlen << 16 |
				 (uint64_t)out->wstrb << 24 | (uint64_t)out->awid << 32 |
				 (uint64_t)out->arid << 48);
	hash = mix(hash, out->awaddr);
	hash = mix(hash, out->araddr);
	if (beat > 1) /* wider than its place above */
		hash = mix(hash, out->wstrb);
	for (unsigned int i = 0; i < beat; i++)
		hash = mix(hash, out->wdata[i]);
	return hash;
}

uint64_t stimulus_hash(uint64_t hash, const struct dmmu_pins_out *out)
{
	const struct dmmu_axil_out *axil = &out->axil;

	hash = mix(hash, bits(out->flr_done, out->busy, axil->awready, axil->wready, axil->bvalid,
			      axil->arready, axil->rvalid) |
				 (uint64_t)out->irq_req << 8 | (uint64_t)axil->bresp << 16 |
				 (uint64_t)axil->rresp << 24 | (uint64_t)axil->rdata << 32);
	hash = hash_axi(hash, &out->host, dmmu_sim_shape.host_words);
	return hash_axi(hash, &out->local, dmmu_sim_shape.local_words);
}

/* --- writing --- */

struct stimulus_log {
	gzFile file;
	unsigned int hash_every;
	uint64_t limit;
	bool failed, full;
	unsigned char pins[8 * WORDS_MAX];
	uint64_t same; /* cycles like the last, not yet written */
	uint64_t hash, cycles;
};

static void emit(struct stimulus_log *log, const void *bytes, size_t length)
{
	if (!log->full && gzwrite(log->file, bytes, (unsigned int)length) != (int)length)
		log->failed = true;
}

struct stimulus_log *stimulus_open(const char *path, const struct stimulus_config *config)
{
	struct stimulus_log *log = calloc(1, sizeof(*log));

	if (!log)
		return NULL;
	log->hash_every = config->hash_every ? config->hash_every : 64;
	log->limit = config->limit;
	log->file = gzopen(path, "wbe1");
	if (!log->file) {
		free(log);
		return NULL;
	}
	gzbuffer(log->file, 1 << 18);
	if (gzprintf(log->file,
		     MAGIC "device %s\nlocal_bytes %llu\nlocal_coherent %d\nhash_every %u\n"
			   "command %.2000s\n\n",
		     this_device(), (unsigned long long)config->local_bytes, config->local_coherent,
		     log->hash_every, config->command ? config->command : "-") <= 0)
		log->failed = true;
	return log;
}

static void emit_same(struct stimulus_log *log)
{
	unsigned char record[12] = {REC_SAME};
	size_t n = 1;

	for (; log->same >> 7; log->same >>= 7)
		record[n++] = (unsigned char)(log->same | 0x80);
	record[n++] = (unsigned char)log->same;
	log->same = 0;
	emit(log, record, n);
}

void stimulus_in(struct stimulus_log *log, const struct dmmu_pins_in *in)
{
	unsigned char pins[8 * WORDS_MAX], record[3 + 9 * WORDS_MAX] = {REC_CHANGE};
	unsigned int count = words();
	uint32_t changed = 0;
	size_t n = count > FEW ? 3 : 1;

	pack(pins, in);
	if (!memcmp(pins, log->pins, 8 * count)) {
		log->same++;
		return;
	}
	if (log->same)
		emit_same(log);
	for (unsigned int w = 0; w < count; w++) {
		size_t mask_at = n;

		if (!memcmp(pins + 8 * w, log->pins + 8 * w, 8))
			continue;
		changed |= 1u << w;
		record[n++] = 0;
		for (unsigned int b = 8 * w; b < 8 * w + 8; b++) {
			if (pins[b] == log->pins[b])
				continue;
			record[mask_at] |= (unsigned char)(1u << b % 8);
			record[n++] = pins[b];
		}
	}
	record[0] |= changed & ((1u << FEW) - 1);
	if (count > FEW)
		put16(record + 1, (uint16_t)(changed >> FEW));
	memcpy(log->pins, pins, 8 * count);
	emit(log, record, n);
}

void stimulus_remark(struct stimulus_log *log, char kind, const void *bytes, size_t length)
{
	unsigned char record[3 + 255] = {REC_REMARK, (unsigned char)kind, (unsigned char)length};

	if (length > 255)
		length = record[2] = 255;
	if (length)
		memcpy(record + 3, bytes, length);
	if (log->same)
		emit_same(log);
	emit(log, record, 3 + length);
}

void stimulus_out(struct stimulus_log *log, const struct dmmu_pins_out *out)
{
	log->hash = stimulus_hash(log->hash, out);
	if (++log->cycles % log->hash_every)
		return;
	if (log->same)
		emit_same(log);
	uint32_t hash = stimulus_hash_short(log->hash);
	unsigned char record[5] = {REC_HASH, (unsigned char)hash, (unsigned char)(hash >> 8),
				   (unsigned char)(hash >> 16), (unsigned char)(hash >> 24)};

	emit(log, record, 5);
	if (log->cycles % FLUSH < log->hash_every)
		stimulus_flush(log);
}

void stimulus_flush(struct stimulus_log *log)
{
	if (log->full)
		return;
	if (log->same)
		emit_same(log);
	if (gzflush(log->file, Z_SYNC_FLUSH) != Z_OK)
		log->failed = true;
	if (log->limit && (uint64_t)gzoffset(log->file) > log->limit) {
		stimulus_remark(log, STIMULUS_LIMIT, NULL, 0);
		log->full = true;
	}
}

bool stimulus_close(struct stimulus_log *log, uint64_t *bytes)
{
	static const unsigned char end = REC_END;
	bool ok;

	if (!log)
		return true;
	if (log->same)
		emit_same(log);
	log->full = false;
	emit(log, &end, 1);
	gzflush(log->file, Z_FINISH);
	if (bytes)
		*bytes = (uint64_t)gzoffset(log->file);
	ok = gzclose(log->file) == Z_OK && !log->failed;
	free(log);
	return ok;
}

/* --- reading --- */

struct stimulus {
	gzFile file;
	char header[4096];
	const char *error;
	unsigned char pins[8 * WORDS_MAX];
	uint64_t same;
};

static bool header_line(struct stimulus *log, size_t *used)
{
	char *line = log->header + *used;

	if (*used >= sizeof(log->header) - 1 ||
	    !gzgets(log->file, line, (int)(sizeof(log->header) - *used)))
		return false;
	*used += strlen(line);
	return line[0] != '\n' && *used && log->header[*used - 1] == '\n';
}

const char *stimulus_header(const struct stimulus *log, const char *name)
{
	static char value[2048];
	size_t length = strlen(name);

	for (const char *line = log->header; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, length) || line[length] != ' ')
			continue;
		snprintf(value, sizeof(value), "%.*s", (int)strcspn(line + length + 1, "\n"),
			 line + length + 1);
		return value;
	}
	return NULL;
}

/* Older logs, all of the bare device, do not say it. */
static const char *wrong_device(const struct stimulus *log)
{
	const char *device = stimulus_header(log, "device");
	static char text[200];

	if (!strcmp(device ? device : "bare 1 1", this_device()))
		return NULL;
	snprintf(text, sizeof(text), "it is of a device '%.60s', and this replays '%s'",
		 device ? device : "bare 1 1", this_device());
	return text;
}

struct stimulus *stimulus_read_open(const char *path)
{
	struct stimulus *log = calloc(1, sizeof(*log));
	size_t used = 0;

	if (!log)
		return NULL;
	log->file = gzopen(path, "rbe");
	if (!log->file) {
		free(log);
		return NULL;
	}
	gzbuffer(log->file, 1 << 18);
	while (header_line(log, &used))
		;
	if (strncmp(log->header, MAGIC, strlen(MAGIC)) || !strstr(log->header, "\n\n"))
		log->error = "this is no stimulus log";
	else
		log->error = wrong_device(log);
	return log;
}

const char *stimulus_error(const struct stimulus *log)
{
	return log->error;
}

static bool take(struct stimulus *log, void *to, size_t length)
{
	return gzread(log->file, to, (unsigned int)length) == (int)length;
}

static enum stimulus_what bad(struct stimulus *log, const char *why)
{
	log->error = why;
	return STIMULUS_BAD;
}

/* The file ends where it should not: cut off, or damaged? */
static enum stimulus_what ended(struct stimulus *log)
{
	int code = 0;
	const char *text = gzerror(log->file, &code);

	if (code == Z_OK || code == Z_BUF_ERROR || code == Z_STREAM_END)
		return STIMULUS_CUT;
	return bad(log, text && *text ? text : "it cannot be read");
}

static enum stimulus_what take_change(struct stimulus *log, uint32_t changed,
				      struct stimulus_record *record)
{
	unsigned char mask, byte, more[2];
	unsigned int count = words();

	if (count > FEW) {
		if (!take(log, more, sizeof(more)))
			return ended(log);
		changed |= (uint32_t)get16(more) << FEW;
	}
	if (changed >> count)
		return bad(log, "an impossible record");
	for (unsigned int w = 0; w < count; w++) {
		if (!(changed >> w & 1))
			continue;
		if (!take(log, &mask, 1))
			return ended(log);
		for (unsigned int b = 0; b < 8; b++) {
			if (!(mask >> b & 1))
				continue;
			if (!take(log, &byte, 1))
				return ended(log);
			log->pins[8 * w + b] = byte;
		}
	}
	unpack(log->pins, &record->in);
	return STIMULUS_CYCLE;
}

static enum stimulus_what take_same(struct stimulus *log, struct stimulus_record *record)
{
	unsigned int shift = 0;
	unsigned char byte;

	do {
		if (!take(log, &byte, 1))
			return ended(log);
		if (shift > 56)
			return bad(log, "an impossible count");
		log->same |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	if (!log->same--)
		return bad(log, "an impossible count");
	unpack(log->pins, &record->in);
	return STIMULUS_CYCLE;
}

enum stimulus_what stimulus_next(struct stimulus *log, struct stimulus_record *record)
{
	unsigned char byte, four[4];

	if (log->error)
		return STIMULUS_BAD;
	if (log->same) {
		log->same--;
		unpack(log->pins, &record->in);
		return STIMULUS_CYCLE;
	}
	if (!take(log, &byte, 1))
		return ended(log);
	switch (byte) {
	case REC_HASH:
		if (!take(log, four, 4))
			return ended(log);
		record->hash = four[0] | four[1] << 8 | four[2] << 16 | (uint32_t)four[3] << 24;
		return STIMULUS_HASH;
	case REC_REMARK:
		if (!take(log, four, 2))
			return ended(log);
		record->remark.kind = (char)four[0];
		record->remark.length = four[1];
		record->remark.bytes[four[1]] = 0;
		return take(log, record->remark.bytes, four[1]) ? STIMULUS_REMARK : ended(log);
	case REC_END:
		return STIMULUS_END;
	case REC_SAME:
		return take_same(log, record);
	default:
		return byte & REC_CHANGE ? take_change(log, byte & 0x7f, record)
					 : bad(log, "an unknown record");
	}
}

void stimulus_read_close(struct stimulus *log)
{
	if (!log)
		return;
	gzclose(log->file);
	free(log);
}
