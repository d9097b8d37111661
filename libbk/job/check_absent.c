/* Sets that are gone, and what is left of them: see check_run.h. */

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "job/check_run.h"
#include "repo/condemned.h"

#define NAMED_MAX 8 /* sets that a finding names */

const struct bk_set_info *bk_check_listed(const struct bk_check_run *run,
					  const uint8_t id[BK_ID_LEN])
{
	for (size_t i = 0; i < run->sets.n; i++)
		if (memcmp(run->sets.items[i].id, id, BK_ID_LEN) == 0)
			return &run->sets.items[i];
	return NULL;
}

/* ---- bases ---- */

/* The set that all of its chain fails for, or NULL. */
static const uint8_t *absent_base(const struct bk_check_run *run,
				  const struct bk_set_info *info)
{
	for (int i = 0; i < BK_CHAIN_MAX; i++) {
		if (info->broken || bk_id_is_zero(info->root.base))
			return NULL;
		const uint8_t *id = info->root.base;
		info = bk_check_listed(run, id);
		if (!info || info->broken)
			return id;
	}
	return NULL;
}

bool bk_check_base_absent(const struct bk_check_run *run,
			  const struct bk_set_info *info)
{
	return absent_base(run, info) != NULL;
}

static bool needs(const struct bk_check_run *run, size_t i,
		  const uint8_t base[BK_ID_LEN])
{
	const struct bk_set_info *info = &run->sets.items[i];

	if (run->only && run->only != info)
		return false;
	const uint8_t *absent = absent_base(run, info);
	return absent && memcmp(absent, base, BK_ID_LEN) == 0;
}

static void tell_base(struct bk_check_run *run, const uint8_t base[BK_ID_LEN])
{
	const struct bk_set_info *there = bk_check_listed(run, base);
	struct bk_buf names = {0};
	struct bk_err why = {0};
	char name[BK_SET_NAME];
	size_t n = 0;

	for (size_t i = 0; i < run->sets.n; i++) {
		const struct bk_set_info *info = &run->sets.items[i];
		if (needs(run, i, base) && ++n <= NAMED_MAX)
			bk_buf_printf(
				&names, "%s%s", n > 1 ? ", " : "",
				bk_set_name(name, info->id, info->root.kind));
	}
	if (n > NAMED_MAX)
		bk_buf_printf(&names, " and %zu more", n - NAMED_MAX);
	(void)bk_fail(&why, BK_CORRUPT, "set %s %s; needed by: %s",
		      bk_set_name(name, base, 0),
		      there ? "does not open" : "is not here",
		      bk_buf_text(&names));
	bk_check_finding(run, &why, BK_CURE_COPY, base);
	bk_buf_clear(&names);
}

void bk_check_bases(struct bk_check_run *run)
{
	for (size_t i = 0; i < run->sets.n; i++) {
		const uint8_t *base = absent_base(run, &run->sets.items[i]);
		size_t first = 0;
		while (base && first < i && !needs(run, first, base))
			first++;
		if (base && first == i && needs(run, i, base))
			tell_base(run, base);
	}
}

static bool is_told(const struct bk_check_run *run, const uint8_t id[BK_ID_LEN])
{
	for (size_t i = 0; i < run->sets.n; i++)
		if (needs(run, i, id))
			return true;
	return false;
}

/* ---- sets that are named, or remembered ---- */

/* Is the set that is there the one that was named as the one before? */
static bool is_the_one_before(const struct bk_set_info *info,
			      const struct bk_set_info *before)
{
	return before->broken || /* told already */
	       (memcmp(before->root.host, info->root.host, BK_ID_LEN) == 0 &&
		before->root.sequence < info->root.sequence &&
		memcmp(before->root_sha256, info->root.previous_sha256,
		       BK_SHA256_LEN) == 0);
}

/* Each set names the one that its host made before: a root that somebody took
 * away is missed, unless a prune did it and says so. */
static void check_sequence(struct bk_check_run *run,
			   const struct bk_condemned *gone)
{
	char mine[BK_SET_NAME], its[BK_SET_NAME];
	struct bk_err why = {0};

	for (size_t i = 0; i < run->sets.n; i++) {
		const struct bk_set_info *info = &run->sets.items[i];
		const uint8_t *before = info->root.previous;
		const struct bk_set_info *there = bk_check_listed(run, before);
		if (info->broken || bk_id_is_zero(before) ||
		    (there && is_the_one_before(info, there)) ||
		    (!there && (is_told(run, before) ||
				bk_condemned_has_set(gone, before))))
			continue;
		(void)bk_fail(&why, BK_CORRUPT,
			      there ? "set %s is another one than %s names as "
				      "the one before"
				    : "set %s is not here; %s names it as the "
				      "one before",
			      bk_set_name(its, before, 0),
			      bk_set_name(mine, info->id, info->root.kind));
		bk_check_finding(run, &why, BK_CURE_COPY, before);
	}
}

/* No set names the newest one; the host that made it remembers. */
static void check_heads(struct bk_check_run *run,
			const struct bk_condemned *gone)
{
	const struct bk_state_heads *heads = &run->heads;
	struct bk_err why = {0};
	char name[BK_SET_NAME];

	for (size_t i = 0; i < heads->n; i++) {
		if (bk_check_listed(run, heads->ids[i]) ||
		    is_told(run, heads->ids[i]) ||
		    bk_condemned_has_set(gone, heads->ids[i]))
			continue;
		(void)bk_fail(&why, BK_CORRUPT,
			      "set %s is not here; this host completed it",
			      bk_set_name(name, heads->ids[i], 0));
		bk_check_finding(run, &why, BK_CURE_COPY, heads->ids[i]);
	}
}

