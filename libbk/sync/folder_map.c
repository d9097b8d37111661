/* Which folder becomes which: see folder_map.h. */

#include "sync/folder_map.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "store/name_table.h"
#include "sync/folder_rules.h"

struct making {
	struct bk_folder_map *out;
	const struct bk_folder_list *from, *to;
	const struct bk_folder_rules *rules;
	char delimiter; /* that no level may hold; 0: not known */
	/* Places in `to` and in `from` by name, and pairs by the names that
	 * they have taken; all of them without case. */
	struct bk_name_table there, here, taken;
	/* Names that several wanted: by whom first, in `from`, and by that the
	 * number that the next one gets. */
	struct bk_name_table wanted;
	unsigned *numbers;
	bool *done; /* by place in `from`: its pair is made */
};

/* ---- names ---- */

static struct bk_name_key key_of(struct bk_name_table *table, const char *name,
				 size_t len)
{
	struct bk_buf folded = {0};

	for (size_t i = 0; i < len; i++) {
		char c = name[i];
		bk_buf_add_u8(&folded,
			      (uint8_t)(c >= 'A' && c <= 'Z' ? c + 32 : c));
	}
	struct bk_name_key key =
		bk_name_table_key(table, bk_buf_text(&folded), len);
	bk_buf_clear(&folded);
	return key;
}

static void enter(struct bk_name_table *table, const char *name, size_t value)
{
	bk_name_table_add(table, key_of(table, name, strlen(name)),
			  (uint32_t)value);
}

static bool is_name(const char *text, const char *name, size_t len,
		    bool any_case)
{
	if (strlen(text) != len)
		return false;
	return any_case ? strncasecmp(text, name, len) == 0
			: memcmp(text, name, len) == 0;
}

/* The folder of a list that has the name's first len bytes as its name. */
static const struct bk_folder *find(struct bk_name_table *table,
				    const struct bk_folder_list *list,
				    const char *name, size_t len, bool any_case)
{
	struct bk_name_key key = key_of(table, name, len);
	uint32_t i = 0;

	for (size_t at = 0; bk_name_table_next(table, key, &at, &i);)
		if (is_name(list->items[i].name, name, len, any_case))
			return &list->items[i];
	return NULL;
}

static bool is_taken(struct making *m, const char *name, bool any_case)
{
	size_t len = strlen(name);
	struct bk_name_key key = key_of(&m->taken, name, len);
	uint32_t i = 0;

	for (size_t at = 0; bk_name_table_next(&m->taken, key, &at, &i);)
		if (is_name(m->out->pairs[i].name, name, len, any_case))
			return true;
	return false;
}

static bool is_inbox(const char *name)
{
	return strcasecmp(name, "INBOX") == 0;
}

/* Appends one level as the other end can hold it. */
static void add_fit(const struct making *m, const char *level, size_t len,
		    struct bk_buf *out)
{
	bool dots = strspn(level, ".") == len && len <= 2;

	if (!len)
		bk_buf_printf(out, "_");
	for (size_t i = 0; i < len; i++) {
		uint8_t c = (uint8_t)level[i];
		bool bad = c < 0x20 || c == 0x7f || dots ||
			   (m->delimiter && c == (uint8_t)m->delimiter);
		bk_buf_add_u8(out, bad ? '_' : c);
	}
}

static const char *keep(struct making *m, struct bk_buf *name)
{
	const char *kept = bk_arena_strdup(&m->out->arena, bk_buf_text(name));

	bk_buf_clear(name);
	return kept;
}

/* The name with each level made fit, below `above` (or NULL). */
static const char *fit(struct making *m, const char *above, const char *name)
{
	struct bk_buf out = {0};

	if (above)
		bk_buf_printf(&out, "%s/", above);
	for (const char *at = name;; at++) {
		size_t len = strcspn(at, "/");
		add_fit(m, at, len, &out);
		at += len;
		if (!*at)
			break;
		bk_buf_printf(&out, "/");
	}
	return keep(m, &out);
}

/* ---- pairs ---- */

static void pair_up(struct making *m, size_t i, const char *name,
		    enum bk_folder_why why)
{
	struct bk_folder_pair *pair = &m->out->pairs[i];

	pair->name = name;
	pair->why = why;
	pair->to = find(&m->there, m->to, name, strlen(name), false);
	m->done[i] = true;
	if (*name)
		enter(&m->taken, name, i);
}

static int apply_rule(struct making *m, size_t i, struct bk_err *err)
{
	const char *from = m->from->items[i].name;
	const struct bk_folder_rule *rule = bk_folder_rule_for(m->rules, from);
	struct bk_buf said = {0};

	if (!rule)
		return 0;
	if (!*rule->to) {
		pair_up(m, i, "", BK_FOLDER_LEFT);
		return 0;
	}
	if (m->rules->into)
		bk_buf_printf(&said, "%s/", m->rules->into);
	bk_buf_printf(&said, "%.*s", (int)bk_folder_rule_length(rule->to),
		      rule->to);
	const char *name = keep(m, &said);
	if (strcmp(fit(m, NULL, name), name) != 0)
		return bk_fail(err, BK_MISUSE,
			       "the other end cannot have a folder '%s': there "
			       "'%c' parts levels, which are written with '/'",
			       name, m->delimiter);
	const char *rest = from + bk_folder_rule_length(rule->from);
	if (*rest)
		name = fit(m, name, rest + 1);
	if (is_inbox(name))
		name = "INBOX";
	if (is_taken(m, name, false))
		return bk_fail(err, BK_MISUSE,
			       "'%s' would be put where another folder goes "
			       "already: '%s'",
			       from, name);
	pair_up(m, i, name, BK_FOLDER_SAID);
	return 0;
}

