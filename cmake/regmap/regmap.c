// SPDX-License-Identifier: GPL-2.0
/*
 * regmap: turns the one description of the programming interface (rtl/registers/dmmu.map) into the
 * Verilog package, the C header and the documentation table, so that the three cannot disagree.
 *
 * usage: regmap --verilog|--c|--markdown MAP > OUTPUT
 *
 * The map is checked while it is read: names are unique, fields fit and do not overlap, registers
 * are aligned, record members tile the record exactly. An error names file and line and exits
 * with 1.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { SECTION, ENUM, VALUE, REG, FIELD, LAYOUT, RECORD, MEMBER, KINDS };
enum output { VERILOG, C, MARKDOWN };

static const char *const kind_name[KINDS] = {
	"section", "enum", "value", "reg", "field", "layout", "record", "member",
};
/* words expected between the kind and the '|' */
static const int kind_words[KINDS] = {0, 1, 2, 4, 2, 1, 2, 3};

struct item {
	enum kind kind;
	int line;
	char name[48];
	uint64_t value; /* value, register or member offset, record size, low bit of a field */
	uint64_t width; /* bits of a field, bytes of a member */
	char access[8];
	char reset[24];
	char text[256];
};

static struct item items[512];
static int count;
static const char *map_path;

static void die(int line, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "%s:%d: ", map_path, line);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static uint64_t number(int line, const char *word)
{
	char *end;
	uint64_t value = strtoull(word, &end, 0);

	if (end == word || *end)
		die(line, "'%s' is not a number", word);
	return value;
}

static void copy_word(int line, char *to, size_t size, const char *from)
{
	if (strlen(from) >= size)
		die(line, "'%s' is longer than %zu characters", from, size - 1);
	strcpy(to, from);
}

static void parse_line(int line, char *buf)
{
	char *word[6], *text = strchr(buf, '|');
	int words = 0;
	struct item *it = &items[count];

	if (buf[strspn(buf, " \t")] == '#')
		return;
	if (text) {
		*text++ = '\0';
		while (isspace((unsigned char)*text))
			text++;
		text[strcspn(text, "\r\n")] = '\0';
	}
	for (char *w = strtok(buf, " \t\r\n"); w; w = strtok(NULL, " \t\r\n")) {
		if (words == 6)
			die(line, "too many words before '|'");
		word[words++] = w;
	}
	if (!words)
		return;
	if (count == (int)(sizeof(items) / sizeof(items[0])))
		die(line, "more than %d lines of content: raise the table in regmap.c", count);
	if (!text || !*text)
		die(line, "every line ends in '| description'");

	int kind = 0;
	while (kind < KINDS && strcmp(word[0], kind_name[kind]))
		kind++;
	if (kind == KINDS)
		die(line, "unknown kind '%s'", word[0]);
	if (words - 1 != kind_words[kind])
		die(line, "%s takes %d words before '|', not %d", word[0], kind_words[kind],
		    words - 1);

	it->kind = kind;
	it->line = line;
	copy_word(line, it->text, sizeof(it->text), text);
	if (words > 1)
		copy_word(line, it->name, sizeof(it->name), word[1]);
	switch (it->kind) {
	case VALUE:
	case RECORD:
		it->value = number(line, word[2]);
		break;
	case REG:
		it->value = number(line, word[2]);
		copy_word(line, it->access, sizeof(it->access), word[3]);
		copy_word(line, it->reset, sizeof(it->reset), word[4]);
		if (it->value % 4)
			die(line, "register %s is not aligned to 4 bytes", it->name);
		if (strcmp(it->access, "ro") && strcmp(it->access, "rw") &&
		    strcmp(it->access, "wo") && strcmp(it->access, "rw1c"))
			die(line, "access '%s' is none of ro rw wo rw1c", it->access);
		if (strcmp(it->reset, "-"))
			number(line, it->reset);
		break;
	case FIELD: {
		char *colon = strchr(word[2], ':');
		uint64_t high;

		if (!colon)
			die(line, "a field needs HI:LO");
		*colon = '\0';
		high = number(line, word[2]);
		it->value = number(line, colon + 1);
		if (high < it->value || high > 63)
			die(line, "field %s: bad bits %s:%s", it->name, word[2], colon + 1);
		it->width = high - it->value + 1;
		break;
	}
	case MEMBER:
		it->value = number(line, word[2]);
		it->width = number(line, word[3]);
		break;
	default:
		break;
	}
	count++;
}

