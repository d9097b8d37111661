/* The list of sets: see list_sets.h. */

#include "job/list_sets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "job/backup_state.h"
#include "repo/condemned.h"
#include "repo/presence.h"

#define COMPLETE "complete"
#define BRIEF_ID 16 /* digits of an identifier that tell sets apart */

enum field {
	F_SET,
	F_LABEL,
	F_TIME,
	F_END,
	F_KIND,
	F_BASE_WORD,
	F_BASE,
	F_STORE,
	F_HOST,
	F_HOST_ID,
	F_MESSAGES,
	F_BYTES,
	F_STORED,
	F_NEW,
	F_GONE,
	F_ERRORS,
	F_COMPLETE,
	F_STATE,
	F_ID,
	N_FIELDS,
};

/* clang-format off */
static const struct bk_field fields[N_FIELDS] = {
	[F_SET]       = {NULL,       "set",      BK_FIELD_NAME},
	[F_LABEL]     = {"SET",      "label",    BK_FIELD_TEXT},
	[F_TIME]      = {"TIME",     "time",     BK_FIELD_TIME},
	[F_END]       = {NULL,       "end",      BK_FIELD_TIME},
	[F_KIND]      = {"KIND",     "kind",     BK_FIELD_TEXT},
	[F_BASE_WORD] = {"BASE",     NULL,       BK_FIELD_TEXT},
	[F_BASE]      = {NULL,       "base",     BK_FIELD_TEXT},
	[F_STORE]     = {"STORE",    "store",    BK_FIELD_TEXT},
	[F_HOST]      = {"HOST",     "host",     BK_FIELD_TEXT},
	[F_HOST_ID]   = {NULL,       "host_id",  BK_FIELD_TEXT},
	[F_MESSAGES]  = {"MESSAGES", "messages", BK_FIELD_COUNT},
	[F_BYTES]     = {"MAIL",     "bytes",    BK_FIELD_SIZE},
	[F_STORED]    = {"STORED",   "stored",   BK_FIELD_SIZE},
	[F_NEW]       = {NULL,       "new",      BK_FIELD_COUNT},
	[F_GONE]      = {NULL,       "gone",     BK_FIELD_COUNT},
	[F_ERRORS]    = {NULL,       "errors",   BK_FIELD_COUNT},
	[F_COMPLETE]  = {NULL,       "complete", BK_FIELD_YES},
	[F_STATE]     = {"STATE",    "state",    BK_FIELD_TEXT},
	[F_ID]        = {"ID",       NULL,       BK_FIELD_TEXT},
};
/* clang-format on */

/* What is to be said of each set, by its place in the list: why it cannot be
 * restored, or NULL. */
struct states {
	const struct bk_set_info_list *sets;
	struct bk_blob_list data;
	char **missing;
};

/* The list is sorted, but a base may have been made by a wrong clock. */
static const char *why_base_fails(const struct states *states,
				  const struct bk_set_info *info,
				  struct bk_buf *text)
{
	char name[BK_SET_NAME];

	if (info->root.kind == BK_SET_FULL)
		return NULL;
	for (size_t i = 0; i < states->sets->n; i++) {
		const struct bk_set_info *base = &states->sets->items[i];
		if (memcmp(base->id, info->root.base, BK_ID_LEN) != 0)
			continue;
		return base->broken ? base->broken : states->missing[i];
	}
	bk_buf_printf(text, "needs %s, which is not here",
		      bk_set_name(name, info->root.base, 0));
	return bk_buf_text(text);
}

/* Bases are older, and so have been looked at before. */
static char *state_of(const struct bk_repo *repo, const struct states *states,
		      const struct bk_set_info *info)
{
	struct bk_buf text = {0};
	struct bk_err why = {0};
	char *state = NULL;

	if (info->broken)
		return bk_strdup(info->broken);
	if (bk_presence_info(&states->data, repo, info, &why) < 0) {
		state = bk_strdup(why.text);
	} else {
		const char *base = why_base_fails(states, info, &text);
		if (base)
			state = bk_strdup(base);
	}
	bk_buf_clear(&text);
	return state;
}

