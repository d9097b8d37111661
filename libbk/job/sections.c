/* Which section is meant: see sections.h. */

#include "job/sections.h"

#include "base/buf.h"

const struct bk_conf_section *bk_sections_only(const struct bk_conf *conf,
					       const char *type, size_t *n)
{
	const struct bk_conf_section *first = bk_conf_next(conf, type, NULL);
	const struct bk_conf_section *s = first;

	for (*n = 0; s; s = bk_conf_next(conf, type, s))
		++*n;
	return *n == 1 ? first : NULL;
}

/* "a, b, c": the names of all sections of a type. */
static void add_names(struct bk_buf *out, const struct bk_conf *conf,
		      const char *type)
{
	const struct bk_conf_section *s = NULL;
	const char *gap = "";

	while ((s = bk_conf_next(conf, type, s))) {
		bk_buf_printf(out, "%s%s", gap, s->name);
		gap = ", ";
	}
}

int bk_sections_which(const struct bk_settings *settings, const char *type,
		      const char *how, struct bk_err *err)
{
	struct bk_buf names = {0};

	add_names(&names, &settings->conf, type);
	if (names.len > 0)
		bk_fail(err, BK_MISUSE, "which %s? %s, one of: %s", type, how,
			bk_buf_text(&names));
	else
		bk_fail(err, BK_MISUSE, "which %s? %s; there is none in %s",
			type, how, settings->source);
	bk_buf_clear(&names);
	return -1;
}

void bk_sections_offer(struct bk_nearest *near, const struct bk_conf *conf,
		       const char *type)
{
	const struct bk_conf_section *s = NULL;

	while ((s = bk_conf_next(conf, type, s)))
		bk_nearest_offer(near, s->name);
}
