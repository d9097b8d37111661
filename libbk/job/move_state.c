/* What a move remembers, in a folder for each pair of ends: see move_work.h. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/digest.h"
#include "job/move_work.h"

/* One folder for each pair of ends. */
void bk_move_state_name(struct bk_move *move, const char *from, const char *to)
{
	uint8_t digest[BK_SHA256_LEN];
	struct bk_sha256 sha;
	struct bk_buf name = {0};

	bk_sha256_init(&sha);
	bk_sha256_update(&sha, from, strlen(from) + 1);
	bk_sha256_update(&sha, to, strlen(to));
	bk_sha256_final(&sha, digest);
	bk_buf_printf(&name, "%s/move-", move->request->state_dir);
	for (size_t i = 0; i < 8; i++)
		bk_buf_printf(&name, "%02x", digest[i]);
	move->folder = bk_strdup(bk_buf_text(&name));
	move->record_path = bk_asprintf("%s/report", move->folder);
	move->journal_path = bk_asprintf("%s/journal", move->folder);
	move->notes = bk_asprintf("%s/accounts", move->folder);
	move->letters = bk_asprintf("%s/letters", move->folder);
	bk_buf_clear(&name);
}

static bool is_there(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

/* What only looks must not leave a journal behind. */
static int use_scratch(struct bk_move *move, struct bk_err *err)
{
	const char *dir = getenv("TMPDIR");
	char *name = bk_asprintf("%s/bk-move-XXXXXX",
				 dir && *dir ? dir : "/var/tmp");

	if (!mkdtemp(name)) {
		(void)bk_fail_errno(err, "%s", name);
		free(name);
		return -1;
	}
	move->scratch = name;
	free(move->journal_path);
	move->journal_path = bk_asprintf("%s/journal", name);
	return 0;
}

static int open_journal(struct bk_move *move, bool writes, struct bk_err *err)
{
	move->outcome->place = BK_PLACE_LOCK;
	if (writes) {
		if (bk_dir_make(AT_FDCWD, move->folder, 0700, err) < 0)
			return -1;
	} else if (!is_there(move->journal_path) &&
		   use_scratch(move, err) < 0) {
		return -1;
	}
	if (bk_journal_open(&move->journal, move->journal_path, err) < 0)
		return -1;
	const char *aside = bk_journal_set_aside(move->journal);
	if (!aside)
		return 0;
	char *note = bk_asprintf(
		"the journal was damaged and is now %s: what "
		"is there is found by its content, once",
		aside);
	bk_progress_warning(move->progress, note);
	free(note);
	return 0;
}

void bk_move_state_close(struct bk_move *move)
{
	bk_journal_close(move->journal);
	move->journal = NULL;
	if (!move->scratch)
		return;
	static const char *const ends[] = {"", "-wal", "-shm", "-journal",
					   ".damaged"};
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		char *path = bk_asprintf("%s%s", move->journal_path, ends[i]);
		(void)unlink(path);
		free(path);
	}
	(void)rmdir(move->scratch);
}

/*
 * What came from a set may be all that there is: from then on what the source
 * lacks is nothing that somebody has deleted, and what is at the destination is
 * people's own.
 */
static int note_set(struct bk_move *move, bool writes, struct bk_err *err)
{
	const struct bk_move_request *request = move->request;
	char *path = bk_asprintf("%s/from-set", move->folder);
	int rc = 0;

	move->once = request->set || is_there(path);
	if (request->set && writes)
		rc = bk_file_replace(
			AT_FDCWD, path,
			(struct bk_view){(const uint8_t *)request->set,
					 strlen(request->set)},
			0600, err);
	else if (move->once && !request->set &&
		 request->verb != BK_MOVE_ROLLBACK)
		bk_progress_note(move->progress,
				 "its mail has come from a set: nothing is "
				 "taken away, and to accounts that have moved "
				 "only what that lacked is added");
	free(path);
	return rc;
}

/* The record holds each account once from here on. */
static int tidy_record(struct bk_move *move, struct bk_err *err)
{
	struct bk_move_records records = {0};

	int rc = bk_move_records_read(&records, move->record_path, err);
	if (rc == 0 && records.n)
		rc = bk_move_records_write(&records, move->record_path, err);
	bk_move_records_clear(&records);
	return rc;
}

int bk_move_state_open(struct bk_move *move, bool writes, struct bk_err *err)
{
	if (open_journal(move, writes, err) < 0 ||
	    (writes && tidy_record(move, err) < 0))
		return -1;
	return note_set(move, writes, err);
}
