/* What a new set stands on: see backup_base.h. */

#include "job/backup_base.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/random.h"
#include "job/job_due.h"
#include "job/server.h"
#include "repo/presence.h"

#define INCREMENTALS_MAX (BK_CHAIN_MAX - 1)
#define DAY_MS           ((int64_t)24 * 3600 * 1000)
#define SETID_END        ((int64_t)1 << 48)

static bool is_ours(const struct bk_set_info *info,
		    const struct bk_backup_request *request)
{
	return bk_due_is_ours(info, request->repo,
			      request->job->store.config.name);
}

/* The newest of our sets, or of our full ones: by their sequence, for a clock
 * may have gone back. */
static const struct bk_set_info *newest(const struct bk_backup_base *base,
					const struct bk_backup_request *request,
					bool full)
{
	const struct bk_set_info *best = NULL;

	for (size_t i = 0; i < base->sets.n; i++) {
		const struct bk_set_info *info = &base->sets.items[i];
		if (is_ours(info, request) &&
		    (!full || info->root.kind == BK_SET_FULL) &&
		    (!best || info->root.sequence >= best->root.sequence))
			best = info;
	}
	return best;
}

/* Continues the chain of this host's sets. */
static void continue_host(struct bk_backup_base *base,
			  const struct bk_backup_request *request)
{
	base->sequence = 1;
	for (size_t i = 0; i < base->sets.n; i++) {
		const struct bk_set_info *info = &base->sets.items[i];
		if (info->broken ||
		    memcmp(info->root.host, request->repo->host, BK_ID_LEN) !=
			    0 ||
		    info->root.sequence < base->sequence)
			continue;
		base->sequence = info->root.sequence + 1;
		memcpy(base->last, info->id, BK_ID_LEN);
		memcpy(base->last_sha256, info->root_sha256,
		       sizeof(base->last_sha256));
	}
}

/* May the run go on without a set that does not open for this reason?  What is
 * not there, or damaged, will not come back.  What merely cannot be read now is
 * as good as ever: a full set for that would be large and a surprise, so that
 * only who asked for one gets it, where trying again would change nothing. */
static bool can_do_without(const struct bk_backup_request *request,
			   enum bk_kind kind)
{
	if (kind == BK_GONE || kind == BK_CORRUPT)
		return true;
	return request->wish == BK_BACKUP_FULL &&
	       (kind == BK_DENIED || kind == BK_FAILED || kind == BK_NEWER);
}

static int open_set(const struct bk_backup_request *request,
		    const struct bk_set_info *info, struct bk_set **out,
		    struct bk_err *err)
{
	struct bk_blob_list data = {0};
	struct bk_set *set = NULL;

	int rc = bk_set_open(&set, request->repo, info->id, err);
	if (rc == 0)
		rc = bk_target_list(request->repo->target, "data", &data, err);
	if (rc == 0)
		rc = bk_presence_set(&data, set, err);
	if (rc == 0)
		rc = bk_presence_sums(set, err);
	bk_blob_list_clear(&data);
	if (rc == 0)
		*out = set;
	else
		bk_set_close(set);
	return rc;
}

/* A set that is damaged or not complete is no base: *out stays NULL, and the
 * warning says why. */
static int open_whole(const struct bk_backup_request *request,
		      const struct bk_set_info *info,
		      struct bk_progress *progress, struct bk_set **out,
		      struct bk_err *err)
{
	struct bk_err why = {0};
	char name[BK_SET_NAME];

	if (open_set(request, info, out, &why) == 0)
		return 0;
	if (!can_do_without(request, why.kind)) {
		*err = why;
		return bk_context(err, "cannot read set %s to stand on",
				  bk_set_name(name, info->id, info->root.kind));
	}
	char *text = bk_asprintf(
		"cannot stand on an earlier set: %s; run: bk "
		"check",
		why.text);
	bk_progress_warning(progress, text);
	free(text);
	return 0;
}

/* Whose is a set whose root does not open?  One that this user or this server
 * does not let us read may well be the one to stand on. */
static int check_roots(const struct bk_backup_base *base,
		       const struct bk_backup_request *request,
		       struct bk_err *err)
{
	for (size_t i = 0; i < base->sets.n; i++) {
		const struct bk_set_info *info = &base->sets.items[i];
		if (info->broken && info->kind == BK_DENIED &&
		    !can_do_without(request, info->kind))
			return bk_fail(err, info->kind, "%s", info->broken);
	}
	return 0;
}

/* There are sets that do not open, and one of them may have been ours. */
static bool warn_broken(const struct bk_backup_base *base,
			struct bk_progress *progress)
{
	const char *why = NULL;

	for (size_t i = 0; i < base->sets.n; i++)
		if (base->sets.items[i].broken)
			why = base->sets.items[i].broken;
	if (!why)
		return false;
	char *text = bk_asprintf(
		"no set of this store that opens: making a "
		"full one; %s; run: bk check",
		why);
	bk_progress_warning(progress, text);
	free(text);
	return true;
}

