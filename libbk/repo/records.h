/*
 * Accounts and folders as a manifest keeps them: bk-format(5), records 1 and
 * 2.  Bytes in memory only.
 */

#ifndef BK_REPO_RECORDS_H
#define BK_REPO_RECORDS_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"
#include "mail/message.h"

enum bk_record_type {
	BK_RECORD_ACCOUNT = 1,
	BK_RECORD_FOLDER = 2,
	BK_RECORD_MESSAGES = 3,
	BK_RECORD_TREE = 5,
	BK_RECORD_CHANGES = 7,
	BK_RECORD_END = 8,
	BK_RECORD_FOLDER_GONE = 9,
	BK_RECORD_ACCOUNT_GONE = 10,
};

/* A type with this bit may be skipped by who does not know it. */
#define BK_RECORD_OPTIONAL 0x80u

struct bk_set_account {
	uint32_t id;
	struct bk_account account; /* strings in arena */
	struct bk_arena arena;
	struct bk_buf body; /* the record, for comparing */
	bool fresh;         /* the newest manifest that was read has it */
};

struct bk_set_folder {
	uint32_t id;
	uint32_t account_id;
	uint64_t messages;
	struct bk_folder folder; /* strings in its own arena */
	struct bk_buf body;
	bool fresh;
};

/* Append the body of a record. */
void bk_account_encode(struct bk_buf *to, uint32_t id,
		       const struct bk_account *account);
void bk_folder_encode(struct bk_buf *to, uint32_t id, uint32_t account_id,
		      const struct bk_folder *folder, uint64_t messages);

/* *out is {0} before and cleared by the caller, after a failure too.
 * BK_CORRUPT when malformed or a required field is missing. */
int bk_account_decode(struct bk_view body, struct bk_set_account *out,
		      struct bk_err *err);
int bk_folder_decode(struct bk_view body, struct bk_set_folder *out,
		     struct bk_err *err);
void bk_set_account_clear(struct bk_set_account *account);
void bk_set_folder_clear(struct bk_set_folder *folder);

/* Next record of a block: 1, 0 at its end, -1. */
int bk_record_next(struct bk_cursor *block, uint8_t *type, struct bk_view *body,
		   struct bk_err *err);
void bk_record_add(struct bk_buf *to, uint8_t type, struct bk_view body);

#endif
