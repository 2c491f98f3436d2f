// SPDX-License-Identifier: GPL-2.0
/*
 * dmmu-control.c: says one line to a running dmmu-model (--control) and prints the answer.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static const char usage[] =
	"usage: dmmu-control SOCKET COMMAND...\n"
	"Tells a dmmu-model that was started with --control SOCKET what to do:\n\n"
	"  faults SPEC [SEED]   misbehave so from now on (dmmu-model --faults help); none: not at "
	"all\n"
	"  now CLAUSE           device=flr, device=reset or link=loss, at once\n"
	"  hold POINT,...       hold what passes: invalidate, ack, answer, record, completion,\n"
	"                       write\n"
	"  release POINT,...    let it go, and hold no more; also all\n"
	"  state                what was held and what went wrong so far\n\n"
	"Ends with 0 when the answer begins with ok, 1 when not, 2 on wrong usage, 3 without "
	"answer.\n";

static int complain(const char *path)
{
	fprintf(stderr, "dmmu-control: %s: %s\n", path, strerror(errno));
	return 3;
}

int main(int argc, char **argv)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = 10};
	char line[2200] = "", answer[1100];
	size_t length = 0;
	ssize_t n;

	if (argc < 3 || strlen(argv[1]) >= sizeof(addr.sun_path)) {
		fputs(usage, argc == 2 && !strcmp(argv[1], "--help") ? stdout : stderr);
		return argc == 2 && !strcmp(argv[1], "--help") ? 0 : 2;
	}
	for (int i = 2; i < argc; i++) {
		if (strlen(line) + strlen(argv[i]) + 2 >= sizeof(line)) {
			fputs("dmmu-control: too long\n", stderr);
			return 2;
		}
		strcat(line, argv[i]);
		strcat(line, i + 1 < argc ? " " : "\n");
	}
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(addr.sun_path, argv[1]);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    send(fd, line, strlen(line), MSG_NOSIGNAL) < 0)
		return complain(argv[1]);
	while (length < sizeof(answer) - 1 &&
	       (n = recv(fd, answer + length, sizeof(answer) - 1 - length, 0)) > 0)
		length += (size_t)n;
	answer[length] = 0;
	if (!length)
		return complain(argv[1]);
	fputs(answer, stdout);
	close(fd);
	return strncmp(answer, "ok", 2) ? 1 : 0;
}
