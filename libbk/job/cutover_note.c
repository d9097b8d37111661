/*
 * What is noted of an account that changes servers: see cutover_note.h.  Its
 * lines (base/fields.h):
 *
 *	bk-cutover 1
 *	account NAME STAGE HELD-MS ENDED
 *	route NAME SAVED            each of them, in their order
 *	end
 */

#include "job/cutover_note.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fields.h"
#include "base/file.h"
#include "base/parse.h"
#include "job/account_file.h"

#define FIRST     "bk-cutover\t1"
#define FILE_MOST ((size_t)1 << 20)
#define FIELDS    5

static const char *const words[] = {
	[BK_STAGE_AS_IT_WAS] = "as-it-was", [BK_STAGE_HOLDING] = "holding",
	[BK_STAGE_POINTING] = "pointing",   [BK_STAGE_MOVED] = "moved",
	[BK_STAGE_RETURNING] = "returning", [BK_STAGE_UNDOING] = "undoing",
};

const char *bk_stage_word(enum bk_stage stage)
{
	return words[stage];
}

void bk_cutover_note_clear(struct bk_cutover_note *note)
{
	free(note->routes);
	bk_arena_clear(&note->arena);
	*note = (struct bk_cutover_note){0};
}

/* ---- writing ---- */

void bk_cutover_note_routes(struct bk_cutover_note *note, size_t n)
{
	free(note->routes);
	note->routes = bk_alloc((n + 1) * sizeof(*note->routes));
	note->n = n;
}

void bk_cutover_note_saved(struct bk_cutover_note *note, size_t i,
			   const char *route, const char *saved)
{
	note->routes[i] =
		(struct bk_cutover_saved){bk_arena_strdup(&note->arena, route),
					  bk_arena_strdup(&note->arena, saved)};
}

static void add_all(struct bk_buf *text, const struct bk_cutover_note *note)
{
	bk_buf_printf(text, FIRST "\naccount");
	bk_fields_add(text, note->account);
	bk_fields_add(text, words[note->stage]);
	bk_fields_add_number(text, (uint64_t)note->held_ms);
	bk_fields_add_number(text, (uint64_t)note->ended);
	for (size_t i = 0; i < note->n; i++) {
		bk_buf_printf(text, "\nroute");
		bk_fields_add(text, note->routes[i].route);
		bk_fields_add(text, note->routes[i].saved);
	}
	bk_buf_printf(text, "\nend\n");
}

int bk_cutover_note_write(const struct bk_cutover_note *note,
			  const char *folder, struct bk_err *err)
{
	char *path = bk_account_file(folder, note->account);
	struct bk_buf text = {0};
	int rc;

	if (note->stage == BK_STAGE_AS_IT_WAS) {
		rc = bk_account_file_drop(path, err);
	} else {
		add_all(&text, note);
		rc = bk_account_file_write(folder, path, bk_buf_view(&text),
					   err);
	}
	bk_buf_clear(&text);
	free(path);
	return rc;
}

/* ---- reading ---- */

static bool number(const char *text, int64_t *out)
{
	struct bk_err ignored = {0};
	uint64_t n = 0;

	bool is = bk_parse_number(text, INT64_MAX, &n, &ignored) == 0;
	*out = (int64_t)n;
	return is;
}

static bool stage_named(const char *word, enum bk_stage *out)
{
	for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++) {
		*out = (enum bk_stage)i;
		if (strcmp(words[i], word) == 0)
			return true;
	}
	return false;
}

static bool read_line(struct bk_cutover_note *note, const char *const *fields,
		      size_t n, size_t *cap)
{
	if (n == 5 && strcmp(fields[0], "account") == 0) {
		note->account = fields[1];
		return stage_named(fields[2], &note->stage) &&
		       number(fields[3], &note->held_ms) &&
		       number(fields[4], &note->ended);
	}
	if (n != 3 || strcmp(fields[0], "route") != 0)
		return false;
	note->routes = bk_array_room(note->routes, note->n, cap,
				     sizeof(*note->routes));
	note->routes[note->n++] =
		(struct bk_cutover_saved){fields[1], fields[2]};
	return true;
}

