/* SPDX-License-Identifier: GPL-2.0 */
/*
 * control.h: a socket by which people and tests tell a running model to misbehave (misbehave.h). A
 * client connects, sends one line, gets one line, and that is all.
 */
#ifndef DMMU_CONTROL_H
#define DMMU_CONTROL_H

#include "model.h"

/* Listens on PATH; returns the descriptor, for poll(), or -1 and errno. */
int control_open(const char *path);
/* Serves the client that waits, if one does; one that says nothing costs 200 ms. */
void control_serve(struct model *model);
void control_close(int fd, const char *path);

#endif /* DMMU_CONTROL_H */