static int read_states(const struct bk_repo *repo,
		       const struct bk_set_info_list *sets,
		       struct states *states, struct bk_err *err)
{
	if (bk_target_list(repo->target, "data", &states->data, err) < 0)
		return -1;
	for (size_t i = 0; i < sets->n; i++)
		states->missing[i] = state_of(repo, states, &sets->items[i]);
	return 0;
}

/* "complete", "3 items missing", or what is wrong. */
static const char *word_for(const struct bk_set_info *info, const char *missing,
			    struct bk_buf *text)
{
	if (missing) {
		bk_buf_printf(text, "DAMAGED: %s", missing);
		return bk_buf_text(text);
	}
	if (!info->root.incomplete)
		return COMPLETE;
	bk_buf_printf(text, "%ju errors", (uintmax_t)info->root.totals.errors);
	return bk_buf_text(text);
}

/* A set whose root does not open says no more than its time. */
static int add_broken(struct bk_listing *to,
		      const struct bk_set_info_list *sets,
		      const struct bk_set_info *info, const char *state,
		      struct bk_err *err)
{
	char id[BK_ID_TEXT], word[BK_SET_LABEL];
	struct bk_cell cells[N_FIELDS] = {{0}};

	cells[F_SET] = bk_cell_text(bk_id_hex(id, info->id));
	cells[F_LABEL] = bk_cell_text(bk_set_word(word, sets, info));
	cells[F_TIME] = cells[F_END] =
		bk_cell_time(bk_setid_ms(info->id) / 1000);
	cells[F_STATE] = bk_cell_text(state);
	cells[F_ID] = bk_cell_text(id);
	return bk_listing_row(to, cells, err);
}

/* The word for the base; its identifier, if it is not here. */
static const char *base_word(char out[BK_SET_LABEL],
			     const struct bk_set_info_list *sets,
			     const uint8_t base[BK_ID_LEN])
{
	char hex[BK_ID_TEXT];

	for (size_t i = 0; i < sets->n; i++)
		if (memcmp(sets->items[i].id, base, BK_ID_LEN) == 0)
			return bk_set_word(out, sets, &sets->items[i]);
	(void)snprintf(out, BK_SET_LABEL, "%.*s", BRIEF_ID,
		       bk_id_hex(hex, base));
	return out;
}

static int add_set(struct bk_listing *to, const struct bk_set_info_list *sets,
		   const struct bk_set_info *info, const char *state,
		   struct bk_err *err)
{
	const struct bk_root *root = &info->root;
	const struct bk_root_totals *totals = &root->totals;
	bool based = root->kind != BK_SET_FULL;
	bool complete = strcmp(state, COMPLETE) == 0;
	char id[BK_ID_TEXT], base[BK_ID_TEXT], based_on[BK_SET_LABEL];
	char label[BK_SET_LABEL], host[BK_ID_TEXT], host_id[BK_ID_TEXT];
	char brief[BK_ID_TEXT];

	bk_id_hex(base, root->base);
	memcpy(brief, bk_id_hex(id, info->id), sizeof(brief));
	brief[BRIEF_ID] = 0;
	const struct bk_cell cells[N_FIELDS] = {
		[F_SET] = bk_cell_text(id),
		[F_LABEL] = bk_cell_text(bk_set_word(label, sets, info)),
		[F_TIME] = bk_cell_time(bk_setid_ms(info->id) / 1000),
		[F_END] = bk_cell_time(root->end_ms / 1000),
		[F_KIND] = bk_cell_text(bk_set_kind_name(root->kind)),
		[F_BASE_WORD] = bk_cell_text(
			based ? base_word(based_on, sets, root->base) : NULL),
		[F_BASE] = bk_cell_text(based ? base : NULL),
		[F_STORE] = bk_cell_text(root->store_name),
		[F_HOST] = bk_cell_text(bk_set_host(host, root)),
		[F_HOST_ID] = bk_cell_text(bk_id_hex(host_id, root->host)),
		[F_MESSAGES] = bk_cell_n(totals->messages),
		[F_BYTES] = bk_cell_n(totals->bytes),
		[F_STORED] = bk_cell_n(totals->stored),
		[F_NEW] = bk_cell_n(totals->added),
		[F_GONE] = bk_cell_n(totals->gone),
		[F_ERRORS] = bk_cell_n(totals->errors),
		[F_COMPLETE] = bk_cell_n(complete),
		[F_STATE] = bk_cell_text(state),
		[F_ID] = bk_cell_text(brief),
	};
	return bk_listing_row(to, cells, err);
}

