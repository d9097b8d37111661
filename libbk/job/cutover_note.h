/*
 * What is noted of an account that changes servers: how far it is, and how its
 * routes were before.  A file for each account in a folder of its own, replaced
 * as a whole and on disk before the next step is taken: here, unlike in the
 * journal of its mail, everything depends on it.
 */

#ifndef BK_JOB_CUTOVER_NOTE_H
#define BK_JOB_CUTOVER_NOTE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "job/cutover_plan.h"

struct bk_cutover_saved {
	const char *route; /* its name */
	const char *saved; /* how it was; the route's own words */
};

/* {0} is a valid empty one: as it was. */
struct bk_cutover_note {
	const char *account; /* in the journal */
	enum bk_stage stage;
	int64_t held_ms; /* UTC, when the first route was held; 0: none yet */
	int64_t ended;   /* UTC seconds; when it was MOVED */
	struct bk_cutover_saved *routes; /* owned, n of them */
	size_t n;
	struct bk_arena arena; /* of all texts */
};
void bk_cutover_note_clear(struct bk_cutover_note *note);

/* No file: as it was.  BK_CORRUPT for one that cannot be read, BK_NEWER for one
 * of a newer version. */
int bk_cutover_note_read(struct bk_cutover_note *out, const char *folder,
			 const char *account, struct bk_err *err);

/* Durable when it returns; the file of one that is as it was goes. */
int bk_cutover_note_write(const struct bk_cutover_note *note,
			  const char *folder, struct bk_err *err);

/* Each that there is, in no order; `note` is valid while it is told.  One that
 * cannot be read ends it. */
typedef int bk_cutover_note_act(void *arg, const struct bk_cutover_note *note,
				struct bk_err *err);
int bk_cutover_notes_each(const char *folder, bk_cutover_note_act *act,
			  void *arg, struct bk_err *err);

/* How routes are before they are held. */
void bk_cutover_note_routes(struct bk_cutover_note *note, size_t n);
void bk_cutover_note_saved(struct bk_cutover_note *note, size_t i,
			   const char *route, const char *saved);

/* "holding" and so on, for people and programs. */
const char *bk_stage_word(enum bk_stage stage);

#endif
