/*
 * The steps of simscale: each does what bk does at that point, with its code,
 * and ends the process when something fails.
 */

#ifndef BK_BENCH_SIMSTEPS_H
#define BK_BENCH_SIMSTEPS_H

#include <stdint.h>

#include "base/err.h"
#include "repo/container.h"
#include "repo/repo.h"
#include "repo/root.h"

struct scale {
	struct bk_repo repo;
	uint64_t messages, hosts, sets;
	uint8_t full[BK_ID_LEN], delta[BK_ID_LEN];
	struct bk_file_sum *index; /* shared by all processes */
	struct bk_err err;
};

#define SIM_NEW_EVERY 66 /* 1.5 % of the messages are new in a differential */

/* Ends the process if rc is negative. */
void scale_must(int rc, const struct scale *s);
uint64_t scale_chunks(const struct scale *s);
/* Set number n. */
void scale_set_id(uint8_t out[BK_ID_LEN], uint64_t n);
void scale_add_part(struct bk_root *root, enum bk_part_type type,
		    const struct bk_file_sum *sum);
/* The root of host `host`'s set, which saw one of each other host. */
void scale_put_root(struct scale *s, const uint8_t set[BK_ID_LEN],
		    uint64_t host, struct bk_root *root);

/* ---- one set: simset.c ---- */

/* A first full set: every chunk is asked for, stored, and has its row. */
void scale_write_index(struct scale *s);
void scale_write_manifest(struct scale *s);
void scale_open_set(struct scale *s);
/* Everything is listed and compared, and what changed is written. */
void scale_compare_all(struct scale *s);
/* What a differential asks the base for: each chunk of its new messages, half
 * of which are there. */
void scale_look_up(struct scale *s);

/* ---- many sets: simroots.c ---- */

/* Roots of many hosts, each with a table that names no pack. */
void scale_write_roots(struct scale *s);
void scale_list_sets(struct scale *s);
/* All of a prune but what it puts. */
void scale_look_round(struct scale *s);

#endif
