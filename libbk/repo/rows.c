/* The messages of a folder as a set keeps them: see rows.h. */

#include "repo/rows.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MOST 4096
#define FLAGS_KNOWN                                                            \
	(BK_FLAG_SEEN | BK_FLAG_ANSWERED | BK_FLAG_FLAGGED | BK_FLAG_DELETED | \
	 BK_FLAG_DRAFT | BK_FLAG_PASSED)

enum delta_op {
	OP_END = 0,
	OP_KEEP = 1,
	OP_DROP = 2,
	OP_FLAGS = 3,
	OP_ADD = 4,
};

void bk_row_list_clear(struct bk_row_list *list)
{
	bk_arena_clear(&list->arena);
	free(list->items);
	*list = (struct bk_row_list){0};
}

struct bk_row *bk_row_list_add(struct bk_row_list *list)
{
	list->items = bk_array_room(list->items, list->n, &list->cap,
				    sizeof(*list->items));
	struct bk_row *row = &list->items[list->n++];
	memset(row, 0, sizeof(*row));
	return row;
}

int bk_body_decode(struct bk_view body, struct bk_recipe *out,
		   struct bk_err *err)
{
	struct bk_cursor from = bk_cursor_over(body.data, body.len);
	struct bk_ref_trail trail;

	bk_ref_trail_init(&trail);
	return bk_recipe_decode(&from, &trail, out, err);
}

void bk_body_encode(const struct bk_recipe *recipe, struct bk_buf *to)
{
	struct bk_ref_trail trail;

	bk_ref_trail_init(&trail);
	bk_recipe_encode(recipe, &trail, to);
}

void bk_row_trail_init(struct bk_row_trail *trail)
{
	bk_ref_trail_init(&trail->refs);
	trail->uid = 0;
	trail->name.len = 0;
	trail->date = 0;
	trail->modseq = 0;
}

void bk_row_trail_clear(struct bk_row_trail *trail)
{
	bk_buf_clear(&trail->name);
	*trail = (struct bk_row_trail){0};
}

static size_t shared_prefix(const struct bk_buf *previous, const char *name,
			    size_t len)
{
	size_t n = 0;

	while (n < len && n < previous->len &&
	       previous->data[n] == (uint8_t)name[n])
		n++;
	return n;
}

static void add_keywords(struct bk_buf *to, const struct bk_message *msg)
{
	bk_buf_add_varint(to, msg->n_keywords);
	for (size_t i = 0; i < msg->n_keywords; i++)
		bk_buf_add_varint(to, msg->keywords[i]);
}

static void add_row(struct bk_buf *to, struct bk_row_trail *trail,
		    const struct bk_message *msg,
		    const struct bk_recipe *recipe)
{
	size_t len = strlen(msg->name);
	size_t prefix = shared_prefix(&trail->name, msg->name, len);

	bk_buf_add_varint(to, msg->uid - trail->uid);
	bk_buf_add_varint(to, prefix);
	bk_buf_add_blob(to, msg->name + prefix, len - prefix);
	bk_buf_add_u8(to, msg->flags);
	add_keywords(to, msg);
	bk_buf_add_zigzag(
		to, (int64_t)((uint64_t)msg->date - (uint64_t)trail->date));
	bk_buf_add_varint(to, msg->size);
	bk_buf_add_zigzag(to, (int64_t)(msg->modseq - trail->modseq));
	bk_recipe_encode(recipe, &trail->refs, to);
	trail->uid = msg->uid;
	trail->name.len = prefix;
	bk_buf_add(&trail->name, msg->name + prefix, len - prefix);
	trail->date = msg->date;
	trail->modseq = msg->modseq;
}

void bk_rows_record_add(struct bk_rows_record *record,
			const struct bk_message *msg,
			const uint8_t digest[BK_DIGEST_LEN],
			const struct bk_recipe *recipe)
{
	if (!record->n)
		bk_row_trail_init(&record->trail);
	add_row(&record->rows, &record->trail, msg, recipe);
	bk_buf_add(&record->digests, digest, BK_DIGEST_LEN);
	record->n++;
}

size_t bk_rows_record_size(const struct bk_rows_record *record)
{
	return record->rows.len + record->digests.len;
}

