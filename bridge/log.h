/* SPDX-License-Identifier: GPL-2.0 */
/*
 * log.h: lines on stderr for the person who runs the bridge. INFO is one line per change of state,
 * DEBUG one per message.
 */
#ifndef DMMU_LOG_H
#define DMMU_LOG_H

enum log_level { LOG_ERROR, LOG_INFO, LOG_DEBUG };

extern enum log_level log_level;

void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_info(...)  log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...)                                    \
	do {                                              \
		if (log_level >= LOG_DEBUG)               \
			log_line(LOG_DEBUG, __VA_ARGS__); \
	} while (0)

#endif /* DMMU_LOG_H */
