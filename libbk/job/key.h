/* Who can open a repository: its key slots. */

#ifndef BK_JOB_KEY_H
#define BK_JOB_KEY_H

#include "base/err.h"
#include "job/exit.h"
#include "job/open.h"
#include "job/settings.h"
#include "repo/slot.h"

struct bk_key_request {
	const struct bk_settings *settings;
	const struct bk_repo_settings *repo;
	const char *label;        /* of an exported slot; NULL: the usual one */
	const char *new_password; /* where it comes from; NULL: prompt */
	struct bk_outcome *outcome;
};

/* The slots, without a password: they say this much in clear. */
int bk_key_list(const struct bk_key_request *request, struct bk_slot_list *out,
		struct bk_err *err);

/* A new slot with a label and a password of its own, and all keys that the one
 * has that opened the repository.  BK_EXISTS for a label that is there. */
int bk_key_add(const struct bk_key_request *request, const char *label,
	       struct bk_slot *made, struct bk_err *err);

/*
 * Removes the slot that `which` names (bk_slot_is).  BK_UNSAFE for the last
 * slot, for the last one with a password, and for the one that opened the
 * repository: who can open another is never locked out.
 */
int bk_key_remove(const struct bk_key_request *request, const char *which,
		  struct bk_slot *removed, struct bk_err *err);

/* A new slot of the same label in place of the one that opened the repository,
 * which is removed when the new one was seen to open. */
int bk_key_change(const struct bk_key_request *request, struct bk_slot *made,
		  struct bk_err *err);

/* A slot with a key file, which is written to `path` (mode 0600): it opens the
 * repository without a password and without waiting.  Label: "key block of
 * HOST".  BK_EXISTS for a path or label that is there. */
int bk_key_export(const struct bk_key_request *request, const char *path,
		  struct bk_slot *made, struct bk_err *err);

/* The same two in a repository that is open for writing, whose slots are known:
 * labels are not looked at.  NULL is the usual label of a key file. */
int bk_key_make(const struct bk_opened *opened, const char *label,
		const struct bk_secret *password, struct bk_slot *made,
		struct bk_err *err);
int bk_key_make_file(const struct bk_opened *opened, const char *label,
		     const char *path, struct bk_slot *made,
		     struct bk_err *err);

#endif
