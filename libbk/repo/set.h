/*
 * A set, opened for reading: what it holds, merged with the sets that it is
 * based on.  Nothing of it is believed before its sums and seals are checked.
 *
 * What bk_set_open and bk_set_rows gave may be read by many threads, and any of
 * them may ask for rows.  For bodies each thread has a bk_chunk_reader.
 */

#ifndef BK_REPO_SET_H
#define BK_REPO_SET_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "repo/container.h"
#include "repo/records.h"
#include "repo/repo.h"
#include "repo/root.h"
#include "repo/rows.h"
#include "repo/set_trees.h"
#include "repo/table.h"

#define BK_CHAIN_MAX 33 /* a set, at most 31 between, its full */

/* Where a folder's message records begin in the manifest. */
struct bk_set_entry {
	uint32_t account_id, folder_id;
	uint64_t offset;
	uint32_t block, record;
};

/* One set of the chain. */
struct bk_set_level {
	uint8_t id[16];
	struct bk_root root;
	uint8_t root_sha256[32]; /* of its body, what a set based on it names */
	uint32_t generation;     /* of the keys of all its files */
	struct bk_table table;
	struct bk_file_reader *manifest;
	struct bk_set_entry *entries;       /* sorted by folder id */
	const struct bk_set_entry **places; /* the same by offset and record */
	size_t n_entries;
	struct bk_buf block;          /* of messages that was read last: small
					 folders share one */
	struct bk_block_at block_at;  /* where it lies, offset 0: none */
	struct bk_block_at behind_it; /* the block after it */
};

/* What a set took away: its id is not used again by one that is based on it. */
struct bk_set_gone {
	uint32_t account_id, folder_id; /* folder 0: the account itself */
	bool with_account;              /* it went because its account did */
};

struct bk_set {
	const struct bk_repo *repo;
	pthread_mutex_t lock;        /* reading rows */
	struct bk_set_level *levels; /* 0 this set, 1 its base, ... the full */
	size_t n_levels;
	struct bk_set_account *accounts; /* sorted by id */
	size_t n_accounts;
	struct bk_set_folder *folders; /* sorted by id */
	size_t n_folders;
	const struct bk_set_account **by_address; /* sorted by address */
	const struct bk_set_folder **by_account;  /* by (account, id) */
	const struct bk_set_folder **by_name;     /* by (account, name) */
	struct bk_set_gone *gone;                 /* by all sets of the chain */
	size_t n_gone, cap_gone;
	uint32_t last_account, last_folder; /* highest ids ever used in the
					       chain */
	struct bk_set_trees trees; /* of this set alone, not of its bases */
	uint64_t messages, bytes;  /* of the merged state, from record 8 */
	uint8_t state_sha256[32];  /* likewise */
};

/*
 * Reads root, table, names and directory of the set and of all its bases.
 * BK_GONE "... needs full X, which is not here; run ..." when a base is
 * missing; BK_CORRUPT, BK_NEWER.
 */
int bk_set_open(struct bk_set **out, const struct bk_repo *repo,
		const uint8_t id[16], struct bk_err *err);
void bk_set_close(struct bk_set *set); /* NULL is fine */

const struct bk_set_account *bk_set_account_by_id(const struct bk_set *set,
						  uint32_t id);
/* NULL if there is none of that address. */
const struct bk_set_account *bk_set_account_find(const struct bk_set *set,
						 const char *address);
const struct bk_set_folder *bk_set_folder_by_id(const struct bk_set *set,
						uint32_t id);

/* The i'th folder of an account, by id, or NULL: for (i = 0; (folder =
 * bk_set_folder_of(set, id, i)); i++). */
const struct bk_set_folder *bk_set_folder_of(const struct bk_set *set,
					     uint32_t account_id, size_t i);
/* The account's folder of that name, or NULL. */
const struct bk_set_folder *bk_set_folder_named(const struct bk_set *set,
						uint32_t account_id,
						const char *name);

/* The messages of a folder, merged, in set order; bodies only if asked for. */
int bk_set_rows(struct bk_set *set, uint32_t folder_id, bool bodies,
		struct bk_row_list *out, struct bk_err *err);

/* SHA-256 of a folder's state: its record, then its rows.  The sum in record 8
 * is the SHA-256 of these sums, in the order of folder ids. */
void bk_set_folder_sum(const struct bk_set_folder *folder,
		       const struct bk_row_list *rows, uint8_t out[32]);

/* Appends what one row adds to that state; the keyword table is `folder`'s. */
void bk_state_row(struct bk_buf *to, const struct bk_folder *folder,
		  const struct bk_message *msg,
		  const uint8_t digest[BK_DIGEST_LEN]);

/* Opens a file of a set by what its root says of it: lengths and sums are the
 * root's, which is signed. */
int bk_set_part_open(struct bk_file_reader **out, const struct bk_repo *repo,
		     const uint8_t set[16], const struct bk_root *root,
		     enum bk_part_type type, struct bk_err *err);

/* ---- listing ---- */

struct bk_set_info {
	uint8_t id[16];
	struct bk_root root; /* {0} where broken is set */
	uint8_t root_sha256[32];
	char *broken;      /* why the root does not open, or NULL */
	enum bk_kind kind; /* of that: BK_CORRUPT, BK_NEWER, BK_DENIED */
};

struct bk_set_info_list {
	struct bk_set_info *items; /* owned; oldest first */
	size_t n, cap;
};

/* One set by its root, visible or not.  A root that does not open is broken;
 * -1 where it is not there, or cannot be read now. */
int bk_set_info_read(const struct bk_repo *repo, const uint8_t id[16],
		     struct bk_set_info *out, struct bk_err *err);
void bk_set_info_clear(struct bk_set_info *info);

/* Adds one set to a list, as bk_set_info_read(); nothing after a failure. */
int bk_set_info_list_add(struct bk_set_info_list *list,
			 const struct bk_repo *repo, const uint8_t id[16],
			 struct bk_err *err);

/* The pack table of a set that is not broken; *out is {0} before, the
 * caller's. */
int bk_set_info_table(const struct bk_repo *repo,
		      const struct bk_set_info *info, struct bk_table *out,
		      struct bk_err *err);

/* All visible sets: condemned ones are left out, roots that do not open are
 * listed as broken. */
int bk_sets_list(const struct bk_repo *repo, struct bk_set_info_list *out,
		 struct bk_err *err);
void bk_set_info_list_clear(struct bk_set_info_list *list);

#endif
