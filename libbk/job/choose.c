/* Which set is meant: see choose.h. */

#include "job/choose.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/nearest.h"
#include "base/parse.h"

#define NAMED_MAX   8  /* sets that an error names */
#define MINUTE_TEXT 13 /* "20261119T1230" */

/* Those that may still be meant. */
struct candidates {
	const struct bk_set_info **items; /* owned */
	size_t n;
};

/* ---- how sets are called ---- */

const char *bk_set_label(char out[BK_SET_LABEL], const uint8_t id[BK_ID_LEN],
			 enum bk_set_kind kind)
{
	char time[BK_CLOCK_TEXT];

	(void)snprintf(out, BK_SET_LABEL, "%.*s-%c", MINUTE_TEXT,
		       bk_setid_time(time, id), bk_set_kind_name(kind)[0]);
	return out;
}

const char *bk_set_host(char out[BK_ID_TEXT], const struct bk_root *root)
{
	if (root->host_name && *root->host_name)
		return root->host_name;
	return bk_id_hex(out, root->host);
}

/* "20261119T1230-d (01a2001f9700b1b1) of mail on mx1" */
static void add_name(struct bk_buf *to, const struct bk_set_info *info)
{
	char name[BK_SET_NAME], host[BK_ID_TEXT];

	bk_buf_printf(to, "%s", bk_set_name(name, info->id, info->root.kind));
	if (info->broken)
		bk_buf_printf(to, ", which does not open");
	else
		bk_buf_printf(to, " of %s on %s", info->root.store_name,
			      bk_set_host(host, &info->root));
}

/* The newest of them, by name. */
static char *names_of(const struct candidates *sets)
{
	struct bk_buf text = {0};
	size_t first = sets->n > NAMED_MAX ? sets->n - NAMED_MAX : 0;

	if (first)
		bk_buf_printf(&text, "%zu older, ", first);
	for (size_t i = first; i < sets->n; i++) {
		if (i > first)
			bk_buf_printf(&text, ", ");
		add_name(&text, sets->items[i]);
	}
	char *names = bk_strdup(bk_buf_text(&text));
	bk_buf_clear(&text);
	return names;
}

/* ---- host and store ---- */

static bool is_of_host(const struct bk_set_info *info, const char *word)
{
	if (info->root.host_name && strcmp(info->root.host_name, word) == 0)
		return true;
	return strlen(word) >= 4 && bk_id_begins(info->root.host, word);
}

static bool is_of_store(const struct bk_set_info *info, const char *word)
{
	return strcmp(info->root.store_name, word) == 0;
}

bool bk_choice_takes(const struct bk_choice *choice,
		     const struct bk_set_info *info)
{
	if (info->broken)
		return true;
	return (!choice->host || is_of_host(info, choice->host)) &&
	       (!choice->store || is_of_store(info, choice->store));
}

/* What a set is told apart by. */
typedef const char *name_of(char out[BK_ID_TEXT],
			    const struct bk_set_info *info);

static const char *host_of(char out[BK_ID_TEXT], const struct bk_set_info *info)
{
	return bk_set_host(out, &info->root);
}

static const char *store_of(char out[BK_ID_TEXT],
			    const struct bk_set_info *info)
{
	(void)out;
	return info->root.store_name;
}

/* "mx1 (12 sets), mx2 (3 sets)", each name once, and how many there are. */
static char *distinct(const struct candidates *sets, name_of *name, size_t *n)
{
	struct bk_buf text = {0};
	char a[BK_ID_TEXT], b[BK_ID_TEXT];

	*n = 0;
	for (size_t i = 0; i < sets->n; i++) {
		const char *mine;
		bool first = !sets->items[i]->broken;
		size_t count = 0;
		if (!first)
			continue;
		mine = name(a, sets->items[i]);
		for (size_t k = 0; k < sets->n; k++) {
			const struct bk_set_info *other = sets->items[k];
			if (other->broken || strcmp(mine, name(b, other)) != 0)
				continue;
			first &= k >= i;
			count++;
		}
		if (!first)
			continue;
		bk_buf_printf(&text, "%s%s (%zu set%s)", *n ? ", " : "", mine,
			      count, count == 1 ? "" : "s");
		++*n;
	}
	char *names = bk_strdup(bk_buf_text(&text));
	bk_buf_clear(&text);
	return names;
}

/* Keeps the sets that `takes` wants, and those that do not open: they may be
 * anybody's. */
static void narrow(struct candidates *sets,
		   bool (*takes)(const struct bk_set_info *info,
				 const void *arg),
		   const void *arg)
{
	size_t n = 0;

	for (size_t i = 0; i < sets->n; i++)
		if (sets->items[i]->broken || takes(sets->items[i], arg))
			sets->items[n++] = sets->items[i];
	sets->n = n;
}

