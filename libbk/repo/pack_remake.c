/* Blocks that are damaged, made again: see pack_remake.h. */

#include "repo/pack_remake.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cancel.h"
#include "crypto/secret.h"
#include "mail/split.h"
#include "repo/file_reader.h"
#include "repo/known.h"
#include "repo/pack_reader.h"
#include "repo/pack_rows.h"
#include "repo/pack_seal.h"
#include "repo/packer.h"

#define WHOLE  UINT32_MAX
#define LEVELS (sizeof(levels) / sizeof(*levels))

static const int levels[] = {BK_PACK_LEVEL, BK_PACK_LEVEL_DELTA};

/* A damaged block. */
struct broken {
	uint32_t number;
	uint32_t n, lacking; /* chunks */
	struct bk_chunk_at *chunks;
	bool *had;
	uint8_t *plain;       /* made with the first chunk */
	struct bk_buf sealed; /* empty: not made again */
};

struct bk_pack_remake {
	struct bk_pack_reader *pack;
	struct bk_mac_key id;
	uint32_t *place; /* of each block in `broken`, or WHOLE */
	struct broken *broken;
	size_t n, cap;
	uint32_t made;
};

/* ---- what is damaged ---- */

static int add_broken(struct bk_pack_remake *remake, uint32_t number,
		      struct bk_err *err)
{
	const struct bk_pack_entry *entry =
		bk_pack_reader_entry(remake->pack, number);
	struct broken broken = {
		.number = number,
		.n = entry[1].first - entry[0].first,
	};

	broken.chunks = bk_pack_reader_chunks_of(remake->pack, number, err);
	if (!broken.chunks)
		return -1;
	broken.lacking = broken.n;
	broken.had = bk_alloc(broken.n * sizeof(*broken.had));
	remake->broken = bk_array_room(remake->broken, remake->n, &remake->cap,
				       sizeof(*remake->broken));
	remake->place[number] = (uint32_t)remake->n;
	remake->broken[remake->n++] = broken;
	return 0;
}

/* Or is it the place that does not answer? */
static bool is_damage(enum bk_kind kind)
{
	return kind == BK_CORRUPT || kind == BK_FAILED || kind == BK_GONE;
}

static int look_for_broken(struct bk_pack_remake *remake, struct bk_err *err)
{
	uint32_t n = bk_pack_reader_blocks(remake->pack);
	struct bk_buf plain = {0};
	int rc = 0;

	remake->place = bk_alloc((n + (size_t)1) * sizeof(*remake->place));
	for (uint32_t i = 0; rc == 0 && i < n; i++) {
		struct bk_chunk_at *chunks = NULL;
		struct bk_err why = {0};
		remake->place[i] = WHOLE;
		rc = bk_cancelled(err);
		if (rc == 0 && bk_pack_reader_block(remake->pack, i, &plain,
						    &chunks, &why) < 0) {
			rc = is_damage(why.kind) ? add_broken(remake, i, err)
						 : -1;
			if (!is_damage(why.kind))
				*err = why;
		}
		free(chunks);
	}
	bk_buf_clear(&plain);
	return rc;
}

int bk_pack_remake_open(struct bk_pack_remake **out, const struct bk_repo *repo,
			const struct bk_table_row *row, struct bk_err *err)
{
	struct bk_pack_remake *remake = bk_alloc(sizeof(*remake));

	int rc = bk_pack_reader_open(&remake->pack, repo, row, err);
	if (rc == 0)
		rc = bk_keys_id(&repo->keys,
				bk_pack_reader_generation(remake->pack),
				&remake->id, err);
	if (rc == 0)
		rc = look_for_broken(remake, err);
	if (rc < 0) {
		bk_pack_remake_close(remake);
		return -1;
	}
	*out = remake;
	return 0;
}

void bk_pack_remake_close(struct bk_pack_remake *remake)
{
	if (!remake)
		return;
	for (size_t i = 0; i < remake->n; i++) {
		free(remake->broken[i].chunks);
		free(remake->broken[i].had);
		free(remake->broken[i].plain);
		bk_buf_clear(&remake->broken[i].sealed);
	}
	free(remake->broken);
	free(remake->place);
	bk_mac_key_clear(&remake->id);
	bk_pack_reader_close(remake->pack);
	free(remake);
}

/* ---- its chunks ---- */

/* The damaged block of a chunk and its number in it, or NULL. */
static struct broken *block_of(const struct bk_pack_remake *remake,
			       uint32_t chunk, uint32_t *at)
{
	struct bk_err ignored = {0};
	uint32_t number, first;

	if (bk_pack_reader_find(remake->pack, chunk, &number, &first,
				&ignored) < 0 ||
	    remake->place[number] == WHOLE)
		return NULL;
	*at = chunk - first;
	return &remake->broken[remake->place[number]];
}

