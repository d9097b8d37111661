/*
 * A small world of accounts, folders and messages that changes at random, and
 * is written as sets by hand: what a set must show when it is opened.
 */

#ifndef BK_TESTS_SETWORLD_H
#define BK_TESTS_SETWORLD_H

#include "lib/dice.h"
#include "lib/setmaker.h"

#define WORLD_ACCOUNTS 5
#define WORLD_FOLDERS  12
#define WORLD_ROWS     60
#define WORLD_KEYWORDS 6

struct world_row {
	uint32_t uid;
	char name[12];
	uint8_t flags;
	uint16_t keywords[3], n_keywords;
	int64_t date;
	uint64_t size, modseq;
	uint8_t digest[BK_DIGEST_LEN];
	uint64_t refs[2];
	unsigned added_in; /* number of the set whose record has it */
};

struct world_folder {
	uint32_t id, account;
	char name[12];
	size_t n_keywords;
	struct world_row rows[WORLD_ROWS]; /* in set order */
	size_t n;
};

struct world {
	uint32_t accounts[WORLD_ACCOUNTS];          /* ids, 0: none */
	uint8_t moods[WORLD_ACCOUNTS];              /* a setting that changes */
	struct world_folder folders[WORLD_FOLDERS]; /* id 0: none */
	uint32_t last_account, last_folder;
};

extern const char *const world_keywords[WORLD_KEYWORDS];

/* Some accounts, folders and messages come, change and go. */
void world_change(struct world *world, struct dice *dice, unsigned set);

/* All records of set number `set` but the end.  `was` is the base's world, an
 * empty one for a full set. */
void world_write(struct setmaker *maker, struct world *now,
		 const struct world *was, unsigned set, struct dice *dice);

/* What record 8 says of it. */
void world_end(const struct world *world, struct bk_manifest_end *end);

/* The bodies of records 1 and 2. */
void world_account_body(const struct world *world, size_t i,
			struct bk_buf *out);
void world_folder_body(const struct world_folder *from, struct bk_buf *out);

/* The body of a row in record 3, on a trail of its own. */
void world_row_body(const struct world_row *row, struct bk_buf *out);
struct bk_message world_message(const struct world_row *row);

const struct world_folder *world_folder_by_id(const struct world *world,
					      uint32_t id);

#endif
