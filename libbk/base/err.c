/* Errors as values: see err.h. */

#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

int bk_fail(struct bk_err *err, enum bk_kind kind, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	err->kind = kind;
	err->end = BK_END_UNTOLD;
	err->retry_after_s = 0;
	(void)vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	return -1;
}

int bk_fail_errno(struct bk_err *err, const char *fmt, ...)
{
	int number = errno;
	va_list args;

	va_start(args, fmt);
	err->kind = bk_kind_of_errno(number);
	err->end = BK_END_UNTOLD;
	err->retry_after_s = 0;
	int len = vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	if (len >= 0 && (size_t)len < sizeof(err->text)) {
		const char *why = strerrordesc_np(number);
		(void)snprintf(err->text + len, sizeof(err->text) - (size_t)len,
			       ": %s%s", why ? why : "unknown error",
			       number == EMFILE ? "; raise ulimit -n" : "");
	}
	return -1;
}

int bk_fail_output(struct bk_err *err, const char *what)
{
	if (errno == EPIPE)
		return bk_fail(err, BK_LOST, "%s", "");
	return bk_fail_errno(err, "%s could not be written", what);
}

/* Is it said already, by who was asked? */
static bool begins_with(const char *text, const char *context, size_t len)
{
	return strncmp(text, context, len) == 0 &&
	       strncmp(text + len, ": ", 2) == 0;
}

int bk_context(struct bk_err *err, const char *fmt, ...)
{
	char inner[BK_ERR_TEXT_MAX];
	va_list args;

	memcpy(inner, err->text, sizeof(inner));
	inner[sizeof(inner) - 1] = 0;
	va_start(args, fmt);
	int len = vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	if (len < 0 || (size_t)len + 3 > sizeof(err->text))
		return -1;
	if (begins_with(inner, err->text, (size_t)len)) {
		memcpy(err->text, inner, sizeof(inner));
		return -1;
	}
	size_t room = sizeof(err->text) - (size_t)len - 3;
	size_t keep = strnlen(inner, room);
	memcpy(err->text + len, ": ", 2);
	memcpy(err->text + len + 2, inner, keep);
	err->text[(size_t)len + 2 + keep] = 0;
	return -1;
}

int bk_err_at(struct bk_err *err, enum bk_end end)
{
	if (err->end == BK_END_UNTOLD)
		err->end = end;
	return -1;
}

enum bk_kind bk_kind_of_errno(int number)
{
	switch (number) {
	case ENOENT:
	case ENOTDIR:
		return BK_GONE;
	case EEXIST:
		return BK_EXISTS;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return BK_FULL;
	case EAGAIN:
	case EBUSY:
		return BK_BUSY;
	case EACCES:
	case EPERM:
	case EROFS:
		return BK_DENIED;
	case ECONNRESET:
	case EPIPE:
		return BK_LOST;
	/* Of the next item it would be just as true. */
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return BK_STARVED;
	default:
		return BK_FAILED;
	}
}
