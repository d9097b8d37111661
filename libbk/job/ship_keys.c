/* Marker and key slots of a copy: see ship_run.h. */

#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "job/ship_run.h"
#include "repo/marker.h"
#include "repo/slot.h"
#include "target/retry.h"

/* ---- a few bytes, there and back ---- */

static int read_back(struct bk_ship_lane *lane, const char *name,
		     struct bk_view bytes, struct bk_err *err)
{
	struct bk_buf back = {0};

	int rc = bk_target_read(lane->target, name, 0, bytes.len, &back, err);
	if (rc == 0 && memcmp(back.data, bytes.data, bytes.len) != 0)
		rc = bk_fail(err, BK_CORRUPT,
			     "%s/%s: what is read back is not what was put",
			     lane->target->where, name);
	bk_buf_clear(&back);
	return rc;
}

/* Until it is there: an answer that was lost leaves that open. */
static int put_and_look(struct bk_ship_lane *lane, const char *name,
			struct bk_view bytes, struct bk_err *err)
{
	struct bk_tries tries;
	struct bk_err why = {0};

	bk_tries_begin(&tries, NULL);
	while (bk_target_put(lane->target, name, bytes, &why) < 0 &&
	       why.kind != BK_EXISTS) {
		if (bk_tries_again(&tries, &why, err) < 0)
			return -1;
		why = (struct bk_err){0};
		if (read_back(lane, name, bytes, &why) == 0)
			return 0;
		why = (struct bk_err){0};
	}
	return read_back(lane, name, bytes, err);
}

/* What reads back wrong is taken away, so that nobody finds it, and put once
 * more. */
static int put_small(struct bk_ship_lane *lane, const char *name,
		     struct bk_view bytes, struct bk_err *err)
{
	struct bk_err why = {0};

	bk_fault("ship: before a small file is put");
	for (int i = 0; i < 2; i++) {
		struct bk_err ignored = {0};
		why = (struct bk_err){0};
		if (put_and_look(lane, name, bytes, &why) == 0)
			return 0;
		if (why.kind != BK_CORRUPT)
			break;
		(void)bk_target_remove(lane->target, name, &ignored);
	}
	*err = why;
	return -1;
}

/* ---- key slots ---- */

static const struct bk_slot *slot_with(const struct bk_slot_list *slots,
				       const uint8_t id[BK_ID_LEN])
{
	for (size_t i = 0; i < slots->n; i++)
		if (memcmp(slots->items[i].id, id, BK_ID_LEN) == 0)
			return &slots->items[i];
	return NULL;
}

static int mend_slot(struct bk_ship_lane *lane, const char *name,
		     struct bk_view bytes, struct bk_err *err)
{
	if (bk_target_remove(lane->target, name, err) < 0 ||
	    put_small(lane, name, bytes, err) < 0)
		return -1;
	bk_ship_lane_mended(lane, name);
	return 0;
}

/* One that an earlier run left may be cut, or wrong: who has nothing but that
 * copy could not open it. */
static int check_slot(struct bk_ship_lane *lane, const struct bk_blob *there,
		      struct bk_view bytes, struct bk_err *err)
{
	struct bk_err why = {0};

	if (there->size == bytes.len &&
	    read_back(lane, there->name, bytes, &why) == 0)
		return 0;
	if (there->size == bytes.len && why.kind != BK_CORRUPT) {
		*err = why;
		return -1;
	}
	if (lane->run->request->mend)
		return mend_slot(lane, there->name, bytes, err);
	return bk_fail(err, BK_CORRUPT,
		       "%s/%s is not the key slot that it should be; push "
		       "again with --mend",
		       lane->target->where, there->name);
}

static int copy_slots(struct bk_ship_lane *lane,
		      const struct bk_slot_list *here,
		      const struct bk_blob_list *there, struct bk_err *err)
{
	char name[BK_NAME_MAX];

	for (size_t i = 0; i < here->n; i++) {
		const struct bk_slot *slot = &here->items[i];
		struct bk_view bytes = {slot->raw, sizeof(slot->raw)};
		const struct bk_blob *known =
			bk_blob_list_find(there, bk_name_slot(name, slot->id));
		if (known && check_slot(lane, known, bytes, err) < 0)
			return -1;
		if (known)
			continue;
		if (put_small(lane, name, bytes, err) < 0)
			return -1;
		atomic_fetch_add(&lane->files, 1);
		atomic_fetch_add(&lane->bytes, bytes.len);
	}
	return 0;
}

