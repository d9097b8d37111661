/* What goes, and saying so: see prune.h. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fault.h"
#include "crypto/random.h"
#include "repo/prune_parts.h"
#include "repo/signed_file.h"

struct choosing {
	const struct bk_prune_view *view;
	const bool *goes;
	struct bk_live live; /* packs of all that stays */
	struct bk_trash list;
	struct bk_prune_tally *tally;
};

/* ---- who owns a file below data/ ---- */

enum owner {
	OWNER_STAYS,
	OWNER_GOES,
	OWNER_AT_WORK,   /* a set under way */
	OWNER_CONDEMNED, /* by another list: that one's business */
	OWNER_DELETED,   /* by a prune; this was left */
	OWNER_UNKNOWN,   /* a set that never became visible */
};

static const struct bk_tombstone *in_lists(const struct choosing *c,
					   enum bk_trash_step step,
					   const uint8_t set[BK_ID_LEN])
{
	const struct bk_tombstone *found = NULL;

	for (size_t i = 0; !found && i < c->view->trash.n; i++) {
		const struct bk_trash *list = &c->view->trash.lists[i];
		if (list->step == step)
			found = bk_trash_find(list, set);
	}
	return found;
}

static bool is_at_work(const struct choosing *c, const uint8_t set[BK_ID_LEN])
{
	for (size_t i = 0; i < c->view->writers.n; i++) {
		const struct bk_writer *writer = &c->view->writers.items[i];
		if (memcmp(writer->set, set, BK_ID_LEN) == 0 &&
		    !bk_writer_is_dead(writer, c->view->now_ms))
			return true;
	}
	return false;
}

static enum owner owner_of(const struct choosing *c,
			   const uint8_t set[BK_ID_LEN])
{
	size_t i = bk_prune_find(c->view, set);

	if (i != BK_PRUNE_NONE)
		return c->goes[i] ? OWNER_GOES : OWNER_STAYS;
	if (in_lists(c, BK_TRASH_LIST, set))
		return OWNER_CONDEMNED;
	if (is_at_work(c, set))
		return OWNER_AT_WORK;
	if (in_lists(c, BK_TRASH_DONE, set))
		return OWNER_DELETED;
	return OWNER_UNKNOWN;
}

/* ---- which packs are needed ---- */

static void find_live(struct choosing *c)
{
	const struct bk_live *hidden = &c->view->live;

	c->live.unknown_ms = hidden->unknown_ms;
	for (size_t i = 0; i < hidden->packs.n; i++)
		bk_pack_ids_add(&c->live.packs, hidden->packs.items[i].owner,
				hidden->packs.items[i].ordinal);
	for (size_t i = 0; i < c->view->infos.n; i++) {
		const struct bk_prune_set *set = &c->view->sets[i];
		int64_t ms = bk_setid_ms(set->info->id);
		if (c->goes[i])
			continue;
		bk_live_add_table(&c->live, &set->table);
		if (!set->packs_known && ms > c->live.unknown_ms)
			c->live.unknown_ms = ms;
	}
	bk_live_sort(&c->live);
}

/* ---- choosing ---- */

static void count(struct choosing *c, const struct bk_blob *blob, bool pack)
{
	if (pack)
		c->tally->packs++;
	c->tally->files++;
	c->tally->bytes += blob->size;
}

static bool is_old(const struct choosing *c, const struct bk_blob *blob,
		   const uint8_t set[BK_ID_LEN])
{
	int64_t since = c->view->now_ms - BK_PRUNE_ORPHAN_MS;

	/* Where times are not known, it may be being shipped just now. */
	return bk_setid_ms(set) < since && blob->mtime &&
	       blob->mtime * 1000 < since;
}

/* A file of a set.  What goes with its set by itself is only counted. */
static void choose_data(struct choosing *c, const struct bk_blob *blob,
			const struct bk_name *name)
{
	bool pack = name->kind == BK_NAME_PACK;
	enum owner owner = owner_of(c, name->id);
	bool goes = owner == OWNER_GOES || owner == OWNER_DELETED ||
		    (owner == OWNER_UNKNOWN && is_old(c, blob, name->id));

	if (!goes ||
	    (pack && bk_live_has_pack(&c->live, name->id, name->ordinal)))
		return;
	count(c, blob, pack);
	if (pack)
		bk_pack_ids_add(&c->list.packs, name->id, name->ordinal);
	else if (owner != OWNER_GOES)
		bk_trash_add_object(&c->list, blob->name);
}

