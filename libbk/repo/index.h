/*
 * Which chunks a set's packs hold, sorted by id: bk-format(5), INDEX.  Only
 * writers look in it.  Ids are keyed hashes, so a row is found by
 * interpolation in one to three block reads; blocks that were read stay.
 */

#ifndef BK_REPO_INDEX_H
#define BK_REPO_INDEX_H

#include <stdint.h>

#include "base/err.h"
#include "repo/container.h"
#include "repo/id.h"
#include "repo/known.h"

#define BK_INDEX_ROW_LEN 24

struct bk_index;

/* The index of a set at its place. */
int bk_index_open(struct bk_index **out, const struct bk_repo *repo,
		  const struct bk_file_place *place, const uint8_t set[16],
		  struct bk_err *err);
void bk_index_close(struct bk_index *index); /* NULL is fine */
uint64_t bk_index_rows(const struct bk_index *index);

/* 1 and *place (ordinal << 32 | chunk number, in that set's frame), 0, or -1.
 * May be called from several threads at a time. */
int bk_index_find(struct bk_index *index, const uint8_t id[BK_CHUNK_ID_LEN],
		  uint64_t *place, struct bk_err *err);

/* Writes an index file of sorted rows. */
int bk_index_write(const struct bk_repo *repo, struct bk_target *target,
		   const uint8_t set[16], struct bk_view rows,
		   struct bk_file_sum *sum, struct bk_err *err);

#endif
