/* Mending what a check found: see check_repair.h. */

#include "job/check_repair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "job/check_regain.h"
#include "job/check_repair_run.h"
#include "job/check_spread.h"
#include "job/mend.h"

#define IN_MEMORY ((size_t)4 << 20) /* of what is on its way */

/* ---- places ---- */

/* A run that ships to or prunes in that place is not disturbed. */
static int take_lock(const struct bk_repair *repair,
		     struct bk_repair_place *place, struct bk_err *err)
{
	const struct bk_check_request *request = repair->request;
	char repo[BK_ID_TEXT];

	if (!request->state_dir || request->dry_run)
		return 0;
	char *store = bk_asprintf("ship to %s", place->target->where);
	struct bk_lock_request lock = {
		.state_dir = request->state_dir,
		.store = store,
		.repo = bk_id_hex(repo, request->repo->id),
		.command = "bk-check",
	};
	int rc = bk_lock_take(&place->lock, &lock, err);
	free(store);
	return rc;
}

/* What its roots and pack tables say of its files; those that do not open say
 * nothing. */
static void read_world(struct bk_repair_place *place)
{
	struct bk_set_info_list sets = {0};
	struct bk_err ignored = {0};

	if (bk_sets_list(place->view, &sets, &ignored) == 0)
		(void)bk_ship_world_read(&place->world, place->view, &sets,
					 NULL, &ignored);
	bk_set_info_list_clear(&sets);
}

static int open_place(struct bk_repair *repair, size_t n, struct bk_err *err)
{
	const struct bk_check_request *request = repair->request;
	struct bk_repair_place *place = &repair->places[n];
	struct bk_err why = {0};

	place->name =
		n ? request->copies[n - 1].name : request->repo->target->where;
	/* What could not be looked at to its end may be what is to be mended.
	 */
	if (!repair->found->places[n].reached &&
	    bk_mend_is_away(repair->found->places[n].why.kind))
		return 0;
	if (!n)
		place->target = request->repo->target;
	else if (bk_target_open(&place->opened, request->copies[n - 1].where,
				&request->copies[n - 1].reach, false,
				&why) == 0)
		place->target = place->opened;
	if (!place->target)
		return 0; /* there is nothing yet, or it went away */
	if (take_lock(repair, place, err) < 0)
		return -1;
	place->view = bk_repo_view(request->repo, place->target);
	read_world(place);
	return 0;
}

static void close_place(struct bk_repair_place *place)
{
	bk_ship_world_clear(&place->world);
	bk_repo_close(place->view);
	bk_lock_release(place->lock);
	bk_target_close(place->opened);
}

/* ---- what a file must be ---- */

/* Is it the root of a set that did not open here?  Then nothing is known. */
static bool is_unknown(const struct bk_ship_world *world, size_t blob)
{
	for (size_t i = 0; i < world->n_sets; i++)
		if (world->sets[i].root == blob)
			return world->sets[i].kind == 0;
	return false;
}

static const struct bk_ship_blob *blob_in(const struct bk_ship_world *world,
					  const char *name)
{
	for (size_t i = 0; i < world->n_blobs; i++)
		if (strcmp(world->blobs[i].name, name) == 0)
			return is_unknown(world, i) ? NULL : &world->blobs[i];
	return NULL;
}

/* As the place itself says, or else another one.  As long as its files are,
 * whatever is there. */
static bool find_blob(const struct bk_repair *repair, size_t place,
		      const char *name, struct bk_ship_blob *out)
{
	const struct bk_ship_blob *blob =
		blob_in(&repair->places[place].world, name);

	for (size_t i = 0; i < repair->n_places && !blob; i++)
		blob = blob_in(&repair->places[i].world, name);
	if (!blob || !blob->n)
		return false;
	*out = *blob;
	out->size = 0;
	for (size_t i = 0; i < blob->n; i++) {
		const struct bk_ship_stretch *stretch = &blob->stretches[i];
		if (out->size < stretch->offset + stretch->file_len)
			out->size = stretch->offset + stretch->file_len;
	}
	return true;
}

/* ---- mending ---- */

void bk_repair_tell(const struct bk_repair *repair, size_t place,
		    const char *name, const char *how)
{
	char *text = bk_asprintf(
		"%s: %s: %s %s", repair->places[place].name, name,
		repair->request->dry_run ? "can be mended" : "mended", how);

	bk_progress_warning(repair->progress, text);
	free(text);
}

int bk_repair_tell_failure(const struct bk_repair *repair, size_t place,
			   const char *name, const struct bk_err *why,
			   struct bk_err *err)
{
	if (why->kind == BK_CANCELLED || why->kind == BK_STARVED) {
		*err = *why;
		return -1;
	}
	char *text = bk_asprintf("%s: %s: not mended: %s",
				 repair->places[place].name, name, why->text);
	bk_progress_warning(repair->progress, text);
	free(text);
	return 0;
}