static bool is_scalar(const struct item *it)
{
	return it->width == 1 || it->width == 2 || it->width == 4 || it->width == 8;
}

static unsigned long long field_mask(const struct item *it)
{
	return (it->width == 64 ? ~0ull : (1ull << it->width) - 1) << it->value;
}

static bool opens(const struct item *it)
{
	return it->kind == ENUM || it->kind == REG || it->kind == LAYOUT || it->kind == RECORD;
}

/* Names are unique among their like: openers in the map, values, fields and members below one
 * opener. */
static void check_names(void)
{
	const struct item *owner = NULL;

	for (const struct item *it = items; it < items + count; it++) {
		if (opens(it))
			owner = it;
		for (const struct item *other = opens(it) ? items : owner; other && other < it;
		     other++) {
			if (other->kind == it->kind && it->kind != SECTION &&
			    !strcmp(other->name, it->name))
				die(it->line, "%s %s is already at line %d", kind_name[it->kind],
				    it->name, other->line);
			if (other->kind == REG && it->kind == REG && other->value == it->value)
				die(it->line, "%s and %s share an offset", it->name, other->name);
		}
	}
}

static void check_complete(const struct item *record, uint64_t covered)
{
	if (record && record->kind == RECORD && covered != record->value)
		die(record->line, "record %s: members cover %llu of %llu bytes", record->name,
		    (unsigned long long)covered, (unsigned long long)record->value);
}

/* Everything lies below the right opener; fields fit and do not overlap; members tile their record.
 */
static void check_layout(void)
{
	const struct item *owner = NULL;
	uint64_t used = 0, next = 0;

	for (const struct item *it = items; it < items + count; it++) {
		if (it->kind == SECTION || opens(it)) {
			check_complete(owner, next);
			owner = it->kind == SECTION ? NULL : it;
			used = 0;
			next = 0;
			continue;
		}
		if (!owner)
			die(it->line, "%s %s belongs to nothing", kind_name[it->kind], it->name);
		if (it->kind == VALUE && owner->kind != ENUM)
			die(it->line, "a value needs an enum above it");
		if (it->kind == MEMBER) {
			if (owner->kind != RECORD)
				die(it->line, "a member needs a record above it");
			if (it->value != next || (is_scalar(it) && it->value % it->width))
				die(it->line, "member %s: hole, overlap or misalignment at %llu",
				    it->name, (unsigned long long)next);
			next = it->value + it->width;
		}
		if (it->kind == FIELD) {
			if (owner->kind != REG && owner->kind != LAYOUT)
				die(it->line, "a field needs a register or layout above it");
			if (owner->kind == REG && it->value + it->width > 32)
				die(it->line, "field %s does not fit in 32 bits", it->name);
			if (used & field_mask(it))
				die(it->line, "field %s overlaps another", it->name);
			used |= field_mask(it);
		}
	}
	check_complete(owner, next);
}

static void upper(char *to, const char *from)
{
	while ((*to++ = toupper((unsigned char)*from++)))
		;
}

