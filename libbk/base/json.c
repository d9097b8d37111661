/* JSON lines by jansson: see json.h.  A struct bk_json is its json_t. */

#include "base/json.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"

#define LINE_FLAGS (JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15))

static json_t *in(struct bk_json *json)
{
	return (json_t *)(void *)json;
}

static const json_t *in_const(const struct bk_json *json)
{
	return (const json_t *)(const void *)json;
}

/* jansson's functions fail when memory is out: then we die with the usual line,
 * which an impossible allocation brings about. */
static _Noreturn void out_of_memory(void)
{
	(void)bk_realloc(NULL, SIZE_MAX / 2);
	abort();
}

static void must(bool ok)
{
	if (!ok)
		out_of_memory();
}

/* Takes the value. */
static void add(struct bk_json *to, const char *key, json_t *value)
{
	must(value != NULL);
	if (json_is_array(in(to)))
		must(json_array_append_new(in(to), value) == 0);
	else
		must(json_object_set_new(in(to), key, value) == 0);
}

struct bk_json *bk_json_new(void)
{
	json_t *json = json_object();

	must(json != NULL);
	return (struct bk_json *)(void *)json;
}

void bk_json_free(struct bk_json *json)
{
	json_decref(in(json));
}

/* Every byte that is no part of a character becomes U+FFFD. */
static void replace_wrong_bytes(struct bk_buf *out, const uint8_t *p, size_t n)
{
	uint32_t code;

	while (n > 0) {
		size_t len = bk_utf8_next(p, n, &code);
		if (len > 0)
			bk_buf_add(out, p, len);
		else
			bk_buf_add(out, "\xef\xbf\xbd", 3);
		len += len == 0;
		p += len;
		n -= len;
	}
}

static void add_hex(struct bk_json *to, const char *key, const uint8_t *p,
		    size_t n)
{
	struct bk_buf name = {0};
	struct bk_buf hex = {0};

	bk_buf_printf(&name, "%s_hex", key);
	for (size_t i = 0; i < n; i++)
		bk_buf_printf(&hex, "%02x", p[i]);
	add(to, bk_buf_text(&name), json_string(bk_buf_text(&hex)));
	bk_buf_clear(&name);
	bk_buf_clear(&hex);
}

void bk_json_bytes(struct bk_json *to, const char *key, const void *text,
		   size_t len)
{
	struct bk_buf valid = {0};

	if (bk_utf8_valid(text, len)) {
		add(to, key, json_stringn(text, len));
		return;
	}
	replace_wrong_bytes(&valid, text, len);
	add(to, key, json_stringn(bk_buf_text(&valid), valid.len));
	if (json_is_object(in(to)))
		add_hex(to, key, text, len);
	bk_buf_clear(&valid);
}

void bk_json_text(struct bk_json *to, const char *key, const char *text)
{
	if (text)
		bk_json_bytes(to, key, text, strlen(text));
	else
		bk_json_null(to, key);
}

void bk_json_text_if(struct bk_json *to, const char *key, const char *text)
{
	if (text)
		bk_json_text(to, key, text);
}

void bk_json_int(struct bk_json *to, const char *key, int64_t n)
{
	add(to, key, json_integer(n));
}

void bk_json_uint(struct bk_json *to, const char *key, uint64_t n)
{
	bk_json_int(to, key, n > INT64_MAX ? INT64_MAX : (int64_t)n);
}

void bk_json_real(struct bk_json *to, const char *key, double n)
{
	add(to, key, isfinite(n) ? json_real(n) : json_null());
}

void bk_json_bool(struct bk_json *to, const char *key, bool value)
{
	add(to, key, json_boolean(value));
}

void bk_json_null(struct bk_json *to, const char *key)
{
	add(to, key, json_null());
}

struct bk_json *bk_json_object(struct bk_json *to, const char *key)
{
	json_t *child = json_object();

	add(to, key, child);
	return (struct bk_json *)(void *)child;
}

struct bk_json *bk_json_array(struct bk_json *to, const char *key)
{
	json_t *child = json_array();

	add(to, key, child);
	return (struct bk_json *)(void *)child;
}

/* jansson escapes all but DEL, which JSON allows and terminals obey. */
static char *without_del(char *text)
{
	struct bk_buf out = {0};

	for (const char *p = text; *p; p++)
		if (*p == 0x7f)
			bk_buf_printf(&out, "\\u007F");
		else
			bk_buf_add(&out, p, 1);
	free(text);
	text = bk_strdup(bk_buf_text(&out));
	bk_buf_clear(&out);
	return text;
}

char *bk_json_line(const struct bk_json *json)
{
	char *text = json_dumps(in_const(json), LINE_FLAGS);

	if (!text)
		out_of_memory();
	return strchr(text, 0x7f) ? without_del(text) : text;
}

int bk_json_print(const struct bk_json *json, FILE *out, struct bk_err *err)
{
	char *text = bk_json_line(json);
	size_t len = strlen(text);

	text[len] = '\n'; /* where the NUL was */
	size_t done = fwrite(text, 1, len + 1, out);
	bool ok = done == len + 1 && fflush(out) == 0;
	free(text);
	return ok ? 0 : bk_fail_output(err, "the results");
}

/* ---- reading ---- */

static const json_t *one_below(const json_t *json, const char *step, size_t len)
{
	size_t index = 0;

	if (!json_is_array(json))
		return json_object_getn(json, step, len);
	for (size_t i = 0; i < len; i++) {
		if (step[i] < '0' || step[i] > '9' || index > SIZE_MAX / 100)
			return NULL;
		index = index * 10 + (size_t)(step[i] - '0');
	}
	return json_array_get(json, index);
}

static const json_t *follow(const json_t *json, const char *path)
{
	while (json && *path) {
		size_t len = strcspn(path, "/");
		json = one_below(json, path, len);
		path += len + (path[len] == '/');
	}
	return json;
}

static bool all_are_texts(const json_t *array)
{
	for (size_t i = 0; i < json_array_size(array); i++)
		if (!json_is_string(json_array_get(array, i)))
			return false;
	return json_is_array(array);
}

int bk_json_texts_at(struct bk_view document, const char *path,
		     struct bk_names *out, struct bk_err *err)
{
	json_error_t why;
	json_t *root =
		json_loadb((const char *)document.data, document.len, 0, &why);

	if (!root)
		return bk_fail(err, BK_CORRUPT, "no JSON: %s", why.text);
	const json_t *array = follow(root, path);
	bool ok = all_are_texts(array);
	for (size_t i = 0; ok && i < json_array_size(array); i++)
		bk_names_add(out, json_string_value(json_array_get(array, i)));
	json_decref(root);
	return ok ? 0
		  : bk_fail(err, BK_CORRUPT, "no list of texts at %s", path);
}
