/* A folder of an SMB share as a target: see smb.h. */

#include "target/smb.h"

#include <stdlib.h>
#include <string.h>

#include "target/smb_transfer.h"
#include "target/walk.h"

static void smb_close(struct bk_target *target)
{
	struct bk_smb *smb = bk_smb_of(target);

	bk_smb_pool_clear(&smb->pool);
	free(smb->where);
	free(smb);
}

/* ---- the rest ---- */

/* An act of one request and one answer, which may have a number; NULL where it
 * has none. */
static int one_answer(struct bk_target *target, enum bk_smb_type request_type,
		      const char *name, uint64_t *number, struct bk_err *err)
{
	struct bk_smb_pool *pool = &bk_smb_of(target)->pool;
	struct bk_smb_child *child = NULL;
	enum bk_smb_type type = 0;
	struct bk_buf request = {0};
	struct bk_cursor fields;

	if (bk_smb_pool_take(pool, &child, err) < 0)
		return bk_smb_failed_at(target, name, err);
	bk_buf_add_u8(&request, (uint8_t)request_type);
	int rc = bk_smb_ask(child, &request, name, err);
	if (rc == 0)
		rc = bk_smb_child_answer(child, &type, &fields, err);
	if (rc == 0 && number)
		*number = bk_cursor_u64(&fields);
	if (rc == 0 &&
	    (type != (number ? BK_SMB_NUMBER : BK_SMB_DONE) || fields.bad))
		rc = bk_smb_child_senseless(err);
	if (bk_smb_pool_give(pool, child, rc, false, err) < 0)
		return bk_smb_failed_at(target, name, err);
	return 0;
}

static int smb_stat(struct bk_target *target, const char *name, uint64_t *size,
		    struct bk_err *err)
{
	return one_answer(target, BK_SMB_STAT, name, size, err);
}

static int smb_remove(struct bk_target *target, const char *name,
		      struct bk_err *err)
{
	return one_answer(target, BK_SMB_REMOVE, name, NULL, err);
}

struct smb_walk {
	struct bk_walk walk;
	struct bk_smb_child *child;
};

static int add_entries(struct bk_walk *walk, const char *folder,
		       struct bk_cursor *fields, struct bk_err *err)
{
	while (bk_cursor_left(fields)) {
		struct bk_entry entry = {0};
		entry.kind =
			bk_cursor_u8(fields) ? BK_ENTRY_FOLDER : BK_ENTRY_FILE;
		entry.size = bk_cursor_u64(fields);
		entry.mtime = bk_cursor_zigzag(fields);
		struct bk_view name = bk_cursor_blob(fields);
		if (fields->bad)
			return bk_smb_child_senseless(err);
		entry.name = (const char *)name.data;
		entry.len = name.len;
		if (bk_walk_add(walk, folder, &entry, err) < 0)
			return -1;
	}
	return 0;
}

/* 1 at the end of the entries, 0 when there are more, -1. */
static int take_entries(struct bk_walk *walk, const char *folder,
			struct bk_smb_child *child, struct bk_err *err)
{
	struct bk_cursor fields;
	enum bk_smb_type type;

	if (bk_smb_child_answer(child, &type, &fields, err) < 0)
		return -1;
	if (type == BK_SMB_DONE)
		return 1;
	if (type != BK_SMB_ENTRIES)
		return bk_smb_child_senseless(err);
	return add_entries(walk, folder, &fields, err);
}

static int list_folder(struct bk_walk *walk, const char *folder,
		       struct bk_err *err)
{
	struct bk_smb_child *child = ((struct smb_walk *)walk)->child;
	struct bk_buf request = {0};
	struct bk_err why = {0};
	int rc;

	bk_buf_add_u8(&request, BK_SMB_LIST);
	if (bk_smb_ask(child, &request, folder, err) < 0)
		return -1;
	do
		rc = take_entries(walk, folder, child, &why);
	while (rc == 0);
	if (rc > 0)
		return 1;
	if (why.kind == BK_GONE)
		return 0;
	*err = why;
	return *folder ? bk_context(err, "%s", folder) : -1;
}