static void emit_verilog(void)
{
	const struct item *owner = NULL;
	char up[48], member[48];

	printf("// Generated from rtl/registers/dmmu.map by regmap. Do not edit.\n"
	       "// Registers: REG_<name>, RST_<name>; fields: <reg>_<field>_LSB and _W; records: "
	       "<rec>_<member>_LSB and _W, in bits.\n"
	       "`default_nettype none\n/* verilator lint_off UNUSEDPARAM */\npackage dmmu_pkg;\n");
	for (int i = 0; i < count; i++) {
		const struct item *it = &items[i];
		unsigned long long v = it->value, w = it->width;

		upper(up, owner ? owner->name : "");
		upper(member, it->name);
		switch (it->kind) {
		case SECTION:
			printf("\n  // %s\n", it->text);
			break;
		case ENUM:
		case LAYOUT:
			owner = it;
			break;
		case RECORD:
			owner = it;
			printf("  localparam %s_BYTES = %llu;\n", member, v);
			break;
		case VALUE:
			printf("  localparam %s_%s = %llu;\n", up, it->name, v);
			break;
		case REG:
			owner = it;
			printf("  localparam [15:0] REG_%s = 16'h%04llx;\n", it->name, v);
			if (strcmp(it->reset, "-"))
				printf("  localparam [31:0] RST_%s = 32'h%08llx;\n", it->name,
				       (unsigned long long)number(it->line, it->reset));
			break;
		case FIELD:
			printf("  localparam %s_%s_LSB = %llu;\n  localparam %s_%s_W = %llu;\n", up,
			       it->name, v, up, it->name, w);
			break;
		case MEMBER:
			printf("  localparam %s_%s_LSB = %llu;\n  localparam %s_%s_W = %llu;\n", up,
			       member, v * 8, up, member, w * 8);
			break;
		default:
			break;
		}
	}
	printf("endpackage\n/* verilator lint_on UNUSEDPARAM */\n`default_nettype wire\n");
}

static void emit_c(void)
{
	const struct item *owner = NULL;
	char up[48], value[32];

	printf("/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */\n"
	       "/* Generated from rtl/registers/dmmu.map by regmap. Do not edit. */\n"
	       "#ifndef DMMU_REGS_H\n#define DMMU_REGS_H\n\n#include <linux/types.h>\n");
	for (int i = 0; i < count; i++) {
		const struct item *it = &items[i];
		bool last = i + 1 == count || items[i + 1].kind != MEMBER;

		upper(up, owner ? owner->name : "");
		switch (it->kind) {
		case SECTION:
			printf("\n/* %s */\n", it->text);
			break;
		case ENUM:
		case LAYOUT:
			owner = it;
			printf("\n/* %s: %s */\n", it->name, it->text);
			break;
		case VALUE:
			printf("#define DMMU_%s_%s %lluu /* %s */\n", up, it->name,
			       (unsigned long long)it->value, it->text);
			break;
		case REG:
			owner = it;
			printf("#define DMMU_REG_%s 0x%03llxu /* %s, %s */\n", it->name,
			       (unsigned long long)it->value, it->access, it->text);
			if (strcmp(it->reset, "-"))
				printf("#define DMMU_RST_%s %su\n", it->name, it->reset);
			break;
		case FIELD:
			snprintf(value, sizeof(value), "0x%llx%s", field_mask(it),
				 owner->kind == REG ? "u" : "ull");
			printf("#define DMMU_%s_%s %s /* %s */\n", up, it->name, value, it->text);
			printf("#define DMMU_%s_%s_SHIFT %llu\n", up, it->name,
			       (unsigned long long)it->value);
			break;
		case RECORD:
			owner = it;
			printf("\n/* %s */\nstruct dmmu_%s {\n", it->text, it->name);
			break;
		case MEMBER:
			if (it->width == 1)
				printf("\t__u8 %s; /* %s */\n", it->name, it->text);
			else if (is_scalar(it))
				printf("\t__le%llu %s; /* %s */\n",
				       (unsigned long long)it->width * 8, it->name, it->text);
			else
				printf("\t__u8 %s[%llu]; /* %s */\n", it->name,
				       (unsigned long long)it->width, it->text);
			if (last)
				printf("};\n");
			break;
		default:
			break;
		}
	}
	printf("\n/* X(name, offset, access, reset) for every register whose reset value is fixed "
	       "*/\n"
	       "#define DMMU_REGS_WITH_RESET(X) \\\n");
	for (int i = 0; i < count; i++)
		if (items[i].kind == REG && strcmp(items[i].reset, "-") &&
		    strcmp(items[i].access, "wo"))
			printf("\tX(%s, 0x%03llxu, \"%s\", %su) \\\n", items[i].name,
			       (unsigned long long)items[i].value, items[i].access, items[i].reset);
	printf("\t/* end */\n\n/* X(name, index) for every counter */\n#define DMMU_COUNTERS(X) "
	       "\\\n");
	owner = NULL;
	for (int i = 0; i < count; i++) {
		if (items[i].kind == ENUM)
			owner = &items[i];
		else if (items[i].kind == VALUE && !strcmp(owner->name, "CNT") &&
			 strcmp(items[i].name, "COUNT"))
			printf("\tX(%s, %llu) \\\n", items[i].name,
			       (unsigned long long)items[i].value);
	}
	printf("\t/* end */\n\n#endif /* DMMU_REGS_H */\n");
}

