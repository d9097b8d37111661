/*
 * What would stand in the way of a move: each login at both ends, room and
 * limits against what there is, names of folders.  Reads lists only, no
 * message, and changes nothing.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job/move_work.h"
#include "report/units.h"

enum level { FINE, NOTE, PROBLEM };

struct finding {
	enum level level;
	const char *end, *what;
};

/* What is found out about one account. */
struct flight {
	const struct bk_move_task *task;
	struct bk_move_session session;
	struct bk_folder_list from, to;
	uint64_t messages, bytes, largest;
	struct bk_store_limits limits;
	struct finding *findings; /* owned; texts in the session's arena */
	size_t n, cap;
	struct bk_err why; /* of the first problem */
	enum bk_place place;
	bool lacks_scripts; /* the mail is none the worse */
};

__attribute__((format(printf, 4, 5))) static void find(struct flight *f,
						       enum level level,
						       const char *end,
						       const char *fmt, ...)
{
	char words[BK_ERR_TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(words, sizeof(words), fmt, args);
	va_end(args);
	f->findings =
		bk_array_room(f->findings, f->n, &f->cap, sizeof(*f->findings));
	f->findings[f->n++] = (struct finding){
		.level = level,
		.end = end,
		.what = bk_arena_strdup(&f->session.arena, words),
	};
}

static void problem(struct flight *f, enum bk_kind kind, enum bk_place place)
{
	const struct finding *last = &f->findings[f->n - 1];

	if (f->why.kind != BK_OK)
		return;
	(void)bk_fail(&f->why, kind, "%s", last->what);
	f->place = place;
}

/* ---- the source ---- */

/* Not all listings have sizes; where they have none they are at hand.  The
 * message for which a server has none is one that it cannot read. */
static uint64_t size_of(struct flight *f, const struct bk_folder *folder,
			struct bk_message *msg)
{
	struct bk_store *store = f->session.from;
	struct bk_err why = {0};

	if (msg->size ||
	    store->ops->stat(store, &f->session.from_account, folder, msg,
			     &why) == 0 ||
	    why.kind == BK_GONE)
		return msg->size;
	find(f, PROBLEM, "source", "folder %s: %s", folder->name, why.text);
	problem(f, why.kind, BK_PLACE_SOURCE);
	return 0;
}

static void look_at_folder(struct flight *f, struct bk_folder *folder)
{
	struct bk_store *store = f->session.from;
	struct bk_message_list messages = {0};
	struct bk_err why = {0};

	if (folder->no_select)
		return;
	if (store->ops->scan(store, &f->session.from_account, folder, &messages,
			     &why) < 0) {
		find(f, PROBLEM, "source", "folder %s: %s", folder->name,
		     why.text);
		problem(f, why.kind, BK_PLACE_SOURCE);
		return;
	}
	for (size_t i = 0; i < messages.n; i++) {
		uint64_t size = size_of(f, folder, &messages.items[i]);
		f->bytes += size;
		if (size > f->largest)
			f->largest = size;
	}
	f->messages += messages.n;
	bk_message_list_clear(&messages);
}

static bool by_master(const struct bk_move_end *end)
{
	const char *login = end->settings.login;

	return end->remote && login && strcmp(login, "user") != 0;
}

static int look_at_source(struct flight *f, struct bk_err *err)
{
	static const struct bk_folder_list none;
	struct bk_store *store = f->session.from;
	struct bk_folder_map map = {0};

	f->session.place = BK_PLACE_SOURCE;
	if (store->ops->folders(store, &f->session.from_account, &f->from,
				err) < 0)
		return -1;
	if (bk_folder_map_make(&map, &f->from, &none,
			       f->task->move->request->rules, err) < 0) {
		f->session.place = BK_PLACE_REQUEST;
		return -1;
	}
	for (size_t i = 0; i < map.n; i++)
		if (map.pairs[i].why != BK_FOLDER_LEFT)
			look_at_folder(f, &f->from.items[i]);
	bk_folder_map_clear(&map);
	/* Dovecot's ACL plugin takes the master for another user. */
	if (by_master(f->task->move->request->from) && f->from.n == 1)
		find(f, NOTE, "source",
		     "only INBOX is shown to the login %s; if there are more "
		     "folders, Dovecot wants: plugin { acl_user = %%u }",
		     f->task->move->request->from->settings.login);
	return 0;
}

/* ---- the destination ---- */

static void check_room(struct flight *f)
{
	char has[BK_UNITS_TEXT], room[BK_UNITS_TEXT];
	const struct bk_store_limits *limits = &f->limits;

	if (limits->bytes < f->bytes) {
		find(f, PROBLEM, "destination",
		     "lacks room: %s of mail, and %s are free there; %s",
		     bk_units_size(has, f->bytes),
		     bk_units_size(room, limits->bytes),
		     limits->shared ? "make room on that disk"
				    : "raise the quota, or make room");
		problem(f, BK_FULL, BK_PLACE_DESTINATION);
	}
	if (limits->messages < f->messages) {
		find(f, PROBLEM, "destination",
		     "lacks room: %s messages, and %s more are allowed there",
		     bk_units_count(has, f->messages),
		     bk_units_count(room, limits->messages));
		problem(f, BK_FULL, BK_PLACE_DESTINATION);
	}
	if (limits->message < f->largest) {
		find(f, PROBLEM, "destination",
		     "the largest message has %s, and %s are allowed there "
		     "(APPENDLIMIT); it would be left out",
		     bk_units_size(has, f->largest),
		     bk_units_size(room, limits->message));
		problem(f, BK_FULL, BK_PLACE_DESTINATION);
	}
}

static int check_limits(struct flight *f, struct bk_err *err)
{
	struct bk_store *store = f->session.to;

	f->limits = (struct bk_store_limits){
		.bytes = UINT64_MAX,
		.messages = UINT64_MAX,
		.message = UINT64_MAX,
	};
	/* A disk is there before the account is. */
	if (!store->ops->limits ||
	    (f->session.to_missing && f->task->pair->to->end->remote))
		return 0;
	if (store->ops->limits(store, &f->session.to_account, &f->limits, err) <
	    0)
		return -1;
	check_room(f);
	return 0;
}

static int check_names(struct flight *f, struct bk_err *err)
{
	struct bk_folder_map map = {0};

	f->session.place = BK_PLACE_REQUEST;
	if (bk_folder_map_make(&map, &f->from, &f->to,
			       f->task->move->request->rules, err) < 0)
		return -1;
	for (size_t i = 0; i < map.n; i++)
		if (map.pairs[i].why == BK_FOLDER_CHANGED && !map.pairs[i].to)
			find(f, NOTE, "destination",
			     "folder %s becomes %s; --map says it otherwise",
			     map.pairs[i].from->name, map.pairs[i].name);
	bk_folder_map_clear(&map);
	return 0;
}

static int look_at_destination(struct flight *f, struct bk_err *err)
{
	struct bk_store *store = f->session.to;

	f->session.place = BK_PLACE_DESTINATION;
	if (f->session.to_missing)
		find(f, NOTE, "destination", "%s is not there yet: it is made",
		     f->task->account->to);
	else if (store->ops->folders(store, &f->session.to_account, &f->to,
				     err) < 0)
		return -1;
	struct bk_err why = {0};
	if (bk_move_end_try(f->task->pair->to->end, f->task->account->to,
			    &why) < 0) {
		find(f, PROBLEM, "destination", "%s", why.text);
		problem(f, why.kind, BK_PLACE_DESTINATION);
	}
	if (check_limits(f, err) < 0)
		return -1;
	return check_names(f, err);
}

/* ---- scripts ---- */

static void look_at_script(struct flight *f, const struct bk_script *script,
			   const struct bk_script_list *there)
{
	struct bk_store *store = f->session.to;
	const struct bk_script *same = bk_script_list_find(there, script->name);
	struct bk_err why = {0};

	if (same && same->text.len == script->text.len &&
	    (!same->text.len ||
	     memcmp(same->text.data, script->text.data, same->text.len) == 0))
		return;
	if (!store->ops->try_script ||
	    store->ops->try_script(store, &f->session.to_account, script,
				   &why) == 0)
		return;
	find(f, PROBLEM, "destination", "Sieve script %s: %s", script->name,
	     why.text);
	f->lacks_scripts = true;
}

/* 1; 0: there are none, or nobody said where; a failure is told. */
static int read_scripts(struct flight *f, bool source,
			struct bk_script_list *out)
{
	struct bk_store *store = source ? f->session.from : f->session.to;
	struct bk_err why = {0};
	int rc = 0;

	if (store->ops->scripts)
		rc = store->ops->scripts(store,
					 source ? &f->session.from_account
						: &f->session.to_account,
					 out, &why);
	if (rc < 0) {
		find(f, PROBLEM, source ? "source" : "destination",
		     "Sieve scripts: %s", why.text);
		f->lacks_scripts = true;
	}
	return rc;
}

/* Each login, and what the destination thinks of each script. */
static void look_at_scripts(struct flight *f)
{
	struct bk_script_list from = {0}, to = {0};
	int rc = read_scripts(f, true, &from);

	if (rc > 0 && !f->session.to_missing)
		rc = read_scripts(f, false, &to);
	else
		rc = -1;
	if (rc == 0 && from.n)
		find(f, NOTE, "destination",
		     "%zu Sieve scripts stay behind: nobody said where the "
		     "destination has any",
		     from.n);
	for (size_t i = 0; rc > 0 && i < from.n; i++)
		look_at_script(f, &from.items[i], &to);
	bk_script_list_clear(&from);
	bk_script_list_clear(&to);
}

/* ---- the table ---- */

static int add_row(struct flight *f, const struct finding *finding,
		   struct bk_err *err)
{
	static const char *const words[] = {
		[FINE] = "ok", [NOTE] = "note", [PROBLEM] = "PROBLEM"};
	bool known = f->limits.bytes != UINT64_MAX;
	char room[BK_UNITS_TEXT] = "";

	if (known && finding->level == FINE)
		(void)bk_units_size(room, f->limits.bytes);
	const struct bk_cell cells[] = {
		bk_cell_text(f->task->account->from),
		bk_cell_text(finding->end),
		bk_cell_text(words[finding->level]),
		bk_cell_n(finding->level == FINE ? f->messages : 0),
		bk_cell_n(finding->level == FINE ? f->bytes : 0),
		bk_cell_text(*room ? room : NULL),
		bk_cell_text(finding->what),
	};

	return bk_listing_row(f->task->move->listing, cells, err);
}

static int tell(struct flight *f, struct bk_err *err)
{
	struct bk_move *move = f->task->move;
	const struct finding fine = {FINE, "both", NULL};
	int rc = 0;

	(void)pthread_mutex_lock(&move->lock);
	if (f->why.kind == BK_OK)
		rc = add_row(f, &fine, err);
	for (size_t i = 0; rc == 0 && i < f->n; i++)
		rc = add_row(f, &f->findings[i], err);
	move->lacks_scripts |= f->lacks_scripts;
	if (f->why.kind != BK_OK && !move->failed++) {
		move->why = f->why;
		move->place = f->place;
		move->why_account = f->task->account->from;
	}
	if (f->task->pair)
		f->task->pair->bytes += f->bytes;
	/* Of several disks it is the fullest. */
	if (f->task->pair && f->limits.shared &&
	    f->limits.bytes < f->task->pair->free)
		f->task->pair->free = f->limits.bytes;
	(void)pthread_mutex_unlock(&move->lock);
	return rc;
}

static const char *end_of(enum bk_place place)
{
	return place == BK_PLACE_SOURCE        ? "source"
	       : place == BK_PLACE_DESTINATION ? "destination"
					       : "both";
}

/* Both ends are asked, whatever one of them says. */
static void look(struct flight *f, struct bk_err *err)
{
	struct bk_err why = {0};

	int rc = bk_move_session_open(&f->session, f->task, false, &why);
	if (rc == 0)
		rc = look_at_source(f, &why);
	if (rc == 0)
		rc = look_at_destination(f, &why);
	if (rc == 0) {
		look_at_scripts(f);
		return;
	}
	if (bk_move_is_end(&why)) {
		*err = why;
		return;
	}
	find(f, PROBLEM, end_of(f->session.place), "%s", why.text);
	problem(f, why.kind, f->session.place);
}

static int preflight_account(struct bk_move_task *task, struct bk_err *err)
{
	struct flight f = {.task = task};
	struct bk_err why = {0};

	f.limits.bytes = UINT64_MAX;
	if (task->pair) {
		look(&f, &why);
	} else {
		f.place = bk_move_place_of(task->unplaced);
		find(&f, PROBLEM, end_of(f.place), "%s", task->unplaced->text);
		problem(&f, task->unplaced->kind, f.place);
	}
	int rc = why.kind == BK_OK ? tell(&f, err) : -1;
	if (why.kind != BK_OK)
		*err = why;
	bk_folder_list_clear(&f.from);
	bk_folder_list_clear(&f.to);
	bk_move_session_close(&f.session);
	free(f.findings);
	return rc;
}

/* One disk has to take them all. */
static int check_disk(struct bk_move *move, const struct bk_move_pair *pair,
		      struct bk_err *err)
{
	char has[BK_UNITS_TEXT], room[BK_UNITS_TEXT];

	if (pair->free >= pair->bytes)
		return 0;
	move->outcome->place = BK_PLACE_DESTINATION;
	return bk_fail(err, BK_FULL,
		       "%s lacks room for all of them: %s of mail, and %s are "
		       "free. No mailbox touched.",
		       pair->to->end->name, bk_units_size(has, pair->bytes),
		       bk_units_size(room, pair->free));
}

int bk_move_preflight(struct bk_move *move, struct bk_err *err)
{
	static const struct bk_field fields[] = {
		{"ACCOUNT",  "account",  BK_FIELD_NAME },
		{"END",      "end",      BK_FIELD_TEXT },
		{"RESULT",   "result",   BK_FIELD_TEXT },
		{"MESSAGES", "messages", BK_FIELD_COUNT},
		{"SIZE",     "bytes",    BK_FIELD_SIZE },
		{"ROOM",     "room",     BK_FIELD_TEXT },
		{"WHAT",     "what",     BK_FIELD_TEXT },
	};

	move->listing =
		bk_listing_new(&move->request->style, "preflight", fields,
			       sizeof(fields) / sizeof(*fields));
	int rc = bk_move_each(move, preflight_account, err);
	if (rc == 0)
		rc = bk_listing_finish(move->listing, err);
	else
		bk_listing_free(move->listing);
	move->listing = NULL;
	for (size_t i = 0; rc == 0 && i < move->n_pairs; i++)
		rc = check_disk(move, &move->pairs[i], err);
	return rc < 0 ? -1 : bk_move_place_print(move, err);
}
