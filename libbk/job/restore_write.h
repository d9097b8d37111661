/*
 * The middle of a restore: threads that put messages together and hand them to
 * the folders that they belong to.
 */

#ifndef BK_JOB_RESTORE_WRITE_H
#define BK_JOB_RESTORE_WRITE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "job/exit.h"
#include "job/restore_folder.h"
#include "repo/set.h"
#include "sync/progress.h"

struct bk_restore_writing {
	const struct bk_set *set;
	struct bk_progress *progress;
	unsigned threads;
	_Atomic uint64_t written, bytes, failed; /* messages; bytes of them */
	_Atomic bool damaged; /* some failed because the repository is */
	enum bk_place place;  /* of an error that ended it */
};

/*
 * Writes what is to do in n folders, which were begun.  A message that could
 * not be read or written is reported, counted here and in its folder, and the
 * rest goes on.  -1 when nothing can go on; writing->place is set.
 */
int bk_restore_write(struct bk_restore_writing *writing,
		     struct bk_restore_folder *const *folders, size_t n,
		     struct bk_err *err);

/* May other messages go on after such an error of a store? */
bool bk_restore_goes_on(enum bk_kind kind);

/* Does such an error of the repository say that it is damaged? */
bool bk_restore_is_damage(enum bk_kind kind);

/* Tells of a message that is not restored. */
void bk_restore_report(struct bk_progress *progress,
		       const struct bk_restore_item *item,
		       const struct bk_message *msg, const struct bk_err *why);

#endif
