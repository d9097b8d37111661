/*
 * Writes a manifest: message records as folders become ready, in any order of
 * folders, then the names.  bk-format(5), MANIFEST.  One thread at a time.
 */

#ifndef BK_REPO_MANIFEST_WRITER_H
#define BK_REPO_MANIFEST_WRITER_H

#include <stdint.h>

#include "base/err.h"
#include "repo/container.h"
#include "repo/records.h"

struct bk_manifest_writer;

int bk_manifest_writer_open(struct bk_manifest_writer **out,
			    const struct bk_repo *repo,
			    struct bk_target *target, const uint8_t set[16],
			    int level, struct bk_err *err);

/* A record 3 or 7; those of one folder follow each other. */
int bk_manifest_writer_messages(struct bk_manifest_writer *writer, uint8_t type,
				uint32_t account_id, uint32_t folder_id,
				struct bk_view body, struct bk_err *err);

/* Any other record but the end; kept in memory until the end. */
void bk_manifest_writer_name(struct bk_manifest_writer *writer, uint8_t type,
			     struct bk_view body);

/* What record 8 says of the merged state. */
struct bk_manifest_end {
	uint64_t accounts, folders, messages, bytes;
	uint8_t state_sha256[BK_SHA256_LEN];
};

/* Ends the writer either way. */
int bk_manifest_writer_finish(struct bk_manifest_writer *writer,
			      const struct bk_manifest_end *end,
			      struct bk_file_sum *sum, struct bk_err *err);
void bk_manifest_writer_abort(struct bk_manifest_writer *writer);

#endif
