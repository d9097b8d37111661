/*
 * What is done to messages that the destination has, and what the journal is
 * to say of it once it is sure.  For the pass over a folder alone.
 */

#ifndef BK_SYNC_FOLDER_MARKS_H
#define BK_SYNC_FOLDER_MARKS_H

#include "sync/pass.h"

#define BK_NOTES_ROOM ((size_t)1000) /* flags and removals of a flush */

struct bk_notes {
	struct bk_folder_pass *folder;
	struct bk_arena arena;
	struct bk_pair *put; /* room for BK_NOTES_ROOM */
	size_t n_put;
	uint32_t *gone; /* likewise */
	size_t n_gone;
	size_t n_set; /* messages that had flags set, since the last flush */
	bool twins;   /* some message is there for two of the source's */
};

/* FOUND, FLAGS, NOTE and FORGET tasks. */
int bk_notes_marks(struct bk_notes *notes, struct bk_err *err);

/* REMOVE tasks, and ORPHANs if nothing was left behind. */
int bk_notes_removals(struct bk_notes *notes, struct bk_err *err);

#endif