void bk_rows_record_finish(struct bk_rows_record *record, uint32_t folder,
			   struct bk_buf *to)
{
	bk_buf_add_varint(to, folder);
	bk_buf_add_varint(to, record->n);
	bk_buf_add(to, record->rows.data, record->rows.len);
	bk_buf_add(to, record->digests.data, record->digests.len);
	record->rows.len = 0;
	record->digests.len = 0;
	record->n = 0;
}

void bk_rows_record_clear(struct bk_rows_record *record)
{
	bk_buf_clear(&record->rows);
	bk_buf_clear(&record->digests);
	bk_row_trail_clear(&record->trail);
	*record = (struct bk_rows_record){0};
}

static void write_counts(struct bk_delta_record *record)
{
	if (!record->ops.len) {
		bk_row_trail_init(&record->trail);
		record->flags_modseq = 0;
	}
	if (record->keep) {
		bk_buf_add_u8(&record->ops, OP_KEEP);
		bk_buf_add_varint(&record->ops, record->keep);
	}
	if (record->drop) {
		bk_buf_add_u8(&record->ops, OP_DROP);
		bk_buf_add_varint(&record->ops, record->drop);
	}
	record->keep = 0;
	record->drop = 0;
}

void bk_delta_record_keep(struct bk_delta_record *record)
{
	if (record->drop)
		write_counts(record);
	record->keep++;
}

void bk_delta_record_drop(struct bk_delta_record *record)
{
	if (record->keep)
		write_counts(record);
	record->drop++;
}

void bk_delta_record_flags(struct bk_delta_record *record,
			   const struct bk_message *msg)
{
	write_counts(record);
	bk_buf_add_u8(&record->ops, OP_FLAGS);
	bk_buf_add_u8(&record->ops, msg->flags);
	add_keywords(&record->ops, msg);
	bk_buf_add_zigzag(&record->ops,
			  (int64_t)(msg->modseq - record->flags_modseq));
	record->flags_modseq = msg->modseq;
}

void bk_delta_record_add(struct bk_delta_record *record,
			 const struct bk_message *msg,
			 const uint8_t digest[BK_DIGEST_LEN],
			 const struct bk_recipe *recipe)
{
	write_counts(record);
	bk_buf_add_u8(&record->ops, OP_ADD);
	add_row(&record->ops, &record->trail, msg, recipe);
	bk_buf_add(&record->ops, digest, BK_DIGEST_LEN);
}

size_t bk_delta_record_size(const struct bk_delta_record *record)
{
	return record->ops.len;
}

void bk_delta_record_finish(struct bk_delta_record *record, uint32_t folder,
			    struct bk_buf *to)
{
	write_counts(record);
	bk_buf_add_varint(to, folder);
	bk_buf_add(to, record->ops.data, record->ops.len);
	bk_buf_add_u8(to, OP_END);
	record->ops.len = 0;
}

void bk_delta_record_clear(struct bk_delta_record *record)
{
	bk_buf_clear(&record->ops);
	bk_row_trail_clear(&record->trail);
	*record = (struct bk_delta_record){0};
}

/* What decoding one record needs again for each row. */
struct row_reader {
	struct bk_row_trail trail;
	struct bk_recipe recipe;
	struct bk_buf body;
	bool bodies;
};

static void row_reader_clear(struct row_reader *reader)
{
	bk_row_trail_clear(&reader->trail);
	bk_recipe_clear(&reader->recipe);
	bk_buf_clear(&reader->body);
}

static void read_keywords(struct bk_cursor *from, struct bk_arena *arena,
			  struct bk_message *msg)
{
	uint64_t n = bk_cursor_varint_max(from, UINT16_MAX);

	if (n > bk_cursor_left(from))
		from->bad = true;
	if (from->bad || !n)
		return;
	uint16_t *keywords = bk_arena_alloc(arena, n * sizeof(*keywords));
	for (uint64_t i = 0; i < n; i++) {
		keywords[i] = (uint16_t)bk_cursor_varint_max(from, UINT16_MAX);
		if (i && keywords[i] <= keywords[i - 1])
			from->bad = true;
	}
	msg->keywords = keywords;
	msg->n_keywords = (uint16_t)n;
}