/* ---- files of no set ---- */

struct orphans {
	uint64_t n, bytes;
	struct bk_blob_list open; /* intents */
	uint8_t lost[BK_ID_LEN];  /* a set that lacks nothing but its root */
	bool is_lost;
	bool unexplained; /* some are of no run that was interrupted */
};

/* At a copy also of one that is on its way there. */
static bool is_of_a_set(const struct bk_check_run *run,
			const struct bk_name *name)
{
	if (run->original && bk_check_place_set(run->original, name->id))
		return true;
	if (bk_check_listed(run, name->id))
		return true;
	for (size_t i = 0; i < run->n_packs; i++)
		if (memcmp(run->packs[i].row.owner, name->id, BK_ID_LEN) == 0)
			return true;
	return false;
}

static bool has_intent(const struct bk_blob_list *open,
		       const uint8_t id[BK_ID_LEN])
{
	struct bk_name name;

	for (size_t i = 0; i < open->n; i++)
		if (bk_name_parse(open->items[i].name, &name) ==
			    BK_NAME_INTENT &&
		    memcmp(name.id, id, BK_ID_LEN) == 0)
			return true;
	return false;
}

static bool is_newest(const struct bk_check_run *run,
		      const uint8_t id[BK_ID_LEN])
{
	for (size_t i = 0; i < run->sets.n; i++)
		if (memcmp(run->sets.items[i].id, id, BK_ID_LEN) > 0)
			return false;
	return true;
}

static void add_orphan(struct orphans *to, const struct bk_check_run *run,
		       const struct bk_name *name, uint64_t size)
{
	to->n++;
	to->bytes += size;
	if (has_intent(&to->open, name->id))
		return;
	to->unexplained = true;
	/* Table or bundle are written last but for the root; an intent is
	 * taken away when that is there, or when a later run completes. */
	if ((name->kind == BK_NAME_TABLE || name->kind == BK_NAME_BUNDLE) &&
	    is_newest(run, name->id)) {
		memcpy(to->lost, name->id, BK_ID_LEN);
		to->is_lost = true;
	}
}

static void find_orphans(const struct bk_check_run *run,
			 const struct bk_condemned *gone, struct orphans *to)
{
	struct bk_name name;

	for (size_t i = 0; i < run->files.n; i++) {
		enum bk_name_kind kind =
			bk_name_parse(run->files.items[i].name, &name);
		if ((kind == BK_NAME_PACK || kind == BK_NAME_INDEX ||
		     kind == BK_NAME_MANIFEST || kind == BK_NAME_TABLE ||
		     kind == BK_NAME_BUNDLE) &&
		    !is_of_a_set(run, &name) &&
		    !bk_condemned_has_set(gone, name.id))
			add_orphan(to, run, &name, run->files.items[i].size);
	}
}

static void tell_orphans(struct bk_check_run *run,
			 const struct orphans *orphans)
{
	uintmax_t n = orphans->n, mib = orphans->bytes >> 20;
	struct bk_err why = {0};
	char name[BK_SET_NAME];

	if (!run->sets.n && orphans->unexplained) {
		(void)bk_fail(
			&why, BK_CORRUPT,
			"no set is here, but %ju file%s (%ju MiB) of sets "
			"that were: sets/ has lost its files",
			n, n == 1 ? "" : "s", mib);
		bk_check_finding(run, &why, BK_CURE_COPY, NULL);
		return;
	}
	if (orphans->is_lost) {
		(void)bk_fail(&why, BK_CORRUPT,
			      "set %s has its files here, and no root",
			      bk_set_name(name, orphans->lost, 0));
		bk_check_finding(run, &why, BK_CURE_COPY, orphans->lost);
		return;
	}
	char *note = bk_asprintf(
		"%ju file%s (%ju MiB) of no set: runs that were interrupted "
		"left %s",
		n, n == 1 ? "" : "s", mib,
		n == 1 ? "it; it does no harm" : "them; they do no harm");
	bk_progress_note(run->progress, note);
	free(note);
}

/* The intents are listed after the files, the sets once more after them: a run
 * that completes meanwhile is seen by the one or the other. */
static int check_orphans(struct bk_check_run *run,
			 const struct bk_condemned *gone, struct bk_err *err)
{
	const struct bk_repo *repo = run->repo;
	struct orphans orphans = {0};
	struct bk_set_info_list sets = {0};

	int rc = bk_target_list(repo->target, "open", &orphans.open, err);
	if (rc == 0)
		find_orphans(run, gone, &orphans);
	if (rc == 0 && orphans.unexplained)
		rc = bk_sets_list(repo, &sets, err);
	if (rc == 0 && orphans.n && sets.n <= run->sets.n)
		tell_orphans(run, &orphans);
	bk_set_info_list_clear(&sets);
	bk_blob_list_clear(&orphans.open);
	return rc;
}

int bk_check_absent(struct bk_check_run *run, struct bk_err *err)
{
	const struct bk_condemned *gone = &run->place->gone;

	/* Not all sets need be at a copy: those that should be are known. */
	if (!run->original) {
		check_sequence(run, gone);
		check_heads(run, gone);
	}
	return check_orphans(run, gone, err);
}