static int print_set(struct bk_listing *to, const struct bk_set_info_list *sets,
		     const struct bk_set_info *info, const char *missing,
		     struct bk_err *err)
{
	struct bk_buf text = {0};
	const char *state = word_for(info, missing, &text);

	int rc = info->broken ? add_broken(to, sets, info, state, err)
			      : add_set(to, sets, info, state, err);
	bk_buf_clear(&text);
	return rc;
}

static int none_taken(const struct bk_choice *choice, struct bk_err *err)
{
	if (choice->host && choice->store)
		return bk_fail(err, BK_GONE,
			       "no set of store '%s' on host '%s'; bk list "
			       "shows what there is",
			       choice->store, choice->host);
	return bk_fail(err, BK_GONE,
		       "no set of %s '%s'; bk list shows what there is",
		       choice->host ? "host" : "store",
		       choice->host ? choice->host : choice->store);
}

/* Shown sets that cannot be restored, as far as was looked at. */
static bool is_damaged(const struct bk_set_info *info, const char *missing)
{
	return missing || info->broken;
}

static int print_sets(const struct bk_list_request *request,
		      const struct bk_set_info_list *sets,
		      const struct states *states, struct bk_outcome *outcome,
		      struct bk_err *err)
{
	struct bk_listing *to =
		bk_listing_new(&request->style, "set", fields, N_FIELDS);
	size_t shown = 0;
	int rc = 0;

	for (size_t i = 0; i < sets->n && rc == 0; i++) {
		if (!bk_choice_takes(request->choice, &sets->items[i]))
			continue;
		rc = print_set(to, sets, &sets->items[i], states->missing[i],
			       err);
		if (is_damaged(&sets->items[i], states->missing[i]))
			outcome->ending = BK_ENDING_DAMAGED;
		shown++;
	}
	if (rc == 0 && sets->n && !shown)
		rc = none_taken(request->choice, err);
	if (rc == 0)
		return bk_listing_finish(to, err);
	bk_listing_free(to);
	return -1;
}

/* A host that made sets here does not take it for a repository without any. */
static int check_emptied(const struct bk_list_request *request,
			 struct bk_err *err)
{
	const struct bk_repo *repo = request->repo;
	struct bk_state_heads heads = {0};
	struct bk_condemned gone = {0};
	char name[BK_SET_NAME];

	if (!request->state_dir)
		return 0;
	bk_backup_state_heads(&heads, request->state_dir, repo->target->where,
			      repo->id);
	int rc = heads.n ? bk_tombstones_read(repo, &gone, err) : 0;
	for (size_t i = 0; rc == 0 && i < heads.n; i++)
		if (!bk_condemned_has_set(&gone, heads.ids[i]))
			rc = bk_fail(err, BK_CORRUPT,
				     "no set is here, but this host completed "
				     "set %s; run: bk check",
				     bk_set_name(name, heads.ids[i], 0));
	bk_condemned_clear(&gone);
	bk_state_heads_clear(&heads);
	return rc;
}

int bk_list_sets(const struct bk_list_request *request,
		 struct bk_outcome *outcome, struct bk_err *err)
{
	struct bk_set_info_list sets = {0};
	struct states states = {.sets = &sets};

	outcome->place = BK_PLACE_REPO;
	int rc = bk_sets_list(request->repo, &sets, err);
	states.missing = bk_alloc((sets.n + 1) * sizeof(*states.missing));
	if (rc == 0 && !sets.n)
		rc = check_emptied(request, err);
	if (rc == 0 && (request->style.json || !request->style.quiet))
		rc = read_states(request->repo, &sets, &states, err);
	if (rc == 0) {
		outcome->place = BK_PLACE_SET;
		rc = print_sets(request, &sets, &states, outcome, err);
	}
	for (size_t i = 0; i < sets.n; i++)
		free(states.missing[i]);
	free(states.missing);
	bk_blob_list_clear(&states.data);
	bk_set_info_list_clear(&sets);
	return rc;
}