/* Flags that no version has given a meaning are refused. */
static uint8_t read_flags(struct bk_cursor *from)
{
	uint8_t flags = bk_cursor_u8(from);

	if (flags & ~FLAGS_KNOWN)
		from->bad = true;
	return flags;
}

static void read_name(struct bk_cursor *from, struct bk_arena *arena,
		      struct bk_buf *name, struct bk_message *msg)
{
	uint64_t prefix = bk_cursor_varint_max(from, name->len);
	struct bk_view suffix = bk_cursor_blob(from);

	if (suffix.len && memchr(suffix.data, 0, suffix.len))
		from->bad = true;
	if (prefix > NAME_MOST || suffix.len > NAME_MOST - prefix)
		from->bad = true;
	if (from->bad)
		return;
	name->len = (size_t)prefix;
	bk_buf_add(name, suffix.data, suffix.len);
	msg->name = bk_arena_strndup(arena, bk_buf_text(name), name->len);
}

static int read_body(struct row_reader *reader, struct bk_cursor *from,
		     struct bk_arena *arena, struct bk_row *row,
		     struct bk_err *err)
{
	if (bk_recipe_decode(from, &reader->trail.refs, &reader->recipe, err) <
	    0)
		return -1;
	if (!reader->bodies)
		return 0;
	reader->body.len = 0;
	bk_body_encode(&reader->recipe, &reader->body);
	row->body.len = reader->body.len;
	row->body.data =
		bk_arena_memdup(arena, reader->body.data, reader->body.len);
	return 0;
}

static int read_row(struct row_reader *reader, struct bk_cursor *from,
		    struct bk_row_list *out, struct bk_err *err)
{
	struct bk_row *row = bk_row_list_add(out);
	struct bk_row_trail *trail = &reader->trail;
	struct bk_message *msg = &row->msg;

	msg->name = "";
	msg->uid = trail->uid + (uint32_t)bk_cursor_varint_max(
					from, UINT32_MAX - trail->uid);
	read_name(from, &out->arena, &trail->name, msg);
	msg->flags = read_flags(from);
	read_keywords(from, &out->arena, msg);
	msg->date = (int64_t)((uint64_t)trail->date +
			      (uint64_t)bk_cursor_zigzag(from));
	msg->size = bk_cursor_varint(from);
	msg->modseq = trail->modseq + (uint64_t)bk_cursor_zigzag(from);
	if (bk_cursor_check(from, "row", err) < 0)
		return -1;
	trail->uid = msg->uid;
	trail->date = msg->date;
	trail->modseq = msg->modseq;
	return read_body(reader, from, &out->arena, row, err);
}

/* The last row must come after the one before it. */
static int check_order(const struct bk_row_list *list, struct bk_err *err)
{
	if (list->n < 2 ||
	    bk_message_compare(&list->items[list->n - 2].msg,
			       &list->items[list->n - 1].msg) < 0)
		return 0;
	return bk_fail(err, BK_CORRUPT, "row %zu: out of order", list->n - 1);
}

int bk_rows_decode(struct bk_cursor *from, bool bodies, struct bk_row_list *out,
		   struct bk_err *err)
{
	struct row_reader reader = {.bodies = bodies};
	uint64_t n = bk_cursor_varint_max(from,
					  bk_cursor_left(from) / BK_DIGEST_LEN);
	size_t first = out->n;
	int rc = bk_cursor_check(from, "messages", err);

	bk_row_trail_init(&reader.trail);
	for (uint64_t i = 0; rc == 0 && i < n; i++) {
		rc = read_row(&reader, from, out, err);
		if (rc == 0)
			rc = check_order(out, err);
	}
	for (size_t i = first; rc == 0 && i < out->n; i++) {
		struct bk_view digest = bk_cursor_bytes(from, BK_DIGEST_LEN);
		if (digest.len)
			memcpy(out->items[i].digest, digest.data, digest.len);
	}
	if (rc == 0)
		rc = bk_cursor_check(from, "digests", err);
	row_reader_clear(&reader);
	return rc;
}