static void choose_intent(struct choosing *c, const struct bk_blob *blob,
			  const struct bk_name *name)
{
	if (!is_old(c, blob, name->id) || is_at_work(c, name->id))
		return;
	count(c, blob, false);
	bk_trash_add_object(&c->list, blob->name);
}

static void choose_blob(struct choosing *c, const struct bk_blob *blob)
{
	struct bk_name name;

	switch (bk_name_parse(blob->name, &name)) {
	case BK_NAME_PACK:
	case BK_NAME_INDEX:
	case BK_NAME_MANIFEST:
	case BK_NAME_TABLE:
	case BK_NAME_ENVELOPES:
	case BK_NAME_BUNDLE:
		choose_data(c, blob, &name);
		break;
	case BK_NAME_ROOT:
		if (owner_of(c, name.id) == OWNER_GOES)
			count(c, blob, false);
		break;
	case BK_NAME_INTENT:
		choose_intent(c, blob, &name);
		break;
	case BK_NAME_OTHER:
	case BK_NAME_MARKER:
	case BK_NAME_SLOT:
	case BK_NAME_TRASH_LIST:
	case BK_NAME_TRASH_GO:
	case BK_NAME_TRASH_DONE:
	case BK_NAME_HOLD:
		break;
	}
}

static void choose_set(struct choosing *c, const struct bk_set_info *info)
{
	struct bk_tombstone *stone = bk_trash_add_set(&c->list);

	memcpy(stone->set, info->id, BK_ID_LEN);
	if (!info->broken) {
		memcpy(stone->host, info->root.host, BK_ID_LEN);
		stone->sequence = info->root.sequence;
		memcpy(stone->sha256, info->root_sha256, BK_SHA256_LEN);
		memcpy(stone->previous_sha256, info->root.previous_sha256,
		       BK_SHA256_LEN);
	}
	c->tally->sets++;
}

static void choose(struct choosing *c)
{
	find_live(c);
	for (size_t i = 0; i < c->view->infos.n; i++)
		if (c->goes[i])
			choose_set(c, &c->view->infos.items[i]);
	for (size_t i = 0; i < c->view->data.n; i++)
		choose_blob(c, &c->view->data.items[i]);
	bk_pack_ids_sort(&c->list.packs);
}

static void choosing_clear(struct choosing *c)
{
	bk_live_clear(&c->live);
	bk_trash_clear(&c->list);
}

/* What the caller chose must hold together. */
static int check_choice(const struct bk_prune_view *view, const bool *goes,
			struct bk_err *err)
{
	char its[BK_SET_NAME], mine[BK_SET_NAME];

	for (size_t i = 0; i < view->infos.n; i++) {
		const struct bk_prune_set *set = &view->sets[i];
		(void)bk_set_name(mine, set->info->id, set->info->root.kind);
		if (goes[i] && (set->hold || set->needed))
			return bk_fail(err, BK_MISUSE, "set %s is held", mine);
		if (goes[i] || set->base == BK_PRUNE_NONE || !goes[set->base])
			continue;
		return bk_fail(err, BK_MISUSE, "set %s goes, and %s needs it",
			       bk_set_name(its, set->info->root.base, 0), mine);
	}
	return 0;
}

void bk_prune_preview(const struct bk_prune_view *view, const bool *goes,
		      struct bk_prune_tally *tally)
{
	struct choosing c = {.view = view, .goes = goes, .tally = tally};

	*tally = (struct bk_prune_tally){0};
	choose(&c);
	choosing_clear(&c);
}

/* ---- saying so ---- */

int bk_prune_put(const struct bk_repo *repo, const uint8_t id[BK_ID_LEN],
		 struct bk_trash *trash, uint8_t sha256[BK_SHA256_LEN],
		 struct bk_err *err)
{
	static const enum bk_name_kind kinds[] = {
		[BK_TRASH_LIST] = BK_NAME_TRASH_LIST,
		[BK_TRASH_GO] = BK_NAME_TRASH_GO,
		[BK_TRASH_DONE] = BK_NAME_TRASH_DONE,
	};
	struct bk_file_id file = {.type = BK_FILE_TRASH,
				  .ordinal = (uint32_t)trash->step};
	struct bk_name name = {.kind = kinds[trash->step]};
	struct bk_buf records = {0};
	struct bk_file_sum sum = {0};
	char text[BK_NAME_MAX];

