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

/* The surest of all claims on it so far. */
static int claim_one(const struct bk_move_task *task, struct other *other,
		     struct bk_move_elsewhere *best, struct bk_err *err)
{
	enum bk_move_claim claim = BK_CLAIM_NONE;

	if (bk_move_claim(&claim, other->notes, task->name,
			  bk_move_placed_find(&other->placed, task->name), NULL,
			  err) < 0)
		return -1;
	if (claim <= best->claim)
		return 0;
	*best = (struct bk_move_elsewhere){.claim = claim};
	say(other, best);
	return 0;
}

/* Who is looked for: one account, or all of the move; or which servers there
 * are. */
struct looking {
	struct bk_move *move;
	char *from; /* identity of the source */
	const struct bk_move_task *task;
	enum bk_move_claim least;
	struct bk_move_elsewhere best; /* of `task` */
	struct bk_buf *names;          /* of servers; or NULL */
};

static int claim_each(struct bk_move *move, struct other *other,
		      struct bk_err *err)
{
	for (size_t t = 0; t < move->accounts.n; t++) {
		struct bk_move_task *task = &move->tasks[t];
		struct bk_move_elsewhere best = {0};
		if (task->elsewhere)
			best.claim = task->elsewhere->claim;
		enum bk_move_claim before = best.claim;
		if (claim_one(task, other, &best, err) < 0)
			return -1;
		if (best.claim > before)
			task->elsewhere = bk_arena_memdup(&move->arena, &best,
							  sizeof(best));
	}
	return 0;
}

static int look_at(struct looking *l, const char *folder,
		   const struct ends *ends, struct bk_err *err)
{
	struct other other = {
		.ends = ends,
		.path = bk_asprintf("%s/placed", folder),
		.notes = bk_asprintf("%s/accounts", folder),
	};
	int rc = 0;

	if (l->names)
		bk_buf_printf(l->names, "%s%s", l->names->len ? ", " : "",
			      ends->name);
	else if (l->least <= BK_CLAIM_PLACE)
		rc = bk_move_placed_read(&other.placed, other.path, err);
	if (rc == 0 && !l->names)
		rc = l->task ? claim_one(l->task, &other, &l->best, err)
			     : claim_each(l->move, &other, err);
	bk_move_placed_clear(&other.placed);
	free(other.path);
	free(other.notes);
	return rc;
}

/* ---- all of them ---- */

static bool is_named(const struct bk_move *move, const char *folder)
{
	for (size_t i = 0; i < move->n_pairs; i++)
		if (strcmp(move->pairs[i].folder, folder) == 0)
			return true;
	return false;
}

/* Is it the folder of a move from there?  To where, then. */
static const struct bk_move_known *guess(const struct bk_move_request *request,
					 const char *folder, const char *from)
{
	const struct bk_move_known *found = NULL;

	for (size_t i = 0; i < request->n_known && !found; i++) {
		char *path = bk_move_pair_folder(request->state_dir, from,
						 request->known[i].identity);
		if (strcmp(path, folder) == 0)
			found = &request->known[i];
		free(path);
	}
	return found;
}

static bool is_of_another(const struct bk_move_request *request,
			  const char *folder)
{
	for (size_t i = 0; i < request->n_known; i++)
		if (guess(request, folder, request->known[i].identity))
			return true;
	return false;
}

/* It may be of another source: nobody is kept from moving by it. */
static int warn_of(const struct looking *l, const char *folder,
		   struct bk_err *err)
{
	struct bk_move *move = l->move;
	char *notes = bk_asprintf("%s/accounts", folder);
	enum bk_move_claim claim = BK_CLAIM_NONE;
	size_t t = 0;
	int rc = 0;