struct delta_reader {
	struct row_reader row;
	const struct bk_row_list *base;
	size_t *at;
	struct bk_row_list *out;
	uint64_t flags_modseq; /* of the FLAGS before in this record */
};

static int keep_rows(struct delta_reader *reader, uint64_t n,
		     struct bk_err *err)
{
	if (n > reader->base->n - *reader->at)
		return bk_fail(err, BK_CORRUPT,
			       "keeps more rows than its base has");
	for (; n; n--, ++*reader->at) {
		*bk_row_list_add(reader->out) =
			reader->base->items[*reader->at];
		if (check_order(reader->out, err) < 0)
			return -1;
	}
	return 0;
}

/* What KEEP and DROP have in common: how many. */
static int read_count(struct bk_cursor *from, uint64_t *n, struct bk_err *err)
{
	*n = bk_cursor_varint(from);
	if (bk_cursor_check(from, "operation", err) < 0)
		return -1;
	return *n ? 0 : bk_fail(err, BK_CORRUPT, "an operation on no rows");
}

static int keep_some(struct delta_reader *reader, struct bk_cursor *from,
		     struct bk_err *err)
{
	uint64_t n;

	return read_count(from, &n, err) < 0 ? -1 : keep_rows(reader, n, err);
}

static int drop_some(struct delta_reader *reader, struct bk_cursor *from,
		     struct bk_err *err)
{
	uint64_t n;

	if (read_count(from, &n, err) < 0)
		return -1;
	if (n > reader->base->n - *reader->at)
		return bk_fail(err, BK_CORRUPT,
			       "drops more rows than its base has");
	*reader->at += (size_t)n;
	return 0;
}

static int change_flags(struct delta_reader *reader, struct bk_cursor *from,
			struct bk_err *err)
{
	if (keep_rows(reader, 1, err) < 0)
		return -1;
	struct bk_message *msg = &reader->out->items[reader->out->n - 1].msg;
	msg->flags = read_flags(from);
	msg->n_keywords = 0;
	msg->keywords = NULL;
	read_keywords(from, &reader->out->arena, msg);
	reader->flags_modseq += (uint64_t)bk_cursor_zigzag(from);
	msg->modseq = reader->flags_modseq;
	return bk_cursor_check(from, "flags", err);
}

static int add_message(struct delta_reader *reader, struct bk_cursor *from,
		       struct bk_err *err)
{
	if (read_row(&reader->row, from, reader->out, err) < 0 ||
	    check_order(reader->out, err) < 0)
		return -1;
	struct bk_view digest = bk_cursor_bytes(from, BK_DIGEST_LEN);
	if (bk_cursor_check(from, "digest", err) < 0)
		return -1;
	memcpy(reader->out->items[reader->out->n - 1].digest, digest.data,
	       digest.len);
	return 0;
}

/* 1 to go on, 0 at END, -1. */
static int apply_op(struct delta_reader *reader, struct bk_cursor *from,
		    struct bk_err *err)
{
	uint8_t op = bk_cursor_u8(from);
	int rc = 0;

	if (bk_cursor_check(from, "operation", err) < 0)
		return -1;
	if (op == OP_END)
		return 0;
	if (op == OP_KEEP) {
		rc = keep_some(reader, from, err);
	} else if (op == OP_DROP) {
		rc = drop_some(reader, from, err);
	} else if (op == OP_FLAGS) {
		rc = change_flags(reader, from, err);
	} else if (op == OP_ADD) {
		rc = add_message(reader, from, err);
	} else {
		rc = bk_fail(err, BK_CORRUPT, "unknown operation %u", op);
	}
	return rc < 0 ? -1 : 1;
}

int bk_delta_decode(struct bk_cursor *from, bool bodies,
		    const struct bk_row_list *base, size_t *at,
		    struct bk_row_list *out, struct bk_err *err)
{
	struct delta_reader reader = {
		.row.bodies = bodies, .base = base, .at = at, .out = out};
	int rc;

	bk_row_trail_init(&reader.row.trail);
	do
		rc = apply_op(&reader, from, err);
	while (rc > 0);
	row_reader_clear(&reader.row);
	return rc;
}
