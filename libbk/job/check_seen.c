/*
 * What hosts saw of each other: see check_run.h.  Clocks of hosts differ, so
 * nothing here goes by time.
 */

#include <string.h>

#include "job/check_run.h"

/* Had the set seen that one, or a later one of its host? */
static bool has_seen(const struct bk_root *root, const struct bk_root *one)
{
	for (size_t i = 0; i < root->n_seen; i++)
		if (memcmp(root->seen[i].host, one->host, BK_ID_LEN) == 0)
			return root->seen[i].sequence >= one->sequence;
	return false;
}

/* What it has another of than was seen; NULL: nothing. */
static const char *fault_of(const struct bk_root_seen *seen,
			    const struct bk_set_info *there)
{
	if (memcmp(there->root.host, seen->host, BK_ID_LEN) != 0)
		return "host";
	if (there->root.sequence != seen->sequence)
		return "sequence";
	if (memcmp(there->root_sha256, seen->sha256, BK_SHA256_LEN) != 0)
		return "SHA-256";
	return NULL;
}

static void check_seen(struct bk_check_run *run, const struct bk_set_info *info,
		       const struct bk_root_seen *seen)
{
	const struct bk_set_info *there = bk_check_listed(run, seen->set);
	char its[BK_SET_NAME], mine[BK_SET_NAME];
	struct bk_err why = {0};

	if (!there || there->broken)
		return; /* it may have been pruned, or is told already */
	(void)bk_set_name(its, there->id, there->root.kind);
	(void)bk_set_name(mine, info->id, info->root.kind);
	const char *fault = fault_of(seen, there);
	if (fault)
		(void)bk_fail(
			&why, BK_CORRUPT,
			"set %s has another %s than %s says, which saw it", its,
			fault, mine);
	else if (has_seen(&there->root, &info->root))
		(void)bk_fail(&why, BK_CORRUPT,
			      "set %s is newer than %s, which says that it saw "
			      "it",
			      its, mine);
	else
		return;
	bk_check_finding(run, &why, BK_CURE_COPY, there->id);
}

void bk_check_seen(struct bk_check_run *run)
{
	for (size_t i = 0; i < run->sets.n; i++) {
		const struct bk_set_info *info = &run->sets.items[i];
		for (size_t k = 0; !info->broken && k < info->root.n_seen; k++)
			check_seen(run, info, &info->root.seen[k]);
	}
}
