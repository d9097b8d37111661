/* Set roots as bytes: see root.h. */

#include "repo/root.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "repo/signed.h"

enum root_record {
	KIND = 1,
	BASE = 2,
	WRITER = 3,
	TIMES = 4,
	VERSION = 5,
	PART = 6,
	SEEN = 7,
	TOTALS = 8,
	HOST_NAME = 129,
};

#define FLAG_INCOMPLETE 1u

static const struct bk_signed_rule rules[] = {
	{KIND,      BK_SIGNED_ONCE    },
        {BASE,      BK_SIGNED_PERHAPS },
	{WRITER,    BK_SIGNED_ONCE    },
        {TIMES,     BK_SIGNED_ONCE    },
	{VERSION,   BK_SIGNED_ONCE    },
        {PART,      BK_SIGNED_REPEATED},
	{SEEN,      BK_SIGNED_REPEATED},
        {TOTALS,    BK_SIGNED_ONCE    },
	{HOST_NAME, BK_SIGNED_PERHAPS },
};

const char *bk_set_kind_name(enum bk_set_kind kind)
{
	switch (kind) {
	case BK_SET_FULL:
		return "full";
	case BK_SET_DIFFERENTIAL:
		return "differential";
	case BK_SET_INCREMENTAL:
		return "incremental";
	}
	return "unknown";
}

const char *bk_set_name(char out[BK_SET_NAME], const uint8_t id[BK_ID_LEN],
			unsigned kind)
{
	char time[BK_CLOCK_TEXT], hex[BK_ID_TEXT];
	const char *known =
		kind ? bk_set_kind_name((enum bk_set_kind)kind) : "";

	(void)snprintf(out, BK_SET_NAME, "%.13s%s%.1s (%.16s)",
		       bk_setid_time(time, id), kind ? "-" : "", known,
		       bk_id_hex(hex, id));
	return out;
}

void bk_root_clear(struct bk_root *root)
{
	free(root->parts);
	free(root->seen);
	bk_arena_clear(&root->arena);
	*root = (struct bk_root){0};
}

struct bk_root_part *bk_root_add_part(struct bk_root *root)
{
	root->parts = bk_array_room(root->parts, root->n_parts,
				    &root->cap_parts, sizeof(*root->parts));
	struct bk_root_part *part = &root->parts[root->n_parts++];
	*part = (struct bk_root_part){0};
	return part;
}

struct bk_root_seen *bk_root_add_seen(struct bk_root *root)
{
	root->seen = bk_array_room(root->seen, root->n_seen, &root->cap_seen,
				   sizeof(*root->seen));
	struct bk_root_seen *seen = &root->seen[root->n_seen++];
	*seen = (struct bk_root_seen){0};
	return seen;
}

const struct bk_root_part *bk_root_part(const struct bk_root *root,
					enum bk_part_type type)
{
	for (size_t i = 0; i < root->n_parts; i++) {
		if (root->parts[i].type == (uint8_t)type)
			return &root->parts[i];
	}
	return NULL;
}

const char *bk_root_part_name(char out[BK_NAME_MAX],
			      const struct bk_root_part *part,
			      const uint8_t set[BK_ID_LEN])
{
	if (part->bundled)
		return bk_name_bundle(out, set);
	switch ((enum bk_part_type)part->type) {
	case BK_PART_INDEX:
		return bk_name_index(out, set, part->ordinal);
	case BK_PART_MANIFEST:
		return bk_name_manifest(out, set, part->ordinal);
	case BK_PART_TABLE:
		return bk_name_table(out, set, part->ordinal);
	}
	*out = 0; /* of a later version: its name is not known */
	return out;
}

static int compare_parts(const void *a, const void *b)
{
	const struct bk_root_part *p = a, *q = b;

	if (p->type != q->type)
		return p->type < q->type ? -1 : 1;
	return (p->ordinal > q->ordinal) - (p->ordinal < q->ordinal);
}

