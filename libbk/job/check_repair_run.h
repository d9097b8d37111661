/* What the parts of a repair share. */

#ifndef BK_JOB_CHECK_REPAIR_RUN_H
#define BK_JOB_CHECK_REPAIR_RUN_H

#include <stddef.h>

#include "base/err.h"
#include "base/lock.h"
#include "job/check.h"
#include "job/check_found.h"
#include "job/ship_world.h"
#include "repo/id.h"
#include "sync/progress.h"
#include "target/spool_blob.h"

/* A place, open; target NULL: it is out of reach. */
struct bk_repair_place {
	const char *name;
	struct bk_target *target;
	struct bk_target *opened; /* the same, when it is ours to close */
	struct bk_repo *view;
	struct bk_ship_world world;
	struct bk_lock *lock;
};

/* A file that holds packs, and that neither parity nor a copy mends. */
struct bk_repair_loss {
	size_t place;
	char name[BK_NAME_MAX];
	struct bk_err why;
};

struct bk_repair {
	const struct bk_check_request *request;
	const struct bk_check_found *found;
	struct bk_progress *progress;
	struct bk_repair_place *places;
	size_t n_places;
	struct bk_gather_room room;
	size_t mended;
	struct bk_repair_loss *losses;
	size_t n_losses, cap_losses;
};

/* What was mended, and how: "from nas". */
void bk_repair_tell(const struct bk_repair *repair, size_t place,
		    const char *name, const char *how);
/* -1 when nothing more can be done there. */
int bk_repair_tell_failure(const struct bk_repair *repair, size_t place,
			   const char *name, const struct bk_err *why,
			   struct bk_err *err);

/* A key slot of that name, from any place where it holds. */
int bk_repair_slot(struct bk_repair *repair, size_t place, const char *name,
		   struct bk_err *err);

#endif
