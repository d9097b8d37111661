/* Shapes and names: see spread_shape.h. */

#include "target/spread_shape.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define DATA   "data/"
#define BUNDLE ".bkb"
#define PACK   ".bkp"
#define SUFFIX ".bkf"
#define BESIDE ".anew"
#define DIGITS 10
#define TAIL   (1 + DIGITS + sizeof(SUFFIX) - 1) /* ".0004000000.bkf" */

static const char hex[] = "0123456789abcdef";

bool bk_spread_is(const char *where)
{
	return strncmp(where, BK_SPREAD_SCHEME, sizeof(BK_SPREAD_SCHEME) - 1) ==
	       0;
}

/* ---- shapes ---- */

static const char *read_count(const char *at, char end, unsigned *out)
{
	*out = 0;
	for (; *at >= '0' && *at <= '9' && *out <= BK_SPREAD_MOST; at++)
		*out = *out * 10 + (unsigned)(*at - '0');
	return *at == end ? at + 1 : NULL;
}

static unsigned count_words(const char *names)
{
	unsigned n = 1;

	for (; *names; names++)
		n += *names == ',';
	return n;
}

static int check_shape(const struct bk_spread_shape *shape, const char *where,
		       struct bk_err *err)
{
	if (shape->n > BK_SPREAD_MOST)
		return bk_fail(err, BK_MISUSE, "%s: more than %d targets",
			       where, BK_SPREAD_MOST);
	if (!shape->d || !shape->p || shape->d + shape->p > shape->n)
		return bk_fail(err, BK_MISUSE,
			       "%s: %u+%u shards need %u targets, and %u are "
			       "named",
			       where, shape->d, shape->p, shape->d + shape->p,
			       shape->n);
	if (shape->d < 2)
		return bk_fail(err, BK_MISUSE,
			       "%s: with one shard of data each target has the "
			       "whole; ship copies to them instead",
			       where);
	if (2 * shape->p >= shape->n)
		return bk_fail(err, BK_MISUSE,
			       "%s: with %u of %u targets lost no majority is "
			       "left; say %u+%u, or name more targets",
			       where, shape->p, shape->n, shape->d,
			       (shape->n - 1) / 2);
	return 0;
}

int bk_spread_parse(struct bk_spread_shape *out, const char *where,
		    const char **names, struct bk_err *err)
{
	const char *at = where + sizeof(BK_SPREAD_SCHEME) - 1;

	at = read_count(at, '+', &out->d);
	if (at)
		at = read_count(at, ':', &out->p);
	if (!at || !*at)
		return bk_fail(err, BK_MISUSE,
			       "%s: write spread:2+1:NAME,NAME,NAME", where);
	*names = at;
	out->n = count_words(at);
	return check_shape(out, where, err);
}

unsigned bk_spread_shard_at(const struct bk_spread_shape *shape, uint32_t turn,
			    unsigned position)
{
	unsigned number = (position + shape->n - turn % shape->n) % shape->n;

	return number < shape->d + shape->p ? number : shape->n;
}

unsigned bk_spread_place_of(const struct bk_spread_shape *shape, uint32_t turn,
			    unsigned number)
{
	return (number + turn % shape->n) % shape->n;
}

/* ---- names ---- */

/* What is being mended is put beside, and is no whole to be left there. */
static bool ends_with(const char *name, const char *end)
{
	static const char mended[] = ".mended";
	size_t n = strlen(name), len = strlen(end);

	if (n > sizeof(mended) &&
	    strcmp(name + n + 1 - sizeof(mended), mended) == 0)
		n -= sizeof(mended) - 1;
	return n > len && strncmp(name + n - len, end, len) == 0;
}

bool bk_spread_is_cut(const char *name)
{
	if (strncmp(name, DATA, sizeof(DATA) - 1) != 0)
		return false;
	const char *slash = strchr(name + sizeof(DATA) - 1, '/');
	if (!slash)
		return ends_with(name, BUNDLE);
	return slash[1] == 'p' && ends_with(name, PACK);
}

static uint32_t read_hex(const char *at, size_t n)
{
	uint32_t value = 0;

	for (; n && *at; n--, at++) {
		const char *digit = strchr(hex, *at);
		value = value << 4 | (uint32_t)(digit ? digit - hex : 0);
	}
	return value;
}

uint32_t bk_spread_turn(const char *name)
{
	if (!bk_spread_is_cut(name))
		return 0;
	const char *slash = strrchr(name, '/');
	if (slash[1] == 'p' && strchr(name, '/') != slash)
		return read_hex(slash + 2, 8);
	/* The end of a set's identifier is random. */
	const char *dot = strchr(slash, '.');
	return dot - slash > 8 ? read_hex(dot - 8, 8) : 0;
}

char *bk_spread_name_there(const char *name, uint64_t length)
{
	if (!bk_spread_is_cut(name))
		return bk_strdup(name);
	const char *dot = strchr(name, '.');
	const char *slash = strrchr(name, '/');
	bool pack = strchr(name, '/') != slash;
	return bk_asprintf("%.*s%s%s.%0*jx" SUFFIX, (int)(dot - name), name,
			   pack ? "" : "/", pack ? dot : dot + 1, DIGITS,
			   (uintmax_t)length);
}

static bool read_length(const char *tail, uint64_t *length)
{
	*length = 0;
	for (size_t i = 0; i < DIGITS; i++) {
		const char *digit = strchr(hex, tail[1 + i]);
		if (!digit || !*digit)
			return false;
		*length = *length << 4 | (uint64_t)(digit - hex);
	}
	return *tail == '.';
}

/* "data/<set>/bkb" is the bundle "data/<set>.bkb". */
static char *cut_name(const char *there, size_t len)
{
	char *name = bk_strndup(there, len);
	char *slash = strrchr(name, '/');

	if (slash && strncmp(slash, "/bkb", 4) == 0)
		*slash = '.';
	return name;
}

char *bk_spread_name_beside(const char *there)
{
	return bk_asprintf("%s" BESIDE, there);
}

bool bk_spread_is_beside(const char *there, size_t *len)
{
	size_t end = sizeof(BESIDE) - 1;

	*len = strlen(there);
	if (*len <= end || strcmp(there + *len - end, BESIDE) != 0)
		return false;
	*len -= end;
	return true;
}

char *bk_spread_name_here(const char *there, bool *cut, uint64_t *length)
{
	size_t len;

	*cut = false;
	if (bk_spread_is_beside(there, &len))
		return NULL;
	*cut = len > TAIL &&
	       strcmp(there + len - (sizeof(SUFFIX) - 1), SUFFIX) == 0;
	if (!*cut)
		return bk_spread_is_cut(there) ? NULL : bk_strdup(there);
	if (!read_length(there + len - TAIL, length))
		return NULL;
	char *name = cut_name(there, len - TAIL);
	if (bk_spread_is_cut(name))
		return name;
	free(name);
	return NULL;
}

void bk_spread_name_sum(uint8_t out[BK_SHARD_NAME], const char *name)
{
	uint8_t sum[BK_SHA256_LEN];
	struct bk_sha256 sha;

	bk_sha256_init(&sha);
	bk_sha256_update(&sha, name, strlen(name));
	bk_sha256_final(&sha, sum);
	memcpy(out, sum, BK_SHARD_NAME);
}
