/*
 * Identifiers of sets, slots, holds and trash lists, and the names of the
 * files of a repository.  bk-format(5), FILE NAMES.
 */

#ifndef BK_REPO_ID_H
#define BK_REPO_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

#define BK_ID_LEN        16
#define BK_ID_TEXT       33 /* room for its 32 digits */
#define BK_ID_RANDOM_LEN 10 /* of a set's identifier */
#define BK_NAME_MAX      80 /* room for any name below */

/* ---- identifiers ---- */

/* Of a set or trash list: Unix milliseconds, then the caller's random bytes,
 * so that identifiers sort by time. */
void bk_setid_make(uint8_t out[BK_ID_LEN], int64_t now_ms,
		   const uint8_t random[BK_ID_RANDOM_LEN]);
int64_t bk_setid_ms(const uint8_t id[BK_ID_LEN]);
/* "20261119T1230", the time by which people call it, in `out`, which is
 * returned. */
const char *bk_setid_time(char out[BK_CLOCK_TEXT], const uint8_t id[BK_ID_LEN]);

/* 32 lower-case digits in `out`, which is returned. */
const char *bk_id_hex(char out[BK_ID_TEXT], const uint8_t id[BK_ID_LEN]);
/* Exactly that; false, and *out untouched, for anything else. */
bool bk_id_parse(const char *text, uint8_t out[BK_ID_LEN]);
/* Is `digits` a beginning of its 32, in either case of letters? */
bool bk_id_begins(const uint8_t id[BK_ID_LEN], const char *digits);
bool bk_id_is_zero(const uint8_t id[BK_ID_LEN]);

/* ---- names ---- */

enum bk_name_kind {
	BK_NAME_OTHER, /* none of ours: readers ignore it */
	BK_NAME_MARKER,
	BK_NAME_SLOT,
	BK_NAME_ROOT,
	BK_NAME_PACK,
	BK_NAME_INDEX,
	BK_NAME_MANIFEST,
	BK_NAME_TABLE,
	BK_NAME_ENVELOPES,
	BK_NAME_BUNDLE,
	BK_NAME_INTENT,
	BK_NAME_TRASH_LIST,
	BK_NAME_TRASH_GO,
	BK_NAME_TRASH_DONE,
	BK_NAME_HOLD,
};

/* What a name says; what its kind does not have is zero. */
struct bk_name {
	enum bk_name_kind kind;
	uint8_t id[BK_ID_LEN];   /* of set, slot or trash list */
	uint8_t hold[BK_ID_LEN]; /* a hold's own */
	uint32_t ordinal;        /* of a set's file; an intent's number */
};

/* Takes a name of a listing apart; *out is filled for every kind. */
enum bk_name_kind bk_name_parse(const char *text, struct bk_name *out);

/* The name in `out`, which is returned; "" for BK_NAME_OTHER. */
const char *bk_name_format(char out[BK_NAME_MAX], const struct bk_name *name);

/* "probe.<id>": by which a place was tried.  One that a login could not take
 * away again keeps nobody from beginning a repository there. */
#define BK_PROBE_PREFIX "probe."
bool bk_name_is_probe(const char *text);

/* The same for those that are written most. */
const char *bk_name_slot(char out[BK_NAME_MAX], const uint8_t slot[BK_ID_LEN]);
const char *bk_name_root(char out[BK_NAME_MAX], const uint8_t set[BK_ID_LEN]);
const char *bk_name_bundle(char out[BK_NAME_MAX], const uint8_t set[BK_ID_LEN]);
const char *bk_name_pack(char out[BK_NAME_MAX], const uint8_t set[BK_ID_LEN],
			 uint32_t ordinal);
const char *bk_name_index(char out[BK_NAME_MAX], const uint8_t set[BK_ID_LEN],
			  uint32_t ordinal);
const char *bk_name_manifest(char out[BK_NAME_MAX],
			     const uint8_t set[BK_ID_LEN], uint32_t ordinal);
const char *bk_name_table(char out[BK_NAME_MAX], const uint8_t set[BK_ID_LEN],
			  uint32_t ordinal);
const char *bk_name_intent(char out[BK_NAME_MAX], const uint8_t set[BK_ID_LEN],
			   uint32_t number);
const char *bk_name_hold(char out[BK_NAME_MAX], const uint8_t set[BK_ID_LEN],
			 const uint8_t hold[BK_ID_LEN]);

#endif
