/* A standby's store that is a mail server: see standby_far.h. */

#include "job/standby_far.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/cancel.h"
#include "base/fault.h"
#include "crypto/digest.h"
#include "job/restore_far.h"
#include "job/standby_parts.h"

/* ---- the roll ---- */

#define SENT '?' /* perhaps it is there */
#define SURE '!' /* it is */

/* Of a message with its bytes.  The caller's to free. */
static char *whole_name(char mark, const char *name,
			const uint8_t digest[BK_DIGEST_LEN])
{
	char hex[BK_ID_TEXT];

	return bk_asprintf("%c%s:%s", mark, name, bk_id_hex(hex, digest));
}

static bool has_whole(const struct bk_standby_roll *roll, char mark,
		      const char *name, const uint8_t digest[BK_DIGEST_LEN])
{
	char *whole = whole_name(mark, name, digest);
	bool has = bk_standby_roll_has(roll, whole);

	free(whole);
	return has;
}

bool bk_standby_far_is_sure(const struct bk_standby_roll *roll,
			    const struct bk_row *row)
{
	return has_whole(roll, SURE, row->msg.name, row->digest);
}

static void add_rows(struct bk_standby_roll *roll,
		     const struct bk_restore_folder *folder, bool all_are_sure)
{
	for (size_t i = 0; i < folder->rows.n; i++) {
		const struct bk_row *row = &folder->rows.items[i];
		bool sure = all_are_sure ||
			    folder->match.present_of[i] != BK_MATCH_NONE;
		if (!*row->msg.name)
			continue;
		char *name = whole_name(sure ? SURE : SENT, row->msg.name,
					row->digest);
		bk_standby_roll_add(roll, name);
		free(name);
	}
}

/* One that the roll does not have with the bytes of its row is read: two
 * folders that got each other's names can have one UIDVALIDITY. */
static int judge(const struct bk_standby_roll *roll,
		 struct bk_restore_folder *folder, struct bk_digester *digester,
		 size_t i, struct bk_err *err)
{
	const char *name = folder->present.items[i].name;
	uint32_t row = folder->match.row_of[i];
	uint8_t digest[BK_DIGEST_LEN];

	folder->ours[i] = *name && bk_standby_roll_has(roll, name);
	bool known =
		row == BK_MATCH_NONE
			? folder->ours[i] || !roll->n
			: folder->ours[i] &&
				  has_whole(roll, SURE, name,
					    folder->rows.items[row].digest);
	if (known)
		return 0;
	int rc = bk_restore_far_digest(folder, digester, i, digest, err);
	if (rc < 0)
		return -1;
	if (row != BK_MATCH_NONE &&
	    (!rc || memcmp(digest, folder->rows.items[row].digest,
			   BK_DIGEST_LEN) != 0))
		bk_match_part(&folder->match, row);
	if (!folder->ours[i])
		folder->ours[i] = rc && has_whole(roll, SENT, name, digest);
	return 0;
}

static int write_if_changed(struct bk_standby_roll *now,
			    const struct bk_standby_roll *was,
			    const struct bk_standby_copy *copy,
			    const struct bk_restore_item *item,
			    struct bk_err *err)
{
	if (bk_standby_roll_same(now, was))
		return 0;
	return bk_standby_roll_write(now, copy->state, item->to_account,
				     item->to_folder, err);
}

int bk_standby_far_known(struct bk_standby_copy *copy,
			 struct bk_restore_folder *folder,
			 struct bk_digester *digester, struct bk_err *err)
{
	const struct bk_restore_item *item = folder->item;
	struct bk_standby_roll was = {0}, now = {0};

	int rc = bk_standby_roll_read(&was, copy->state, item->to_account,
				      item->to_folder, err);
	folder->ours = bk_alloc(folder->present.n + 1);
	for (size_t i = 0; i < folder->present.n && rc == 0; i++) {
		rc = judge(&was, folder, digester, i, err);
		if (folder->ours[i] || folder->match.row_of[i] != BK_MATCH_NONE)
			bk_standby_roll_add(&now,
					    folder->present.items[i].name);
	}
	add_rows(&now, folder, false);
	if (rc == 0)
		rc = write_if_changed(&now, &was, copy, item, err);
	bk_standby_roll_clear(&was);
	bk_standby_roll_clear(&now);
	bk_fault("standby: roll written");
	return rc;
}

