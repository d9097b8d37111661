/* Trash files as bytes: see trash.h. */

#include "repo/trash.h"

#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "repo/signed.h"

#define COUNT(rules) (sizeof(rules) / sizeof(*(rules)))

enum trash_record {
	TRASH_TIMES = 1,
	TRASH_SET = 2,
	TRASH_PACK = 3,
	TRASH_OBJECT = 4,
	TRASH_LIST_SUM = 5,
	TRASH_WHY = 129,
};

void bk_trash_clear(struct bk_trash *trash)
{
	free(trash->sets);
	free(trash->objects);
	bk_pack_ids_clear(&trash->packs);
	bk_arena_clear(&trash->arena);
	*trash = (struct bk_trash){0};
}

struct bk_tombstone *bk_trash_add_set(struct bk_trash *trash)
{
	trash->sets = bk_array_room(trash->sets, trash->n_sets,
				    &trash->cap_sets, sizeof(*trash->sets));
	struct bk_tombstone *set = &trash->sets[trash->n_sets++];
	*set = (struct bk_tombstone){0};
	return set;
}

static void add_object(struct bk_trash *trash, const char *name)
{
	trash->objects =
		bk_array_room(trash->objects, trash->n_objects,
			      &trash->cap_objects, sizeof(*trash->objects));
	trash->objects[trash->n_objects++] = name;
}

void bk_trash_add_object(struct bk_trash *trash, const char *name)
{
	add_object(trash, bk_arena_strdup(&trash->arena, name));
}

static int compare_sets(const void *a, const void *b)
{
	const struct bk_tombstone *p = a, *q = b;

	return memcmp(p->set, q->set, BK_ID_LEN);
}

static int compare_objects(const void *a, const void *b)
{
	const char *const *p = a, *const *q = b;

	return strcmp(*p, *q);
}

const struct bk_tombstone *bk_trash_find(const struct bk_trash *trash,
					 const uint8_t set[BK_ID_LEN])
{
	struct bk_tombstone wanted = {0};

	memcpy(wanted.set, set, BK_ID_LEN);
	return trash->n_sets ? bsearch(&wanted, trash->sets, trash->n_sets,
				       sizeof(*trash->sets), compare_sets)
			     : NULL;
}

static void encode_sets(struct bk_trash *trash, struct bk_buf *to)
{
	struct bk_buf body = {0};

	if (trash->n_sets)
		qsort(trash->sets, trash->n_sets, sizeof(*trash->sets),
		      compare_sets);
	for (size_t i = 0; i < trash->n_sets; i++) {
		const struct bk_tombstone *set = &trash->sets[i];
		bk_buf_add(&body, set->set, BK_ID_LEN);
		bk_buf_add(&body, set->host, BK_ID_LEN);
		bk_buf_add_u64(&body, set->sequence);
		bk_buf_add(&body, set->sha256, BK_SHA256_LEN);
		bk_buf_add(&body, set->previous_sha256, BK_SHA256_LEN);
		bk_signed_add(to, TRASH_SET, &body);
	}
	bk_buf_clear(&body);
}

static void encode_objects(struct bk_trash *trash, struct bk_buf *to)
{
	if (trash->n_objects)
		qsort(trash->objects, trash->n_objects, sizeof(*trash->objects),
		      compare_objects);
	for (size_t i = 0; i < trash->n_objects; i++)
		bk_signed_add_text(to, TRASH_OBJECT, trash->objects[i]);
}

void bk_trash_encode(struct bk_trash *trash, struct bk_buf *to)
{
	struct bk_buf body = {0};

	bk_buf_add_u64(&body, (uint64_t)trash->written_ms);
	bk_buf_add_u64(&body, trash->step == BK_TRASH_LIST
				      ? (uint64_t)trash->grace_ms
				      : 0);
	bk_signed_add(to, TRASH_TIMES, &body);
	if (trash->step != BK_TRASH_GO)
		encode_sets(trash, to);
	if (trash->step == BK_TRASH_LIST) {
		bk_pack_ids_encode(&trash->packs, TRASH_PACK, to);
		encode_objects(trash, to);
	} else {
		bk_buf_add(&body, trash->list_sha256, BK_SHA256_LEN);
		bk_signed_add(to, TRASH_LIST_SUM, &body);
	}
	bk_signed_add_text(to, TRASH_WHY, trash->why);
	bk_buf_clear(&body);
}

