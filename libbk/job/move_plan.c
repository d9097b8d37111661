/* What a move would make of the folders of each account. */

#include <stdlib.h>
#include <string.h>

#include "job/move_work.h"

static const char *word_of(enum bk_folder_why why)
{
	switch (why) {
	case BK_FOLDER_SAID:
		return "as said";
	case BK_FOLDER_SAME:
		return "same name";
	case BK_FOLDER_USE:
		return "same use";
	case BK_FOLDER_NEW:
		return "new";
	case BK_FOLDER_CHANGED:
		return "new name";
	case BK_FOLDER_LEFT:
		return "left out";
	}
	return "";
}

static const char *how(const struct bk_folder_pair *pair)
{
	if (pair->is_view)
		return "a view";
	/* Mail in no other folder, whatever the name. */
	if (pair->from->rest && pair->why != BK_FOLDER_LEFT)
		return "the rest";
	return word_of(pair->why);
}

static int add_pair(const struct bk_move_task *task,
		    const struct bk_folder_pair *pair, struct bk_err *err)
{
	const struct bk_folder *from = pair->from;
	const struct bk_cell cells[] = {
		bk_cell_text(task->account->from),
		bk_cell_text(from->name),
		bk_cell_text(*pair->name ? pair->name : NULL),
		bk_cell_text(how(pair)),
		bk_cell_text(from->special_use),
		bk_cell_n(from->counted ? from->messages : 0),
		bk_cell_n(pair->to != NULL),
	};

	return bk_listing_row(task->move->listing, cells, err);
}

static int list_folders(struct bk_move_session *session,
			struct bk_folder_list *from, struct bk_folder_list *to,
			struct bk_err *err)
{
	session->place = BK_PLACE_SOURCE;
	if (session->from->ops->folders(session->from, &session->from_account,
					from, err) < 0)
		return -1;
	session->place = BK_PLACE_DESTINATION;
	if (session->to_missing)
		return 0;
	return session->to->ops->folders(session->to, &session->to_account, to,
					 err);
}

/* Where listing does not count. */
static int count_messages(struct bk_move_session *session,
			  struct bk_folder *folder, struct bk_err *err)
{
	struct bk_message_list messages = {0};

	if (folder->counted || folder->no_select)
		return 0;
	session->place = BK_PLACE_SOURCE;
	int rc = session->from->ops->scan(session->from, &session->from_account,
					  folder, &messages, err);
	folder->messages = messages.n;
	folder->counted = rc == 0;
	bk_message_list_clear(&messages);
	return rc;
}

static int map_account(struct bk_move_session *session,
		       const struct bk_move_task *task, struct bk_err *err)
{
	struct bk_move *move = task->move;
	struct bk_folder_list from = {0}, to = {0};
	struct bk_folder_map map = {0};
	struct bk_err why = {0};

	int rc = list_folders(session, &from, &to, err);
	for (size_t i = 0; rc == 0 && i < from.n; i++)
		rc = count_messages(session, &from.items[i], err);
	if (rc == 0) {
		session->place = BK_PLACE_REQUEST;
		rc = bk_folder_map_make(&map, &from, &to, move->request->rules,
					err);
	}
	(void)pthread_mutex_lock(&move->lock);
	for (size_t i = 0; rc == 0 && i < map.n; i++)
		rc = add_pair(task, &map.pairs[i], &why);
	(void)pthread_mutex_unlock(&move->lock);
	if (why.kind != BK_OK)
		*err = why;
	bk_folder_map_clear(&map);
	bk_folder_list_clear(&from);
	bk_folder_list_clear(&to);
	return rc;
}

/* What cannot be looked at is told by the pass that follows. */
static int plan_account(struct bk_move_task *task, struct bk_err *err)
{
	struct bk_move_session session = {0};
	struct bk_err why = {0};

	if (!task->pair)
		return 0;
	int rc = bk_move_session_open(&session, task, false, &why);
	if (rc == 0)
		rc = map_account(&session, task, &why);
	enum bk_place place = session.place;
	bk_move_session_close(&session);
	if (rc < 0 && (bk_move_is_end(&why) || place == BK_PLACE_REQUEST)) {
		task->move->outcome->place = place;
		*err = why;
		return -1;
	}
	return 0;
}

int bk_move_plan(struct bk_move *move, struct bk_err *err)
{
	static const struct bk_field fields[] = {
		{"ACCOUNT",  "account",     BK_FIELD_NAME },
		{"FOLDER",   "folder",      BK_FIELD_NAME },
		{"BECOMES",  "becomes",     BK_FIELD_TEXT },
		{"HOW",      "how",         BK_FIELD_TEXT },
		{"USE",      "special_use", BK_FIELD_TEXT },
		{"MESSAGES", "messages",    BK_FIELD_COUNT},
		{"THERE",    "there",       BK_FIELD_YES  },
	};

	move->listing = bk_listing_new(&move->request->style, "folder", fields,
				       sizeof(fields) / sizeof(*fields));
	int rc = bk_move_each(move, plan_account, err);
	if (rc == 0)
		rc = bk_listing_finish(move->listing, err);
	else
		bk_listing_free(move->listing);
	move->listing = NULL;
	return rc;
}
