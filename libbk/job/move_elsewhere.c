/*
 * Accounts that have their place at a server that nobody named: see
 * move_elsewhere.h.  Lines of a pair's file (base/fields.h):
 *
 *	bk-ends 1
 *	from IDENTITY
 *	to IDENTITY NAME
 */

#include "job/move_elsewhere.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fields.h"
#include "base/file.h"
#include "job/account_file.h"
#include "job/cutover_note.h"

#define FIRST     "bk-ends\t1"
#define FILE_MOST ((size_t)1 << 20)
#define FIELDS    4

/* ---- a pair's file ---- */

static void write_lines(const struct bk_move *move,
			const struct bk_move_pair *pair, struct bk_buf *text)
{
	char *from = bk_move_end_identity(move->request->from);

	bk_buf_printf(text, FIRST "\nfrom");
	bk_fields_add(text, from);
	bk_buf_printf(text, "\nto");
	bk_fields_add(text, pair->identity);
	bk_fields_add(text, pair->to->end->name);
	bk_buf_printf(text, "\n");
	free(from);
}

int bk_move_ends_note(const struct bk_move *move,
		      const struct bk_move_pair *pair, struct bk_err *err)
{
	struct bk_buf text = {0}, old = {0};
	struct bk_err ignored = {0};
	int rc = 0;

	write_lines(move, pair, &text);
	if (bk_file_read(AT_FDCWD, pair->ends_path, FILE_MOST, &old, &ignored) <
		    0 ||
	    old.len != text.len || memcmp(old.data, text.data, text.len) != 0)
		rc = bk_account_file_write(pair->folder, pair->ends_path,
					   bk_buf_view(&text), err);
	bk_buf_clear(&old);
	bk_buf_clear(&text);
	return rc;
}

struct ends {
	const char *from, *to, *name;
};

/* "WORD field ..." of `n` fields, as the next line. */
static bool take_line(struct bk_view *text, struct bk_arena *arena, size_t n,
		      const char *word, const char **fields)
{
	const uint8_t *end =
		text->len ? memchr(text->data, '\n', text->len) : NULL;

	if (!end)
		return false;
	struct bk_view line = {text->data, (size_t)(end - text->data)};
	text->data += line.len + 1;
	text->len -= line.len + 1;
	return bk_fields_split(arena, line, fields, FIELDS) == n &&
	       strcmp(fields[0], word) == 0;
}

static bool read_lines(struct bk_view text, struct bk_arena *arena,
		       struct ends *out)
{
	const char *fields[FIELDS];

	if (!take_line(&text, arena, 2, "bk-ends", fields) ||
	    strcmp(fields[1], "1") != 0 ||
	    !take_line(&text, arena, 2, "from", fields))
		return false;
	out->from = fields[1];
	if (!take_line(&text, arena, 3, "to", fields))
		return false;
	out->to = fields[1];
	out->name = fields[2];
	return text.len == 0;
}

/* 1: it is there; 0: it is not, as in a folder of an older version. */
static int read_ends(const char *folder, struct bk_arena *arena,
		     struct ends *out, struct bk_err *err)
{
	char *path = bk_asprintf("%s/ends", folder);
	struct bk_buf text = {0};
	struct bk_err why = {0};

	int rc = bk_file_read(AT_FDCWD, path, FILE_MOST, &text, &why);
	if (rc == 0 && !read_lines(bk_buf_view(&text), arena, out))
		rc = bk_fail(&why, BK_CORRUPT,
			     "it says between which ends mail was moved, and "
			     "cannot be understood: remove it, and name that "
			     "server with --to in the next run");
	if (rc < 0 && why.kind != BK_GONE) {
		*err = why;
		(void)bk_context(err, "%s", path);
	}
	bk_buf_clear(&text);
	free(path);
	return rc == 0 ? 1 : why.kind == BK_GONE ? 0 : -1;
}

/* ---- claims ---- */

