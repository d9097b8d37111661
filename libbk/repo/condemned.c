/* What is condemned in a repository: see condemned.h. */

#include "repo/condemned.h"

#include <stdlib.h>
#include <string.h>

#include "repo/signed_file.h"

/* Is the list's .go or .done there? */
static bool has_step(const struct bk_blob_list *files, const uint8_t id[16],
		     enum bk_name_kind step)
{
	struct bk_name name = {.kind = step};
	char text[BK_NAME_MAX];

	memcpy(name.id, id, sizeof(name.id));
	return bk_blob_list_find(files, bk_name_format(text, &name)) != NULL;
}

static int read_list(const struct bk_repo *repo, const char *text,
		     const struct bk_name *name, struct bk_trash *out,
		     struct bk_err *err)
{
	enum bk_trash_step step = name->kind == BK_NAME_TRASH_DONE
					  ? BK_TRASH_DONE
					  : BK_TRASH_LIST;
	struct bk_file_id id = {.type = BK_FILE_TRASH,
				.ordinal = (uint32_t)step};
	struct bk_signed_file file = {0};

	memcpy(id.set, name->id, sizeof(id.set));
	int rc = bk_signed_file_read(repo, text, &id, &file, err);
	if (rc == 0)
		rc = bk_trash_decode(file.records, step, out, err);
	memcpy(out->id, name->id, sizeof(out->id));
	memcpy(out->host, file.host, sizeof(out->host));
	memcpy(out->sha256, file.sha256, sizeof(out->sha256));
	bk_signed_file_clear(&file);
	return rc;
}

static int add_list(const struct bk_repo *repo,
		    const struct bk_blob_list *files, const char *text,
		    struct bk_condemned *out, struct bk_err *err)
{
	struct bk_trash list = {0};
	struct bk_err why = {0};
	struct bk_name name;

	(void)bk_name_parse(text, &name);
	if (read_list(repo, text, &name, &list, &why) == 0) {
		list.going = has_step(files, name.id, BK_NAME_TRASH_GO);
		out->lists = bk_array_room(out->lists, out->n, &out->cap,
					   sizeof(*out->lists));
		out->lists[out->n++] = list;
		return 0;
	}
	bk_trash_clear(&list);
	/* Undone between the listing and now, or not a list to obey. */
	if (why.kind == BK_GONE || why.kind == BK_CORRUPT)
		return 0;
	*err = why;
	return -1;
}

/* A list whose .done is there was carried out and condemns no more.  Lists
 * that still condemn something, or with `done` the tombstones too: what its
 * .done does not name was spared. */
static int read_lists(const struct bk_repo *repo, bool done,
		      struct bk_condemned *out, struct bk_err *err)
{
	struct bk_blob_list files = {0};
	struct bk_name name;

	int rc = bk_target_list(repo->target, "trash", &files, err);
	for (size_t i = 0; rc == 0 && i < files.n; i++) {
		const char *text = files.items[i].name;
		enum bk_name_kind kind = bk_name_parse(text, &name);
		bool wanted = kind == BK_NAME_TRASH_LIST &&
			      !has_step(&files, name.id, BK_NAME_TRASH_DONE);
		if (wanted || (done && kind == BK_NAME_TRASH_DONE))
			rc = add_list(repo, &files, text, out, err);
	}
	bk_blob_list_clear(&files);
	return rc < 0 ? bk_context(err, "trash lists") : 0;
}

int bk_condemned_read(const struct bk_repo *repo, struct bk_condemned *out,
		      struct bk_err *err)
{
	return read_lists(repo, false, out, err);
}

int bk_tombstones_read(const struct bk_repo *repo, struct bk_condemned *out,
		       struct bk_err *err)
{
	return read_lists(repo, true, out, err);
}

void bk_condemned_clear(struct bk_condemned *condemned)
{
	for (size_t i = 0; i < condemned->n; i++)
		bk_trash_clear(&condemned->lists[i]);
	free(condemned->lists);
	*condemned = (struct bk_condemned){0};
}

bool bk_condemned_has_set(const struct bk_condemned *condemned,
			  const uint8_t set[BK_ID_LEN])
{
	for (size_t i = 0; i < condemned->n; i++)
		if (bk_trash_find(&condemned->lists[i], set))
			return true;
	return false;
}

/* An intent is none of its files: whoever needs the set does not need that. */
static bool has_file_of(const struct bk_trash *list,
			const uint8_t set[BK_ID_LEN])
{
	struct bk_name name;

	for (size_t i = 0; i < list->packs.n; i++)
		if (memcmp(list->packs.items[i].owner, set, BK_ID_LEN) == 0)
			return true;
	for (size_t i = 0; i < list->n_objects; i++)
		if (bk_name_parse(list->objects[i], &name) != BK_NAME_INTENT &&
		    name.kind != BK_NAME_HOLD &&
		    memcmp(name.id, set, BK_ID_LEN) == 0)
			return true;
	return false;
}

bool bk_condemned_touches(const struct bk_condemned *condemned,
			  const uint8_t set[BK_ID_LEN])
{
	for (size_t i = 0; i < condemned->n; i++)
		if (bk_trash_find(&condemned->lists[i], set) ||
		    has_file_of(&condemned->lists[i], set))
			return true;
	return false;
}

static bool names_file(const struct bk_trash *list, const char *text)
{
	struct bk_name name;

	if (bk_name_parse(text, &name) == BK_NAME_PACK &&
	    bk_pack_ids_has(&list->packs, name.id, name.ordinal))
		return true;
	for (size_t i = 0; i < list->n_objects; i++)
		if (strcmp(list->objects[i], text) == 0)
			return true;
	return false;
}

bool bk_condemned_has_file(const struct bk_condemned *condemned,
			   const char *name)
{
	/* After a list was carried out its files may have been put anew. */
	for (size_t i = 0; i < condemned->n; i++)
		if (condemned->lists[i].step == BK_TRASH_LIST &&
		    names_file(&condemned->lists[i], name))
			return true;
	return false;
}

bool bk_condemned_has_pack(const struct bk_condemned *condemned,
			   const struct bk_table_row *pack)
{
	for (size_t i = 0; i < condemned->n; i++)
		if (bk_pack_ids_has(&condemned->lists[i].packs, pack->owner,
				    pack->owner_ordinal))
			return true;
	return false;
}