/* What was on its way is there, by the UID that it was to have. */
int bk_standby_far_done(struct bk_standby_copy *copy,
			const struct bk_restore_folder *folder,
			const struct bk_restore_end *end, struct bk_err *err)
{
	const struct bk_restore_item *item = folder->item;
	struct bk_standby_roll was = {0}, now = {0};

	if (!end->result.kept_uids || atomic_load(&folder->failed))
		return 0;
	bool stay = copy->follow.keeps || copy->follow.live;
	int rc = bk_standby_roll_read(&was, copy->state, item->to_account,
				      item->to_folder, err);
	for (size_t i = 0; i < folder->present.n; i++)
		if (folder->match.row_of[i] != BK_MATCH_NONE ||
		    (stay && folder->ours[i]))
			bk_standby_roll_add(&now,
					    folder->present.items[i].name);
	add_rows(&now, folder, true);
	for (size_t i = 0; i < folder->n_todo; i++)
		bk_standby_roll_add(
			&now, folder->rows.items[folder->todo[i]].msg.name);
	if (rc == 0)
		rc = write_if_changed(&now, &was, copy, item, err);
	bk_standby_roll_clear(&was);
	bk_standby_roll_clear(&now);
	bk_fault("standby: messages are sure");
	return rc;
}

bool *bk_standby_far_ours(struct bk_standby_copy *copy,
			  const struct bk_standby_roll *roll,
			  const struct bk_account *account,
			  struct bk_folder_writer *writer,
			  struct bk_message_list *list, struct bk_err *err)
{
	struct bk_digester *digester =
		bk_digester_new(&copy->set->repo->keys.digest);
	struct bk_restore_folder folder = {
		.account = account, .present = *list, .writer = writer};
	bool *ours = bk_alloc(list->n + 1);
	int rc = 0;

	bk_restore_far_name_present(&folder.present, writer->uid_validity);
	for (size_t i = 0; i < list->n && rc >= 0; i++) {
		const char *name = folder.present.items[i].name;
		uint8_t digest[BK_DIGEST_LEN];
		ours[i] = bk_standby_roll_has(roll, name);
		if (ours[i] || !roll->n)
			continue;
		rc = bk_restore_far_digest(&folder, digester, i, digest, err);
		ours[i] = rc > 0 && has_whole(roll, SENT, name, digest);
	}
	*list = folder.present;
	bk_digester_free(digester);
	if (rc >= 0)
		return ours;
	free(ours);
	return NULL;
}

/* ---- what could not be kept ---- */

static void tell(struct bk_standby_copy *copy,
		 const struct bk_restore_folder *folder, const char *what)
{
	char *text = bk_asprintf("%s: %s: not as at the primary: %s",
				 folder->item->to_account,
				 folder->item->to_folder, what);

	bk_progress_warning(copy->progress, text);
	free(text);
}

/* A level that could not be emptied of what others put there. */
static bool holds_mail(const struct bk_standby_copy *copy,
		       const struct bk_restore_item *item)
{
	const struct bk_standby_folder *is = bk_standby_state_find(
		copy->state, item->to_account, item->to_folder);

	return is && is->uid_validity;
}

bool bk_standby_far_is_whole(struct bk_standby_copy *copy,
			     const struct bk_restore_folder *folder,
			     const struct bk_restore_end *end)
{
	const struct bk_folder_result *result = &end->result;
	const struct bk_folder *want = &folder->want;

	if (folder->waiting) {
		char *text = bk_asprintf(
			"%ju messages have no UID there yet; they come with "
			"the set in which they have",
			(uintmax_t)folder->waiting);
		tell(copy, folder, text);
		free(text);
	}
	if (*result->note)
		tell(copy, folder, result->note);
	if (want->no_select && holds_mail(copy, folder->item))
		return false;
	return !folder->waiting && !*result->note &&
	       (want->no_select || !want->uid_validity || result->kept_uids ||
		copy->follow.again);
}

/* ---- folders ---- */

static bool is_below(const char *name, const char *folder, size_t len)
{
	return strncmp(name, folder, len) == 0 && name[len] == '/';
}

bool bk_standby_far_tears(const struct bk_standby_copy *copy,
			  const struct bk_standby_folder *was,
			  const struct bk_standby_folder *now)
{
	const struct bk_standby_state *state = copy->state;
	size_t len = strlen(was->name);

	for (size_t i = 0; i < copy->now.n; i++) {
		const struct bk_standby_task *task = &copy->plan.tasks[i];
		const struct bk_standby_folder *is = &copy->now.items[i];
		const char *from = task->act == BK_STANDBY_NEW ? NULL
				   : task->act == BK_STANDBY_RENAMED
					   ? state->items[task->from].name
					   : is->name;
		if (!from || strcmp(is->account, was->account) != 0 ||
		    !is_below(from, was->name, len))
			continue;
		if (strncmp(is->name, now->name, strlen(now->name)) != 0 ||
		    strcmp(is->name + strlen(now->name), from + len) != 0)
			return true;
	}
	return false;
}