bool bk_pack_remake_concerns(const struct bk_pack_remake *remake,
			     uint32_t chunk)
{
	uint32_t at;

	return block_of(remake, chunk, &at) != NULL;
}

bool bk_pack_remake_wants(const struct bk_pack_remake *remake, uint32_t chunk)
{
	uint32_t at;
	const struct broken *broken = block_of(remake, chunk, &at);

	return broken && !broken->had[at];
}

/* Are these the bytes that the row speaks of?  Of a trace it says no more than
 * how long it is. */
static bool are_its(struct bk_pack_remake *remake, uint32_t chunk, uint8_t type,
		    struct bk_view bytes)
{
	uint8_t id[BK_SHA256_LEN]; /* no secret */
	struct bk_err ignored = {0};

	if (type == BK_CHUNK_TRACE)
		return true;
	const uint8_t *row = bk_pack_reader_row(remake->pack, chunk, &ignored);
	bk_mac_tagged(&remake->id, type, bytes, id);
	return row && memcmp(row, id, BK_CHUNK_ID_LEN) == 0;
}

void bk_pack_remake_give(struct bk_pack_remake *remake, uint32_t chunk,
			 struct bk_view bytes)
{
	uint32_t at;
	struct broken *broken = block_of(remake, chunk, &at);

	if (!broken || broken->had[at])
		return;
	const struct bk_chunk_at *its = &broken->chunks[at];
	if (bytes.len != its[1].start - its[0].start ||
	    !are_its(remake, chunk, its->type, bytes))
		return;
	if (!broken->plain)
		broken->plain = bk_alloc(broken->chunks[broken->n].start);
	memcpy(broken->plain + its->start, bytes.data, bytes.len);
	broken->had[at] = true;
	broken->lacking--;
}

/* ---- its blocks ---- */

/* What is left of the head that it had; shorter where nothing can be read. */
static void read_head(const struct bk_pack_remake *remake,
		      const struct bk_pack_entry *entry, struct bk_buf *head)
{
	const struct bk_file_reader *file = bk_pack_reader_file(remake->pack);
	struct bk_err ignored = {0};

	if (bk_target_read(file->target, file->name,
			   file->start + entry->offset, BK_BLOCK_HEAD_LEN, head,
			   &ignored) < 0)
		head->len = 0;
}

/* The level at which it is as long as it was, and, where that can still be
 * read, has the sum that it had. */
static int make(struct bk_pack_remake *remake, struct bk_pack_sealer *sealer,
		struct broken *broken, struct bk_err *err)
{
	const struct bk_pack_entry *entry =
		bk_pack_reader_entry(remake->pack, broken->number);
	struct bk_aead *aead = bk_pack_reader_file(remake->pack)->aead;
	struct bk_buf was = {0}, sealed = {0}; /* in clear, and sealed */
	bool same = false;
	int rc = 0;

	read_head(remake, entry, &was);
	for (size_t i = 0; rc == 0 && !same && i < LEVELS; i++) {
		const struct bk_pack_again again = {
			.number = broken->number,
			.plain = {broken->plain, entry->plain_len},
			.level = levels[i],
		};
		sealed.len = 0;
		rc = bk_pack_seal_again(sealer, aead, &again, &sealed, err);
		if (rc < 0 || sealed.len != entry->stored)
			continue;
		same = was.len == BK_BLOCK_HEAD_LEN &&
		       bk_bytes_equal(was.data, sealed.data, was.len);
		if (same || !broken->sealed.len) {
			bk_buf_clear(&broken->sealed);
			broken->sealed = sealed;
			sealed = (struct bk_buf){0};
		}
	}
	bk_buf_clear(&sealed);
	bk_buf_clear(&was);
	remake->made += rc == 0 && broken->sealed.len;
	return rc;
}

int bk_pack_remake_finish(struct bk_pack_remake *remake, struct bk_err *err)
{
	struct bk_pack_sealer *sealer = NULL;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < remake->n; i++) {
		struct broken *broken = &remake->broken[i];
		if (broken->lacking || broken->sealed.len)
			continue;
		if (!sealer)
			sealer = bk_pack_sealer_new();
		rc = bk_cancelled(err);
		if (rc == 0)
			rc = make(remake, sealer, broken, err);
	}
	bk_pack_sealer_free(sealer);
	return rc;
}

uint32_t bk_pack_remake_damaged(const struct bk_pack_remake *remake)
{
	return (uint32_t)remake->n;
}

uint32_t bk_pack_remake_made(const struct bk_pack_remake *remake)
{
	return remake->made;
}

struct bk_view bk_pack_remake_block(const struct bk_pack_remake *remake,
				    uint32_t i, uint64_t *offset)
{
	const struct broken *broken = remake->broken;

	while (!broken->sealed.len || i--)
		broken++;
	*offset = bk_pack_reader_entry(remake->pack, broken->number)->offset;
	return bk_buf_view(&broken->sealed);
}