static void emit_markdown(void)
{
	enum kind table = SECTION;

	printf("# Registers, records and page-table entries\n\n"
	       "Generated from `rtl/registers/dmmu.map`; do not edit.\n");
	for (int i = 0; i < count; i++) {
		const struct item *it = &items[i];
		unsigned long long v = it->value, w = it->width;

		switch (it->kind) {
		case SECTION:
			printf("\n## %s\n", it->text);
			break;
		case ENUM:
			printf("\n**%s**: %s\n\n| name | value | meaning |\n|---|---|---|\n",
			       it->name, it->text);
			break;
		case VALUE:
			printf("| `%s` | %llu | %s |\n", it->name, v, it->text);
			break;
		case REG:
			if (table != REG && table != FIELD)
				printf("\n| offset | register | bits | access | reset | meaning "
				       "|\n|---|---|---|---|---|---|\n");
			printf("| 0x%03llx | **%s** | | %s | %s | %s |\n", v, it->name, it->access,
			       strcmp(it->reset, "-") ? it->reset : "by build", it->text);
			break;
		case FIELD:
			if (table == LAYOUT)
				printf("| | | bits | | | |\n|---|---|---|---|---|---|\n");
			printf("| | `%s` | %llu:%llu | | | %s |\n", it->name, v + w - 1, v,
			       it->text);
			break;
		case LAYOUT:
			printf("\n**%s**: %s\n\n", it->name, it->text);
			break;
		case RECORD:
			printf("\n**%s** (%llu bytes): %s\n\n| offset | member | bytes | meaning "
			       "|\n|---|---|---|---|\n",
			       it->name, v, it->text);
			break;
		case MEMBER:
			printf("| 0x%02llx | `%s` | %llu | %s |\n", v, it->name, w, it->text);
			break;
		default:
			break;
		}
		table = it->kind;
	}
}

int main(int argc, char **argv)
{
	static const char *const option[] = {"--verilog", "--c", "--markdown"};
	char line[1024];
	int mode = 0, n = 0;
	FILE *map;

	while (argc == 3 && mode < 3 && strcmp(argv[1], option[mode]))
		mode++;
	if (argc != 3 || mode == 3) {
		fprintf(stderr, "usage: regmap --verilog|--c|--markdown MAP > OUTPUT\n");
		return 2;
	}
	map_path = argv[2];
	map = fopen(map_path, "r");
	if (!map) {
		perror(map_path);
		return 1;
	}
	while (fgets(line, sizeof(line), map)) {
		n++;
		if (!strchr(line, '\n'))
			die(n, "line longer than %zu characters", sizeof(line) - 2);
		parse_line(n, line);
	}
	fclose(map);
	check_names();
	check_layout();
	if (mode == VERILOG)
		emit_verilog();
	else if (mode == C)
		emit_c();
	else
		emit_markdown();
	return fflush(stdout) || ferror(stdout);
}
