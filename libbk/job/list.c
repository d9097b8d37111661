/* Listing what is in a set: see list.h.  The sets are list_sets.c's. */

#include "job/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/pattern.h"
#include "job/list_sets.h"
#include "job/list_trees.h"
#include "job/lookup.h"
#include "store/kept_texts.h"

/* Digests are as long as identifiers, and shown alike. */
_Static_assert(BK_DIGEST_LEN == BK_ID_LEN, "bk_id_hex");

#define FLAGS_MOST 6

/* ---- accounts ---- */

static size_t count_scripts(const struct bk_account *account)
{
	struct bk_script_list scripts = {0};

	(void)bk_kept_texts(BK_TEXT_SCRIPTS, account, &scripts);
	size_t n = scripts.n;
	bk_script_list_clear(&scripts);
	return n;
}

static bool has_scripts(const struct bk_set *set)
{
	for (size_t i = 0; i < set->n_accounts; i++)
		if (count_scripts(&set->accounts[i].account))
			return true;
	return false;
}

static int list_accounts(const struct bk_list_request *request,
			 struct bk_set *set, struct bk_err *err)
{
	static const struct bk_field fields[] = {
		{"ACCOUNT",  "account",  BK_FIELD_NAME },
		{"FOLDERS",  "folders",  BK_FIELD_COUNT},
		{"MESSAGES", "messages", BK_FIELD_COUNT},
		{"SCRIPTS",  "scripts",  BK_FIELD_COUNT},
	};
	struct bk_listing *to = bk_listing_new(
		&request->style, "account", fields, has_scripts(set) ? 4 : 3);
	uint64_t *counts =
		bk_alloc((set->n_accounts + 1) * 2 * sizeof(*counts));
	int rc = 0;

	for (size_t i = 0; i < set->n_folders; i++) {
		const struct bk_set_folder *folder = &set->folders[i];
		const struct bk_set_account *account =
			bk_set_account_by_id(set, folder->account_id);
		uint64_t *mine = counts + 2 * (account - set->accounts);
		mine[0]++;
		mine[1] += folder->messages;
	}
	for (size_t i = 0; i < set->n_accounts && rc == 0; i++) {
		const char *address = set->accounts[i].account.address;
		if (request->account &&
		    !bk_pattern_account(request->account, address))
			continue;
		const struct bk_cell cells[] = {
			bk_cell_text(address),
			bk_cell_n(counts[2 * i]),
			bk_cell_n(counts[2 * i + 1]),
			bk_cell_n(count_scripts(&set->accounts[i].account)),
		};
		rc = bk_listing_row(to, cells, err);
	}
	free(counts);
	if (rc == 0)
		return bk_listing_finish(to, err);
	bk_listing_free(to);
	return -1;
}

/* ---- folders ---- */

