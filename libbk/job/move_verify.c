/* Comparing both ends of a move, message by message. */

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "job/move_work.h"
#include "sync/rights_map.h"

struct comparing {
	const struct bk_move_task *task;
	uint64_t differences;
	struct bk_err why; /* a row could not be written */
};

static const char *word_of(enum bk_sync_is is)
{
	switch (is) {
	case BK_SYNC_MISSING:
		return "missing";
	case BK_SYNC_EXTRA:
		return "extra";
	case BK_SYNC_DIFFERENT:
		return "different";
	case BK_SYNC_NO_FOLDER:
		return "no folder";
	case BK_SYNC_NO_SUBSCRIPTION:
		return "not subscribed";
	case BK_SYNC_SUBSCRIPTION:
		return "subscribed";
	}
	return "";
}

static void add_row(struct comparing *c, const char *folder, uint32_t uid,
		    const char *is, const char *what)
{
	struct bk_move *move = c->task->move;
	const struct bk_cell cells[] = {
		bk_cell_text(c->task->account->from),
		bk_cell_text(folder),
		bk_cell_n(uid),
		bk_cell_text(is),
		bk_cell_text(what),
	};

	c->differences++;
	(void)pthread_mutex_lock(&move->lock);
	if (c->why.kind == BK_OK)
		(void)bk_listing_row(move->listing, cells, &c->why);
	(void)pthread_mutex_unlock(&move->lock);
}

static void tell(void *arg, const struct bk_sync_difference *difference)
{
	add_row(arg, difference->folder, difference->uid,
		word_of(difference->is), difference->what);
}

static int compare(struct bk_move_session *session, struct comparing *c,
		   struct bk_sync_verified *out, struct bk_err *err)
{
	struct bk_move *move = c->task->move;
	const struct bk_move_pair *pair = c->task->pair;
	const struct bk_move_request *request = move->request;
	/* It is looked up by the source's address: not in a rehearsal, nor of
	 * an account that has another name there. */
	bool plain = strcmp(c->task->name, c->task->account->from) == 0;
	struct bk_journal *journal =
		plain && !pair->fresh ? pair->journal : NULL;
	const struct bk_sync_verify verify = {
		.from = {session->from, &session->from_account},
		.to = {session->to,   &session->to_account  },
		.rules = request->rules,
		.journal = journal,
		.identities = move->identities,
		.bodies = request->bodies,
		.mail_only = request->mail_only,
		.no_extra = request->no_extra,
		.tell = tell,
		.arg = c,
		.progress = move->progress,
	};

	if (session->to_missing) {
		add_row(c, NULL, 0, "no account", "it is not there at all");
		return 0;
	}
	return bk_sync_verify(&verify, out, err);
}

static void add_up(struct bk_move *move, const struct comparing *c,
		   const struct bk_sync_verified *verified)
{
	(void)pthread_mutex_lock(&move->lock);
	move->ended++;
	move->summary.accounts_left += c->differences > 0;
	move->summary.messages.total += verified->messages;
	move->summary.bytes.source += verified->bytes;
	(void)pthread_mutex_unlock(&move->lock);
}

static int no_place(const struct bk_move_task *task, struct comparing *c,
		    struct bk_err *err)
{
	const struct bk_sync_verified nothing = {0};

	add_row(c, NULL, 0, "no account", "it has no place at any server yet");
	if (c->why.kind != BK_OK) {
		*err = c->why;
		return -1;
	}
	add_up(task->move, c, &nothing);
	return 0;
}

static int verify_account(struct bk_move_task *task, struct bk_err *err)
{
	struct comparing c = {.task = task};
	struct bk_move_session session = {0};
	struct bk_sync_verified verified = {0};
	struct bk_move_record record = {
		.report = {.account = task->account->from,
			   .to = task->account->to,
			   .state = BK_MOVE_FAILED},
	};
	struct bk_err why = {0};

	bk_progress_account(task->move->progress, task->account->from);
	if (!task->pair && task->unplaced)
		return bk_move_unplaced(task, err);
	if (!task->pair)
		return no_place(task, &c, err);
	int rc = bk_move_session_open(&session, task, false, &why);
	enum bk_place place = session.place;
	if (rc == 0) {
		rc = compare(&session, &c, &verified, &why);
		place = bk_move_place_of(&why);
	}
	bk_move_session_close(&session);
	if (c.why.kind != BK_OK || (rc < 0 && bk_move_is_end(&why))) {
		*err = c.why.kind != BK_OK ? c.why : why;
		return -1;
	}
	if (rc < 0)
		return bk_move_ended(task, &record, &why, place, err);
	add_up(task->move, &c, &verified);
	return 0;
}

int bk_move_verify(struct bk_move *move, struct bk_err *err)
{
	static const struct bk_field fields[] = {
		{"ACCOUNT", "account", BK_FIELD_NAME  },
		{"FOLDER",  "folder",  BK_FIELD_NAME  },
		{"UID",     "uid",     BK_FIELD_NUMBER},
		{"IS",      "is",      BK_FIELD_TEXT  },
		{"WHAT",    "what",    BK_FIELD_TEXT  },
	};

	move->listing =
		bk_listing_new(&move->request->style, "difference", fields,
			       sizeof(fields) / sizeof(*fields));
	struct bk_rights_map identities = {0};
	move->identities = &identities;
	int rc = bk_move_map_identities(move, &identities, err);
	if (rc == 0)
		rc = bk_move_each(move, verify_account, err);
	move->identities = NULL;
	bk_rights_map_clear(&identities);
	if (rc == 0)
		rc = bk_listing_finish(move->listing, err);
	else
		bk_listing_free(move->listing);
	move->listing = NULL;
	return rc;
}