static void read_set(struct bk_cursor *from, struct bk_trash *trash)
{
	struct bk_tombstone *set = bk_trash_add_set(trash);

	bk_cursor_copy(from, set->set, BK_ID_LEN);
	bk_cursor_copy(from, set->host, BK_ID_LEN);
	set->sequence = bk_cursor_u64(from);
	bk_cursor_copy(from, set->sha256, BK_SHA256_LEN);
	bk_cursor_copy(from, set->previous_sha256, BK_SHA256_LEN);
	if (trash->n_sets > 1 && compare_sets(set - 1, set) >= 0)
		from->bad = true;
}

/* Whatever its signature says: a list never names marker, slots or trash. */
static bool may_be_condemned(const char *text)
{
	struct bk_name name;

	switch (bk_name_parse(text, &name)) {
	case BK_NAME_ROOT:
	case BK_NAME_PACK:
	case BK_NAME_INDEX:
	case BK_NAME_MANIFEST:
	case BK_NAME_TABLE:
	case BK_NAME_ENVELOPES:
	case BK_NAME_BUNDLE:
	case BK_NAME_INTENT:
	case BK_NAME_HOLD:
		return true;
	case BK_NAME_OTHER:
	case BK_NAME_MARKER:
	case BK_NAME_SLOT:
	case BK_NAME_TRASH_LIST:
	case BK_NAME_TRASH_GO:
	case BK_NAME_TRASH_DONE:
		return false;
	}
	return false;
}

static void read_object(struct bk_cursor *from, struct bk_trash *trash)
{
	add_object(trash, bk_signed_rest(from, &trash->arena));

	const char **last = &trash->objects[trash->n_objects - 1];
	if (!may_be_condemned(*last) ||
	    (trash->n_objects > 1 && compare_objects(last - 1, last) >= 0))
		from->bad = true;
}

static void read_trash(enum trash_record type, struct bk_cursor *from,
		       struct bk_trash *trash)
{
	switch (type) {
	case TRASH_TIMES:
		trash->written_ms = bk_signed_ms(from);
		trash->grace_ms = bk_signed_ms(from);
		if (trash->step != BK_TRASH_LIST && trash->grace_ms)
			from->bad = true;
		break;
	case TRASH_SET:
		read_set(from, trash);
		break;
	case TRASH_PACK:
		bk_pack_ids_read(&trash->packs, from);
		break;
	case TRASH_OBJECT:
		read_object(from, trash);
		break;
	case TRASH_LIST_SUM:
		bk_cursor_copy(from, trash->list_sha256, BK_SHA256_LEN);
		break;
	case TRASH_WHY:
		trash->why = bk_signed_rest(from, &trash->arena);
		break;
	}
}

static struct bk_signed_walk walk_of(struct bk_view records,
				     enum bk_trash_step step)
{
	static const struct bk_signed_rule list[] = {
		{TRASH_TIMES,  BK_SIGNED_ONCE    },
		{TRASH_SET,    BK_SIGNED_REPEATED},
		{TRASH_PACK,   BK_SIGNED_REPEATED},
		{TRASH_OBJECT, BK_SIGNED_REPEATED},
		{TRASH_WHY,    BK_SIGNED_PERHAPS },
	};
	static const struct bk_signed_rule go[] = {
		{TRASH_TIMES,    BK_SIGNED_ONCE   },
		{TRASH_LIST_SUM, BK_SIGNED_ONCE   },
		{TRASH_WHY,      BK_SIGNED_PERHAPS},
	};
	static const struct bk_signed_rule done[] = {
		{TRASH_TIMES,    BK_SIGNED_ONCE    },
		{TRASH_SET,      BK_SIGNED_REPEATED},
		{TRASH_LIST_SUM, BK_SIGNED_ONCE    },
		{TRASH_WHY,      BK_SIGNED_PERHAPS },
	};

	switch (step) {
	case BK_TRASH_LIST:
		return bk_signed_walk_over(records, list, COUNT(list));
	case BK_TRASH_GO:
		return bk_signed_walk_over(records, go, COUNT(go));
	case BK_TRASH_DONE:
		break;
	}
	return bk_signed_walk_over(records, done, COUNT(done));
}

int bk_trash_decode(struct bk_view records, enum bk_trash_step step,
		    struct bk_trash *out, struct bk_err *err)
{
	struct bk_signed_walk walk = walk_of(records, step);
	struct bk_cursor body;
	uint8_t type;
	int rc;

	out->step = step;
	out->why = "";
	while ((rc = bk_signed_next(&walk, &type, &body, err)) > 0) {
		read_trash(type, &body, out);
		if (bk_signed_check(&body, type, err) < 0)
			return -1;
	}
	return rc;
}
