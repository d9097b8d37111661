/* How long messages are, where the server can say it. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/imapstore.h"

#define WANTED       (BK_IMAP_SAID_UID | BK_IMAP_SAID_DATE | BK_IMAP_SAID_SIZE)
#define UNSIZED_MOST 8

/*
 * What stat() tells, "SIZE DATE".  The size is no part of the listing: servers
 * that tell a wrong one (Exchange does) would make every message a changed one,
 * since a set keeps the size that it has.
 */
const char *bk_imapstore_note_size(struct bk_arena *arena,
				   const struct bk_imap_row *row)
{
	char text[48];

	(void)snprintf(text, sizeof(text), "%" PRIu64 " %" PRId64, row->size,
		       row->date);
	return bk_arena_strdup(arena, text);
}

/* ---- of a listing that has none ---- */

struct sizing {
	const struct bk_folder *folder;
	struct bk_message_list *out;
	struct bk_imapstore_wanted wanted;
	unsigned failed;
};

static int take_size(void *arg, const struct bk_imap_row *row,
		     struct bk_err *err)
{
	struct sizing *sizing = arg;
	const struct bk_imapstore_want *want =
		bk_imapstore_wanted_take(&sizing->wanted, row->uid);

	(void)err;
	if (want)
		sizing->out->items[want->at].file =
			bk_imapstore_note_size(&sizing->out->arena, row);
	return 0;
}

static int ask_for(struct bk_imapstore_session *session, struct sizing *sizing,
		   const struct bk_uid_set *uids, struct bk_err *err)
{
	const struct bk_imap_rows rows = {.row = take_size, .arg = sizing};
	struct bk_buf text = {0};

	bk_uid_set_format(uids, &text);
	int rc = bk_imap_fetch(session->imap, bk_buf_text(&text), WANTED, 0,
			       &rows, err);
	bk_buf_clear(&text);
	return rc;
}

static int ask_sizes(struct bk_imapstore_session *session, void *arg,
		     struct bk_imapstore_want *one, struct bk_err *err)
{
	struct sizing *sizing = arg;
	struct bk_uid_set uids = {0};

	sizing->wanted.next = 0;
	int rc = bk_imapstore_select(session, sizing->folder->raw, true, false,
				     err);
	if (rc == 0 && one) {
		bk_uid_set_add(&uids, one->uid);
		rc = ask_for(session, sizing, &uids, err);
	}
	while (!one && rc == 0 &&
	       bk_imapstore_wanted_uids(&sizing->wanted, BK_IMAPSTORE_RANGES,
					&uids))
		rc = ask_for(session, sizing, &uids, err);
	bk_uid_set_clear(&uids);
	return rc;
}

/* Each costs a login or two: of a folder none of which can be read not all of
 * them are asked for. */
static int has_no_size(void *arg, size_t at, const struct bk_err *why,
		       struct bk_err *err)
{
	struct sizing *sizing = arg;

	(void)at;
	if (++sizing->failed < UNSIZED_MOST)
		return 0;
	*err = *why;
	return -1;
}

int bk_imapstore_add_sizes(struct bk_imapstore *imapstore, const char *address,
			   const struct bk_folder *folder,
			   struct bk_message_list *out, struct bk_err *err)
{
	struct sizing sizing = {.folder = folder, .out = out};
	struct bk_imapstore_errand errand = {
		.wanted = &sizing.wanted,
		.ask = ask_sizes,
		.failed = has_no_size,
		.arg = &sizing,
		.mailbox = folder->raw,
	};
	struct bk_message **msgs =
		bk_alloc((out->n + 1) * sizeof(struct bk_message *));
	struct bk_err why = {0};

	for (size_t i = 0; i < out->n; i++)
		msgs[i] = &out->items[i];
	bk_imapstore_want(&sizing.wanted, msgs, out->n);
	free(msgs);
	int rc = bk_imapstore_errand_run(imapstore, address, &errand, &why);
	bk_imapstore_wanted_clear(&sizing.wanted);
	if (rc == 0 || why.kind == BK_REFUSED)
		return 0;
	*err = why;
	return -1;
}

/* ---- one message ---- */

struct question {
	const struct bk_folder *folder;
	struct bk_message *msg;
	bool answered;
	unsigned losses;
};

static int take_answer(void *arg, const struct bk_imap_row *row,
		       struct bk_err *err)
{
	struct question *question = arg;

	(void)err;
	if (row->uid != question->msg->uid)
		return 0;
	question->msg->size = row->size;
	question->msg->date = row->date;
	question->answered = true;
	return 0;
}

static int ask(struct bk_imapstore_session *session, void *arg,
	       struct bk_err *err)
{
	struct question *question = arg;
	const struct bk_imap_rows rows = {.row = take_answer, .arg = question};
	char uid[16];

	(void)snprintf(uid, sizeof(uid), "%" PRIu32, question->msg->uid);
	if (bk_imapstore_select(session, question->folder->raw, true, true,
				err) < 0 ||
	    bk_imap_fetch(session->imap, uid, WANTED, 0, &rows, err) < 0)
		return bk_imapstore_act_ended(session, &question->losses, err);
	return question->answered ? 0 : bk_fail(err, BK_GONE, "it is gone");
}

/* "SIZE DATE" of a listing. */
static bool is_noted(struct bk_message *msg)
{
	char *end = NULL;

	if (!msg->file || !*msg->file)
		return false;
	msg->size = strtoull(msg->file, &end, 10);
	msg->date = strtoll(end, NULL, 10);
	return true;
}

int bk_imapstore_stat(struct bk_store *store, const struct bk_account *account,
		      const struct bk_folder *folder, struct bk_message *msg,
		      struct bk_err *err)
{
	struct question question = {.folder = folder, .msg = msg};
	const struct bk_imapstore_act act = {
		.run = ask, .arg = &question, .mailbox = folder->raw};

	if (is_noted(msg))
		return 0;
	if (bk_imapstore_run(bk_imapstore_of(store), account->address, &act,
			     err) < 0)
		return bk_context(err, "UID %" PRIu32, msg->uid);
	return 0;
}
