/* Many small things that live and die together: a list of names, a folder. */

#ifndef BK_BASE_ARENA_H
#define BK_BASE_ARENA_H

#include <stddef.h>

struct bk_arena_page;

/* {0} is a valid empty one. */
struct bk_arena {
	struct bk_arena_page *page; /* the newest; older ones hang behind it */
	size_t used, cap;           /* of the newest page */
	size_t bytes;               /* of all pages */
};

/* n zeroed bytes, aligned for anything, valid until clear. */
void *bk_arena_alloc(struct bk_arena *arena, size_t n);
char *bk_arena_strdup(struct bk_arena *arena, const char *s);
char *bk_arena_strndup(struct bk_arena *arena, const char *s, size_t n);
void *bk_arena_memdup(struct bk_arena *arena, const void *data, size_t n);
/* Everything of `from`, which is empty then, lives as long as `arena`. */
void bk_arena_join(struct bk_arena *arena, struct bk_arena *from);
void bk_arena_clear(struct bk_arena *arena);

#endif
