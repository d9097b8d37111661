/* Many small things that live and die together: see arena.h. */

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define PAGE_MIN ((size_t)512) /* a folder has several, most of them empty */
#define PAGE_MAX ((size_t)256 << 10)
#define ALIGN    _Alignof(max_align_t)

struct bk_arena_page {
	struct bk_arena_page *older;
	_Alignas(max_align_t) char bytes[];
};

static void *alloc_aligned(struct bk_arena *arena, size_t n, size_t align)
{
	size_t start = (arena->used + align - 1) & ~(align - 1);

	if (!arena->page || start > arena->cap || n > arena->cap - start) {
		size_t cap = arena->cap * 2;
		if (cap < PAGE_MIN)
			cap = PAGE_MIN;
		if (cap > PAGE_MAX)
			cap = PAGE_MAX;
		if (cap < n)
			cap = n;
		struct bk_arena_page *page = bk_alloc(sizeof(*page) + cap);
		page->older = arena->page;
		arena->page = page;
		arena->cap = cap;
		arena->bytes += cap;
		start = 0;
	}
	arena->used = start + n;
	return arena->page->bytes + start;
}

void *bk_arena_alloc(struct bk_arena *arena, size_t n)
{
	return alloc_aligned(arena, n, ALIGN);
}

char *bk_arena_strndup(struct bk_arena *arena, const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *copy = alloc_aligned(arena, len + 1, 1);

	memcpy(copy, s, len);
	copy[len] = 0;
	return copy;
}

char *bk_arena_strdup(struct bk_arena *arena, const char *s)
{
	return bk_arena_strndup(arena, s, strlen(s));
}

void *bk_arena_memdup(struct bk_arena *arena, const void *data, size_t n)
{
	void *copy = bk_arena_alloc(arena, n);

	if (n)
		memcpy(copy, data, n);
	return copy;
}

void bk_arena_join(struct bk_arena *arena, struct bk_arena *from)
{
	struct bk_arena_page **last = &arena->page;

	if (!arena->page) {
		*arena = *from;
	} else {
		while (*last)
			last = &(*last)->older;
		*last = from->page;
		arena->bytes += from->bytes;
	}
	*from = (struct bk_arena){0};
}

void bk_arena_clear(struct bk_arena *arena)
{
	while (arena->page) {
		struct bk_arena_page *older = arena->page->older;
		free(arena->page);
		arena->page = older;
	}
	*arena = (struct bk_arena){0};
}
