/* Columns of text, after the C library's tables: see width.h. */

#include "report/width.h"

#include <locale.h>
#include <pthread.h>
#include <stdint.h>
#include <wchar.h>

#include "base/utf8.h"

/* wcwidth() follows the thread's locale, and tools do not set any: so it is
 * asked under one that knows all of Unicode and is always there on glibc. */
static locale_t unicode;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void find_unicode(void)
{
	unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

static size_t width_of(uint32_t code)
{
	int width = -1;

	if (code >= ' ' && code < 0x7f)
		return 1;
	(void)pthread_once(&once, find_unicode);
	if (unicode) {
		locale_t before = uselocale(unicode);
		width = wcwidth((wchar_t)code);
		(void)uselocale(before);
	}
	return width < 0 ? 1 : (size_t)width;
}

/* The character at `text`: its bytes, and its columns in *width. */
static size_t next(const char *text, size_t n, size_t *width)
{
	uint32_t code;
	size_t len = bk_utf8_next((const uint8_t *)text, n, &code);

	*width = len ? width_of(code) : 1;
	return len ? len : 1;
}

size_t bk_width(const char *text, size_t n)
{
	size_t sum = 0;
	size_t width;

	for (size_t at = 0; at < n; sum += width)
		at += next(text + at, n - at, &width);
	return sum;
}

size_t bk_width_fit(const char *text, size_t n, size_t columns)
{
	size_t at = 0;
	size_t width;

	while (at < n) {
		size_t len = next(text + at, n - at, &width);
		if (width > columns)
			break;
		columns -= width;
		at += len;
	}
	return at;
}
