/* Lines on stderr: see log.h. */

#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"

static struct {
	const char *name;
	enum bk_log_level level;
	void (*around)(void *data, int after);
	void *data;
} talk = {.name = "bk", .level = BK_LOG_INFO};

void bk_log_init(const char *name, enum bk_log_level level)
{
	talk.name = name;
	talk.level = level;
}

enum bk_log_level bk_log_level(void)
{
	return talk.level;
}

void bk_log_around(void (*around)(void *data, int after), void *data)
{
	talk.around = around;
	talk.data = data;
}

/* One write a line: lines of several threads do not mix. */
void bk_log(enum bk_log_level level, const char *fmt, ...)
{
	struct bk_buf line = {0};
	char *text = NULL;
	va_list args;

	if (level > talk.level)
		return;
	va_start(args, fmt);
	int len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len < 0)
		return;
	bk_buf_printf(&line, "%s: ", talk.name);
	bk_escape(&line, text, (size_t)len);
	bk_buf_add(&line, "\n", 1);
	free(text);

	if (talk.around)
		talk.around(talk.data, 0);
	(void)fwrite(line.data, 1, line.len, stderr);
	if (talk.around)
		talk.around(talk.data, 1);
	bk_buf_clear(&line);
}