	for (; rc == 0 && claim == BK_CLAIM_NONE && t < move->accounts.n; t++)
		rc = bk_move_claim(&claim, notes, move->tasks[t].name, NULL,
				   NULL, err);
	if (rc == 0 && claim != BK_CLAIM_NONE &&
	    !is_of_another(move->request, folder)) {
		char *text = bk_asprintf(
			"%s: by what an older version noted there %s has "
			"changed servers, or was about to, and no section of "
			"the configuration is that server: name it with --to "
			"once, or remove the folder if it is of no use any "
			"more",
			folder, move->accounts.items[t - 1].from);
		bk_progress_warning(move->progress, text);
		free(text);
	}
	free(notes);
	return rc;
}

/* A folder of before ends were noted: they are in its name, as a digest. */
static int look_at_old(struct looking *l, const char *folder,
		       struct bk_err *err)
{
	const struct bk_move_known *to =
		guess(l->move->request, folder, l->from);

	if (to)
		return look_at(l, folder,
			       &(struct ends){l->from, to->identity, to->name},
			       err);
	return l->task || l->names ? 0 : warn_of(l, folder, err);
}

static int look_into(struct looking *l, const char *name, struct bk_err *err)
{
	struct bk_arena arena = {0};
	struct ends ends = {"", "", ""};
	int rc = 0;

	if (strncmp(name, "move-", 5) != 0)
		return 0;
	char *folder = bk_asprintf("%s/%s", l->move->request->state_dir, name);
	if (!is_named(l->move, folder)) {
		rc = read_ends(folder, &arena, &ends, err);
		if (rc == 0)
			rc = look_at_old(l, folder, err);
		else if (rc > 0)
			rc = strcmp(ends.from, l->from) == 0
				     ? look_at(l, folder, &ends, err)
				     : 0;
	}
	free(folder);
	bk_arena_clear(&arena);
	return rc;
}

static int look_around(struct looking *l, struct bk_err *err)
{
	const char *state = l->move->request->state_dir;
	DIR *dir = opendir(state);
	const struct dirent *entry;
	int rc = 0;

	if (!dir)
		return errno == ENOENT ? 0 : bk_fail_errno(err, "%s", state);
	l->from = bk_move_end_identity(l->move->request->from);
	while (rc == 0 && (entry = readdir(dir)))
		rc = look_into(l, entry->d_name, err);
	(void)closedir(dir);
	free(l->from);
	return rc;
}

int bk_move_elsewhere_find(struct bk_move *move, struct bk_err *err)
{
	struct looking all = {.move = move};
	enum bk_place place = move->outcome->place;

	move->outcome->place = BK_PLACE_LOCK;
	if (look_around(&all, err) < 0)
		return -1;
	move->outcome->place = place;
	return 0;
}

int bk_move_elsewhere_names(struct bk_move *move, struct bk_buf *out,
			    struct bk_err *err)
{
	struct looking l = {.move = move, .names = out};

	return look_around(&l, err);
}

/* What its own pair says of it. */
static int own_claim(const struct bk_move_task *task, enum bk_move_claim *out,
		     struct bk_err *err)
{
	const struct bk_move_pair *pair = task->pair;
	struct bk_move_placed placed = {0};

	int rc = bk_move_placed_read(&placed, pair->placed_path, err);
	if (rc == 0)
		rc = bk_move_claim(out, pair->notes, task->name,
				   bk_move_placed_find(&placed, task->name),
				   NULL, err);
	bk_move_placed_clear(&placed);
	return rc;
}

int bk_move_elsewhere_still(const struct bk_move_task *task,
			    enum bk_move_claim least, struct bk_err *err)
{
	struct looking one = {
		.move = task->move,
		.task = task,
		.least = least,
	};
	enum bk_move_claim own = BK_CLAIM_NONE;

	if (look_around(&one, err) < 0)
		return -1;
	if (one.best.claim == BK_CLAIM_NONE)
		return 0;
	if (own_claim(task, &own, err) < 0)
		return -1;
	if (one.best.claim <= own)
		return 0;
	*err = one.best.why;
	return -1;
}
