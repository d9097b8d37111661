/* The accounts and folders of a chain of sets, merged: see set_names.h. */

#include "repo/set_names.h"

#include <stdlib.h>
#include <string.h>

#define END_LEN 64
#define VACANT  SIZE_MAX

/* Where the folders are, by id: what the writer's threads finished first comes
 * first, and an account may have tens of thousands. */
struct places {
	size_t *slots; /* indexes of folders, or VACANT */
	size_t cap;    /* a power of two */
};

/* The base's names, and what this level makes of them.  Folders lie in any
 * order until the end; those that went have a tombstone. */
struct names {
	struct bk_set_account *accounts;
	size_t n_accounts, cap_accounts;
	struct bk_set_folder *folders;
	size_t n_folders, cap_folders;
	size_t n_gone;     /* of folders */
	bool *folder_gone; /* by index */
	size_t cap_gone;
	struct places places;
	bool top; /* the set itself, not a base of it */
	bool ended;
};

static struct bk_set_account *seek_account(const struct names *names,
					   uint32_t id)
{
	for (size_t low = 0, high = names->n_accounts; low < high;) {
		size_t middle = low + (high - low) / 2;
		if (names->accounts[middle].id == id)
			return &names->accounts[middle];
		if (names->accounts[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* ---- folders by id ---- */

static size_t first_slot(const struct places *places, uint32_t id)
{
	return (size_t)((id * UINT64_C(0x9e3779b97f4a7c15)) >> 32) &
	       (places->cap - 1);
}

static void put_place(struct names *names, size_t index)
{
	struct places *places = &names->places;
	size_t i = first_slot(places, names->folders[index].id);

	while (places->slots[i] != VACANT)
		i = (i + 1) & (places->cap - 1);
	places->slots[i] = index;
}

static void reserve_places(struct names *names, size_t n)
{
	struct places *places = &names->places;

	if (places->cap / 2 >= n)
		return;
	places->cap = 256;
	while (places->cap / 2 < n)
		places->cap *= 2;
	free(places->slots);
	places->slots = bk_alloc(places->cap * sizeof(*places->slots));
	memset(places->slots, 0xff, places->cap * sizeof(*places->slots));
	for (size_t i = 0; i < names->n_folders; i++)
		put_place(names, i);
}

static struct bk_set_folder *seek_folder(const struct names *names, uint32_t id)
{
	const struct places *places = &names->places;

	if (!places->cap)
		return NULL;
	for (size_t i = first_slot(places, id); places->slots[i] != VACANT;
	     i = (i + 1) & (places->cap - 1)) {
		size_t at = places->slots[i];
		if (names->folders[at].id == id && !names->folder_gone[at])
			return &names->folders[at];
	}
	return NULL;
}

static void add_folder(struct names *names, const struct bk_set_folder *folder)
{
	size_t at = names->n_folders;

	reserve_places(names, at + 1);
	names->folders = bk_array_room(names->folders, at, &names->cap_folders,
				       sizeof(*names->folders));
	names->folder_gone =
		bk_array_room(names->folder_gone, at, &names->cap_gone,
			      sizeof(*names->folder_gone));
	names->folders[at] = *folder;
	names->folder_gone[at] = false;
	names->n_folders++;
	put_place(names, at);
}

static void drop_folder(struct names *names, size_t at)
{
	names->folder_gone[at] = true;
	names->n_gone++;
}

static int by_folder_id(const void *a, const void *b)
{
	const struct bk_set_folder *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/* What is left, by id; nobody is sought from now on. */
static void settle_folders(struct names *names)
{
	bool sorted = true;
	size_t n = 0;

	for (size_t i = 0; i < names->n_folders; i++) {
		if (names->folder_gone[i]) {
			bk_set_folder_clear(&names->folders[i]);
			continue;
		}
		names->folders[n] = names->folders[i];
		sorted &= !n || names->folders[n - 1].id < names->folders[n].id;
		n++;
	}
	names->n_folders = n;
	if (!sorted)
		qsort(names->folders, n, sizeof(*names->folders), by_folder_id);
	free(names->folder_gone);
	free(names->places.slots);
}

/* ---- records ---- */

/* Takes the account. */
static int place_account(struct names *names, struct bk_set_account *account,
			 struct bk_err *err)
{
	struct bk_set_account *known = seek_account(names, account->id);

	account->fresh = true;
	if (known) {
		bool twice = known->fresh;
		bk_set_account_clear(known);
		*known = *account;
		return twice ? bk_fail(err, BK_CORRUPT,
				       "account %u is there twice", known->id)
			     : 0;
	}
	names->accounts =
		bk_array_room(names->accounts, names->n_accounts,
			      &names->cap_accounts, sizeof(*names->accounts));
	size_t at = names->n_accounts++;
	for (; at && names->accounts[at - 1].id > account->id; at--)
		names->accounts[at] = names->accounts[at - 1];
	names->accounts[at] = *account;
	return 0;
}

/* Indexes of rows that a set inherits are those of the table that it replaces.
 */
static bool begins_with(const struct bk_folder *folder,
			const struct bk_folder *base)
{
	if (folder->n_keywords < base->n_keywords)
		return false;
	for (size_t i = 0; i < base->n_keywords; i++)
		if (strcmp(folder->keywords[i], base->keywords[i]) != 0)
			return false;
	return true;
}

/* Takes the folder. */
static int replace_folder(struct bk_set_folder *known,
			  struct bk_set_folder *folder, struct bk_err *err)
{
	const char *fault = NULL;

	if (known->fresh)
		fault = "is there twice";
	else if (!begins_with(&folder->folder, &known->folder))
		fault = "has keywords that do not begin with those of its base";
	bk_set_folder_clear(known);
	*known = *folder;
	return fault ? bk_fail(err, BK_CORRUPT, "folder %u %s", known->id,
			       fault)
		     : 0;
}

/* Takes the folder. */
static int place_folder(struct names *names, struct bk_set_folder *folder,
			struct bk_err *err)
{
	struct bk_set_folder *known = seek_folder(names, folder->id);

	folder->fresh = true;
	if (known)
		return replace_folder(known, folder, err);
	add_folder(names, folder);
	return 0;
}

static int apply_account(struct bk_set *set, struct names *names,
			 struct bk_view body, struct bk_err *err)
{
	struct bk_set_account account = {0};

	if (bk_account_decode(body, &account, err) < 0) {
		bk_set_account_clear(&account);
		return -1;
	}
	if (account.id > set->last_account)
		set->last_account = account.id;
	return place_account(names, &account, err);
}

static int apply_folder(struct bk_set *set, struct names *names,
			struct bk_view body, struct bk_err *err)
{
	struct bk_set_folder folder = {0};

	if (bk_folder_decode(body, &folder, err) < 0) {
		bk_set_folder_clear(&folder);
		return -1;
	}
	if (folder.id > set->last_folder)
		set->last_folder = folder.id;
	return place_folder(names, &folder, err);
}

static void note_gone(struct bk_set *set, struct bk_set_gone what)
{
	set->gone = bk_array_room(set->gone, set->n_gone, &set->cap_gone,
				  sizeof(*set->gone));
	set->gone[set->n_gone++] = what;
}

static int id_of(struct bk_view body, uint32_t *id, struct bk_err *err)
{
	struct bk_cursor from = bk_cursor_over(body.data, body.len);

	*id = (uint32_t)bk_cursor_varint_max(&from, UINT32_MAX);
	from.bad |= bk_cursor_left(&from) != 0;
	return bk_cursor_check(&from, "record of what is gone", err);
}

static int folder_gone(struct bk_set *set, struct names *names,
		       struct bk_view body, struct bk_err *err)
{
	uint32_t id;

	if (id_of(body, &id, err) < 0)
		return -1;
	struct bk_set_folder *folder = seek_folder(names, id);
	if (!folder)
		return bk_fail(err, BK_CORRUPT,
			       "folder %u is gone but was never there", id);
	if (folder->fresh)
		return bk_fail(err, BK_CORRUPT, "folder %u is gone and there",
			       id);
	note_gone(set, (struct bk_set_gone){folder->account_id, id, false});
	drop_folder(names, (size_t)(folder - names->folders));
	return 0;
}

/* The folders of an account go with it. */
static int drop_folders(struct bk_set *set, struct names *names,
			uint32_t account, struct bk_err *err)
{
	for (size_t i = names->n_folders; i-- > 0;) {
		const struct bk_set_folder *folder = &names->folders[i];
		if (folder->account_id != account || names->folder_gone[i])
			continue;
		if (folder->fresh)
			return bk_fail(err, BK_CORRUPT,
				       "folder %u is of an account that is "
				       "gone",
				       folder->id);
		note_gone(set, (struct bk_set_gone){account, folder->id, true});
		drop_folder(names, i);
	}
	return 0;
}

static int account_gone(struct bk_set *set, struct names *names,
			struct bk_view body, struct bk_err *err)
{
	uint32_t id;

	if (id_of(body, &id, err) < 0)
		return -1;
	struct bk_set_account *account = seek_account(names, id);
	if (!account)
		return bk_fail(err, BK_CORRUPT,
			       "account %u is gone but was never there", id);
	if (account->fresh)
		return bk_fail(err, BK_CORRUPT, "account %u is gone and there",
			       id);
	note_gone(set, (struct bk_set_gone){id, 0, false});
	bk_set_account_clear(account);
	size_t at = (size_t)(account - names->accounts);
	memmove(account, account + 1,
		(--names->n_accounts - at) * sizeof(*account));
	return drop_folders(set, names, id, err);
}

/* Nothing mentions what is gone, in this manifest (whose list begins at
 * `first`) or in one that is based on it. */
static int check_gone(const struct bk_set *set, const struct names *names,
		      size_t first, struct bk_err *err)
{
	for (size_t i = 0; i < set->n_gone; i++) {
		const struct bk_set_gone *gone = &set->gone[i];
		if (gone->folder_id
			    ? seek_folder(names, gone->folder_id) != NULL
			    : seek_account(names, gone->account_id) != NULL)
			return bk_fail(err, BK_CORRUPT,
				       "%s %u was gone, and is there again",
				       gone->folder_id ? "folder" : "account",
				       gone->folder_id ? gone->folder_id
						       : gone->account_id);
		if (i >= first && gone->folder_id && !gone->with_account &&
		    !seek_account(names, gone->account_id))
			return bk_fail(err, BK_CORRUPT,
				       "folder %u is gone, and its account too",
				       gone->folder_id);
	}
	return 0;
}

static int end(struct bk_set *set, const struct names *names,
	       struct bk_view body, struct bk_err *err)
{
	struct bk_cursor from = bk_cursor_over(body.data, body.len);
	uint64_t accounts = bk_cursor_u64(&from);
	uint64_t folders = bk_cursor_u64(&from);

	set->messages = bk_cursor_u64(&from);
	set->bytes = bk_cursor_u64(&from);
	if (body.len != END_LEN || accounts != names->n_accounts ||
	    folders != names->n_folders - names->n_gone)
		return bk_fail(err, BK_CORRUPT,
			       "end record does not agree with the manifest");
	memcpy(set->state_sha256, from.at, sizeof(set->state_sha256));
	return 0;
}

static int apply_record(struct bk_set *set, struct names *names, uint8_t type,
			struct bk_view body, struct bk_err *err)
{
	if (names->ended)
		return bk_fail(err, BK_CORRUPT,
			       "record %u after the end record", type);
	switch (type) {
	case BK_RECORD_ACCOUNT:
		return apply_account(set, names, body, err);
	case BK_RECORD_FOLDER:
		return apply_folder(set, names, body, err);
	case BK_RECORD_FOLDER_GONE:
		return folder_gone(set, names, body, err);
	case BK_RECORD_ACCOUNT_GONE:
		return account_gone(set, names, body, err);
	case BK_RECORD_TREE:
		/* Each set has its own: nothing of them is inherited. */
		return names->top ? bk_set_trees_take(&set->trees, body, err)
				  : 0;
	case BK_RECORD_MESSAGES:
	case BK_RECORD_CHANGES:
		return bk_fail(err, BK_CORRUPT,
			       "record %u, of messages, among names", type);
	case BK_RECORD_END:
		names->ended = true;
		return end(set, names, body, err);
	default:
		if (type & BK_RECORD_OPTIONAL)
			return 0;
		return bk_fail(err, BK_NEWER,
			       "record of type %u, which this version does not "
			       "know: upgrade this host first",
			       type);
	}
}

static int apply_block(struct bk_set *set, struct names *names,
		       const struct bk_buf *block, struct bk_err *err)
{
	struct bk_cursor from = bk_cursor_over(block->data, block->len);
	struct bk_view body;
	uint8_t type;
	int rc;

	while ((rc = bk_record_next(&from, &type, &body, err)) > 0)
		if (apply_record(set, names, type, body, err) < 0)
			return -1;
	return rc;
}

int bk_set_names_apply(struct bk_set *set, const struct bk_set_level *level,
		       struct bk_err *err)
{
	const struct bk_trailer *trailer =
		bk_file_reader_trailer(level->manifest);
	struct names names = {
		.accounts = set->accounts,
		.n_accounts = set->n_accounts,
		.cap_accounts = set->n_accounts,
		.folders = set->folders,
		.n_folders = set->n_folders,
		.cap_folders = set->n_folders,
		.top = level == &set->levels[0],
	};
	struct bk_block_at at = {trailer->rows_offset, trailer->rows_extra};
	struct bk_buf block = {0};
	size_t first_gone = set->n_gone;
	int rc = 0;

	for (size_t i = 0; i < names.n_accounts; i++)
		names.accounts[i].fresh = false;
	names.folder_gone =
		bk_alloc((names.n_folders + 1) * sizeof(*names.folder_gone));
	names.cap_gone = names.n_folders;
	for (size_t i = 0; i < names.n_folders; i++)
		names.folders[i].fresh = false;
	reserve_places(&names, names.n_folders + 1);

	while (rc == 0 && at.number < trailer->n_data) {
		rc = bk_file_reader_block(level->manifest, &at, BK_BLOCK_DATA,
					  &block, err);
		if (rc == 0)
			rc = apply_block(set, &names, &block, err);
	}
	if (rc == 0 && !names.ended)
		rc = bk_fail(err, BK_CORRUPT, "manifest has no end record");
	if (rc == 0)
		rc = check_gone(set, &names, first_gone, err);
	settle_folders(&names);
	bk_buf_clear(&block);
	set->accounts = names.accounts;
	set->n_accounts = names.n_accounts;
	set->folders = names.folders;
	set->n_folders = names.n_folders;
	return rc < 0 ? bk_context(err, "names") : 0;
}

void bk_set_names_clear(struct bk_set *set)
{
	for (size_t i = 0; i < set->n_accounts; i++)
		bk_set_account_clear(&set->accounts[i]);
	for (size_t i = 0; i < set->n_folders; i++)
		bk_set_folder_clear(&set->folders[i]);
	free(set->accounts);
	free(set->folders);
	free(set->gone);
	set->accounts = NULL;
	set->folders = NULL;
	set->n_accounts = 0;
	set->n_folders = 0;
}