static int compare_seen(const void *a, const void *b)
{
	const struct bk_root_seen *p = a, *q = b;

	return memcmp(p->host, q->host, BK_ID_LEN);
}

/* ---- writing ---- */

static void add_kind(const struct bk_root *root, struct bk_buf *to)
{
	bk_buf_add_u8(to, (uint8_t)root->kind);
	bk_buf_add_u8(to, root->incomplete ? FLAG_INCOMPLETE : 0);
	bk_buf_add(to, root->store, BK_ID_LEN);
	bk_buf_add_string(to, root->store_name);
}

static void add_base(const struct bk_root *root, struct bk_buf *to)
{
	bk_buf_add(to, root->base, BK_ID_LEN);
	bk_buf_add(to, root->base_sha256, BK_SHA256_LEN);
}

static void add_writer(const struct bk_root *root, struct bk_buf *to)
{
	bk_buf_add(to, root->host, BK_ID_LEN);
	bk_buf_add_u64(to, root->sequence);
	bk_buf_add(to, root->previous, BK_ID_LEN);
	bk_buf_add(to, root->previous_sha256, BK_SHA256_LEN);
}

static void add_times(const struct bk_root *root, struct bk_buf *to)
{
	bk_buf_add_u64(to, (uint64_t)root->start_ms);
	bk_buf_add_u64(to, (uint64_t)root->end_ms);
}

static void add_version(const struct bk_root *root, struct bk_buf *to)
{
	bk_buf_add_u8(to, root->reader_major);
	bk_buf_add_u8(to, root->reader_minor);
	bk_buf_add(to, root->tool, strlen(root->tool));
}

static void add_part(const struct bk_root_part *part, struct bk_buf *to)
{
	static const uint8_t no_domain[BK_ID_LEN];

	bk_buf_add_u8(to, part->type);
	bk_buf_add_u32(to, part->ordinal);
	bk_buf_add_u8(to, part->bundled);
	bk_buf_add_u64(to, part->offset);
	bk_buf_add_u64(to, part->file_len);
	bk_buf_add(to, part->sha256, BK_SHA256_LEN);
	bk_buf_add(to, no_domain, sizeof(no_domain));
	bk_buf_add_u8(to, part->optional);
}

static void add_seen(const struct bk_root_seen *seen, struct bk_buf *to)
{
	bk_buf_add(to, seen->host, BK_ID_LEN);
	bk_buf_add_u64(to, seen->sequence);
	bk_buf_add(to, seen->set, BK_ID_LEN);
	bk_buf_add(to, seen->sha256, BK_SHA256_LEN);
}

static void add_totals(const struct bk_root_totals *totals, struct bk_buf *to)
{
	bk_buf_add_varint(to, totals->messages);
	bk_buf_add_varint(to, totals->bytes);
	bk_buf_add_varint(to, totals->stored);
	bk_buf_add_varint(to, totals->added);
	bk_buf_add_varint(to, totals->gone);
	bk_buf_add_varint(to, totals->errors);
	bk_buf_add_varint(to, totals->ms);
}

void bk_root_encode(struct bk_root *root, struct bk_buf *to)
{
	struct bk_buf body = {0};

	if (root->n_parts)
		qsort(root->parts, root->n_parts, sizeof(*root->parts),
		      compare_parts);
	if (root->n_seen)
		qsort(root->seen, root->n_seen, sizeof(*root->seen),
		      compare_seen);
	add_kind(root, &body);
	bk_signed_add(to, KIND, &body);
	if (root->kind != BK_SET_FULL) {
		add_base(root, &body);
		bk_signed_add(to, BASE, &body);
	}
	add_writer(root, &body);
	bk_signed_add(to, WRITER, &body);
	add_times(root, &body);
	bk_signed_add(to, TIMES, &body);
	add_version(root, &body);
	bk_signed_add(to, VERSION, &body);
	for (size_t i = 0; i < root->n_parts; i++) {
		add_part(&root->parts[i], &body);
		bk_signed_add(to, PART, &body);
	}
	for (size_t i = 0; i < root->n_seen; i++) {
		add_seen(&root->seen[i], &body);
		bk_signed_add(to, SEEN, &body);
	}
	add_totals(&root->totals, &body);
	bk_signed_add(to, TOTALS, &body);
	bk_signed_add_text(to, HOST_NAME, root->host_name);
	bk_buf_clear(&body);
}