static bool has(const struct candidates *sets,
		bool (*takes)(const struct bk_set_info *info, const void *arg),
		const void *arg)
{
	for (size_t i = 0; i < sets->n; i++)
		if (!sets->items[i]->broken && takes(sets->items[i], arg))
			return true;
	return false;
}

static bool host_has_id(const struct bk_set_info *info, const void *id)
{
	return memcmp(info->root.host, id, BK_ID_LEN) == 0;
}

static bool host_is(const struct bk_set_info *info, const void *word)
{
	return is_of_host(info, word);
}

static bool store_is(const struct bk_set_info *info, const void *word)
{
	return is_of_store(info, word);
}

static int take_named(struct candidates *sets, const char *what,
		      const char *word, name_of *name,
		      bool (*takes)(const struct bk_set_info *info,
				    const void *arg),
		      struct bk_err *err)
{
	size_t n = 0;

	if (!word)
		return 0;
	if (!has(sets, takes, word)) {
		char *known = distinct(sets, name, &n);
		bk_fail(err, BK_GONE, "no set of %s '%s'; there %s: %s", what,
			word, n == 1 ? "is" : "are", n ? known : "none at all");
		free(known);
		return -1;
	}
	narrow(sets, takes, word);
	return 0;
}

/* What was not said must follow from what there is. */
static int only_one(const struct candidates *sets, const char *what,
		    name_of *name, struct bk_err *err)
{
	size_t n = 0;
	char *known = distinct(sets, name, &n);

	if (n > 1)
		bk_fail(err, BK_MISUSE,
			"sets of which %s? add --%s with one of: %s", what,
			what, known);
	free(known);
	return n > 1 ? -1 : 0;
}

static int settle_host(struct candidates *sets, const struct bk_choice *choice,
		       const uint8_t host[BK_ID_LEN], struct bk_err *err)
{
	if (choice->host)
		return 0;
	if (has(sets, host_has_id, host)) {
		narrow(sets, host_has_id, host);
		return 0;
	}
	return only_one(sets, "host", host_of, err);
}

static int settle_store(struct candidates *sets, const struct bk_choice *choice,
			struct bk_err *err)
{
	if (choice->store)
		return 0;
	if (choice->usual_store && has(sets, store_is, choice->usual_store)) {
		narrow(sets, store_is, choice->usual_store);
		return 0;
	}
	return only_one(sets, "store", store_of, err);
}

/* ---- the newest ---- */

/* A moment given to the minute takes the whole minute in: sets are called by
 * minutes. */
static bool is_after(const struct bk_set_info *info, int64_t at)
{
	int64_t seconds = bk_setid_ms(info->id) / 1000;

	if (at % 60 == 0)
		seconds -= seconds % 60;
	return seconds > at;
}

static int none_so_old(const struct candidates *sets, int64_t at,
		       struct bk_err *err)
{
	struct bk_buf oldest = {0};
	char text[BK_CLOCK_TEXT];

	add_name(&oldest, sets->items[0]);
	bk_fail(err, BK_GONE, "no set as old as %s; the oldest is %s",
		bk_clock_format(text, at), bk_buf_text(&oldest));
	bk_buf_clear(&oldest);
	return -1;
}

static bool is_too_new(const struct bk_set_info *info,
		       const struct bk_choice *choice)
{
	return choice->at != BK_NO_TIME && is_after(info, choice->at);
}

/* Of one host the sequence says which set came later: its clock may have gone
 * back.  Different hosts, and sets that do not open, have only their times. */
static bool is_superseded(const struct candidates *sets,
			  const struct bk_choice *choice, size_t i)
{
	const struct bk_root *mine = &sets->items[i]->root;

	for (size_t k = 0; !sets->items[i]->broken && k < sets->n; k++) {
		const struct bk_set_info *other = sets->items[k];
		if (!other->broken && !is_too_new(other, choice) &&
		    memcmp(other->root.host, mine->host, BK_ID_LEN) == 0 &&
		    other->root.sequence > mine->sequence)
			return true;
	}
	return false;
}

static int choose_newest(struct candidates *sets,
			 const struct bk_choice *choice,
			 const uint8_t host[BK_ID_LEN],
			 const struct bk_set_info **out, struct bk_err *err)
{
	if (settle_host(sets, choice, host, err) < 0 ||
	    settle_store(sets, choice, err) < 0)
		return -1;
	for (size_t i = sets->n; i-- > 0;) {
		if (is_too_new(sets->items[i], choice) ||
		    is_superseded(sets, choice, i))
			continue;
		*out = sets->items[i];
		return 0;
	}
	return none_so_old(sets, choice->at, err);
}

/* ---- by a word ---- */

static bool fits(const struct bk_set_info *info, const void *word)
{
	const char *text = word;

	return *text &&
	       (bk_id_begins(info->id, text) || bk_set_time_begins(info, text));
}