static int walk_all(struct bk_target *target, const char *folder,
		    bool unfinished, struct bk_blob_list *out,
		    struct bk_err *err)
{
	struct bk_smb_pool *pool = &bk_smb_of(target)->pool;
	struct smb_walk walk = {
		.walk = {.list = list_folder, .unfinished = unfinished},
	};

	bk_blob_list_clear(out);
	if (bk_smb_pool_take(pool, &walk.child, err) < 0)
		return bk_smb_failed_at(target, "", err);
	int rc = bk_walk_run(&walk.walk, folder, out, err);
	/* After a failure there may be more of the answer. */
	if (bk_smb_pool_give(pool, walk.child, rc, true, err) < 0)
		return bk_smb_failed_at(target, "", err);
	return 0;
}

static int smb_list(struct bk_target *target, const char *folder,
		    struct bk_blob_list *out, struct bk_err *err)
{
	return walk_all(target, folder, false, out, err);
}

/* Is it what a put of such a blob left?  "NAME.part" or, where that was in use,
 * "NAME.1.part" and so on. */
static bool is_part_of(const char *part, bool (*ours)(const char *name))
{
	size_t len = strlen(part) - strlen(BK_PART);
	char *name = bk_strndup(part, len);

	if (len > 2 && name[len - 2] == '.' && name[len - 1] >= '1' &&
	    name[len - 1] < '1' + BK_SMB_MORE_PARTS)
		name[len - 2] = 0;
	bool yes = ours(name);
	free(name);
	return yes;
}

static int smb_sweep(struct bk_target *target, int64_t older_s,
		     bool (*ours)(const char *name), struct bk_err *err)
{
	struct bk_blob_list parts = {0};
	struct bk_err ignored = {0};
	uint64_t now = 0;

	int rc = one_answer(target, BK_SMB_CLOCK, "clock" BK_PART, &now, err);
	if (rc == 0)
		rc = walk_all(target, "", true, &parts, err);
	for (size_t i = 0; i < parts.n; i++)
		if (parts.items[i].mtime < (int64_t)now - older_s &&
		    is_part_of(parts.items[i].name, ours))
			(void)smb_remove(target, parts.items[i].name, &ignored);
	bk_blob_list_clear(&parts);
	return rc;
}

static const struct bk_target_ops smb_ops = {
	.scheme = "smb",
	.close = smb_close,
	.put_begin = bk_smb_put_begin,
	.put_write = bk_smb_put_write,
	.put_commit = bk_smb_put_commit,
	.put_abort = bk_smb_put_abort,
	.get = bk_smb_get,
	.list = smb_list,
	.stat = smb_stat,
	.remove = smb_remove,
	.sweep = smb_sweep,
	.unknown_length = true,
};

int bk_smb_open(struct bk_target **out, const struct bk_url *url,
		const struct bk_access *access, bool create, struct bk_err *err)
{
	struct bk_smb *smb = bk_alloc(sizeof(*smb));
	struct bk_smb_child *child = NULL;

	if (bk_smb_pool_init(&smb->pool, url, access, err) < 0) {
		free(smb);
		return bk_context(err, "%s", url->text);
	}
	smb->where = bk_strdup(url->text);
	smb->target.ops = &smb_ops;
	smb->target.where = smb->where;
	smb->pool.login.create = create;
	int rc = bk_smb_pool_take(&smb->pool, &child, err);
	smb->pool.login.create = false;
	smb->pool.found = true;
	if (rc < 0) {
		(void)bk_context(err, "%s", smb->where);
		smb_close(&smb->target);
		return -1;
	}
	*out = &smb->target;
	return bk_smb_pool_give(&smb->pool, child, 0, false, err);
}
