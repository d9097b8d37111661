/* What the tests of IMAP's parsers share: texts as views, and expectations. */

#ifndef BK_TESTS_IMAP_WORDS_H
#define BK_TESTS_IMAP_WORDS_H

#include <string.h>

#include "base/arena.h"
#include "imap/response.h"
#include "lib/test.h"

static struct bk_arena arena;
static struct bk_err err;

static inline int start(void **state)
{
	(void)state;
	err = (struct bk_err){0};
	return 0;
}

static inline int end(void **state)
{
	(void)state;
	bk_arena_clear(&arena);
	return 0;
}

static inline struct bk_view words(const char *text)
{
	return (struct bk_view){(const uint8_t *)text, strlen(text)};
}

static inline void assert_view(struct bk_view view, const char *text)
{
	if (view.len != strlen(text) ||
	    (view.len && memcmp(view.data, text, view.len) != 0))
		fail_msg("'%.*s', not '%s'", (int)view.len,
			 (const char *)view.data, text);
}

static inline void assert_fine(int rc)
{
	if (rc < 0)
		fail_msg("%s", err.text);
}

static inline void assert_corrupt(int rc, const char *why)
{
	assert_int_equal(rc, -1);
	if (err.kind != BK_CORRUPT || !strstr(err.text, why))
		fail_msg("'%s' does not say '%s'", err.text, why);
	err = (struct bk_err){0};
}

static inline struct bk_imap_response response(const char *line)
{
	struct bk_imap_response out;

	assert_fine(bk_imap_response_parse(words(line), &out, &err));
	return out;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

#endif