static void keep_fitting(struct candidates *sets, const char *word)
{
	size_t n = 0;

	for (size_t i = 0; i < sets->n; i++)
		if (fits(sets->items[i], word))
			sets->items[n++] = sets->items[i];
	sets->n = n;
}

static bool can_be_set(const char *word)
{
	size_t len = strspn(word, "0123456789abcdefABCDEF");

	if (word[len] == 'T')
		len += 1 + strspn(word + len + 1, "0123456789");
	if (word[len] == '-' && word[len + 1])
		len += 2;
	return len && word[len] == 0;
}

/* How far a set is from the word: by time, or by the digits of its identifier
 * that are other ones. */
static uint64_t distance(const struct bk_set_info *info, const char *word)
{
	struct bk_err no_time = {0};
	char hex[BK_ID_TEXT];
	int64_t at = 0;
	size_t alike = 0;

	if (bk_parse_time(word, 0, &at, &no_time) == 0)
		return (uint64_t)llabs(at - bk_setid_ms(info->id) / 1000);
	bk_id_hex(hex, info->id);
	while (hex[alike] && hex[alike] == tolower((unsigned char)word[alike]))
		alike++;
	return BK_ID_TEXT - alike;
}

static const struct bk_set_info *nearest(const struct candidates *sets,
					 const char *word)
{
	const struct bk_set_info *best = sets->items[0];

	for (size_t i = 1; i < sets->n; i++)
		if (distance(sets->items[i], word) <= distance(best, word))
			best = sets->items[i];
	return best;
}

static int no_such_set(const struct candidates *sets, const char *word,
		       struct bk_err *err)
{
	struct bk_buf near = {0};

	if (!can_be_set(word)) {
		const char *const known[] = {"latest", NULL};
		const char *meant = bk_nearest_of(word, known);
		return bk_fail(err, BK_MISUSE,
			       "'%s' is no set: give latest%s, a time as "
			       "20261119T1230, or the beginning of an "
			       "identifier that bk list shows",
			       word, meant ? " (did you mean that?)" : "");
	}
	char *bare = bk_strndup(word, strcspn(word, "-"));
	add_name(&near, nearest(sets, bare));
	bk_fail(err, BK_GONE, "no set %s; the nearest is %s", word,
		bk_buf_text(&near));
	free(bare);
	bk_buf_clear(&near);
	return -1;
}

static int choose_by_word(struct candidates *sets, const char *word,
			  const struct bk_choice *choice,
			  const uint8_t host[BK_ID_LEN],
			  const struct bk_set_info **out, struct bk_err *err)
{
	struct candidates all = {
		bk_alloc(sets->n * sizeof(void *)),
		sets->n,
	};
	int rc = 0;

	memcpy(all.items, sets->items, sets->n * sizeof(void *));
	keep_fitting(sets, word);
	if (sets->n > 1 && !choice->host && has(sets, host_has_id, host))
		narrow(sets, host_has_id, host);
	if (!sets->n) {
		rc = no_such_set(&all, word, err);
	} else if (sets->n > 1) {
		char *names = names_of(sets);
		rc = bk_fail(err, BK_MISUSE, "%s may be any of: %s", word,
			     names);
		free(names);
	} else {
		*out = sets->items[0];
	}
	free(all.items);
	return rc;
}

static int choose(struct candidates *sets, const struct bk_choice *choice,
		  const uint8_t host[BK_ID_LEN], const struct bk_set_info **out,
		  struct bk_err *err)
{
	const char *word = choice->word ? choice->word : "latest";
	bool latest = strcmp(word, "latest") == 0;

	if (choice->at != BK_NO_TIME && !latest)
		return bk_fail(err, BK_MISUSE,
			       "%s and --at: which set? Give one of them, or "
			       "latest and --at",
			       word);
	if (!sets->n)
		return bk_fail(err, BK_GONE,
			       "there is no set yet; run: bk backup");
	if (take_named(sets, "host", choice->host, host_of, host_is, err) < 0 ||
	    take_named(sets, "store", choice->store, store_of, store_is, err) <
		    0)
		return -1;
	if (latest)
		return choose_newest(sets, choice, host, out, err);
	return choose_by_word(sets, word, choice, host, out, err);
}

int bk_choose_set(const struct bk_set_info_list *sets,
		  const struct bk_choice *choice, const uint8_t host[BK_ID_LEN],
		  const struct bk_set_info **out, struct bk_err *err)
{
	struct candidates left = {
		bk_alloc((sets->n + 1) * sizeof(void *)),
		sets->n,
	};

	for (size_t i = 0; i < sets->n; i++)
		left.items[i] = &sets->items[i];
	int rc = choose(&left, choice, host, out, err);
	free(left.items);
	return rc;
}
