/* What a move remembers, in a folder for each pair of ends: see move_work.h. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/digest.h"
#include "job/move_elsewhere.h"
#include "job/move_work.h"

char *bk_move_pair_folder(const char *state_dir, const char *from,
			  const char *to)
{
	uint8_t digest[BK_SHA256_LEN];
	struct bk_sha256 sha;
	struct bk_buf name = {0};

	bk_sha256_init(&sha);
	bk_sha256_update(&sha, from, strlen(from) + 1);
	bk_sha256_update(&sha, to, strlen(to));
	bk_sha256_final(&sha, digest);
	bk_buf_printf(&name, "%s/move-", state_dir);
	for (size_t i = 0; i < 8; i++)
		bk_buf_printf(&name, "%02x", digest[i]);
	char *folder = bk_strdup(bk_buf_text(&name));
	bk_buf_clear(&name);
	return folder;
}

static void name_files(struct bk_move_pair *pair, const char *state_dir,
		       const char *from)
{
	pair->folder = bk_move_pair_folder(state_dir, from, pair->identity);
	pair->record_path = bk_asprintf("%s/report", pair->folder);
	pair->placed_path = bk_asprintf("%s/placed", pair->folder);
	pair->ends_path = bk_asprintf("%s/ends", pair->folder);
	pair->journal_path = bk_asprintf("%s/journal", pair->folder);
	pair->notes = bk_asprintf("%s/accounts", pair->folder);
	pair->letters = bk_asprintf("%s/letters", pair->folder);
}

/* Another account or folder of the same server is another mail; but nobody is
 * placed where he is. */
static bool may_be_the_same(const struct bk_move_request *request)
{
	return request->n_to == 1 &&
	       (request->as || request->rules->into || request->accounts_file);
}

static int check_pair(const struct bk_move *move, size_t i, const char *from,
		      struct bk_err *err)
{
	const struct bk_move_pair *pairs = move->pairs;

	if (strcmp(from, pairs[i].identity) == 0 &&
	    !may_be_the_same(move->request))
		return bk_fail(err, BK_MISUSE,
			       "--from and --to are the same mail: %s", from);
	for (size_t k = 0; k < i; k++)
		if (strcmp(pairs[k].identity, pairs[i].identity) == 0)
			return bk_fail(err, BK_MISUSE,
				       "--to: %s and %s are the same server: "
				       "%s",
				       pairs[k].to->end->name,
				       pairs[i].to->end->name,
				       pairs[i].identity);
	return 0;
}

int bk_move_pairs_make(struct bk_move *move, struct bk_err *err)
{
	const struct bk_move_request *request = move->request;
	char *from = bk_move_end_identity(request->from);
	int rc = 0;

	move->pairs = bk_alloc(request->n_to * sizeof(*move->pairs));
	for (size_t i = 0; rc == 0 && i < request->n_to; i++) {
		struct bk_move_pair *pair = &move->pairs[move->n_pairs++];
		*pair = (struct bk_move_pair){
			.to = &request->to[i],
			.identity = bk_move_end_identity(request->to[i].end),
			.free = UINT64_MAX,
		};
		name_files(pair, request->state_dir, from);
		rc = check_pair(move, i, from, err);
	}
	free(from);
	return rc;
}

void bk_move_pairs_free(struct bk_move *move)
{
	for (size_t i = 0; i < move->n_pairs; i++) {
		struct bk_move_pair *pair = &move->pairs[i];
		free(pair->identity);
		free(pair->folder);
		free(pair->record_path);
		free(pair->placed_path);
		free(pair->ends_path);
		free(pair->journal_path);
		free(pair->notes);
		free(pair->letters);
		free(pair->scratch);
	}
	free(move->pairs);
}

const char *bk_move_pair_name(const struct bk_move *move,
			      const struct bk_move_pair *pair)
{
	return pair && move->n_pairs > 1 ? pair->to->end->name : NULL;
}

int bk_move_pair_records(const struct bk_move *move,
			 const struct bk_move_pair *pair,
			 struct bk_move_records *out, struct bk_err *err)
{
	if (bk_move_records_read(out, pair->record_path, err) < 0)
		return -1;
	for (size_t i = 0; i < out->n; i++)
		out->items[i].report.server = bk_move_pair_name(move, pair);
	return 0;
}