static int add_folder(struct bk_listing *to, struct bk_set *set,
		      const struct bk_set_folder *folder, struct bk_err *err)
{
	const struct bk_folder *f = &folder->folder;
	struct bk_row_list rows = {0};
	uint64_t size = 0, unseen = 0;

	if (bk_set_rows(set, folder->id, false, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.n; i++) {
		size += rows.items[i].msg.size;
		unseen += !(rows.items[i].msg.flags & BK_FLAG_SEEN);
	}
	const struct bk_cell cells[] = {
		bk_cell_text(f->name),
		bk_cell_n(rows.n),
		bk_cell_n(unseen),
		bk_cell_n(size),
		bk_cell_n(f->uid_validity),
		bk_cell_n(f->uid_next),
		bk_cell_n(f->highest_modseq),
		bk_cell_text(f->special_use),
		bk_cell_n(f->subscribed),
		bk_cell_n(f->no_select),
		bk_cell_words(f->keywords, f->n_keywords),
	};
	int rc = bk_listing_row(to, cells, err);
	bk_row_list_clear(&rows);
	return rc;
}

static int list_folders(const struct bk_list_request *request,
			struct bk_set *set,
			const struct bk_set_account *account,
			struct bk_err *err)
{
	static const struct bk_field fields[] = {
		{"FOLDER",      "folder",        BK_FIELD_NAME  },
		{"MESSAGES",    "messages",      BK_FIELD_COUNT },
		{"UNSEEN",      "unseen",        BK_FIELD_COUNT },
		{"SIZE",        "bytes",         BK_FIELD_SIZE  },
		{"UIDVALIDITY", "uidvalidity",   BK_FIELD_NUMBER},
		{NULL,          "uidnext",       BK_FIELD_NUMBER},
		{NULL,          "highestmodseq", BK_FIELD_NUMBER},
		{"SPECIAL",     "special_use",   BK_FIELD_TEXT  },
		{"SUBSCRIBED",  "subscribed",    BK_FIELD_YES   },
		{NULL,          "no_select",     BK_FIELD_YES   },
		{NULL,          "keywords",      BK_FIELD_TEXT  },
	};
	struct bk_listing *to =
		bk_listing_new(&request->style, "folder", fields,
			       sizeof(fields) / sizeof(*fields));
	int rc = 0;

	for (size_t i = 0; i < set->n_folders && rc == 0; i++)
		if (set->folders[i].account_id == account->id &&
		    (!request->folder ||
		     bk_pattern_folder(request->folder,
				       set->folders[i].folder.name)))
			rc = add_folder(to, set, &set->folders[i], err);
	if (rc == 0)
		return bk_listing_finish(to, err);
	bk_listing_free(to);
	return -1;
}

/* ---- messages ---- */

static size_t flag_words(uint8_t flags, const char *words[FLAGS_MOST])
{
	static const char *const names[FLAGS_MOST] = {
		"Seen", "Answered", "Flagged", "Deleted", "Draft", "Passed"};
	size_t n = 0;

	for (size_t i = 0; i < FLAGS_MOST; i++)
		if (flags >> i & 1)
			words[n++] = names[i];
	return n;
}

/* The keywords of a message as texts, which the caller frees. */
static const char **keyword_words(const struct bk_folder *folder,
				  const struct bk_message *msg, size_t *n)
{
	const char **words =
		bk_alloc((msg->n_keywords + (size_t)1) * sizeof(void *));

	*n = 0;
	for (size_t i = 0; i < msg->n_keywords; i++)
		if (msg->keywords[i] < folder->n_keywords)
			words[(*n)++] = folder->keywords[msg->keywords[i]];
	return words;
}

/* What names a message to bk-restore: its UID where the store has any, else
 * the store's name for it, else its digest. */
static int add_message(struct bk_listing *to, const struct bk_folder *folder,
		       const struct bk_row *row, struct bk_err *err)
{
	const struct bk_message *msg = &row->msg;
	char digest[BK_ID_TEXT], uid[16];
	const char *flags[FLAGS_MOST];
	size_t n_keywords = 0;
	const char **keywords = keyword_words(folder, msg, &n_keywords);

	bk_id_hex(digest, row->digest);
	(void)snprintf(uid, sizeof(uid), "%u", msg->uid);
	const char *id = *msg->name ? msg->name : digest;
	const struct bk_cell cells[] = {
		bk_cell_text(msg->uid ? uid : id),
		bk_cell_n(msg->uid),
		bk_cell_time(msg->date),
		bk_cell_n(msg->size),
		bk_cell_words(flags, flag_words(msg->flags, flags)),
		bk_cell_words(keywords, n_keywords),
		bk_cell_text(id),
		bk_cell_n(msg->modseq),
		bk_cell_text(digest),
	};
	int rc = bk_listing_row(to, cells, err);
	free(keywords);
	return rc;
}

static int list_messages(const struct bk_list_request *request,
			 struct bk_set *set, const struct bk_set_folder *folder,
			 struct bk_err *err)
{
	static const struct bk_field fields[] = {
		{NULL,       NULL,       BK_FIELD_NAME  },
		{"UID",      "uid",      BK_FIELD_NUMBER},
		{"DATE",     "date",     BK_FIELD_TIME  },
		{"SIZE",     "bytes",    BK_FIELD_SIZE  },
		{"FLAGS",    "flags",    BK_FIELD_TEXT  },
		{"KEYWORDS", "keywords", BK_FIELD_TEXT  },
		{"ID",       "id",       BK_FIELD_TEXT  },
		{NULL,       "modseq",   BK_FIELD_NUMBER},
		{NULL,       "digest",   BK_FIELD_TEXT  },
	};
	struct bk_row_list rows = {0};
	int rc = bk_set_rows(set, folder->id, false, &rows, err);

	if (rc < 0)
		return -1;
	struct bk_listing *to =
		bk_listing_new(&request->style, "message", fields,
			       sizeof(fields) / sizeof(*fields));
	for (size_t i = 0; i < rows.n && rc == 0; i++)
		rc = add_message(to, &folder->folder, &rows.items[i], err);
	if (rc == 0)
		rc = bk_listing_finish(to, err);
	else
		bk_listing_free(to);
	bk_row_list_clear(&rows);
	return rc;
}

static bool has_account(const struct bk_set *set, const char *pattern)
{
	for (size_t i = 0; i < set->n_accounts; i++)
		if (bk_pattern_account(pattern,
				       set->accounts[i].account.address))
			return true;
	return false;
}

static bool has_folder(const struct bk_set *set, uint32_t account_id,
		       const char *pattern)
{
	for (size_t i = 0; i < set->n_folders; i++)
		if (set->folders[i].account_id == account_id &&
		    bk_pattern_folder(pattern, set->folders[i].folder.name))
			return true;
	return false;
}

/* A folder of that very name is gone into, a pattern lists what fits. */
static int list_in_account(const struct bk_list_request *request,
			   struct bk_set *set,
			   const struct bk_set_account *account,
			   struct bk_err *err)
{
	if (!request->folder)
		return list_folders(request, set, account, err);
	const struct bk_set_folder *folder =
		bk_lookup_folder(set, account->id, request->folder);
	if (folder)
		return list_messages(request, set, folder, err);
	if (bk_pattern_is_wild(request->folder) &&
	    has_folder(set, account->id, request->folder))
		return list_folders(request, set, account, err);
	return bk_lookup_no_folder(set, account, request->folder, err);
}

/* The same for accounts. */
static int list_set(const struct bk_list_request *request, struct bk_set *set,
		    struct bk_err *err)
{
	if (!request->account)
		return list_accounts(request, set, err) < 0
			       ? -1
			       : bk_list_trees(&request->style, set, err);
	/* An address does not begin so, and a path does. */
	if (*request->account == '/' && !request->folder)
		return bk_list_tree_entries(&request->style, set,
					    request->account, err);
	const struct bk_set_account *account =
		bk_lookup_account(set, request->account);
	if (account)
		return list_in_account(request, set, account, err);
	if (!bk_pattern_is_wild(request->account) ||
	    !has_account(set, request->account))
		return bk_lookup_no_account(set, request->choice,
					    request->account, err);
	if (request->folder)
		return bk_fail(err, BK_MISUSE,
			       "folders are those of one account; '%s' may be "
			       "several",
			       request->account);
	return list_accounts(request, set, err);
}

int bk_list_run(const struct bk_list_request *request,
		struct bk_outcome *outcome, struct bk_err *err)
{
	struct bk_set *set = NULL;

	if (request->sets)
		return bk_list_sets(request, outcome, err);
	if (bk_choose_and_open(&set, request->repo, request->choice, outcome,
			       err) < 0)
		return -1;
	outcome->place = BK_PLACE_SET;
	int rc = list_set(request, set, err);
	bk_set_close(set);
	return rc;
}
