/* Intents, trash lists and holds: see check_run.h. */

#include <string.h>

#include "job/check_run.h"
#include "repo/intent.h"
#include "repo/signed_file.h"
#include "repo/trash.h"

static int decode_intent(const struct bk_signed_file *file, struct bk_err *err)
{
	struct bk_intent intent = {0};
	int rc = bk_intent_decode(file->records, &intent, err);

	bk_intent_clear(&intent);
	return rc;
}

static int decode_hold(const struct bk_signed_file *file,
		       const struct bk_name *name, struct bk_err *err)
{
	struct bk_hold hold = {0};
	int rc = bk_hold_decode(file->records, &hold, err);

	if (rc == 0 && memcmp(hold.id, name->hold, BK_ID_LEN) != 0)
		rc = bk_fail(err, BK_CORRUPT,
			     "has another identifier than its name");
	bk_hold_clear(&hold);
	return rc;
}

static int decode_trash(const struct bk_signed_file *file,
			enum bk_trash_step step, struct bk_err *err)
{
	struct bk_trash trash = {0};
	int rc = bk_trash_decode(file->records, step, &trash, err);

	bk_trash_clear(&trash);
	return rc;
}

static int decode(const struct bk_signed_file *file, const struct bk_name *name,
		  struct bk_err *err)
{
	if (name->kind == BK_NAME_INTENT)
		return decode_intent(file, err);
	if (name->kind == BK_NAME_HOLD)
		return decode_hold(file, name, err);
	if (name->kind == BK_NAME_TRASH_LIST)
		return decode_trash(file, BK_TRASH_LIST, err);
	return decode_trash(file,
			    name->kind == BK_NAME_TRASH_GO ? BK_TRASH_GO
							   : BK_TRASH_DONE,
			    err);
}

/* What its header must say of it; false: none of these files. */
static bool what_of(const struct bk_name *name, struct bk_file_id *id)
{
	*id = (struct bk_file_id){.type = BK_FILE_TRASH};
	memcpy(id->set, name->id, sizeof(id->set));
	if (name->kind == BK_NAME_INTENT) {
		id->type = BK_FILE_INTENT;
		id->ordinal = name->ordinal;
		return true;
	}
	if (name->kind == BK_NAME_HOLD) {
		id->type = BK_FILE_HOLD;
		return true;
	}
	id->ordinal = name->kind == BK_NAME_TRASH_GO     ? BK_TRASH_GO
		      : name->kind == BK_NAME_TRASH_DONE ? BK_TRASH_DONE
							 : BK_TRASH_LIST;
	return name->kind == BK_NAME_TRASH_LIST ||
	       name->kind == BK_NAME_TRASH_GO ||
	       name->kind == BK_NAME_TRASH_DONE;
}

void bk_check_control(struct bk_check_run *run)
{
	struct bk_name name;
	struct bk_file_id id;

	for (size_t i = 0; i < run->files.n; i++) {
		const char *text = run->files.items[i].name;
		struct bk_signed_file file = {0};
		struct bk_err err = {0};
		(void)bk_name_parse(text, &name);
		if (!what_of(&name, &id))
			continue;
		int rc = bk_signed_file_read(run->repo, text, &id, &file, &err);
		if (rc == 0 && decode(&file, &name, &err) < 0)
			rc = bk_context(&err, "%s", text);
		bk_signed_file_clear(&file);
		/* A run that ended meanwhile took its intent away. */
		if (rc < 0 && err.kind != BK_GONE)
			bk_check_finding(run, &err,
					 name.kind == BK_NAME_INTENT
						 ? BK_CURE_REMOVE
						 : BK_CURE_HOLD,
					 NULL);
	}
}