/* All other places, the repository first. */
static struct bk_mend_donor *donors_for(const struct bk_repair *repair,
					size_t place, size_t *n)
{
	struct bk_mend_donor *donors =
		bk_alloc(repair->n_places * sizeof(*donors));

	*n = 0;
	for (size_t i = 0; i < repair->n_places; i++)
		if (i != place && repair->places[i].target)
			donors[(*n)++] = (struct bk_mend_donor){
				repair->places[i].name,
				repair->places[i].target,
			};
	return donors;
}

/* 1 when it was mended, -1 with *why when it could not be. */
static int mend_with(struct bk_repair *repair, size_t place, const char *name,
		     struct bk_mend *patched, struct bk_err *why)
{
	struct bk_ship_blob blob;
	struct bk_mend mend = *patched;
	char *how = NULL;

	if (!find_blob(repair, place, name, &blob))
		return 0; /* nobody knows what it should be */
	mend.at = repair->places[place].target;
	mend.blob = &blob;
	mend.room = &repair->room;
	mend.dry_run = repair->request->dry_run;
	struct bk_mend_donor *donors =
		donors_for(repair, place, &mend.n_donors);
	mend.donors = donors;
	int rc = bk_mend_blob(&mend, &how, why);
	free(donors);
	if (rc > 0) {
		bk_repair_tell(repair, place, name, how);
		repair->mended++;
	}
	free(how);
	return rc;
}

static bool holds_packs(const char *file)
{
	struct bk_name name;
	enum bk_name_kind kind = bk_name_parse(file, &name);

	return kind == BK_NAME_PACK || kind == BK_NAME_BUNDLE;
}

static void add_loss(struct bk_repair *repair, size_t place, const char *name,
		     const struct bk_err *why)
{
	struct bk_repair_loss loss = {.place = place, .why = *why};

	for (size_t i = 0; i < repair->n_losses; i++)
		if (repair->losses[i].place == place &&
		    strcmp(repair->losses[i].name, name) == 0)
			return;
	(void)snprintf(loss.name, sizeof(loss.name), "%s", name);
	repair->losses = bk_array_room(repair->losses, repair->n_losses,
				       &repair->cap_losses, sizeof(loss));
	repair->losses[repair->n_losses++] = loss;
}

static int mend_file(struct bk_repair *repair, size_t place, const char *name,
		     struct bk_err *err)
{
	struct bk_mend mend = {0};
	struct bk_err why = {0};

	if (mend_with(repair, place, name, &mend, &why) >= 0)
		return 0;
	if (why.kind != BK_CORRUPT || !holds_packs(name))
		return bk_repair_tell_failure(repair, place, name, &why, err);
	add_loss(repair, place, name, &why);
	return 0;
}

/* All files of a set, its root last, as the first place says that knows it. */
static int mend_set(struct bk_repair *repair, size_t place,
		    const uint8_t id[BK_ID_LEN], struct bk_err *err)
{
	for (size_t i = 0; i < repair->n_places; i++) {
		const struct bk_ship_world *world = &repair->places[i].world;
		for (size_t k = 0; k < world->n_sets; k++) {
			const struct bk_ship_set *set = &world->sets[k];
			int rc = 0;
			if (!set->kind || !set->n_needs ||
			    memcmp(set->id, id, BK_ID_LEN) != 0)
				continue;
			for (size_t n = 0; rc == 0 && n < set->n_needs; n++)
				rc = mend_file(repair, place,
					       world->blobs[set->needs[n]].name,
					       err);
			return rc < 0 ? -1
				      : mend_file(repair, place,
						  world->blobs[set->root].name,
						  err);
		}
	}
	return 0;
}

/* ---- findings ---- */

static bool is_of_a_set(const char *file)
{
	struct bk_name name;
	enum bk_name_kind kind = bk_name_parse(file, &name);

	return kind == BK_NAME_ROOT || kind == BK_NAME_PACK ||
	       kind == BK_NAME_INDEX || kind == BK_NAME_MANIFEST ||
	       kind == BK_NAME_TABLE || kind == BK_NAME_BUNDLE;
}

static int mend_item(struct bk_repair *repair, const struct bk_check_item *item,
		     struct bk_err *err)
{
	if (!repair->places[item->place].target)
		return 0;
	if (item->cure == BK_CURE_SLOT && *item->file)
		return bk_repair_slot(repair, item->place, item->file, err);
	if (item->cure != BK_CURE_COPY)
		return 0;
	if (is_of_a_set(item->file))
		return mend_file(repair, item->place, item->file, err);
	if (!bk_id_is_zero(item->set))
		return mend_set(repair, item->place, item->set, err);
	return 0;
}

