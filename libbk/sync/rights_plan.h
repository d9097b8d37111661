/*
 * What is to become of the rights in a folder at the destination: a pure
 * function of what the source has, of who is who there, of what passes gave,
 * and of what is there now.
 *
 * What we gave, and nobody has changed since, follows the source; what somebody
 * changed there is his.  Nobody loses anything because identities are others
 * than before: only the source takes away.  Whom they do not name any longer
 * is who he was.
 */

#ifndef BK_SYNC_RIGHTS_PLAN_H
#define BK_SYNC_RIGHTS_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "mail/message.h"
#include "sync/journal.h"
#include "sync/rights_map.h"

enum bk_rights_act {
	BK_RIGHTS_KEEP,  /* nothing has changed */
	BK_RIGHTS_NOTE,  /* he has them: to be noted alone */
	BK_RIGHTS_GIVE,  /* to be given, or withdrawn */
	BK_RIGHTS_LEAVE, /* what he has there is not ours */
};

/* Somebody at the destination. */
struct bk_rights_task {
	const char *who, *rights; /* that he is to have; "": none */
	/* Who he is at the source, and what they have: "user=ann lrs", a line
	 * each, sorted. */
	const char *source;
	const struct bk_journal_right *was; /* NULL: nothing was settled */
	const char *there;                  /* what he has; NULL: not known */
	bool led; /* he is somebody of the source by what says now who
		     is who */
	enum bk_rights_act act;
};

/* What is to be said of somebody of the source. */
enum bk_rights_why {
	BK_RIGHTS_LEFT_OUT,  /* he has no counterpart */
	BK_RIGHTS_SAME_NAME, /* none is named in a file, so he keeps his */
	BK_RIGHTS_AS_BEFORE, /* likewise, so he is who he was */
};

struct bk_rights_remark {
	const char *who;
	enum bk_rights_why why;
};

/* {0} is a valid empty one. */
struct bk_rights_plan {
	struct bk_arena arena; /* of texts; those of the input stay its own */
	struct bk_rights_task *tasks; /* owned */
	size_t n, cap;
	struct bk_rights_remark *remarks; /* owned */
	size_t n_remarks, cap_remarks;
};
void bk_rights_plan_clear(struct bk_rights_plan *plan);

struct bk_rights_input {
	const struct bk_folder *from;       /* the source's, with its rights */
	const struct bk_rights_map *map;    /* or NULL */
	const struct bk_journal_right *was; /* the folder's */
	size_t n_was;
};

/* All tasks, KEEP; *out is {0} before. */
void bk_rights_plan_make(struct bk_rights_plan *out,
			 const struct bk_rights_input *input);
/* Has anything changed at the source since it was settled, or is anything not
 * settled yet? */
bool bk_rights_plan_differs(const struct bk_rights_plan *plan);

struct bk_rights_policy {
	const struct bk_folder *there; /* with its rights; NULL: not known, or
					  it is to be made: all is given */
	bool follows; /* what was given once changes with the source */
	bool full;    /* also what was settled is compared */
};

/* Decides what to do. */
void bk_rights_plan_settle(struct bk_rights_plan *plan,
			   const struct bk_rights_policy *policy);

/* Whoever has rights by the source, in any folder, or had any from us: others
 * are the destination's own matter. */
struct bk_rights_people {
	const struct bk_rights_map *map; /* or NULL */
	const struct bk_journal_rights *given;
	const struct bk_folder_list *from; /* the source's */
};
bool bk_rights_knows(const struct bk_rights_people *people, const char *who);

#endif