/* All lines but the first; the last one says that it is the last. */
static bool read_lines(struct bk_cutover_note *note, struct bk_view text)
{
	const char *fields[FIELDS];
	const uint8_t *end;
	size_t cap = 0, n = 0;

	while ((end = memchr(text.data, '\n', text.len))) {
		struct bk_view line = {text.data, (size_t)(end - text.data)};
		n = bk_fields_split(&note->arena, line, fields, FIELDS);
		text.data += line.len + 1;
		text.len -= line.len + 1;
		if (n == 1 && strcmp(fields[0], "end") == 0)
			return text.len == 0 && note->account;
		if (!read_line(note, fields, n, &cap))
			return false;
	}
	return false;
}

static int read_text(struct bk_cutover_note *out, struct bk_view text,
		     struct bk_err *err)
{
	size_t first = strlen(FIRST "\n");

	if (text.len > first && memcmp(text.data, FIRST "\n", first) == 0) {
		text.data += first;
		text.len -= first;
		if (read_lines(out, text))
			return 0;
	} else if (text.len > 11 &&
		   memcmp(text.data, "bk-cutover\t", 11) == 0) {
		return bk_fail(err, BK_NEWER, "a newer version of bk wrote it");
	}
	return bk_fail(err, BK_CORRUPT,
		       "this note, of how far the account is, is damaged: look "
		       "where its routes lead, put them right by hand, and "
		       "remove it");
}

int bk_cutover_note_read(struct bk_cutover_note *out, const char *folder,
			 const char *account, struct bk_err *err)
{
	char *path = bk_account_file(folder, account);
	struct bk_buf text = {0};
	struct bk_err why = {0};

	*out = (struct bk_cutover_note){.account = account};
	int rc = bk_file_read(AT_FDCWD, path, FILE_MOST, &text, &why);
	if (rc == 0)
		rc = read_text(out, bk_buf_view(&text), &why);
	else if (why.kind == BK_GONE)
		rc = 0;
	if (rc < 0) {
		*err = why;
		(void)bk_context(err, "%s", path);
		bk_cutover_note_clear(out);
	}
	out->account = account;
	bk_buf_clear(&text);
	free(path);
	return rc;
}

/* One that went since the folder was read is of an account that is as it was.
 */
static int tell_one(const char *path, bk_cutover_note_act *act, void *arg,
		    struct bk_err *err)
{
	struct bk_cutover_note note = {0};
	struct bk_buf text = {0};
	struct bk_err why = {0};

	int rc = bk_file_read(AT_FDCWD, path, FILE_MOST, &text, &why);
	if (rc < 0 && why.kind == BK_GONE)
		return 0;
	if (rc == 0)
		rc = read_text(&note, bk_buf_view(&text), &why);
	if (rc < 0) {
		*err = why;
		(void)bk_context(err, "%s", path);
	} else {
		rc = act(arg, &note, err);
	}
	bk_cutover_note_clear(&note);
	bk_buf_clear(&text);
	return rc;
}

int bk_cutover_notes_each(const char *folder, bk_cutover_note_act *act,
			  void *arg, struct bk_err *err)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	int rc = 0;

	if (!dir)
		return errno == ENOENT ? 0 : bk_fail_errno(err, "%s", folder);
	while (rc == 0 && (entry = readdir(dir))) {
		/* Names are digests; another one is about to become one. */
		if (strlen(entry->d_name) != 32 || *entry->d_name == '.')
			continue;
		char *path = bk_asprintf("%s/%s", folder, entry->d_name);
		rc = tell_one(path, act, arg, err);
		free(path);
	}
	(void)closedir(dir);
	return rc;
}
