/* What is damaged, read again: see check_regain.h. */

#include "job/check_regain.h"

#include <stdlib.h>
#include <string.h>

#include "job/check_cure.h"
#include "job/regain_store.h"
#include "job/server_store.h"
#include "sync/progress.h"

/* ---- stores ---- */

/* What is looked for there cannot be found; `why` lives as long as the regain.
 */
static void note_unread(struct bk_regain *regain, const char *name,
			const char *why)
{
	for (size_t i = 0; i < regain->n_messages; i++) {
		struct bk_regain_message *msg = &regain->messages[i];
		if (msg->fate != BK_REGAIN_ABSENT ||
		    (name && strcmp(msg->store, name) != 0))
			continue;
		msg->fate = BK_REGAIN_UNREAD;
		msg->where = why;
	}
}

static int read_store(struct bk_regain *regain,
		      struct bk_store_settings *settings, const char *name,
		      struct bk_err *err)
{
	struct bk_server_store server = {0};
	struct bk_store *store = NULL;
	char *where = bk_asprintf("store %s", settings->config.name);

	int rc = bk_server_store_open(&server, settings, err);
	if (rc == 0)
		rc = bk_store_open(&store, &settings->config, err);
	if (rc == 0)
		rc = bk_regain_from_store(
			regain, store, name,
			bk_arena_strdup(&regain->arena, where), err);
	bk_store_close(store);
	bk_server_store_close(&server);
	free(where);
	return rc;
}

/* `word` is how the settings know it; `name` whose sets' messages are looked
 * for there, NULL: all. */
static int try_store(const struct bk_check_request *request,
		     struct bk_progress *progress, struct bk_regain *regain,
		     const char *word, const char *name, struct bk_err *err)
{
	struct bk_store_settings settings = {0};
	struct bk_err why = {0};
	int rc = bk_settings_store(request->words->settings, word, &settings,
				   &why);

	if (rc == 0)
		rc = read_store(regain, &settings, name, &why);
	if (rc == 0)
		return 0;
	if (why.kind == BK_CANCELLED || why.kind == BK_STARVED) {
		*err = why;
		return -1;
	}
	char *text = bk_asprintf("store %s cannot be read: %s", word, why.text);
	bk_progress_warning(progress, text);
	note_unread(regain, name, bk_arena_strdup(&regain->arena, text));
	free(text);
	return 0;
}

/* Each store once that a message is of which lacks. */
static int try_stores(const struct bk_check_request *request,
		      struct bk_progress *progress, struct bk_regain *regain,
		      struct bk_err *err)
{
	struct bk_names tried = {0};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < regain->n_messages; i++) {
		const struct bk_regain_message *msg = &regain->messages[i];
		bool known = !bk_regain_lacks(regain, msg);
		for (size_t k = 0; k < tried.n && !known; k++)
			known = strcmp(tried.items[k], msg->store) == 0;
		if (known)
			continue;
		bk_names_add(&tried, msg->store);
		rc = try_store(request, progress, regain, msg->store,
			       msg->store, err);
	}
	bk_names_clear(&tried);
	return rc;
}

int bk_check_regain(const struct bk_check_request *request,
		    struct bk_progress *progress, const struct bk_repo *view,
		    const struct bk_names *blobs, struct bk_regain *out,
		    struct bk_err *err)
{
	if (bk_regain_open(out, view, blobs, err) < 0 ||
	    bk_regain_from_sets(out, err) < 0)
		return -1;
	int rc = 0;
	if (request->words && bk_regain_lacks_any(out))
		rc = request->store ? try_store(request, progress, out,
						request->store, NULL, err)
				    : try_stores(request, progress, out, err);
	return rc < 0 ? -1 : bk_regain_finish(out, err);
}

/* ---- what came of it ---- */

void bk_check_regain_mended(struct bk_regain *regain, const char *blob)
{
	char name[BK_NAME_MAX];

	for (size_t i = 0; i < regain->n_packs; i++)
		if (strcmp(bk_table_row_name(name, &regain->packs[i].row),
			   blob) == 0)
			regain->packs[i].mended = true;
}

static bool is_mended(const struct bk_regain *regain,
		      const struct bk_regain_message *msg)
{
	for (size_t i = 0; i < msg->n_wants; i++)
		if (!regain->packs[msg->wants[i].pack].mended)
			return false;
	return true;
}

static int by_place(const void *a, const void *b)
{
	const struct bk_regain_message *x = a, *y = b;
	int order =
		memcmp(x->set->levels[0].id, y->set->levels[0].id, BK_ID_LEN);

	if (!order)
		order = strcmp(x->address, y->address);
	if (!order)
		order = strcmp(x->folder, y->folder);
	if (!order)
		order = (x->uid > y->uid) - (x->uid < y->uid);
	return order ? order : strcmp(x->name, y->name);
}

static char *text_of(const struct bk_regain_message *msg)
{
	switch (msg->fate) {
	case BK_REGAIN_FOUND:
		return bk_asprintf(
			"is in %s as it was, but other mail of "
			"its block is nowhere",
			msg->where);
	case BK_REGAIN_CHANGED:
		return bk_asprintf(
			"is damaged, and store %s has something "
			"else under its name",
			msg->store);
	case BK_REGAIN_UNREAD:
		return bk_asprintf("is damaged, and %s", msg->where);
	case BK_REGAIN_ABSENT:
		break;
	}
	return bk_asprintf("is damaged, and no longer in store %s", msg->store);
}

static void tell(const struct bk_check_request *request,
		 struct bk_progress *progress,
		 const struct bk_regain_message *msg)
{
	const struct bk_set_level *level = &msg->set->levels[0];
	bool found = msg->fate == BK_REGAIN_FOUND;
	char name[BK_SET_NAME];
	char *text = text_of(msg), *next = NULL;
	char *outcome = bk_asprintf(
		"cannot be restored from set %s; %s",
		bk_set_name(name, level->id, level->root.kind),
		found ? "a new full set has it"
		      : "keep the set: a copy of it may still turn up");

	if (found && request->words)
		next = bk_check_cure_full(request->words, msg->store);
	bk_progress_item_error(progress, &(struct bk_item_error){
						 .kind = BK_CORRUPT,
						 .account = msg->address,
						 .folder = msg->folder,
						 .uid = msg->uid,
						 .name = msg->name,
						 .text = text,
						 .outcome = outcome,
						 .next = next,
					 });
	free(next);
	free(outcome);
	free(text);
}

void bk_check_regain_tell(const struct bk_check_request *request,
			  struct bk_progress *progress,
			  struct bk_regain *regain)
{
	if (regain->n_messages)
		qsort(regain->messages, regain->n_messages,
		      sizeof(*regain->messages), by_place);
	for (size_t i = 0; i < regain->n_messages; i++)
		if (!is_mended(regain, &regain->messages[i]))
			tell(request, progress, &regain->messages[i]);
}
