/*
 * What a store that takes over was given, message by message.  Where people
 * work already a message of the set that is not there, and was, is one that
 * they deleted or moved: it does not come again when promote is run again.
 *
 * Written when it is durable, so that what it lists was there for sure.
 */

#ifndef BK_JOB_STANDBY_BROUGHT_H
#define BK_JOB_STANDBY_BROUGHT_H

#include "job/restore_folder.h"
#include "job/standby_copy.h"
#include "job/standby_look.h"

/* A standby that followed takes over.  That is durable before anything of it is
 * written: people may come, whatever becomes of this run. */
int bk_standby_brought_begin(struct bk_standby_copy *copy, struct bk_err *err);
/* Fills folder->had, of a store where people are; any thread. */
int bk_standby_brought_known(struct bk_standby_copy *copy,
			     struct bk_restore_folder *folder,
			     struct bk_err *err);
/* What the folder has, or had, of the set; the copy's lock is held. */
void bk_standby_brought_done(struct bk_standby_copy *copy,
			     const struct bk_restore_folder *folder);
/* What was done is durable; likewise. */
int bk_standby_brought_save(struct bk_standby_copy *copy, struct bk_err *err);
void bk_standby_brought_clear(struct bk_standby_copy *copy);

/* Before people's folders are looked at: what is not as it was is theirs, and
 * what was applied wholly stays as it is; but an account of which nothing is
 * there comes again. */
void bk_standby_brought_look(struct bk_standby_state *state,
			     struct bk_standby_look *look);

/* For the request: settings, scripts and annotations of an account came, and
 * did they?  `arg`: the copy. */
void bk_standby_brought_give(void *arg, const char *account);
bool bk_standby_brought_gave(void *arg, const char *account);
/* No people are there yet: all come again. */
void bk_standby_brought_forget(struct bk_standby_state *state);

#endif
