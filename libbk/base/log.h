/*
 * Talk on stderr, one escaped line a message: "bk-list: text".  For cmd/,
 * report/ and what runs a tool; the engine returns errors and emits events
 * instead.  The level and the name are the only state.
 */

#ifndef BK_BASE_LOG_H
#define BK_BASE_LOG_H

enum bk_log_level {
	BK_LOG_ERROR, /* shown even with -q */
	BK_LOG_WARN,
	BK_LOG_INFO,
	BK_LOG_DEBUG, /* with -v */
};

/* Before any thread is started.  `name` is kept by pointer. */
void bk_log_init(const char *name, enum bk_log_level level);
enum bk_log_level bk_log_level(void);

/*
 * Called before a line and after it, so that a progress display can take its
 * line away and put it back.  NULL for none.  Set before threads start.
 */
void bk_log_around(void (*around)(void *data, int after), void *data);

void bk_log(enum bk_log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
