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

/* The other way round; texts are the map's.  Of two that have one name there it
 * is not known who is meant: nobody. */
void bk_rights_map_turn(const struct bk_rights_map *map,
			struct bk_rights_map *out);

/* The rights of a folder become what they are to be at the destination, texts
 * in the arena; two who become one may what either may.  map: or NULL.
 * told(arg, who) (or NULL) is called for each that has no counterpart and is
 * left out, or keeps its name though a file does not have it. */
void bk_rights_map_apply(const struct bk_rights_map *map,
			 struct bk_folder *folder, struct bk_arena *arena,
			 void (*told)(void *arg, const char *who, bool left),
			 void *arg);
/* Is that what becomes of this one? */
bool bk_rights_map_makes(const struct bk_rights_map *map, const char *from,
			 const char *to);

/* NULL: nobody of that name has any. */
const struct bk_acl_entry *bk_rights_find(const struct bk_folder *folder,
					  const char *who);

#endif