bool bk_folder_is_view(const struct bk_folder *folder)
{
	static const char *const uses[] = {"\\All", "\\Flagged", "\\Important"};
	const char *use = folder->special_use;

	for (size_t k = 0; use && k < sizeof(uses) / sizeof(*uses); k++)
		if (strcasecmp(use, uses[k]) == 0)
			return true;
	return false;
}

static void leave_view(struct making *m, size_t i)
{
	const struct bk_folder *from = &m->from->items[i];

	if (m->rules->views || from->rest || !bk_folder_is_view(from))
		return;
	pair_up(m, i, "", BK_FOLDER_LEFT);
	m->out->pairs[i].is_view = true;
}

/* The name as it is, below `into`. */
static const char *own_name(struct making *m, const char *from)
{
	struct bk_buf name = {0};

	if (m->rules->into)
		bk_buf_printf(&name, "%s/", m->rules->into);
	bk_buf_printf(&name, "%s", from);
	return keep(m, &name);
}

/* What stands there under this very name. */
static void take_equal(struct making *m, size_t i)
{
	const char *name = own_name(m, m->from->items[i].name);

	if (find(&m->there, m->to, name, strlen(name), false) &&
	    !is_taken(m, name, false))
		pair_up(m, i, name, BK_FOLDER_SAME);
}

static void take_inbox(struct making *m, size_t i)
{
	if (m->rules->into || strcmp(m->from->items[i].name, "INBOX") != 0 ||
	    is_taken(m, "INBOX", true))
		return;
	pair_up(m, i, "INBOX", BK_FOLDER_SAME);
}

/* The first with this use. */
static const struct bk_folder *with_use(const struct bk_folder_list *list,
					const char *use)
{
	for (size_t i = 0; i < list->n; i++) {
		const char *its = list->items[i].special_use;
		if (its && strcasecmp(its, use) == 0)
			return &list->items[i];
	}
	return NULL;
}

/* What is in no other folder was archived: it goes where another server of the
 * same kind shows it, or where archived mail is. */
static const struct bk_folder *for_rest(const struct bk_folder_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->items[i].rest)
			return &list->items[i];
	return with_use(list, "\\Archive");
}

static void take_use(struct making *m, size_t i)
{
	const struct bk_folder *from = &m->from->items[i];

	if (!from->special_use || m->rules->no_special_use || m->rules->into ||
	    with_use(m->from, from->special_use) != from)
		return;
	const struct bk_folder *to =
		from->rest ? for_rest(m->to)
			   : with_use(m->to, from->special_use);
	if (to && !is_taken(m, to->name, true))
		pair_up(m, i, to->name, BK_FOLDER_USE);
}

/* The nearest folder above in the list, or NULL. */
static const struct bk_folder *above(struct making *m, const char *name,
				     const char **rest)
{
	for (size_t len = strlen(name); len--;) {
		if (name[len] != '/')
			continue;
		*rest = name + len + 1;
		const struct bk_folder *up =
			find(&m->here, m->from, name, len, false);
		if (up)
			return up;
	}
	return NULL;
}

/* Where the folder belongs, fit to be made: what is below a folder that has
 * another name there goes along; but a rule is for what it says.  NULL while it
 * is not known what became of the one above. */
static const char *place_of(struct making *m, const char *name)
{
	const char *rest = NULL;
	const struct bk_folder *up = above(m, name, &rest);

	if (!up)
		return fit(m, m->rules->into, name);
	const struct bk_folder_pair *pair = &m->out->pairs[up - m->from->items];
	if (!m->done[up - m->from->items])
		return NULL;
	if (pair->why == BK_FOLDER_LEFT || pair->why == BK_FOLDER_SAID)
		return fit(m, m->rules->into, name);
	return fit(m, pair->name, rest);
}

/* A folder is made, or there is one already that differs in case. */
static void take(struct making *m, size_t i, const char *name, bool own)
{
	const struct bk_folder *to =
		find(&m->there, m->to, name, strlen(name), true);

	if (to)
		name = to->name;
	if (!own)
		pair_up(m, i, name, BK_FOLDER_CHANGED);
	else
		pair_up(m, i, name, to ? BK_FOLDER_SAME : BK_FOLDER_NEW);
}

static bool is_like_inbox(const struct making *m, const char *name)
{
	return !m->rules->into && is_inbox(name) && strcmp(name, "INBOX") != 0;
}

