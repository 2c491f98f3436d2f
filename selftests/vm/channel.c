/* SPDX-License-Identifier: GPL-2.0 */
/*
 * channel.c: see channel.h.
 */
#include "channel.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

bool channel_open(struct channel *channel, const char *log,
		  void (*on_line)(void *context, const char *line), void *context)
{
	int fds[2];

	*channel = (struct channel){
		.fd = -1, .guest_fd = -1, .on_line = on_line, .context = context, .copy_to = -1};
	channel->log = fopen(log, "we");
	if (!channel->log || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds)) {
		perror(log);
		return false;
	}
	channel->fd = fds[0];
	channel->guest_fd = fds[1];
	return true;
}

static void end_line(struct channel *channel)
{
	channel->line[channel->length] = 0;
	channel->length = 0;
	channel->on_line(channel->context, channel->line);
}

void channel_read(struct channel *channel)
{
	char block[4096];
	ssize_t n = recv(channel->fd, block, sizeof(block), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		if (channel->length)
			end_line(channel);
		close(channel->fd);
		channel->fd = -1;
		return;
	}
	fwrite(block, 1, (size_t)n, channel->log);
	fflush(channel->log);
	if (channel->copy_to >= 0 && write(channel->copy_to, block, (size_t)n) < 0)
		channel->copy_to = -1;
	for (ssize_t i = 0; i < n; i++) {
		if (block[i] == '\r')
			continue;
		if (block[i] == '\n' || channel->length == sizeof(channel->line) - 1)
			end_line(channel);
		if (block[i] != '\n')
			channel->line[channel->length++] = block[i];
	}
}

void channel_close(struct channel *channel)
{
	if (channel->fd >= 0)
		close(channel->fd);
	if (channel->guest_fd >= 0)
		close(channel->guest_fd);
	if (channel->log)
		fclose(channel->log);
	*channel = (struct channel){.fd = -1, .guest_fd = -1};
}