/* ---- reading: each marks the cursor bad for what cannot be ---- */

static void read_kind(struct bk_cursor *from, struct bk_root *root)
{
	uint8_t kind = bk_cursor_u8(from);
	uint8_t flags = bk_cursor_u8(from);

	bk_cursor_copy(from, root->store, BK_ID_LEN);
	root->store_name = bk_signed_text(
		from, bk_cursor_varint_max(from, SIZE_MAX), &root->arena);
	if (kind < BK_SET_FULL || kind > BK_SET_INCREMENTAL ||
	    flags & ~FLAG_INCOMPLETE)
		from->bad = true;
	root->kind = kind;
	root->incomplete = flags & FLAG_INCOMPLETE;
}

static void read_base(struct bk_cursor *from, struct bk_root *root)
{
	bk_cursor_copy(from, root->base, BK_ID_LEN);
	bk_cursor_copy(from, root->base_sha256, BK_SHA256_LEN);
	if (bk_id_is_zero(root->base))
		from->bad = true;
}

static void read_writer(struct bk_cursor *from, struct bk_root *root)
{
	bk_cursor_copy(from, root->host, BK_ID_LEN);
	root->sequence = bk_cursor_u64(from);
	bk_cursor_copy(from, root->previous, BK_ID_LEN);
	bk_cursor_copy(from, root->previous_sha256, BK_SHA256_LEN);
	if (root->sequence == 0)
		from->bad = true;
}

static void read_version(struct bk_cursor *from, struct bk_root *root)
{
	root->reader_major = bk_cursor_u8(from);
	root->reader_minor = bk_cursor_u8(from);
	root->tool = bk_signed_rest(from, &root->arena);
}

static void read_part(struct bk_cursor *from, struct bk_root *root)
{
	struct bk_root_part *part = bk_root_add_part(root);
	uint8_t domain[BK_ID_LEN];

	part->type = bk_cursor_u8(from);
	part->ordinal = bk_cursor_u32(from);
	uint8_t where = bk_cursor_u8(from);
	part->offset = bk_cursor_u64(from);
	part->file_len = bk_cursor_u64(from);
	bk_cursor_copy(from, part->sha256, BK_SHA256_LEN);
	bk_cursor_copy(from, domain, sizeof(domain));
	uint8_t optional = bk_cursor_u8(from);
	part->bundled = where;
	part->optional = optional;
	if (where > 1 || optional > 1 || !bk_id_is_zero(domain) ||
	    (!where && part->offset) ||
	    part->file_len > UINT64_MAX - part->offset)
		from->bad = true;
	if (root->n_parts > 1 && compare_parts(part - 1, part) >= 0)
		from->bad = true;
}

static void read_seen(struct bk_cursor *from, struct bk_root *root)
{
	struct bk_root_seen *seen = bk_root_add_seen(root);

	bk_cursor_copy(from, seen->host, BK_ID_LEN);
	seen->sequence = bk_cursor_u64(from);
	bk_cursor_copy(from, seen->set, BK_ID_LEN);
	bk_cursor_copy(from, seen->sha256, BK_SHA256_LEN);
}

static int check_seen(const struct bk_root *root, struct bk_err *err)
{
	for (size_t i = 1; i < root->n_seen; i++) {
		int order = compare_seen(&root->seen[i - 1], &root->seen[i]);
		if (order >= 0)
			return bk_fail(err, BK_CORRUPT,
				       order ? "hosts seen are not in order"
					     : "it has seen one host twice");
	}
	return 0;
}

