/*
 * Who is who at the other end of a move: identities that rights name, and what
 * they are called there.  What is not in it keeps its name.
 */

#ifndef BK_SYNC_RIGHTS_MAP_H
#define BK_SYNC_RIGHTS_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "mail/message.h"

struct bk_rights_name {
	const char *from; /* as sets write it, "user=ann@example.org" */
	const char *to;   /* the same; "": has no counterpart */
};

/* {0} is a valid empty one. */
struct bk_rights_map {
	struct bk_arena arena;
	struct bk_rights_name *items; /* owned */
	size_t n, cap;
	bool strict; /* of a file: who is not in it is told */
};
void bk_rights_map_clear(struct bk_rights_map *map);

/* Reads a file of lines of two identities, the source's and the destination's,
 * as IMAP writes them: ann@example.org, $staff or group:staff.  '-' is nobody.
 * Empty lines and those that begin with '#' do not count.  BK_MISUSE. */
int bk_rights_map_read(struct bk_rights_map *map, const char *path,
		       struct bk_err *err);
/* A user with another name there, unless it has one already. */
void bk_rights_map_add_user(struct bk_rights_map *map, const char *from,
			    const char *to);

/* His name there; "": he has no counterpart; NULL: he is not in it.  Without
 * the
 * '-' of what is taken from him. */
const char *bk_rights_map_find(const struct bk_rights_map *map,
			       const char *who);

/* The other way round; texts are the map's.  Of two that have one name there it
 * is not known who is meant: nobody.  Who has there, and is not in the map, the
 * name of somebody who has another one there: nobody, either. */
void bk_rights_map_turn(const struct bk_rights_map *map,
			struct bk_rights_map *out);

/* NULL: nobody of that name has any. */
const struct bk_acl_entry *bk_rights_find(const struct bk_folder *folder,
					  const char *who);

#endif
