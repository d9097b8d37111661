/*
 * All mailboxes of an account.  What LIST, LSUB and STATUS say is gathered in
 * any order, and put together by name at the end.
 */

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "imap/imap.h"
#include "imap/lexer.h"
#include "imap/mailboxes.h"
#include "imap/talk.h"

#define ENTRIES_MAX ((size_t)1 << 18)

enum source {
	FROM_LIST,
	FROM_LSUB,
	FROM_STATUS,
};

struct entry {
	struct bk_imap_mailbox mailbox;
	enum source from;
	size_t order; /* of arrival */
};

struct listing {
	struct bk_imap *imap;
	bool others;
	struct bk_arena *arena;
	struct entry *entries; /* owned */
	size_t n, cap;
};

static bool begins_with(struct bk_view name, struct bk_view prefix)
{
	return name.len >= prefix.len &&
	       memcmp(name.data, prefix.data, prefix.len) == 0;
}

/* In another namespace than the user's own, or the root of one. */
static bool is_other(const struct bk_imap *imap, struct bk_view name)
{
	for (size_t i = 0; i < imap->n_others; i++) {
		struct bk_view prefix = imap->others[i];

		if (begins_with(name, prefix))
			return true;
		if (prefix.data[prefix.len - 1] != (uint8_t)imap->delimiter)
			continue;
		prefix.len--;
		if (name.len == prefix.len && begins_with(name, prefix))
			return true;
	}
	return false;
}

static struct entry *add_entry(struct listing *l, enum source from,
			       struct bk_err *err)
{
	struct entry *e;

	if (l->n == ENTRIES_MAX) {
		(void)bk_fail(err, BK_CORRUPT,
			      "the server lists more than %zu mailboxes",
			      ENTRIES_MAX);
		return NULL;
	}
	l->entries =
		bk_array_room(l->entries, l->n, &l->cap, sizeof(*l->entries));
	e = &l->entries[l->n];
	*e = (struct entry){.from = from, .order = l->n};
	l->n++;
	return e;
}

static int parse_entry(struct listing *l, const struct bk_imap_response *said,
		       struct entry *e, struct bk_err *err)
{
	static const char inbox[] = "INBOX";
	struct bk_view *name = &e->mailbox.name;

	if (e->from == FROM_STATUS) {
		if (bk_imap_parse_status(said->rest, l->arena, name,
					 &e->mailbox.status, err) < 0)
			return -1;
	} else if (bk_imap_parse_list(said->rest, l->arena, &e->mailbox, err) <
		   0) {
		return -1;
	}
	if (bk_imap_word_is(*name, inbox))
		name->data = (const uint8_t *)inbox;
	if (name->len == 0 || (!l->others && is_other(l->imap, *name)))
		l->n--;
	return 0;
}

static int gather(void *arg, const struct bk_imap_response *said,
		  struct bk_err *err)
{
	struct listing *l = arg;
	enum source from;
	struct entry *e;

	if (bk_imap_word_is(said->word, "LIST") ||
	    bk_imap_word_is(said->word, "XLIST"))
		from = FROM_LIST;
	else if (bk_imap_word_is(said->word, "LSUB"))
		from = FROM_LSUB;
	else if (bk_imap_word_is(said->word, "STATUS"))
		from = FROM_STATUS;
	else
		return 0;
	e = add_entry(l, from, err);
	return e ? parse_entry(l, said, e, err) : -1;
}

/* ---- putting it together ---- */