/* What a run that was interrupted left beside files that are whole. */
static int tidy(struct bk_repair *repair, size_t n, struct bk_err *err)
{
	struct bk_repair_place *place = &repair->places[n];
	struct bk_blob_list files = {0};
	struct bk_err why = {0};
	int rc = 0;

	if (!place->target || repair->request->dry_run ||
	    bk_target_list(place->target, "", &files, &why) < 0)
		return 0;
	for (size_t i = 0; rc == 0 && i < files.n; i++) {
		struct bk_ship_blob blob;
		char *name = files.items[i].name;
		size_t len = strlen(name), end = strlen(BK_MENDED);
		if (len <= end || strcmp(name + len - end, BK_MENDED) != 0)
			continue;
		name[len - end] = 0;
		if (find_blob(repair, n, name, &blob) &&
		    bk_mend_tidy(place->target, &blob, &why) < 0)
			rc = bk_repair_tell_failure(repair, n, name, &why, err);
	}
	bk_blob_list_clear(&files);
	return rc;
}

/* Before anything else is: it may be all that is wrong. */
static int mend_spread(struct bk_repair *repair, size_t n, struct bk_err *err)
{
	struct bk_spread_mending how = {
		.progress = repair->progress,
		.gone = &repair->found->places[n].gone,
		.deep = repair->request->read_ppm == BK_CHECK_ALL,
		.dry_run = repair->request->dry_run,
	};

	int rc = bk_check_spread_mend(repair->places[n].target, &how, err);
	repair->mended += how.mended;
	return rc;
}

/* ---- what is read again ---- */

static int mend_patched(struct bk_repair *repair, struct bk_repair_loss *loss,
			struct bk_regain *regain, struct bk_err *err)
{
	struct bk_mend mend = {0};
	uint32_t damaged = 0, made = 0;
	struct bk_mend_patch *patches = bk_regain_patches(
		regain, loss->name, &mend.n_patches, &damaged, &made);
	char *from = bk_asprintf("%u of %u damaged block%s", made, damaged,
				 damaged == 1 ? "" : "s");
	struct bk_err why = loss->why;
	int rc = -1;

	mend.patches = patches;
	mend.patched_from = from;
	if (mend.n_patches)
		rc = mend_with(repair, loss->place, loss->name, &mend, &why);
	else
		(void)bk_fail(&why, BK_CORRUPT,
			      "%s; no block of it can be made again",
			      loss->why.text);
	free(from);
	free(patches);
	if (rc < 0)
		return bk_repair_tell_failure(repair, loss->place, loss->name,
					      &why, err);
	bk_check_regain_mended(regain, loss->name);
	return 0;
}

/* What one place lost. */
static int regain_place(struct bk_repair *repair, size_t place,
			struct bk_err *err)
{
	struct bk_names names = {0};
	struct bk_regain regain = {0};
	struct bk_err why = {0};
	int rc = 0;

	for (size_t i = 0; i < repair->n_losses; i++)
		if (repair->losses[i].place == place)
			bk_names_add(&names, repair->losses[i].name);
	/* A place that cannot be read further loses no more than that. */
	if (names.n &&
	    bk_check_regain(repair->request, repair->progress,
			    repair->places[place].view, &names, &regain,
			    &why) < 0 &&
	    (why.kind == BK_CANCELLED || why.kind == BK_STARVED)) {
		*err = why;
		rc = -1;
	}
	for (size_t i = 0; rc == 0 && i < repair->n_losses; i++)
		if (repair->losses[i].place == place)
			rc = mend_patched(repair, &repair->losses[i], &regain,
					  err);
	/* What was mended is looked at again, and so is this. */
	if (rc == 0 && (!repair->mended || repair->request->dry_run))
		bk_check_regain_tell(repair->request, repair->progress,
				     &regain);
	bk_regain_close(&regain);
	bk_names_clear(&names);
	return rc;
}

static int mend_all(struct bk_repair *repair, struct bk_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < repair->n_places; i++)
		rc = open_place(repair, i, err);
	for (size_t i = 0; rc == 0 && i < repair->n_places; i++)
		rc = mend_spread(repair, i, err);
	for (size_t i = 0; rc == 0 && i < repair->found->n; i++) {
		rc = bk_cancelled(err);
		if (rc == 0)
			rc = mend_item(repair, &repair->found->items[i], err);
	}
	for (size_t i = 0; rc == 0 && i < repair->n_places; i++)
		rc = regain_place(repair, i, err);
	for (size_t i = 0; rc == 0 && i < repair->n_places; i++)
		rc = tidy(repair, i, err);
	return rc;
}

int bk_check_repair(const struct bk_check_request *request,
		    const struct bk_check_found *found,
		    struct bk_progress *progress, size_t *n_mended,
		    struct bk_err *err)
{
	const char *spool = getenv("TMPDIR");
	struct bk_repair repair = {
		.request = request,
		.found = found,
		.progress = progress,
		.n_places = found->n_places,
		.room = {.folder = spool && *spool ? spool : "/var/tmp",
			 .memory_most = IN_MEMORY},
	};

	repair.places = bk_alloc(found->n_places * sizeof(*repair.places));
	int rc = mend_all(&repair, err);
	for (size_t i = 0; i < repair.n_places; i++)
		close_place(&repair.places[i]);
	free(repair.places);
	free(repair.losses);
	*n_mended = repair.mended;
	return rc;
}
