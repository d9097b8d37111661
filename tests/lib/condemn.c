/* Trash lists for tests: see condemn.h. */

#include "lib/condemn.h"

#include <string.h>

#include "lib/test.h"
#include "repo/container.h"
#include "repo/signed.h"
#include "repo/signed_file.h"

static void name_of(const struct condemned_things *what, struct bk_name *name)
{
	static const enum bk_name_kind kinds[] = {
		[BK_TRASH_LIST] = BK_NAME_TRASH_LIST,
		[BK_TRASH_GO] = BK_NAME_TRASH_GO,
		[BK_TRASH_DONE] = BK_NAME_TRASH_DONE,
	};
	const uint8_t random[BK_ID_RANDOM_LEN] = "random";

	*name = (struct bk_name){.kind = kinds[what->step]};
	bk_setid_make(name->id, 1800000000000 + what->number, random);
}

char *condemn_name(const struct condemned_things *what)
{
	struct bk_name name;
	char text[BK_NAME_MAX];

	name_of(what, &name);
	return bk_strdup(bk_name_format(text, &name));
}

static void fill(const struct condemned_things *what, struct bk_buf *records)
{
	struct bk_trash trash = {
		.step = what->step,
		.written_ms = 1800000000000,
		.grace_ms = 1800000000000,
	};

	if (what->set)
		memcpy(bk_trash_add_set(&trash)->set, what->set, BK_ID_LEN);
	if (what->pack)
		bk_pack_ids_add(&trash.packs, what->pack->owner,
				what->pack->ordinal);
	bk_trash_encode(&trash, records);
	bk_trash_clear(&trash);
}

/* The file as it is, whatever its records are. */
static void put_records(const struct testrepo *t, const char *name,
			const struct bk_file_id *id,
			const struct bk_buf *records)
{
	struct bk_file_writer *file = NULL;
	struct bk_cursor from = bk_cursor_over(records->data, records->len);
	struct bk_trailer trailer = {0};
	struct bk_file_sum sum;
	struct bk_err err = {0};

	for (; bk_cursor_left(&from); trailer.n_items++) {
		(void)bk_cursor_u8(&from);
		(void)bk_cursor_blob(&from);
	}

	testrepo_done(bk_file_writer_open(&file, &t->repo, t->repo.target, name,
					  id, &err),
		      &err);
	testrepo_done(bk_file_writer_block(file, BK_BLOCK_DATA,
					   bk_buf_view(records), 0, NULL, &err),
		      &err);
	testrepo_done(bk_file_writer_finish(file, &trailer, &sum, &err), &err);
}

void condemn(const struct testrepo *t, const struct condemned_things *what)
{
	struct bk_file_id id = {.type = BK_FILE_TRASH, .ordinal = what->step};
	const uint8_t signature[BK_SIGNATURE_LEN] = {1, 2, 3};
	struct bk_buf records = {0};
	struct bk_file_sum sum;
	struct bk_name name;
	char text[BK_NAME_MAX];
	struct bk_err err = {0};

	name_of(what, &name);
	memcpy(id.set, name.id, sizeof(id.set));
	(void)bk_name_format(text, &name);
	fill(what, &records);
	switch (what->forgery) {
	case GENUINE:
		testrepo_done(bk_signed_file_write(&t->repo, text, &id,
						   &records, &sum, &err),
			      &err);
		break;
	case WRONGLY_SIGNED:
		bk_signed_end(&records, signature);
		put_records(t, text, &id, &records);
		break;
	case UNSIGNED:
		put_records(t, text, &id, &records);
		break;
	}
	bk_buf_clear(&records);
}
