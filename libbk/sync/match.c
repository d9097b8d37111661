/* Which messages of two folders are the same: see match.h. */

#include "sync/match.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define IDENTIFIED_AT_A_TIME ((size_t)2000)

/* A message of one side. */
struct item {
	struct bk_message *msg;
	uint32_t at; /* in its side's list */
	bool is_to;
	bool paired;
	bool read; /* whole is known */
	struct bk_identity id;
	uint8_t whole[BK_DIGEST_LEN];
};

struct matching {
	const struct bk_match_side *from, *to;
	uint32_t *partner;
	struct item *items; /* of both sides */
	size_t n;
};

/* ---- who may be whom ---- */

/* As a listing has it already, or a folder on this host; 0: it would have to be
 * asked for, and may be any. */
static int size_of(const struct bk_match_side *side, struct bk_message *msg,
		   uint64_t *out, struct bk_err *err)
{
	struct bk_err why = {0};

	*out = 0;
	if (!msg->file || !*msg->file || !side->store->ops->stat)
		return 0;
	if (side->store->ops->stat(side->store, side->account, side->folder,
				   msg, &why) == 0) {
		*out = msg->size;
		return 0;
	}
	if (why.kind == BK_GONE || why.kind == BK_REFUSED)
		return 0;
	*err = why;
	return bk_err_at(err, side->is);
}