/* A set of the same mail under another name is nothing to stand on, and who
 * expects a small set ought to know why. */
static void note_new_store(const struct bk_backup_base *base,
			   const struct bk_backup_request *request,
			   struct bk_progress *progress)
{
	const struct bk_store_config *config = &request->job->store.config;
	char *spelt = config->path
			      ? bk_asprintf("%s:%s", config->type, config->path)
			      : bk_strdup(request->job->store.server->where);
	const char *other = NULL;

	for (size_t i = 0; i < base->sets.n; i++) {
		const struct bk_root *root = &base->sets.items[i].root;
		if (!base->sets.items[i].broken &&
		    memcmp(root->host, request->repo->host, BK_ID_LEN) == 0 &&
		    strcmp(root->store_name, spelt) == 0)
			other = root->store_name;
	}
	if (!other && warn_broken(base, progress)) {
		free(spelt);
		return;
	}
	char *note = other ? bk_asprintf(
				     "no set of store '%s' yet: making a full "
				     "one; the sets of the same mail by "
				     "another name are found with --store '%s'",
				     config->name, other)
			   : bk_strdup(
				     "no set of this store yet: making a full "
				     "one");
	bk_progress_note(progress, note);
	free(note);
	free(spelt);
}

static enum bk_set_kind scheduled_kind(const struct bk_backup_base *base,
				       const struct bk_backup_request *request)
{
	int64_t now = bk_clock_now();
	struct bk_due_times times;

	bk_due_look(&times, &base->sets, request->repo,
		    request->job->store.config.name, now);
	return bk_due_full(request->job, &times, now) ? BK_SET_FULL
						      : BK_SET_DIFFERENTIAL;
}

static enum bk_set_kind wished_kind(const struct bk_backup_base *base,
				    const struct bk_backup_request *request)
{
	if (!bk_filter_is_empty(request->only))
		return BK_SET_INCREMENTAL;
	switch (request->wish) {
	case BK_BACKUP_FULL:
		return BK_SET_FULL;
	case BK_BACKUP_DIFFERENTIAL:
		return BK_SET_DIFFERENTIAL;
	case BK_BACKUP_INCREMENTAL:
		return BK_SET_INCREMENTAL;
	case BK_BACKUP_AUTO:
		break;
	}
	return scheduled_kind(base, request);
}

/* Opens what the kind stands on, or settles for a full set. */
static int open_base(struct bk_backup_base *out,
		     const struct bk_backup_request *request,
		     const struct bk_set_info *latest,
		     const struct bk_set_info *full,
		     struct bk_progress *progress, struct bk_err *err)
{
	if (out->kind == BK_SET_INCREMENTAL && out->previous &&
	    out->previous->n_levels > INCREMENTALS_MAX - 1) {
		bk_progress_note(progress,
				 "too many incremental sets in a "
				 "row: making a differential");
		out->kind = BK_SET_DIFFERENTIAL;
	}
	if (out->kind == BK_SET_INCREMENTAL || full == latest)
		out->base = out->previous;
	else if (open_whole(request, full, progress, &out->base, err) < 0)
		return -1;
	if (!out->base)
		out->kind = BK_SET_FULL;
	return 0;
}

int bk_backup_base_choose(struct bk_backup_base *out,
			  const struct bk_backup_request *request,
			  struct bk_progress *progress, struct bk_err *err)
{
	if (bk_sets_list(request->repo, &out->sets, err) < 0 ||
	    check_roots(out, request, err) < 0)
		return -1;
	const struct bk_set_info *latest = newest(out, request, false);
	const struct bk_set_info *full = newest(out, request, true);
	continue_host(out, request);
	out->kind = BK_SET_FULL;
	if (!latest) {
		bk_random_bytes(out->store, sizeof(out->store));
		if (request->wish != BK_BACKUP_FULL)
			note_new_store(out, request, progress);
		return 0;
	}
	memcpy(out->store, latest->root.store, sizeof(out->store));
	memcpy(out->newest, latest->id, sizeof(out->newest));
	out->previous_messages = latest->root.totals.messages;
	if (open_whole(request, latest, progress, &out->previous, err) < 0)
		return -1;
	if (!full) {
		bk_progress_warning(progress,
				    "no full set to stand on: making "
				    "a full one");
		return bk_backup_base_check(out, request, err);
	}
	out->kind = wished_kind(out, request);
	if (out->kind != BK_SET_FULL &&
	    open_base(out, request, latest, full, progress, err) < 0)
		return -1;
	return bk_backup_base_check(out, request, err);
}

