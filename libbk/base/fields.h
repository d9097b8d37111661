/*
 * Lines of fields with tabs between them, for small files that people may look
 * into; tab, line end and backslash in a field are \t, \n and \\.
 */

#ifndef BK_BASE_FIELDS_H
#define BK_BASE_FIELDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

/* Appends a tab and the text; NULL is an empty one. */
void bk_fields_add(struct bk_buf *line, const char *text);
void bk_fields_add_number(struct bk_buf *line, uint64_t n);

/* The fields of a line without its end, at most `most` (at least 1), each with
 * a NUL, in the arena; returns how many. */
size_t bk_fields_split(struct bk_arena *arena, struct bk_view line,
		       const char **fields, size_t most);

#endif
