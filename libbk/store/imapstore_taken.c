/* Which messages of a batch a server took: see imapstore_writer.h. */

#include "store/imapstore_writer.h"

void bk_imapstore_count_taken(struct bk_imapstore_writer *w, uint32_t uid,
			      uint32_t was)
{
	w->added++;
	w->other_uids |=
		!uid || (was && uid != was) || (!was && !w->writer.keeps_uids);
	if (!w->flushes)
		return;
	w->kept = bk_array_room(w->kept, w->n_kept, &w->cap_kept,
				sizeof(*w->kept));
	w->kept[w->n_kept++] = uid;
}

uint32_t bk_imapstore_next_given(struct bk_imapstore_given *given)
{
	if (given->range >= given->uids->n)
		return 0;
	struct bk_uid_range range = given->uids->items[given->range];
	uint32_t uid = given->next ? given->next : range.first;

	given->next = uid < range.last ? uid + 1 : 0;
	given->range += uid == range.last;
	return uid;
}

int bk_imapstore_undo_behind(struct bk_imapstore_writer *w,
			     struct bk_imapstore_session *session,
			     struct bk_imap_appended *out, size_t n_done,
			     struct bk_err *err)
{
	struct bk_imapstore_given given = {.uids = &out->uids};
	struct bk_uid_set behind = {0};
	bool any = false;
	int rc = 0;

	for (size_t i = 0; i < out->n; i++) {
		if (!out->taken[i])
			continue;
		uint32_t uid = bk_imapstore_next_given(&given);
		any |= i >= n_done;
		if (i >= n_done && uid)
			bk_uid_set_add(&behind, uid);
	}
	if (any && !behind.n)
		rc = bk_fail(err, BK_LOST,
			     "the server turned a message down and does not "
			     "tell which others it took");
	else if (any)
		rc = bk_imapstore_select(session, w->raw, false, false, err);
	if (rc == 0 && any)
		rc = bk_imap_remove(session->imap, &behind, err);
	for (size_t i = n_done; rc == 0 && i < out->n; i++)
		out->taken[i] = false;
	bk_uid_set_clear(&behind);
	return rc;
}