static int by_number(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Is there a size among them that may be that of the same message?  With CRLF
 * it is at most twice as long. */
static bool has_like(const uint64_t *sorted, size_t n, uint64_t size,
		     bool exact)
{
	uint64_t least = exact ? size : size / 2;
	uint64_t most = exact ? size : size * 2;
	size_t low = 0, high = n;

	if (!size || (n && !sorted[0]))
		return true;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (sorted[middle] < least)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && sorted[low] <= most;
}

static int read_sizes(const struct bk_match_side *side, uint64_t *out,
		      struct bk_err *err)
{
	for (size_t i = 0; i < side->n; i++)
		if (size_of(side, side->msgs[i], &out[i], err) < 0)
			return -1;
	return 0;
}

/* Leaves in likely[] those of `side` whose size is like one of the other's. */
static int choose(const struct bk_match_side *side,
		  const struct bk_match_side *other, bool *likely,
		  struct bk_err *err)
{
	uint64_t *own = bk_alloc((side->n + 1) * sizeof(*own));
	uint64_t *theirs = bk_alloc((other->n + 1) * sizeof(*theirs));
	/* Servers tell what goes over the line, other stores what they hold. */
	bool exact = strcmp(side->store->ops->type, "imap") == 0 &&
		     strcmp(other->store->ops->type, "imap") == 0;
	int rc = read_sizes(side, own, err);

	if (rc == 0)
		rc = read_sizes(other, theirs, err);
	if (rc == 0)
		qsort(theirs, other->n, sizeof(*theirs), by_number);
	for (size_t i = 0; i < side->n && rc == 0; i++)
		likely[i] = has_like(theirs, other->n, own[i], exact);
	free(own);
	free(theirs);
	return rc;
}

/* ---- who they are ---- */

static int identify(const struct bk_match_side *side, struct item *items,
		    size_t n_items, struct bk_err *err)
{
	struct bk_identity *ids = bk_alloc(IDENTIFIED_AT_A_TIME * sizeof(*ids));
	struct bk_message **msgs =
		bk_alloc(IDENTIFIED_AT_A_TIME * sizeof(struct bk_message *));
	int rc = 0;

	for (size_t at = 0; at < n_items && rc == 0;) {
		size_t n = n_items - at < IDENTIFIED_AT_A_TIME
				   ? n_items - at
				   : IDENTIFIED_AT_A_TIME;
		for (size_t i = 0; i < n; i++)
			msgs[i] = items[at + i].msg;
		rc = bk_store_identify(side->store, side->account, side->folder,
				       msgs, n, ids, err);
		for (size_t i = 0; i < n && rc == 0; i++)
			items[at + i].id = ids[i];
		at += n;
	}
	free(msgs);
	free(ids);
	return rc < 0 ? bk_err_at(err, side->is) : 0;
}

static int list_side(struct matching *m, const struct bk_match_side *side,
		     const struct bk_match_side *other, struct bk_err *err)
{
	struct item *items = m->items + m->n;
	bool *likely = bk_alloc(side->n + 1);
	size_t n = 0;

	int rc = choose(side, other, likely, err);
	for (size_t i = 0; i < side->n && rc == 0; i++)
		if (likely[i])
			items[n++] = (struct item){.msg = side->msgs[i],
						   .at = (uint32_t)i,
						   .is_to = side == m->to};
	free(likely);
	if (rc < 0 || identify(side, items, n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (items[i].id.wire_size != UINT64_MAX)
			m->items[m->n++] = items[i];
	return 0;
}

/* ---- groups of what looks alike ---- */

static int compare_sizes(const struct item *x, const struct item *y)
{
	if (x->id.wire_size != y->id.wire_size)
		return x->id.wire_size < y->id.wire_size ? -1 : 1;
	return 0;
}

static int compare_places(const struct item *x, const struct item *y)
{
	if (x->is_to != y->is_to)
		return x->is_to ? 1 : -1;
	return (x->at > y->at) - (x->at < y->at);
}

static int by_header(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = compare_sizes(x, y);

	if (!order)
		order = memcmp(x->id.header, y->id.header, BK_DIGEST_LEN);
	return order ? order : compare_places(x, y);
}

static int by_date(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = compare_sizes(x, y);

	if (!order)
		order = (x->msg->date > y->msg->date) -
			(x->msg->date < y->msg->date);
	return order ? order : compare_places(x, y);
}

static int by_whole(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = (int)y->read - (int)x->read;

	if (!order)
		order = memcmp(x->whole, y->whole, BK_DIGEST_LEN);
	return order ? order : compare_places(x, y);
}

static bool same_header(const struct item *x, const struct item *y)
{
	return !compare_sizes(x, y) &&
	       memcmp(x->id.header, y->id.header, BK_DIGEST_LEN) == 0;
}

static bool same_date(const struct item *x, const struct item *y)
{
	return !compare_sizes(x, y) && x->msg->date == y->msg->date;
}

static bool same_whole(const struct item *x, const struct item *y)
{
	return x->read && y->read &&
	       memcmp(x->whole, y->whole, BK_DIGEST_LEN) == 0;
}

/* The end of the group that begins at `start`; *from of it are the source's,
 * which come first. */
static size_t group_end(const struct matching *m, size_t start,
			bool (*same)(const struct item *, const struct item *),
			size_t *from)
{
	size_t end = start;

	*from = 0;
	for (; end < m->n && same(&m->items[start], &m->items[end]); end++)
		*from += !m->items[end].is_to;
	return end;
}

static void pair(struct matching *m, struct item *from, struct item *to)
{
	m->partner[from->at] = to->at;
	from->paired = to->paired = true;
}

static void drop_paired(struct matching *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		if (!m->items[i].paired)
			m->items[n++] = m->items[i];
	m->n = n;
}

/* ---- bytes ---- */

struct reading {
	const struct bk_match_side *side;
	struct bk_match_digest *out;
	size_t next;
	struct bk_identifier it;
};

/* They come in the order in which they were asked for as far as the store has
 * them so. */
static struct bk_match_digest *digest_of(struct reading *reading,
					 const struct bk_message *msg)
{
	size_t n = reading->side->n;

	for (size_t tried = 0; tried < n; tried++) {
		size_t i = (reading->next + tried) % n;
		if (reading->side->msgs[i] != msg)
			continue;
		reading->next = i + 1;
		return &reading->out[i];
	}
	return NULL;
}

static int begin_reading(void *arg, struct bk_message *msg, struct bk_sink **to,
			 struct bk_err *err)
{
	struct reading *reading = arg;

	(void)msg;
	(void)err;
	bk_identifier_init(&reading->it, true);
	*to = &reading->it.sink;
	return 0;
}

static int end_reading(void *arg, struct bk_message *msg, struct bk_err *err)
{
	struct reading *reading = arg;
	struct bk_match_digest *digest = digest_of(reading, msg);
	struct bk_identity ignored;

	(void)err;
	bk_identifier_end(&reading->it, &ignored);
	if (!digest)
		return 0;
	bk_identifier_whole(&reading->it, digest->whole);
	digest->read = true;
	return 0;
}

static int fail_reading(void *arg, struct bk_message *msg,
			const struct bk_err *why, struct bk_err *err)
{
	(void)arg;
	(void)msg;
	(void)why;
	(void)err;
	return 0;
}

int bk_match_read(const struct bk_match_side *side, struct bk_match_digest *out,
		  struct bk_err *err)
{
	struct reading reading = {.side = side, .out = out};
	const struct bk_bodies to = {begin_reading, end_reading, fail_reading,
				     &reading};

	for (size_t i = 0; i < side->n; i++)
		out[i].read = false;
	if (bk_store_fetch_many(side->store, side->account, side->folder,
				side->msgs, side->n, &to, err) < 0)
		return bk_err_at(err, side->is);
	return 0;
}

static int read_side(struct item **items, size_t n,
		     const struct bk_match_side *side, struct bk_err *err)
{
	struct bk_message **msgs =
		bk_alloc((n + 1) * sizeof(struct bk_message *));
	struct bk_match_digest *digests = bk_alloc((n + 1) * sizeof(*digests));
	struct bk_match_side some = *side;

	for (size_t i = 0; i < n; i++)
		msgs[i] = items[i]->msg;
	some.msgs = msgs;
	some.n = n;
	int rc = bk_match_read(&some, digests, err);
	for (size_t i = 0; i < n && rc == 0; i++) {
		items[i]->read = digests[i].read;
		memcpy(items[i]->whole, digests[i].whole, BK_DIGEST_LEN);
	}
	free(digests);
	free(msgs);
	return rc;
}

static int in_list_order(const void *a, const void *b)
{
	const struct item *const *x = a, *const *y = b;

	return compare_places(*x, *y);
}

/* Reads those of wanted[], of both sides. */
static int read_items(struct matching *m, struct item **wanted, size_t n,
		      struct bk_err *err)
{
	size_t from = 0;

	if (n)
		qsort(wanted, n, sizeof(struct item *), in_list_order);
	while (from < n && !wanted[from]->is_to)
		from++;
	if (read_side(wanted, from, m->from, err) < 0)
		return -1;
	return read_side(wanted + from, n - from, m->to, err);
}

/* Pairs those whose bytes are equal, one for one. */
static void pair_read(struct matching *m)
{
	size_t from = 0;

	if (m->n)
		qsort(m->items, m->n, sizeof(*m->items), by_whole);
	for (size_t i = 0; i < m->n;) {
		size_t end = group_end(m, i, same_whole, &from);
		if (end == i)
			break;
		size_t first_to = i + from;
		for (size_t k = 0; k < from && first_to + k < end; k++)
			pair(m, &m->items[i + k], &m->items[first_to + k]);
		i = end;
	}
	drop_paired(m);
}

/* ---- the passes ---- */

static bool is_sure(const struct item *x, const struct item *y)
{
	return x->id.wire_size && x->msg->date == y->msg->date &&
	       !bk_identity_is_bare(&x->id);
}

/*
 * Looks at groups that have messages of both sides: pairs what is sure, reads
 * the rest.  `sure`: one of each may be enough.
 */
static int match_groups(struct matching *m,
			bool (*same)(const struct item *, const struct item *),
			bool sure, struct bk_err *err)
{
	struct item **wanted = bk_alloc((m->n + 1) * sizeof(struct item *));
	size_t n = 0, from = 0;

	for (size_t i = 0; i < m->n;) {
		size_t end = group_end(m, i, same, &from);
		size_t to = end - i - from;
		if (sure && from == 1 && to == 1 &&
		    is_sure(&m->items[i], &m->items[i + 1]))
			pair(m, &m->items[i], &m->items[i + 1]);
		else if (from && to)
			for (size_t k = i; k < end; k++)
				if (!m->items[k].read)
					wanted[n++] = &m->items[k];
		i = end;
	}
	int rc = read_items(m, wanted, n, err);
	free(wanted);
	if (rc == 0) {
		drop_paired(m);
		pair_read(m);
	}
	return rc;
}

static int match_all(struct matching *m, struct bk_err *err)
{
	if (list_side(m, m->from, m->to, err) < 0 ||
	    list_side(m, m->to, m->from, err) < 0)
		return -1;
	if (!m->n)
		return 0;
	qsort(m->items, m->n, sizeof(*m->items), by_header);
	if (match_groups(m, same_header, true, err) < 0)
		return -1;
	if (!m->n)
		return 0;
	qsort(m->items, m->n, sizeof(*m->items), by_date);
	return match_groups(m, same_date, false, err);
}

int bk_sync_match(const struct bk_match_side *from,
		  const struct bk_match_side *to, uint32_t *partner,
		  struct bk_err *err)
{
	struct matching m = {.from = from, .to = to, .partner = partner};

	for (size_t i = 0; i < from->n; i++)
		partner[i] = BK_MATCH_NOBODY;
	if (!from->n || !to->n)
		return 0;
	m.items = bk_alloc((from->n + to->n) * sizeof(*m.items));
	int rc = match_all(&m, err);
	free(m.items);
	return rc;
}
