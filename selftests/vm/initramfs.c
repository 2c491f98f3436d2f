/* SPDX-License-Identifier: GPL-2.0 */
/*
 * initramfs.c: packs the guest's root file system (cpio, format newc), so that neither cpio nor
 * root is needed and the device node that the kernel opens first, /dev/console, can be in it.
 *
 * usage: initramfs OUTPUT [/dir] [/path=file] [/path=->target] ...     folders are made as they are
 * needed
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static FILE *out;
static const char *out_name;
static unsigned int inode;

static void fail(const char *what)
{
	fprintf(stderr, "initramfs: %s: %s\n", what, strerror(errno));
	if (out)
		remove(out_name);
	exit(1);
}

static void put(const void *data, size_t size)
{
	static const char zeros[4];

	if (fwrite(data, 1, size, out) != size || fwrite(zeros, 1, -size & 3, out) != (-size & 3))
		fail(out_name);
}

static void entry(const char *path, unsigned int mode, const void *data, size_t size,
		  unsigned int major, unsigned int minor)
{
	char head[4096];
	size_t name = strlen(path) + 1;
	int n = snprintf(head, sizeof(head),
			 "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s", ++inode,
			 mode, 0u, 0u, S_ISDIR(mode) ? 2u : 1u, 0u, (unsigned int)size, 0u, 0u,
			 major, minor, (unsigned int)name, 0u, path);

	if (n < 0 || (size_t)n >= sizeof(head)) {
		errno = ENAMETOOLONG;
		fail(path);
	}
	put(head, (size_t)n + 1);
	put(data, size);
}

/* Each folder once, parents first. */
static void folders(const char *path)
{
	static char made[256][128];
	static size_t count;
	char part[128];

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		size_t length = (size_t)(slash - path), i = 0;

		if (!length)
			continue;
		snprintf(part, sizeof(part), "%.*s", (int)length, path);
		while (i < count && strcmp(made[i], part))
			i++;
		if (i < count)
			continue;
		if (count == 256) {
			errno = ENOSPC;
			fail(part);
		}
		strcpy(made[count++], part);
		entry(part, S_IFDIR | 0755, "", 0, 0, 0);
	}
}

static void file(const char *path, const char *from)
{
	FILE *in = fopen(from, "rb");
	struct stat st;

	if (!in || fstat(fileno(in), &st))
		fail(from);
	void *data = malloc((size_t)st.st_size + 1);

	if (!data || fread(data, 1, (size_t)st.st_size, in) != (size_t)st.st_size)
		fail(from);
	entry(path, S_IFREG | (st.st_mode & 0111 ? 0755 : 0644), data, (size_t)st.st_size, 0, 0);
	free(data);
	fclose(in);
}

int main(int argc, char **argv)
{
	if (argc < 2 || !strcmp(argv[1], "--help")) {
		puts("usage: initramfs OUTPUT [/dir/] [/path=file] [/path=->target] ...");
		return argc < 2 ? 2 : 0;
	}
	out_name = argv[1];
	out = fopen(out_name, "wb");
	if (!out)
		fail(out_name);
	folders("/dev/");
	entry("/dev/console", S_IFCHR | 0600, "", 0, 5, 1);
	for (int i = 2; i < argc; i++) {
		char *path = argv[i];
		char *from = strchr(path, '=');

		if (*path != '/') {
			fprintf(stderr, "initramfs: '%s' does not start with /\n", path);
			remove(out_name);
			return 2;
		}
		if (from)
			*from++ = 0;
		folders(path);
		if (from && !strncmp(from, "->", 2))
			entry(path, S_IFLNK | 0777, from + 2, strlen(from + 2), 0, 0);
		else if (from)
			file(path, from);
	}
	entry("TRAILER!!!", 0, "", 0, 0, 0);
	if (fclose(out)) {
		out = NULL;
		fail(out_name);
	}
	return 0;
}
