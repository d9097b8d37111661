/* The key slots of a repository: see slot.h. */

#include <stdlib.h>
#include <string.h>

#include "repo/slot.h"

static int by_age(const void *a, const void *b)
{
	const struct bk_slot *one = a, *two = b;

	if (one->made_ms != two->made_ms)
		return one->made_ms < two->made_ms ? -1 : 1;
	return memcmp(one->id, two->id, BK_ID_LEN);
}

int bk_slot_read(struct bk_target *target, const uint8_t id[BK_ID_LEN],
		 struct bk_slot *out, struct bk_err *err)
{
	char name[BK_NAME_MAX];
	struct bk_buf bytes = {0};

	int rc = bk_target_read(target, bk_name_slot(name, id), 0, BK_SLOT_LEN,
				&bytes, err);
	if (rc == 0)
		rc = bk_slot_decode(bk_buf_view(&bytes), out, err);
	if (rc == 0 && memcmp(out->id, id, BK_ID_LEN) != 0)
		rc = bk_fail(err, BK_CORRUPT, "has another slot's name");
	bk_buf_clear(&bytes);
	return rc < 0 ? bk_context(err, "%s", name) : 0;
}

/* A slot that is gone since the listing is none; a broken one hides no other.
 */
static int add_slot(struct bk_target *target, const uint8_t *repository,
		    const uint8_t id[BK_ID_LEN], struct bk_slot_list *out,
		    struct bk_err *err)
{
	struct bk_slot slot;
	struct bk_err why = {0};

	if (bk_slot_read(target, id, &slot, &why) < 0) {
		if (why.kind == BK_GONE)
			return 0;
		if (why.kind != BK_CORRUPT && why.kind != BK_NEWER) {
			*err = why;
			return -1;
		}
		out->n_broken++;
		out->broken = why;
		return 0;
	}
	if (memcmp(slot.repository, repository, BK_ID_LEN) != 0) {
		out->n_broken++;
		(void)bk_fail(&out->broken, BK_CORRUPT,
			      "slot '%s' belongs to another repository",
			      slot.label);
		return 0;
	}
	out->items = bk_array_room(out->items, out->n, &out->cap,
				   sizeof(*out->items));
	out->items[out->n++] = slot;
	return 0;
}

int bk_slot_list(struct bk_target *target, const uint8_t repository[BK_ID_LEN],
		 struct bk_slot_list *out, struct bk_err *err)
{
	struct bk_blob_list blobs = {0};

	bk_slot_list_clear(out);
	int rc = bk_target_list(target, "keys", &blobs, err);
	for (size_t i = 0; i < blobs.n && rc == 0; i++) {
		struct bk_name name;
		if (bk_name_parse(blobs.items[i].name, &name) == BK_NAME_SLOT)
			rc = add_slot(target, repository, name.id, out, err);
	}
	if (rc == 0 && out->n)
		qsort(out->items, out->n, sizeof(*out->items), by_age);
	bk_blob_list_clear(&blobs);
	return rc;
}

void bk_slot_list_clear(struct bk_slot_list *list)
{
	free(list->items);
	*list = (struct bk_slot_list){0};
}

bool bk_slot_is(const struct bk_slot *slot, const char *which)
{
	return strcmp(slot->label, which) == 0 ||
	       (strlen(which) >= 4 && bk_id_begins(slot->id, which));
}

char *bk_slot_labels(const struct bk_slot_list *list)
{
	struct bk_buf text = {0};

	for (size_t i = 0; i < list->n; i++) {
		char hex[BK_ID_TEXT];
		const struct bk_slot *slot = &list->items[i];
		bk_buf_printf(&text, "%s", i ? ", " : "");
		if (slot->label[0])
			bk_buf_printf(&text, "%s", slot->label);
		else
			bk_buf_printf(&text, "%.8s", bk_id_hex(hex, slot->id));
	}
	char *copy = bk_strdup(bk_buf_text(&text));
	bk_buf_clear(&text);
	return copy;
}

int bk_slot_put(struct bk_target *target, const struct bk_slot *slot,
		struct bk_err *err)
{
	char name[BK_NAME_MAX];

	return bk_target_put(target, bk_name_slot(name, slot->id),
			     (struct bk_view){slot->raw, BK_SLOT_LEN}, err);
}