static bool is_there(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

/* What only looks must not leave a journal behind, nor change one. */
static int use_scratch(struct bk_move_pair *pair, struct bk_err *err)
{
	const char *dir = getenv("TMPDIR");
	char *name = bk_asprintf("%s/bk-move-XXXXXX",
				 dir && *dir ? dir : "/var/tmp");

	if (!mkdtemp(name)) {
		(void)bk_fail_errno(err, "%s", name);
		free(name);
		return -1;
	}
	pair->scratch = name;
	return 0;
}

static int look_at_journal(struct bk_move_pair *pair, struct bk_err *err)
{
	if (use_scratch(pair, err) < 0)
		return -1;
	char *copy = bk_asprintf("%s/journal", pair->scratch);
	pair->fresh = !is_there(pair->journal_path);
	int rc = pair->fresh ? bk_journal_open(&pair->journal, copy, err)
			     : bk_journal_look(&pair->journal,
					       pair->journal_path, copy, err);
	free(copy);
	return rc;
}

static int open_journal(struct bk_move *move, struct bk_move_pair *pair,
			bool writes, struct bk_err *err)
{
	move->outcome->place = BK_PLACE_LOCK;
	if (!writes) {
		if (look_at_journal(pair, err) < 0)
			return -1;
	} else if (bk_dir_make(AT_FDCWD, pair->folder, 0700, err) < 0 ||
		   bk_move_ends_note(move, pair, err) < 0 ||
		   bk_journal_open(&pair->journal, pair->journal_path, err) <
			   0) {
		return -1;
	}
	const char *aside = bk_journal_set_aside(pair->journal);
	if (!aside)
		return 0;
	char *note = bk_asprintf(
		"the journal %s %s: what is there is found by its content%s",
		writes ? "was damaged and is now" : "is damaged and left out:",
		aside, writes ? ", once" : "");
	bk_progress_warning(move->progress, note);
	free(note);
	return 0;
}

static void close_journal(struct bk_move_pair *pair)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-journal",
					   ".damaged"};

	bk_journal_close(pair->journal);
	pair->journal = NULL;
	if (!pair->scratch)
		return;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		char *path =
			bk_asprintf("%s/journal%s", pair->scratch, ends[i]);
		(void)unlink(path);
		free(path);
	}
	(void)rmdir(pair->scratch);
}

void bk_move_state_close(struct bk_move *move)
{
	for (size_t i = 0; i < move->n_pairs; i++)
		close_journal(&move->pairs[i]);
}

/*
 * What came from a set may be all that there is: from then on what the source
 * lacks is nothing that somebody has deleted, and what is at the destination is
 * people's own.
 */
static int note_set(struct bk_move *move, struct bk_move_pair *pair,
		    bool writes, struct bk_err *err)
{
	const struct bk_move_request *request = move->request;
	char *path = bk_asprintf("%s/from-set", pair->folder);
	int rc = 0;

	pair->once = request->set || is_there(path);
	if (request->set && writes)
		rc = bk_file_replace(
			AT_FDCWD, path,
			(struct bk_view){(const uint8_t *)request->set,
					 strlen(request->set)},
			0600, err);
	free(path);
	return rc;
}

/* The record holds each account once from here on. */
static int tidy_record(struct bk_move_pair *pair, struct bk_err *err)
{
	struct bk_move_records records = {0};

	int rc = bk_move_records_read(&records, pair->record_path, err);
	if (rc == 0 && records.n)
		rc = bk_move_records_write(&records, pair->record_path, err);
	bk_move_records_clear(&records);
	return rc;
}

int bk_move_state_open(struct bk_move *move, bool writes, struct bk_err *err)
{
	const struct bk_move_request *request = move->request;
	bool once = false;

	for (size_t i = 0; i < move->n_pairs; i++) {
		struct bk_move_pair *pair = &move->pairs[i];
		if (open_journal(move, pair, writes, err) < 0 ||
		    (writes && tidy_record(pair, err) < 0) ||
		    note_set(move, pair, writes, err) < 0)
			return -1;
		once = once || pair->once;
	}
	if (once && !request->set && request->verb != BK_MOVE_ROLLBACK)
		bk_progress_note(move->progress,
				 "its mail has come from a set: nothing is "
				 "taken away, and to accounts that have moved "
				 "only what that lacked is added");
	return 0;
}