int bk_backup_base_check(const struct bk_backup_base *base,
			 const struct bk_backup_request *request,
			 struct bk_err *err)
{
	if (bk_filter_is_empty(request->only) || bk_id_is_zero(base->newest) ||
	    (base->base &&
	     memcmp(base->base->levels[0].id, base->newest, BK_ID_LEN) == 0))
		return 0;
	return bk_fail(err, BK_UNSAFE,
		       "the newest set of this store is not there to stand on, "
		       "and this one would lose the accounts that are not "
		       "chosen. No set written; run it without --account and "
		       "the like");
}

int bk_backup_base_check_clock(int64_t now_ms, struct bk_err *err)
{
	char now[BK_CLOCK_TEXT];

	if (now_ms >= 0 && now_ms < SETID_END)
		return 0;
	return bk_fail(err, BK_FAILED,
		       "this host's clock says %s; set it, then run it again",
		       bk_clock_format(now, now_ms / 1000));
}

void bk_backup_base_notice_clock(const struct bk_backup_base *base,
				 int64_t now_ms, struct bk_progress *progress)
{
	char now[BK_CLOCK_TEXT], then[BK_CLOCK_TEXT];

	if (bk_id_is_zero(base->newest) ||
	    now_ms >= bk_setid_ms(base->newest) - DAY_MS)
		return;
	char *note = bk_asprintf(
		"this host's clock says %s, but the newest set of the store is "
		"of %s: is the clock right?",
		bk_clock_format(now, now_ms / 1000),
		bk_clock_format(then, bk_setid_ms(base->newest) / 1000));
	bk_progress_note(progress, note);
	free(note);
}

void bk_backup_base_drop(struct bk_backup_base *base)
{
	if (base->base != base->previous)
		bk_set_close(base->base);
	base->base = NULL;
	base->kind = BK_SET_FULL;
}

void bk_backup_base_clear(struct bk_backup_base *base)
{
	bk_backup_base_drop(base);
	bk_set_close(base->previous);
	bk_set_info_list_clear(&base->sets);
	*base = (struct bk_backup_base){0};
}

/* ---- looking chunks up in the base ---- */

struct bk_base_lookup {
	const struct bk_set *base;
	struct bk_packer *packer;
	pthread_mutex_t lock;
	struct bk_index **indexes; /* of each level, opened lazily */
	bool opened;
};

struct bk_base_lookup *bk_base_lookup_new(const struct bk_set *base)
{
	struct bk_base_lookup *lookup = bk_alloc(sizeof(*lookup));

	lookup->base = base;
	lookup->indexes = bk_alloc(base->n_levels * sizeof(struct bk_index *));
	(void)pthread_mutex_init(&lookup->lock, NULL);
	return lookup;
}

void bk_base_lookup_bind(struct bk_base_lookup *lookup,
			 struct bk_packer *packer)
{
	lookup->packer = packer;
}

void bk_base_lookup_free(struct bk_base_lookup *lookup)
{
	if (!lookup)
		return;
	for (size_t i = 0; i < lookup->base->n_levels; i++)
		bk_index_close(lookup->indexes[i]);
	free(lookup->indexes);
	(void)pthread_mutex_destroy(&lookup->lock);
	free(lookup);
}

static int open_indexes(struct bk_base_lookup *lookup, struct bk_err *err)
{
	for (size_t i = 0; i < lookup->base->n_levels; i++) {
		const struct bk_set_level *level = &lookup->base->levels[i];
		const struct bk_root_part *part =
			bk_root_part(&level->root, BK_PART_INDEX);
		char name[BK_NAME_MAX];
		if (!part)
			return bk_fail(err, BK_CORRUPT, "root names no index");
		struct bk_file_place place = {
			.name = bk_root_part_name(name, part, level->id),
			.offset = part->offset,
			.file_len = part->file_len,
		};
		if (!lookup->indexes[i] &&
		    bk_index_open(&lookup->indexes[i], lookup->base->repo,
				  &place, level->id, err) < 0)
			return -1;
	}
	lookup->opened = true;
	return 0;
}

int bk_base_lookup_find(void *arg, const uint8_t id[BK_CHUNK_ID_LEN],
			uint64_t *ref, struct bk_err *err)
{
	struct bk_base_lookup *lookup = arg;
	uint64_t place;
	int rc = 0;

	pthread_mutex_lock(&lookup->lock);
	if (!lookup->opened)
		rc = open_indexes(lookup, err);
	pthread_mutex_unlock(&lookup->lock);
	for (size_t i = 0; rc == 0 && i < lookup->base->n_levels; i++) {
		const struct bk_table *table = &lookup->base->levels[i].table;
		rc = bk_index_find(lookup->indexes[i], id, &place, err);
		if (rc <= 0)
			continue;
		if (place >> 32 >= table->n)
			return bk_fail(err, BK_CORRUPT,
				       "index names a pack that is not there");
		*ref = bk_packer_foreign(lookup->packer,
					 &table->rows[place >> 32],
					 (uint32_t)place);
	}
	return rc;
}