/* Its own name, if it can have it.  All folders have had this chance before
 * any gets a name that it did not have: else the next pass, in which that name
 * is there, would take it for another one's. */
static void take_own(struct making *m, size_t i)
{
	const char *from = m->from->items[i].name;
	const char *place = place_of(m, from);

	if (place && !m->from->items[i].rest &&
	    strcmp(place, own_name(m, from)) == 0 && !is_like_inbox(m, from) &&
	    !is_taken(m, place, true))
		take(m, i, place, true);
}

/* Of those that want this name; each begins where the last one ended. */
static unsigned *number_of(struct making *m, size_t i, const char *name)
{
	struct bk_name_key key = key_of(&m->wanted, name, strlen(name));
	uint32_t first = (uint32_t)i;
	size_t at = 0;

	if (!bk_name_table_next(&m->wanted, key, &at, &first)) {
		bk_name_table_add(&m->wanted, key, first);
		m->numbers[first] = 2;
	}
	return &m->numbers[first];
}

/* A name that is nobody's: "work-2".  What is above was done before. */
static void take_other(struct making *m, size_t i)
{
	bool rest = m->from->items[i].rest;
	const char *from = rest ? "Archive" : m->from->items[i].name;
	const char *place = rest ? NULL : place_of(m, from), *name = place;

	if (!place)
		place = name = fit(m, m->rules->into, from);
	unsigned *n = number_of(m, i, place);
	while (is_taken(m, name, true) || is_like_inbox(m, name)) {
		struct bk_buf text = {0};
		bk_buf_printf(&text, "%s-%u", place, (*n)++);
		name = keep(m, &text);
	}
	take(m, i, name, false);
}

/* ---- all of them ---- */

/* A Maildir's INBOX is always called ".". */
static char delimiter_of(const struct bk_folder_list *list, char otherwise)
{
	char delimiter = otherwise;

	for (size_t i = 0; i < list->n; i++) {
		const struct bk_folder *folder = &list->items[i];
		bool dot = folder->raw.len == 1 && folder->raw.data[0] == '.';
		if (!folder->delimiter || dot)
			continue;
		delimiter = folder->delimiter;
		break;
	}
	if (delimiter == '/')
		delimiter = 0;
	return delimiter;
}

static int by_name(const void *a, const void *b, void *arg)
{
	const struct making *m = arg;
	const size_t *x = a, *y = b;
	int order = strcmp(m->from->items[*x].name, m->from->items[*y].name);

	return order ? order : (*x < *y ? -1 : *x > *y);
}

/* What is above comes before what is below. */
static size_t *in_order(struct making *m)
{
	size_t *order = bk_alloc((m->from->n + 1) * sizeof(*order));

	for (size_t i = 0; i < m->from->n; i++)
		order[i] = i;
	qsort_r(order, m->from->n, sizeof(*order), by_name, m);
	return order;
}

static int make_pairs(struct making *m, const size_t *order, struct bk_err *err)
{
	static void (*const takes[])(struct making * m, size_t i) = {
		leave_view, take_inbox, take_equal,
		take_use,   take_own,   take_other};

	for (size_t k = 0; k < m->from->n; k++)
		if (apply_rule(m, order[k], err) < 0)
			return -1;
	for (size_t t = 0; t < sizeof(takes) / sizeof(*takes); t++)
		for (size_t k = 0; k < m->from->n; k++)
			if (!m->done[order[k]])
				takes[t](m, order[k]);
	return 0;
}

int bk_folder_map_make(struct bk_folder_map *out,
		       const struct bk_folder_list *from,
		       const struct bk_folder_list *to,
		       const struct bk_folder_rules *rules, struct bk_err *err)
{
	static const struct bk_folder_rules none = {0};
	struct making m = {.out = out, .from = from, .to = to};

	m.rules = rules ? rules : &none;
	*out = (struct bk_folder_map){.n = from->n};
	if (bk_folder_rules_check(m.rules, err) < 0)
		return -1;
	out->pairs = bk_alloc((from->n + 1) * sizeof(*out->pairs));
	m.done = bk_alloc((from->n + 1) * sizeof(*m.done));
	m.numbers = bk_alloc((from->n + 1) * sizeof(*m.numbers));
	m.delimiter = delimiter_of(to, m.rules->delimiter);
	for (size_t i = 0; i < to->n; i++)
		enter(&m.there, to->items[i].name, i);
	for (size_t i = 0; i < from->n; i++) {
		out->pairs[i].from = &from->items[i];
		enter(&m.here, from->items[i].name, i);
	}
	size_t *order = in_order(&m);
	int rc = make_pairs(&m, order, err);
	free(order);
	free(m.done);
	free(m.numbers);
	bk_name_table_clear(&m.there);
	bk_name_table_clear(&m.here);
	bk_name_table_clear(&m.taken);
	bk_name_table_clear(&m.wanted);
	if (rc < 0)
		bk_folder_map_clear(out);
	return rc;
}

void bk_folder_map_clear(struct bk_folder_map *map)
{
	free(map->pairs);
	bk_arena_clear(&map->arena);
	*map = (struct bk_folder_map){0};
}
