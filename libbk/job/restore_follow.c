/* A copy that follows its source: see restore_follow.h. */

#include "job/restore_follow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job/restore_far.h"

#define NAME_TEXT 120

/* Can a Maildir have a file of this name? */
static bool is_plain(const char *name)
{
	return *name && *name != '.' && !strpbrk(name, ":/ \t\r\n");
}

void bk_restore_follow_want(const struct bk_restore_follow *follow,
			    struct bk_folder *want)
{
	want->follows = true;
	want->keeps = bk_restore_follow_only_adds(follow);
	want->unsubscribe = !want->subscribed && !want->keeps;
}

void bk_restore_follow_names(struct bk_restore_folder *folder,
			     const struct bk_restore_into *into)
{
	uint32_t validity = folder->want.uid_validity;
	char name[NAME_TEXT];

	if (into->store->ops->far) {
		bk_restore_far_names(folder, into);
		return;
	}
	for (size_t i = 0; i < folder->rows.n; i++) {
		struct bk_message *msg = &folder->rows.items[i].msg;
		if (is_plain(msg->name) || !msg->uid || !validity)
			continue;
		(void)snprintf(name, sizeof(name), "%lld.V%uU%u.bk,S=%llu",
			       (long long)(msg->date < 0 ? 0 : msg->date),
			       validity, msg->uid,
			       (unsigned long long)msg->size);
		msg->name = bk_arena_strdup(&folder->rows.arena, name);
	}
}

int bk_restore_follow_known(struct bk_restore_folder *folder,
			    const struct bk_restore_into *into,
			    struct bk_err *err)
{
	if (!folder->ours && into->store->ops->far)
		bk_restore_far_name_present(&folder->present,
					    folder->writer->uid_validity);
	if (!folder->ours)
		bk_match_names(&folder->match);
	free(folder->ours);
	folder->ours = NULL;
	return into->follow->known(into->follow->arg, folder, into->digester,
				   err);
}

bool bk_restore_follow_has_strangers(const struct bk_restore_folder *folder)
{
	/* A UID is one message's, whatever others hold. */
	if (folder->writer->store->ops->far)
		return !folder->writer->keeps_uids;
	for (size_t i = 0; i < folder->present.n; i++)
		if (!folder->ours[i] &&
		    folder->match.row_of[i] == BK_MATCH_NONE)
			return true;
	return false;
}

/* ---- what is there becomes as it is in the set ---- */

static int settle_one(struct bk_restore_folder *folder,
		      const struct bk_restore_into *into, size_t present,
		      struct bk_restore_end *end, struct bk_err *err)
{
	const struct bk_message *here = &folder->present.items[present];
	struct bk_message want =
		folder->rows.items[folder->match.row_of[present]].msg;
	struct bk_err why = {0};

	if (into->follow->live) {
		want.flags = here->flags;
		want.n_keywords = here->n_keywords;
		want.keywords = here->keywords;
	}
	if (bk_message_same_marks(here, &want) &&
	    (!folder->writer->keeps_uids || here->uid == want.uid))
		return 0;
	if (into->store->ops->set_flags(folder->writer, here, &want, &why) ==
	    0) {
		end->flags++;
		return 0;
	}
	if (why.kind != BK_REFUSED && why.kind != BK_GONE) {
		*err = why;
		return -1;
	}
	if (!end->refused++)
		end->why = why;
	return 0;
}

static int settle_other(struct bk_restore_folder *folder,
			const struct bk_restore_into *into, size_t present,
			struct bk_restore_end *end, struct bk_err *err)
{
	bool ours = folder->ours[present];

	end->strays += !ours;
	if (!ours || end->kept_extra)
		return 0;
	if (into->store->ops->remove(folder->writer,
				     &folder->present.items[present], err) < 0)
		return -1;
	end->removed++;
	return 0;
}

int bk_restore_follow_settle(struct bk_restore_folder *folder,
			     const struct bk_restore_into *into,
			     struct bk_restore_end *end, struct bk_err *err)
{
	bool failed = atomic_load(&folder->failed);

	/* What is to go stays while something that should be here is not. */
	end->kept_extra = failed || into->follow->keeps;
	for (size_t i = 0; i < folder->present.n; i++) {
		bool known = folder->match.row_of[i] != BK_MATCH_NONE;
		int rc = known ? settle_one(folder, into, i, end, err)
			       : settle_other(folder, into, i, end, err);
		if (rc < 0)
			return -1;
	}
	/* That it was asked to keep is no fault to tell of. */
	end->kept_extra = failed;
	return 0;
}