	memcpy(file.set, id, sizeof(file.set));
	memcpy(name.id, id, sizeof(name.id));
	bk_trash_encode(trash, &records);
	int rc = bk_signed_file_write(repo, bk_name_format(text, &name), &file,
				      &records, &sum, err);
	bk_buf_clear(&records);
	if (sha256)
		memcpy(sha256, sum.sha256, BK_SHA256_LEN);
	return rc;
}

static bool touches(const struct bk_trash *list, const struct bk_writer *writer)
{
	const struct bk_intent *intent = &writer->intent;
	struct bk_name name;

	if (bk_trash_find(list, intent->base))
		return true;
	for (size_t i = 0; i < intent->packs.n; i++)
		if (bk_pack_ids_has(&list->packs, intent->packs.items[i].owner,
				    intent->packs.items[i].ordinal))
			return true;
	for (size_t i = 0; i < list->packs.n; i++)
		if (memcmp(list->packs.items[i].owner, writer->set,
			   BK_ID_LEN) == 0)
			return true;
	for (size_t i = 0; i < list->n_objects; i++)
		if (bk_name_parse(list->objects[i], &name) != BK_NAME_OTHER &&
		    memcmp(name.id, writer->set, BK_ID_LEN) == 0)
			return true;
	return false;
}

/* Somebody who is at work on, or with, what was condemned; *who is "" when
 * there is nobody. */
static int ask_writers(const struct bk_repo *repo, const struct bk_trash *list,
		       int64_t now_ms, char who[96], struct bk_err *err)
{
	struct bk_writers writers = {0};

	int rc = bk_writers_read(repo, &writers, err);
	for (size_t i = 0; rc == 0 && i < writers.n; i++) {
		const struct bk_writer *writer = &writers.items[i];
		if (bk_writer_is_dead(writer, now_ms) || !touches(list, writer))
			continue;
		const char *text = writer->intent.who;
		(void)snprintf(who, 96, "%s", text && *text ? text : "unknown");
		break;
	}
	bk_writers_clear(&writers);
	return rc;
}

/* The list is dropped: a .done that lists nothing. */
static int drop(const struct bk_repo *repo, const uint8_t id[BK_ID_LEN],
		const uint8_t sha256[BK_SHA256_LEN], struct bk_err *err)
{
	struct bk_trash done = {.step = BK_TRASH_DONE,
				.written_ms = bk_clock_now_ms(),
				.why = "a run under way needs what it names"};

	memcpy(done.list_sha256, sha256, BK_SHA256_LEN);
	return bk_prune_put(repo, id, &done, NULL, err);
}

static int publish(struct choosing *c, const struct bk_repo *repo,
		   const struct bk_prune_terms *terms, struct bk_err *err)
{
	uint8_t id[BK_ID_LEN], random[BK_ID_RANDOM_LEN], sha256[BK_SHA256_LEN];

	bk_random_bytes(random, sizeof(random));
	bk_setid_make(id, terms->now_ms, random);
	c->list.step = BK_TRASH_LIST;
	c->list.written_ms = terms->now_ms;
	c->list.grace_ms = terms->now_ms + terms->grace_ms;
	c->list.why = terms->why;
	bk_fault("prune: before the list is put");
	if (bk_prune_put(repo, id, &c->list, sha256, err) < 0)
		return -1;
	bk_fault("prune: after the list was put");
	/* From here on the list counts, whatever becomes of us. */
	if (ask_writers(repo, &c->list, terms->now_ms, c->tally->writer, err) <
	    0)
		return -1;
	return *c->tally->writer ? drop(repo, id, sha256, err) : 0;
}

int bk_prune_condemn(const struct bk_repo *repo,
		     const struct bk_prune_view *view, const bool *goes,
		     const struct bk_prune_terms *terms,
		     struct bk_prune_tally *tally, struct bk_err *err)
{
	struct choosing c = {.view = view, .goes = goes, .tally = tally};
	int rc = 0;

	*tally = (struct bk_prune_tally){0};
	if (check_choice(view, goes, err) < 0)
		return -1;
	choose(&c);
	if (tally->sets || tally->files)
		rc = publish(&c, repo, terms, err);
	if (*tally->writer)
		tally->sets = tally->packs = tally->files = tally->bytes = 0;
	choosing_clear(&c);
	return rc < 0 ? bk_context(err, "%s: condemning", repo->target->where)
		      : 0;
}
