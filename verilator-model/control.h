/* SPDX-License-Identifier: GPL-2.0 */
/*
 * control.h: a socket by which people and tests tell a running model to misbehave (misbehave.h). A
 * client connects, sends one line, gets one line, and that is all.
 */
#ifndef DMMU_CONTROL_H
#define DMMU_CONTROL_H

#include <stdbool.h>
#include <stddef.h>

struct model;

/* bytes: what a line may have, newline and end included */
enum { CONTROL_COMMAND_SIZE = 2200, CONTROL_ANSWER_SIZE = 1100 };

/* --- the model's side: control.c --- */

/* Listens on PATH; returns the descriptor, for poll(), or -1 and errno. */
int control_open(const char *path);
/* Serves the client that waits, if one does; one that says nothing costs 200 ms. */
void control_serve(struct model *model);
void control_close(int fd, const char *path);

/* --- the other side: control_client.c --- */

/*
 * Sends COMMAND, without its newline, and waits for the answer, which comes without one, too. False
 * and errno when nobody listens, or nothing is answered within ten seconds (ETIMEDOUT).
 */
bool control_ask(const char *path, const char *command, char *answer, size_t size);

#endif /* DMMU_CONTROL_H */