static void read_totals(struct bk_cursor *from, struct bk_root_totals *totals)
{
	totals->messages = bk_cursor_varint(from);
	totals->bytes = bk_cursor_varint(from);
	totals->stored = bk_cursor_varint(from);
	totals->added = bk_cursor_varint(from);
	totals->gone = bk_cursor_varint(from);
	totals->errors = bk_cursor_varint(from);
	totals->ms = bk_cursor_varint(from);
}

static void read_record(enum root_record type, struct bk_cursor *from,
			struct bk_root *root)
{
	switch (type) {
	case KIND:
		read_kind(from, root);
		break;
	case BASE:
		read_base(from, root);
		break;
	case WRITER:
		read_writer(from, root);
		break;
	case TIMES:
		root->start_ms = bk_signed_ms(from);
		root->end_ms = bk_signed_ms(from);
		break;
	case VERSION:
		read_version(from, root);
		break;
	case PART:
		read_part(from, root);
		break;
	case SEEN:
		read_seen(from, root);
		break;
	case TOTALS:
		read_totals(from, &root->totals);
		break;
	case HOST_NAME:
		root->host_name = bk_signed_rest(from, &root->arena);
		break;
	}
}

static int check_version(const struct bk_root *root, struct bk_err *err)
{
	if (root->reader_major < BK_READER_MAJOR ||
	    (root->reader_major == BK_READER_MAJOR &&
	     root->reader_minor <= BK_READER_MINOR))
		return 0;
	return bk_fail(err, BK_NEWER,
		       "this set was made by %s and needs a reader of format "
		       "%u.%u: upgrade this host first",
		       root->tool, root->reader_major, root->reader_minor);
}

static bool is_known(const struct bk_root_part *part)
{
	return part->type == BK_PART_INDEX || part->type == BK_PART_MANIFEST ||
	       part->type == BK_PART_TABLE;
}

static int check_parts(const struct bk_root *root, struct bk_err *err)
{
	size_t known = 0, bundled = 0;

	for (size_t i = 0; i < root->n_parts; i++) {
		const struct bk_root_part *part = &root->parts[i];
		if (!is_known(part) && !part->optional)
			return bk_fail(err, BK_NEWER,
				       "a part of type %u is not known to this "
				       "version",
				       part->type);
		if (is_known(part) && part->ordinal != 0)
			return bk_fail(err, BK_CORRUPT,
				       "a second part of type %u", part->type);
		known += is_known(part);
		bundled += part->bundled;
	}
	if (known != 3)
		return bk_fail(err, BK_CORRUPT,
			       "index, manifest or pack table is missing");
	if (bundled && bundled != root->n_parts)
		return bk_fail(err, BK_CORRUPT,
			       "some parts are in a bundle, some are not");
	return 0;
}

int bk_root_decode(struct bk_view records, struct bk_root *out,
		   struct bk_err *err)
{
	struct bk_signed_walk walk = bk_signed_walk_over(
		records, rules, sizeof(rules) / sizeof(*rules));
	struct bk_cursor body;
	uint8_t type;
	int rc;

	out->store_name = out->host_name = out->tool = "";
	while ((rc = bk_signed_next(&walk, &type, &body, err)) > 0) {
		read_record(type, &body, out);
		if (bk_signed_check(&body, type, err) < 0)
			return -1;
		if (type == VERSION && check_version(out, err) < 0)
			return -1;
	}
	if (rc < 0)
		return -1;
	if ((out->kind == BK_SET_FULL) != bk_id_is_zero(out->base))
		return bk_fail(err, BK_CORRUPT,
			       "a full set with a base, or another without");
	if (check_seen(out, err) < 0)
		return -1;
	return check_parts(out, err);
}