/* Who was shut out here is not shut out there until the slot is removed there
 * too: that is for a person to do. */
static void tell_removed(struct bk_ship_lane *lane,
			 const struct bk_slot_list *here,
			 const struct bk_blob_list *there)
{
	struct bk_name name;
	char id[BK_ID_TEXT];

	for (size_t i = 0; i < there->n; i++) {
		if (bk_name_parse(there->items[i].name, &name) !=
			    BK_NAME_SLOT ||
		    slot_with(here, name.id))
			continue;
		char *text = bk_asprintf(
			"%s: key slot %.8s is there and no longer here, and "
			"still opens that copy; run: bk key -r %s remove %.8s",
			lane->end->name, bk_id_hex(id, name.id),
			lane->end->name, id);
		bk_progress_note(lane->run->progress, text);
		free(text);
	}
}

/* The same marker, byte for byte: slots come first, so that there never is a
 * repository that nobody can open. */
static int copy_marker(struct bk_ship_lane *lane, struct bk_err *err)
{
	struct bk_target *from = lane->run->request->repo->target;
	struct bk_buf bytes = {0};
	uint64_t size;
	struct bk_err why = {0};

	/* A listing that leaves it out must not cost another repository its
	 * marker. */
	int rc = bk_target_stat(lane->target, BK_MARKER_NAME, &size, &why);
	if (rc == 0)
		return bk_fail(err, BK_CORRUPT,
			       "%s: its listing does not show " BK_MARKER_NAME,
			       lane->target->where);
	if (why.kind != BK_GONE) {
		*err = why;
		return -1;
	}
	rc = bk_target_read(from, BK_MARKER_NAME, 0, BK_MARKER_LEN, &bytes,
			    err);
	if (rc == 0)
		rc = put_small(lane, BK_MARKER_NAME, bk_buf_view(&bytes), err);
	bk_buf_clear(&bytes);
	return rc;
}

static int is_same(const struct bk_ship_lane *lane, struct bk_err *err)
{
	struct bk_marker marker = {0};

	if (bk_repo_look(lane->target, &marker, err) < 0)
		return -1;
	if (memcmp(marker.id, lane->run->request->repo->id, BK_ID_LEN) == 0)
		return 0;
	return bk_fail(err, BK_UNSAFE,
		       "%s holds another repository; a copy needs a place of "
		       "its own. Nothing was touched",
		       lane->target->where);
}

/* An empty place, or one where such a beginning was interrupted. */
static int is_free(const struct bk_ship_lane *lane,
		   const struct bk_slot_list *here,
		   const struct bk_blob_list *there, struct bk_err *err)
{
	struct bk_name name;

	for (size_t i = 0; i < there->n; i++) {
		if (bk_name_is_probe(there->items[i].name) ||
		    (bk_name_parse(there->items[i].name, &name) ==
			     BK_NAME_SLOT &&
		     slot_with(here, name.id)))
			continue;
		return bk_fail(err, BK_UNSAFE,
			       "%s holds other files (%s): a copy begins in an "
			       "empty folder. Nothing was touched",
			       lane->target->where, there->items[i].name);
	}
	return 0;
}

int bk_ship_keys(struct bk_ship_lane *lane, bool make, bool *empty,
		 struct bk_err *err)
{
	const struct bk_repo *repo = lane->run->request->repo;
	struct bk_slot_list here = {0};
	struct bk_blob_list there = {0};

	int rc = bk_slot_list(repo->target, repo->id, &here, err);
	if (rc == 0)
		rc = bk_target_list(lane->target, "", &there, err);
	bool marked = bk_blob_list_find(&there, BK_MARKER_NAME) != NULL;
	if (rc == 0)
		rc = marked ? is_same(lane, err)
			    : is_free(lane, &here, &there, err);
	*empty = rc == 0 && !marked && !make;
	if (rc == 0 && make)
		rc = copy_slots(lane, &here, &there, err);
	if (rc == 0 && make && !marked)
		rc = copy_marker(lane, err);
	if (rc == 0)
		tell_removed(lane, &here, &there);
	bk_slot_list_clear(&here);
	bk_blob_list_clear(&there);
	return rc;
}
