/*
 * What was kept is made visible and told: see maildir_writer.h.
 *
 * Where UIDs are kept nothing can be shown before all of it is; what is told
 * then are the names and UIDs that the messages will have.
 */

#include <string.h>

#include "base/buf.h"
#include "store/maildir_writer.h"

static void tell_staged(struct bk_maildir_writer *w,
			struct bk_message_list *out)
{
	for (; w->n_told < w->n_staged; w->n_told++) {
		const struct bk_staged *staged = &w->staged[w->n_told];
		if (!staged->tmp)
			continue;
		struct bk_message *msg = bk_message_list_add(out);
		msg->name = bk_arena_strdup(&out->arena, staged->base);
		msg->uid = staged->uid;
	}
}

/* A name that is in the way, a file that is gone: this one message's; but a
 * disk that is full or broken concerns all. */
static int publish(struct bk_maildir_writer *w, struct bk_err *err)
{
	int rc = bk_maildir_publish(w, false, err);

	if (rc < 0 && (err->kind == BK_FULL || err->kind == BK_REFUSED)) {
		bk_maildir_forget_staged(w);
		w->n_staged = w->n_published = 0;
		bk_arena_clear(&w->staged_arena);
	}
	return rc;
}

int bk_maildir_flush(struct bk_folder_writer *writer,
		     struct bk_message_list *out, struct bk_err *err)
{
	struct bk_maildir_writer *w = bk_maildir_writer_of(writer);
	int rc = 0;

	bk_message_list_clear(out);
	(void)pthread_mutex_lock(&w->lock);
	if (!w->kept)
		w->kept = bk_alloc(sizeof(*w->kept));
	if (writer->keeps_uids) {
		tell_staged(w, out);
	} else {
		rc = publish(w, err);
		*out = *w->kept;
		*w->kept = (struct bk_message_list){0};
	}
	(void)pthread_mutex_unlock(&w->lock);
	return rc;
}
