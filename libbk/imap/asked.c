/* Messages that were asked for: see asked.h. */

#include "imap/asked.h"

#include <stdlib.h>
#include <string.h>

#include "imap/uidsaid.h"

static void add_all(struct bk_uid_set *to, const struct bk_uid_set *from)
{
	for (size_t i = 0; i < from->n; i++)
		bk_uid_set_add_range(to, from->items[i].first,
				     from->items[i].last);
}

void bk_imap_asked_set(struct bk_imap_asked *asked,
		       const struct bk_uid_set *uids)
{
	add_all(&asked->wanted, uids);
	bk_uid_set_sort(&asked->wanted);
}

int bk_imap_asked_parse(struct bk_imap_asked *asked, const char *uids,
			struct bk_err *err)
{
	static const char largest[] = "4294967295";
	struct bk_err why = {0};
	struct bk_buf text = {0};
	int rc;

	for (const char *p = uids; *p; p++)
		if (*p == '*')
			bk_buf_add(&text, largest, strlen(largest));
		else
			bk_buf_add_u8(&text, (uint8_t)*p);
	rc = bk_imap_parse_uids(bk_buf_view(&text), &asked->wanted, &why);
	bk_buf_clear(&text);
	if (rc < 0)
		return bk_fail(err, BK_MISUSE, "\"%s\" is no set of messages",
			       uids);
	bk_uid_set_sort(&asked->wanted);
	return 0;
}

void bk_imap_asked_clear(struct bk_imap_asked *asked)
{
	bk_uid_set_clear(&asked->wanted);
	bk_uid_set_clear(&asked->come);
}

bool bk_imap_asked_wants(const struct bk_imap_asked *asked, uint32_t uid)
{
	const struct bk_uid_set *come = &asked->come;

	if (!bk_uid_set_has(&asked->wanted, uid))
		return false;
	if (come->n == 0 || come->items[come->n - 1].last < uid)
		return true;
	return !bk_uid_set_has(come, uid);
}

/* The first range that ends behind this UID. */
static size_t range_behind(const struct bk_uid_set *set, uint32_t uid)
{
	size_t from = 0, to = set->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (set->items[middle].last < uid)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* Not in their order, which servers may do. */
static void come_late(struct bk_uid_set *come, uint32_t uid)
{
	size_t at = range_behind(come, uid);
	struct bk_uid_range *r;

	if (come->items[at].first == uid + 1) {
		come->items[at].first = uid;
		return;
	}
	bk_uid_set_add_range(come, uid, uid);
	r = &come->items[at];
	memmove(r + 1, r, (come->n - 1 - at) * sizeof(*r));
	*r = (struct bk_uid_range){uid, uid};
}

int bk_imap_asked_comes(struct bk_imap_asked *asked, uint32_t uid,
			struct bk_err *err)
{
	struct bk_uid_set *come = &asked->come;

	if (come->n == 0 || come->items[come->n - 1].last < uid)
		bk_uid_set_add(come, uid);
	else
		come_late(come, uid);
	if (come->n > BK_IMAP_RANGES_MAX)
		return bk_fail(err, BK_CORRUPT,
			       "the server tells of too many messages");
	return 0;
}

void bk_imap_uids_without(const struct bk_uid_set *all,
			  const struct bk_uid_set *these,
			  struct bk_uid_set *rest)
{
	size_t t = 0;

	for (size_t i = 0; i < all->n; i++) {
		uint64_t at = all->items[i].first;
		uint64_t last = all->items[i].last;

		for (; t < these->n && these->items[t].first <= last; t++) {
			const struct bk_uid_range *r = &these->items[t];

			if (r->first > at)
				bk_uid_set_add_range(rest, (uint32_t)at,
						     r->first - 1);
			if (r->last >= at)
				at = (uint64_t)r->last + 1;
			if (r->last > last)
				break; /* it reaches into the next one */
		}
		if (at <= last)
			bk_uid_set_add_range(rest, (uint32_t)at,
					     (uint32_t)last);
	}
}

void bk_imap_asked_left(const struct bk_imap_asked *asked,
			struct bk_uid_set *left)
{
	bk_imap_uids_without(&asked->wanted, &asked->come, left);
}