/* A name that is but a level now, or a subscription to nothing, held mail. */
int bk_standby_far_clear_levels(struct bk_standby_copy *copy,
				struct bk_store *store, struct bk_err *err)
{
	if (copy->follow.keeps || copy->follow.live)
		return 0;
	for (size_t i = 0; i < copy->now.n; i++) {
		const struct bk_standby_folder *now = &copy->now.items[i];
		struct bk_standby_folder *was = bk_standby_state_find(
			copy->state, now->account, now->name);
		if (now->uid_validity || !was || !was->uid_validity ||
		    was->dropped)
			continue;
		int rc = bk_standby_remove(copy, store, was, true, err);
		if (rc < 0)
			return -1;
	}
	return 0;
}

void bk_standby_far_stamps(const struct bk_folder_list *folders,
			   uint8_t (*out)[BK_STANDBY_SUM])
{
	uint8_t text[24], whole[BK_SHA256_LEN];
	struct bk_sha256 sha;

	for (size_t i = 0; i < folders->n; i++) {
		const struct bk_folder *folder = &folders->items[i];
		bk_put_u32(text, folder->uid_validity);
		bk_put_u32(text + 4, folder->uid_next);
		bk_put_u64(text + 8, folder->highest_modseq);
		bk_put_u64(text + 16, folder->messages);
		bk_sha256_init(&sha);
		bk_sha256_update(&sha, text, sizeof(text));
		bk_sha256_final(&sha, whole);
		memcpy(out[i], whole, BK_STANDBY_SUM);
	}
}

bool bk_standby_far_lacks(struct bk_store *store, const char *address,
			  const struct bk_err *why)
{
	struct bk_account_list accounts = {0};
	struct bk_err ignored = {0};
	bool found = false;

	if (!store->ops->far || why->kind != BK_DENIED ||
	    store->ops->accounts(store, &accounts, &ignored) < 0)
		return false;
	for (size_t i = 0; i < accounts.n && !found; i++)
		found = strcmp(accounts.items[i].address, address) == 0;
	bk_account_list_clear(&accounts);
	return !found;
}

/* ---- going live ---- */

static int raise_folder(struct bk_store *store,
			const struct bk_account *account,
			const struct bk_folder *folder, uint32_t gap,
			struct bk_err *err)
{
	struct bk_folder want = *folder;
	struct bk_folder_result result = {0};
	struct bk_folder_writer *writer = NULL;

	want.arena = (struct bk_arena){0};
	if (store->ops->begin(store, account, &want, gap, &writer, err) < 0 ||
	    store->ops->finish(writer, &result, err) < 0)
		return -1;
	return result.kept_uids
		       ? 0
		       : bk_fail(err, BK_REFUSED, "%s: %s: %s",
				 account->address, folder->name, result.note);
}

static int raise_account(const struct bk_standby_state *state, size_t first,
			 size_t end, struct bk_store *store, uint32_t gap,
			 struct bk_err *err)
{
	struct bk_standby_state ours = {.items = state->items + first,
					.n = end - first};
	const char *address = state->items[first].account;
	struct bk_folder_list folders = {0};
	struct bk_arena arena = {0};
	struct bk_account account;

	int rc =
		store->ops->find_account(store, address, &arena, &account, err);
	if (rc == 0)
		rc = store->ops->folders(store, &account, &folders, err);
	for (size_t i = 0; i < folders.n && rc == 0; i++) {
		const struct bk_folder *folder = &folders.items[i];
		if (folder->no_select ||
		    !bk_standby_state_find(&ours, address, folder->name))
			continue;
		rc = bk_cancelled(err);
		if (rc == 0)
			rc = raise_folder(store, &account, folder, gap, err);
	}
	bk_folder_list_clear(&folders);
	bk_arena_clear(&arena);
	return rc;
}

int bk_standby_far_raise(const struct bk_standby_state *state,
			 struct bk_store *store, uint32_t gap,
			 struct bk_err *err)
{
	int rc = 0;

	for (size_t i = 0, end; i < state->n && rc == 0; i = end) {
		for (end = i + 1;
		     end < state->n && strcmp(state->items[end].account,
					      state->items[i].account) == 0;)
			end++;
		rc = raise_account(state, i, end, store, gap, err);
	}
	return rc;
}