int bk_move_claim(enum bk_move_claim *out, const char *notes, const char *name,
		  const struct bk_move_place *place,
		  const struct bk_move_record *record, struct bk_err *err)
{
	struct bk_cutover_note note = {0};

	if (bk_cutover_note_read(&note, notes, name, err) < 0)
		return -1;
	*out = note.stage != BK_STAGE_AS_IT_WAS ? BK_CLAIM_CUTOVER
	       : place                          ? BK_CLAIM_PLACE
	       : record                         ? BK_CLAIM_PASS
						: BK_CLAIM_NONE;
	bk_cutover_note_clear(&note);
	return 0;
}

/* A server that was named in an earlier run. */
struct other {
	const struct ends *ends;
	struct bk_move_placed placed;
	char *path;  /* of its places */
	char *notes; /* of its cutovers */
};

static void say(const struct other *other, struct bk_move_elsewhere *out)
{
	const struct ends *ends = other->ends;

	if (out->claim == BK_CLAIM_CUTOVER)
		(void)bk_fail(&out->why, BK_MISUSE,
			      "it has moved to %s (%s), or was about to: name "
			      "%s with --to; to live elsewhere it goes back "
			      "first (bk move rollback)",
			      ends->name, ends->to, ends->name);
	else
		(void)bk_fail(&out->why, BK_MISUSE,
			      "its place is %s (%s): name %s with --to, or "
			      "take its line out of %s to place it anew",
			      ends->name, ends->to, ends->name, other->path);
}

static int claim_one(struct bk_move *move, struct bk_move_task *task,
		     struct other *other, struct bk_err *err)
{
	struct bk_move_elsewhere found = {0};

	if (bk_move_claim(&found.claim, other->notes, task->name,
			  bk_move_placed_find(&other->placed, task->name), NULL,
			  err) < 0)
		return -1;
	if (found.claim <=
	    (task->elsewhere ? task->elsewhere->claim : BK_CLAIM_NONE))
		return 0;
	say(other, &found);
	task->elsewhere = bk_arena_memdup(&move->arena, &found, sizeof(found));
	return 0;
}

static int claim_all(struct bk_move *move, const char *folder,
		     const struct ends *ends, struct bk_err *err)
{
	struct other other = {
		.ends = ends,
		.path = bk_asprintf("%s/placed", folder),
		.notes = bk_asprintf("%s/accounts", folder),
	};

	int rc = bk_move_placed_read(&other.placed, other.path, err);
	for (size_t t = 0; rc == 0 && t < move->accounts.n; t++)
		rc = claim_one(move, &move->tasks[t], &other, err);
	bk_move_placed_clear(&other.placed);
	free(other.path);
	free(other.notes);
	return rc;
}

/* ---- all of them ---- */

static bool is_named(const struct bk_move *move, const char *identity)
{
	for (size_t i = 0; i < move->n_pairs; i++)
		if (strcmp(move->pairs[i].identity, identity) == 0)
			return true;
	return false;
}

static int look_into(struct bk_move *move, const char *name, const char *from,
		     struct bk_err *err)
{
	struct bk_arena arena = {0};
	struct ends ends = {"", "", ""};

	if (strncmp(name, "move-", 5) != 0)
		return 0;
	char *folder = bk_asprintf("%s/%s", move->request->state_dir, name);
	int rc = read_ends(folder, &arena, &ends, err);
	if (rc > 0)
		rc = strcmp(ends.from, from) != 0 || is_named(move, ends.to)
			     ? 0
			     : claim_all(move, folder, &ends, err);
	free(folder);
	bk_arena_clear(&arena);
	return rc;
}

static int look_around(struct bk_move *move, struct bk_err *err)
{
	const char *state = move->request->state_dir;
	DIR *dir = opendir(state);
	const struct dirent *entry;
	int rc = 0;

	if (!dir)
		return errno == ENOENT ? 0 : bk_fail_errno(err, "%s", state);
	char *from = bk_move_end_identity(move->request->from);
	while (rc == 0 && (entry = readdir(dir)))
		rc = look_into(move, entry->d_name, from, err);
	(void)closedir(dir);
	free(from);
	return rc;
}

int bk_move_elsewhere_find(struct bk_move *move, struct bk_err *err)
{
	enum bk_place place = move->outcome->place;

	move->outcome->place = BK_PLACE_LOCK;
	if (look_around(move, err) < 0)
		return -1;
	move->outcome->place = place;
	return 0;
}
