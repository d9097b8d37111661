/* What is known of a move, for one in the other direction: see journal.h. */

#include "sync/journal.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* What both sides are now is looked at anew; what they were tells who is who.
 */
static struct bk_journal_folder turned(const struct bk_journal_folder *folder)
{
	struct bk_journal_folder back = {
		.from = folder->to,
		.to = folder->from,
		.subscribed = folder->subscribed,
	};

	back.from.uid_next = back.to.uid_next = 0;
	return back;
}

/* Nothing at the source was brought there by us: nothing of it ever goes. */
static int turn_pairs(struct bk_journal *journal, int64_t from, int64_t to,
		      struct bk_err *err)
{
	struct bk_folder words = {0};
	struct bk_pair_list pairs = {0};

	int rc = bk_journal_pairs(journal, from, &words, &pairs, err);
	for (size_t i = 0; rc == 0 && i < pairs.n; i++) {
		struct bk_pair *pair = &pairs.items[i];
		struct bk_journal_message was = pair->from;
		pair->from = pair->to;
		pair->to = was;
		pair->ours = false;
	}
	const struct bk_journal_news news = {
		.folder = to,
		.words = &words,
		.put = pairs.items,
		.n_put = pairs.n,
	};
	if (rc == 0 && pairs.n)
		rc = bk_journal_write(journal, &news, err);
	bk_pair_list_clear(&pairs);
	bk_folder_clear(&words);
	return rc;
}

static int turn_all(struct bk_journal *journal,
		    const struct bk_journal_folders *folders, const char *back,
		    struct bk_err *err)
{
	int64_t account = 0;

	if (bk_journal_account_drop(journal, back, err) < 0 ||
	    bk_journal_account(journal, back, &account, err) < 0)
		return -1;
	for (size_t i = 0; i < folders->n; i++) {
		struct bk_journal_folder folder = turned(&folders->items[i]);
		if (bk_journal_folder_put(journal, account, &folder, err) < 0 ||
		    turn_pairs(journal, folders->items[i].id, folder.id, err) <
			    0)
			return -1;
	}
	return 0;
}

/* 1 when a pass has looked at it since it was turned: what it brought is ours.
 */
static int is_under_way(struct bk_journal *journal, const char *back,
			struct bk_err *err)
{
	struct bk_journal_folders folders = {0};
	int64_t account = 0;
	bool looked = false;

	int rc = bk_journal_account(journal, back, &account, err);
	if (rc == 0)
		rc = bk_journal_folders(journal, account, &folders, err);
	for (size_t i = 0; rc == 0 && i < folders.n; i++)
		looked = looked || folders.items[i].from.uid_next;
	bk_journal_folders_clear(&folders);
	return rc < 0 ? -1 : looked;
}

int bk_journal_reverse(struct bk_journal *journal, const char *name,
		       const char *back, struct bk_journal_folders *folders,
		       struct bk_err *err)
{
	int64_t account = 0;

	if (bk_journal_account(journal, name, &account, err) < 0 ||
	    bk_journal_folders(journal, account, folders, err) < 0)
		return -1;
	int rc = is_under_way(journal, back, err);
	if (rc == 0)
		return turn_all(journal, folders, back, err);
	return rc < 0 ? -1 : 0;
}
