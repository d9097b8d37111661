/* Prometheus' text format: see exposition.h. */

#include "report/exposition.h"

#include <string.h>

#include "base/utf8.h"

#define UNREADABLE "\xef\xbf\xbd"
#define EXACT_MOST 9007199254740992.0 /* 2^53 */

void bk_exposition_clear(struct bk_exposition *out)
{
	bk_buf_clear(&out->text);
	*out = (struct bk_exposition){0};
}

void bk_metric_family(struct bk_exposition *out, const char *name,
		      const char *help)
{
	out->name = name;
	bk_buf_printf(&out->text, "# HELP %s %s\n# TYPE %s gauge\n", name, help,
		      name);
}

static void add_escaped(struct bk_buf *to, const char *text)
{
	const uint8_t *p = (const uint8_t *)text;
	size_t left = strlen(text);
	uint32_t code;

	while (left) {
		size_t n = bk_utf8_next(p, left, &code);
		if (!n)
			bk_buf_printf(to, UNREADABLE);
		else if (*p == '\n')
			bk_buf_printf(to, "\\n");
		else if (*p == '"' || *p == '\\')
			bk_buf_printf(to, "\\%c", *p);
		else
			bk_buf_add(to, p, n);
		p += n ? n : 1;
		left -= n ? n : 1;
	}
}

void bk_metric_label(struct bk_exposition *out, const char *key,
		     const char *value)
{
	if (out->labels == 0)
		bk_buf_printf(&out->text, "%s", out->name);
	bk_buf_printf(&out->text, "%s%s=\"", out->labels++ ? "," : "{", key);
	add_escaped(&out->text, value);
	bk_buf_printf(&out->text, "\"");
}

void bk_metric_value(struct bk_exposition *out, double value)
{
	if (out->labels)
		bk_buf_printf(&out->text, "}");
	else
		bk_buf_printf(&out->text, "%s", out->name);
	out->labels = 0;
	if (value >= -EXACT_MOST && value <= EXACT_MOST &&
	    value == (double)(int64_t)value)
		bk_buf_printf(&out->text, " %.0f\n", value);
	else
		bk_buf_printf(&out->text, " %.9g\n", value);
}