static int by_name(struct bk_view a, struct bk_view b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = memcmp(a.data, b.data, n);

	if (order)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

static int by_name_and_order(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int order = by_name(a->mailbox.name, b->mailbox.name);

	if (order)
		return order;
	return (a->order > b->order) - (a->order < b->order);
}

/* Entries of one name become one mailbox. */
static void merge(struct bk_imap_mailbox *into, const struct entry *e)
{
	const struct bk_imap_mailbox *m = &e->mailbox;

	if (m->delimiter)
		into->delimiter = m->delimiter;
	if (m->special_use)
		into->special_use = m->special_use;
	if (m->status.known)
		into->status = m->status;
	if (e->from == FROM_LIST)
		into->is |= m->is;
	if (e->from == FROM_LSUB)
		into->is |= BK_IMAP_SUBSCRIBED;
}

static void put_together(struct listing *l, struct bk_imap_mailbox_list *out)
{
	qsort(l->entries, l->n, sizeof(*l->entries), by_name_and_order);
	for (size_t i = 0; i < l->n;) {
		struct bk_imap_mailbox all = {
			.name = l->entries[i].mailbox.name};
		bool listed = false;

		do {
			merge(&all, &l->entries[i]);
			listed = listed || l->entries[i].from == FROM_LIST;
			i++;
		} while (i < l->n &&
			 by_name(l->entries[i].mailbox.name, all.name) == 0);
		if (!listed && !(all.is & BK_IMAP_SUBSCRIBED))
			continue;
		/* The namespaces may have been told after it. */
		if (!l->others && is_other(l->imap, all.name))
			continue;
		if (!listed)
			all.is |= BK_IMAP_NO_SELECT | BK_IMAP_NON_EXISTENT;
		out->items = bk_array_room(out->items, out->n, &out->cap,
					   sizeof(*out->items));
		out->items[out->n++] = all;
	}
}

/* ---- asking ---- */

static void say_pattern(struct bk_imap *imap, const char *pattern)
{
	struct bk_buf whole = {0};

	if (pattern[0] == '*')
		bk_buf_add(&whole, imap->prefix.data, imap->prefix.len);
	bk_buf_add(&whole, pattern, strlen(pattern));
	bk_imap_say(imap, " \"\"");
	bk_imap_say_name(imap, bk_buf_view(&whole));
	bk_buf_clear(&whole);
}

static void say_list(struct bk_imap *imap, const char *pattern,
		     bool with_status)
{
	bool extended = bk_imap_can(imap, BK_IMAP_LIST_EXTENDED);

	(void)bk_imap_command(
		imap, !extended && bk_imap_can(imap, BK_IMAP_XLIST) ? "XLIST"
								    : "LIST");
	say_pattern(imap, pattern);
	if (!extended)
		return;
	bk_imap_say(imap, " RETURN (SUBSCRIBED CHILDREN");
	if (bk_imap_can(imap, BK_IMAP_SPECIAL_USE))
		bk_imap_say(imap, " SPECIAL-USE");
	if (with_status) {
		bk_imap_say(imap, " STATUS");
		bk_imap_say_status_items(imap);
	}
	bk_imap_say(imap, ")");
}

static bool tells_status(const struct bk_imap *imap)
{
	return bk_imap_can(imap, BK_IMAP_LIST_EXTENDED) &&
	       bk_imap_can(imap, BK_IMAP_LIST_STATUS);
}

/* With a prefix, "INBOX" may not be below it.  LIST first, then LSUB: it is
 * what tells names that are only subscribed.  Who has RETURN (SUBSCRIBED) may
 * have no LSUB (RFC 9051): how many of the commands must succeed? */
static size_t say_names(const struct listing *l, bool with_status)
{
	static const char *const patterns[] = {"*", "INBOX"};
	struct bk_imap *imap = l->imap;
	struct bk_view prefix = imap->prefix;
	size_t n = prefix.len > 0 && !l->others ? 2 : 1;

	if (l->others)
		imap->prefix = (struct bk_view){0};
	for (size_t i = 0; i < n; i++)
		say_list(imap, patterns[i], with_status && tells_status(imap));
	for (size_t i = 0; i < n; i++) {
		(void)bk_imap_command(imap, "LSUB");
		say_pattern(imap, patterns[i]);
	}
	imap->prefix = prefix;
	return bk_imap_can(imap, BK_IMAP_LIST_EXTENDED) ? n : 2 * n;
}

static int judge(struct bk_imap *imap, size_t from, size_t to,
		 struct bk_err *err)
{
	for (size_t i = from; i < to; i++)
		if (bk_imap_verdict(imap, i, err) < 0)
			return -1;
	return 0;
}

static int ask_for_names(struct listing *l, bool with_status,
			 struct bk_err *err)
{
	const struct bk_imap_hands hands = {.untagged = gather, .arg = l};
	struct bk_imap *imap = l->imap;

	bk_imap_talk_begin(imap);
	/* Who does not let go of a mailbox may list all the same. */
	size_t first = with_status && bk_imap_say_unselect(imap);
	size_t past = first + say_names(l, with_status);
	if (bk_imap_talk(imap, &hands, err) < 0)
		return -1;
	return judge(imap, first, past, err);
}

static int compare_mailbox(const void *key, const void *item)
{
	const struct bk_imap_mailbox *mailbox = item;
	const struct bk_view *name = key;

	return by_name(*name, mailbox->name);
}

static int take_status(void *arg, const struct bk_imap_response *said,
		       struct bk_err *err)
{
	static const char inbox[] = "INBOX";
	struct bk_imap_mailbox_list *list = arg;
	struct bk_imap_mailbox *mailbox;
	struct bk_imap_status status = {0};
	struct bk_view name;

	if (!bk_imap_word_is(said->word, "STATUS"))
		return 0;
	if (bk_imap_parse_status(said->rest, &list->arena, &name, &status,
				 err) < 0)
		return -1;
	if (bk_imap_word_is(name, inbox))
		name.data = (const uint8_t *)inbox;
	mailbox = bsearch(&name, list->items, list->n, sizeof(*list->items),
			  compare_mailbox);
	if (mailbox)
		mailbox->status = status;
	return 0;
}

/* Of a mailbox that cannot be looked at now, nothing is known. */
static int ask_for_statuses(struct bk_imap *imap,
			    struct bk_imap_mailbox_list *list,
			    struct bk_err *err)
{
	const struct bk_imap_hands hands = {.untagged = take_status,
					    .arg = list};

	if (list->n == 0)
		return 0;
	bk_imap_talk_begin(imap);
	for (size_t i = 0; i < list->n; i++) {
		if (list->items[i].is &
		    (BK_IMAP_NO_SELECT | BK_IMAP_NON_EXISTENT))
			continue;
		(void)bk_imap_command_once(imap, "STATUS");
		bk_imap_say_name(imap, list->items[i].name);
		bk_imap_say_status_items(imap);
	}
	return bk_imap_talk(imap, &hands, err);
}

/* ---- with the first words ---- */

#define EARLY_MS 1000 /* so long it is as good as asked for now */

struct bk_imap_early {
	struct listing listing;
	struct bk_imap_mailbox_list list;
	uint32_t caps;      /* with which it was said */
	size_t first, past; /* commands that must succeed */
	int64_t at_ms;
	uint32_t tags; /* given when it was there */
};

void bk_imap_early_free(struct bk_imap *imap)
{
	struct bk_imap_early *early = imap->early;

	if (!early)
		return;
	free(early->listing.entries);
	bk_imap_mailbox_list_clear(&early->list);
	free(early);
	imap->early = NULL;
}

void bk_imap_early_say(struct bk_imap *imap)
{
	if (!imap->wish.lists || !tells_status(imap))
		return;
	struct bk_imap_early *early = bk_alloc(sizeof(*early));
	imap->early = early;
	early->listing.imap = imap;
	early->listing.arena = &early->list.arena;
	early->caps = imap->caps.has;
	early->first = imap->n_commands;
	early->past = early->first + say_names(&early->listing, true);
}

int bk_imap_early_hear(struct bk_imap *imap,
		       const struct bk_imap_response *said, struct bk_err *err)
{
	return imap->early ? gather(&imap->early->listing, said, err) : 0;
}

/* Of what the server turns out to be, it may be another question that was to
 * be asked. */
void bk_imap_early_end(struct bk_imap *imap)
{
	struct bk_imap_early *early = imap->early;
	struct bk_err unheard = {0};

	if (!early)
		return;
	bool good = !imap->prefix.len && imap->caps.has == early->caps;
	for (size_t i = early->first; i < early->past; i++)
		good = good && bk_imap_verdict(imap, i, &unheard) == 0;
	if (!good) {
		bk_imap_early_free(imap);
		return;
	}
	put_together(&early->listing, &early->list);
	early->at_ms = bk_clock_monotonic_ms();
	early->tags = imap->tags;
}

/* Nothing was said since, and it was just now. */
static bool is_fresh(const struct bk_imap *imap)
{
	const struct bk_imap_early *early = imap->early;

	return early && early->tags == imap->tags &&
	       bk_clock_monotonic_ms() - early->at_ms < EARLY_MS;
}

static bool take_early(struct bk_imap *imap, struct bk_imap_mailbox_list *out)
{
	struct bk_imap_early *early = imap->early;
	bool good = is_fresh(imap);

	if (good) {
		*out = early->list;
		early->list = (struct bk_imap_mailbox_list){0};
	}
	bk_imap_early_free(imap);
	return good;
}

int bk_imap_list(struct bk_imap *imap, bool with_status, bool others,
		 struct bk_imap_mailbox_list *out, struct bk_err *err)
{
	struct listing listing = {
		.imap = imap, .others = others, .arena = &out->arena};
	int rc = 0;

	if (with_status && !others && take_early(imap, out))
		return 0;
	if (with_status && !bk_imap_can(imap, BK_IMAP_UNSELECT))
		rc = bk_imap_unselect(imap, err);
	if (rc == 0)
		rc = ask_for_names(&listing, with_status, err);
	if (rc == 0) {
		put_together(&listing, out);
		if (with_status && !tells_status(imap))
			rc = ask_for_statuses(imap, out, err);
	}
	free(listing.entries);
	if (rc < 0)
		bk_imap_mailbox_list_clear(out);
	return rc;
}

static int has_inbox(const struct bk_imap_mailbox_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (bk_imap_word_is(list->items[i].name, "INBOX"))
			return !(list->items[i].is & BK_IMAP_NON_EXISTENT);
	return 0;
}

int bk_imap_has_inbox(struct bk_imap *imap, struct bk_err *err)
{
	struct bk_imap_mailbox_list list = {0};

	if (is_fresh(imap))
		return has_inbox(&imap->early->list);
	int rc = bk_imap_list(imap, false, false, &list, err);
	if (rc == 0)
		rc = has_inbox(&list);
	bk_imap_mailbox_list_clear(&list);
	return rc;
}
