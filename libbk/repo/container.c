/* Headers and trailers of encrypted files: see container.h. */

#include "repo/container.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc32.h"
#include "crypto/secret.h"
#include "crypto/sign.h"
#include "repo/salt.h"

#define MAJOR          1
#define SUITE          1
#define MODE_SYMMETRIC 1
#define MODE_SEALED    2
#define SECRET_LEN     32
#define OKM_LEN        64

/* Offsets of bk-format(5), Header. */
enum {
	AT_MAJOR = 8,
	AT_TYPE = 10,
	AT_SUITE = 11,
	AT_MODE = 12,
	AT_LOG2 = 13,
	AT_LENGTH = 14,
	AT_INCOMPATIBLE = 16,
	AT_COMPATIBLE = 20,
	AT_GENERATION = 24,
	AT_ORDINAL = 28,
	AT_REPOSITORY = 32,
	AT_SET = 48,
	AT_HOST = 64,
	AT_SALT = 80,
	AT_BOX = 112,
	AT_DOMAIN = 192,
	AT_COMMITMENT = 220,
	AT_CRC = 252,
};
static_assert(AT_DOMAIN - AT_BOX == SECRET_LEN + BK_BOX_OVERHEAD,
	      "the sealed box has its room");

static const uint8_t head_magic[8] = {0x89, 'B',  'K',  'F',
				      '\r', '\n', 0x1a, '\n'};

static bool is_zero(const uint8_t *at, size_t len)
{
	uint8_t all = 0;

	for (size_t i = 0; i < len; i++)
		all |= at[i];
	return !all;
}

static enum bk_key_what role_of(enum bk_file_type type)
{
	switch (type) {
	case BK_FILE_PACK:
		return BK_KEY_DATA;
	case BK_FILE_INDEX:
	case BK_FILE_MANIFEST:
		return BK_KEY_META;
	case BK_FILE_ROOT:
	case BK_FILE_TABLE:
		return BK_KEY_ROOT;
	case BK_FILE_INTENT:
	case BK_FILE_TRASH:
	case BK_FILE_HOLD:
		break;
	}
	return BK_KEY_CTL;
}

/* Packs and manifests have large blocks; rows fill the smallest. */
bool bk_file_is_bulk(enum bk_file_type type)
{
	switch (type) {
	case BK_FILE_PACK:
	case BK_FILE_INDEX:
	case BK_FILE_MANIFEST:
	case BK_FILE_TABLE:
		return true;
	case BK_FILE_ROOT:
	case BK_FILE_INTENT:
	case BK_FILE_TRASH:
	case BK_FILE_HOLD:
		break;
	}
	return false;
}

unsigned bk_log2_block(enum bk_file_type type)
{
	switch (type) {
	case BK_FILE_PACK:
		return 21;
	case BK_FILE_MANIFEST:
		return BK_LOG2_BLOCK_MOST;
	case BK_FILE_INDEX:
	case BK_FILE_TABLE:
		return BK_LOG2_BLOCK_LEAST;
	case BK_FILE_ROOT:
	case BK_FILE_INTENT:
	case BK_FILE_TRASH:
	case BK_FILE_HOLD:
		break;
	}
	return 20;
}

/* Of the file key and the commitment, from what is kept secret and the part of
 * the header before the commitment. */
static void derive(struct bk_view ikm, const uint8_t head[BK_HEAD_LEN],
		   uint8_t okm[OKM_LEN])
{
	uint8_t info[9 + AT_COMMITMENT] = "bk1 file";

	memcpy(info + 9, head, AT_COMMITMENT);
	bk_hkdf(ikm.data, ikm.len,
		(struct bk_view){head + AT_SALT, BK_SALT_LEN},
		(struct bk_view){info, sizeof(info)}, okm, OKM_LEN);
}

int bk_head_make(const struct bk_repo *repo, const struct bk_file_id *id,
		 unsigned log2_block, uint8_t head[BK_HEAD_LEN],
		 uint8_t key[BK_KEY_LEN], struct bk_err *err)
{
	uint8_t okm[OKM_LEN], role[BK_KEY_LEN];
	uint32_t generation = repo->keys.generation;

	if (repo->newer)
		return bk_fail(err, BK_NEWER,
			       "%s was made by a newer version (format %u), "
			       "and can be read only; upgrade this host first",
			       repo->target->where, repo->newer);
	memset(head, 0, BK_HEAD_LEN);
	memcpy(head, head_magic, sizeof(head_magic));
	head[AT_MAJOR] = MAJOR;
	head[AT_TYPE] = (uint8_t)id->type;
	head[AT_SUITE] = SUITE;
	head[AT_MODE] = MODE_SYMMETRIC;
	head[AT_LOG2] = (uint8_t)log2_block;
	bk_put_u16(head + AT_LENGTH, BK_HEAD_LEN);
	if (repo->parity && id->type == BK_FILE_ROOT)
		bk_put_u32(head + AT_COMPATIBLE, BK_FEATURE_PARITY);
	bk_put_u32(head + AT_GENERATION, generation);
	bk_put_u32(head + AT_ORDINAL, id->ordinal);
	memcpy(head + AT_REPOSITORY, repo->id, 16);
	memcpy(head + AT_SET, id->set, 16);
	memcpy(head + AT_HOST, repo->host, 16);
	if (bk_salt_make(repo, id, head + AT_SALT, err) < 0 ||
	    bk_keys_get(&repo->keys, role_of(id->type), generation, NULL, role,
			err) < 0)
		return -1;
	derive((struct bk_view){role, sizeof(role)}, head, okm);
	memcpy(key, okm, BK_KEY_LEN);
	memcpy(head + AT_COMMITMENT, okm + BK_KEY_LEN, BK_KEY_LEN);
	bk_put_u32(head + AT_CRC, bk_crc32(0, head, AT_CRC));
	bk_wipe(okm, sizeof(okm));
	bk_wipe(role, sizeof(role));
	return 0;
}

/* What a later version may have changed, and is refused by its number. */
static int check_version(const uint8_t head[BK_HEAD_LEN], struct bk_err *err)
{
	if (memcmp(head, head_magic, sizeof(head_magic)) != 0)
		return bk_fail(err, BK_CORRUPT, "not a file of bk");
	if (bk_get_u32(head + AT_CRC) != bk_crc32(0, head, AT_CRC))
		return bk_fail(err, BK_CORRUPT, "header: wrong CRC");
	if (head[AT_MAJOR] > MAJOR)
		return bk_fail(err, BK_NEWER,
			       "made by a newer version (format %u); upgrade "
			       "this host first",
			       head[AT_MAJOR]);
	if (bk_get_u32(head + AT_INCOMPATIBLE))
		return bk_fail(err, BK_NEWER,
			       "made by a newer version (features %#x); "
			       "upgrade this host first",
			       bk_get_u32(head + AT_INCOMPATIBLE));
	return 0;
}

static bool may_be_sealed(enum bk_file_type type)
{
	return type == BK_FILE_PACK || type == BK_FILE_INDEX ||
	       type == BK_FILE_MANIFEST;
}

static bool fields_hold(const uint8_t head[BK_HEAD_LEN])
{
	bool sealed = head[AT_MODE] == MODE_SEALED;

	return head[AT_MAJOR] == MAJOR && head[AT_SUITE] == SUITE &&
	       (sealed ? may_be_sealed(head[AT_TYPE])
		       : head[AT_MODE] == MODE_SYMMETRIC &&
				 is_zero(head + AT_BOX, AT_DOMAIN - AT_BOX)) &&
	       head[AT_LOG2] >= BK_LOG2_BLOCK_LEAST &&
	       head[AT_LOG2] <= BK_LOG2_BLOCK_MOST &&
	       bk_get_u16(head + AT_LENGTH) == BK_HEAD_LEN &&
	       bk_get_u32(head + AT_GENERATION) > 0 &&
	       is_zero(head + AT_DOMAIN, AT_COMMITMENT - AT_DOMAIN);
}

static int check_place(const struct bk_repo *repo, const struct bk_file_id *id,
		       const uint8_t head[BK_HEAD_LEN], struct bk_err *err)
{
	const char *what = NULL;

	if (!fields_hold(head))
		what = "header: a field that cannot be";
	else if (memcmp(head + AT_REPOSITORY, repo->id, 16) != 0)
		what = BK_OF_ANOTHER_REPO;
	else if (head[AT_TYPE] != (uint8_t)id->type)
		what = "is a file of another type";
	else if (memcmp(head + AT_SET, id->set, 16) != 0)
		what = "belongs to another set";
	else if (bk_get_u32(head + AT_ORDINAL) != id->ordinal)
		what = "has another number than its name";
	return what ? bk_fail(err, BK_CORRUPT, "%s", what) : 0;
}

/* What the file key is derived from; *len bytes. */
static int get_ikm(const struct bk_repo *repo, const uint8_t head[BK_HEAD_LEN],
		   uint8_t ikm[SECRET_LEN + BK_KEY_LEN], size_t *len,
		   struct bk_err *err)
{
	uint32_t generation = bk_get_u32(head + AT_GENERATION);

	*len = BK_KEY_LEN;
	if (head[AT_MODE] == MODE_SYMMETRIC)
		return bk_keys_get(&repo->keys, role_of(head[AT_TYPE]),
				   generation, NULL, ikm, err);
	*len += SECRET_LEN;
	/* The box's secret key makes room for what it opens. */
	if (bk_keys_get(&repo->keys, BK_KEY_BOX, generation, NULL,
			ikm + SECRET_LEN, err) < 0 ||
	    bk_box_open(ikm + SECRET_LEN,
			(struct bk_view){head + AT_BOX, AT_DOMAIN - AT_BOX},
			ikm, err) < 0)
		return -1;
	return bk_keys_get(&repo->keys, BK_KEY_SEAL, generation, head + AT_HOST,
			   ikm + SECRET_LEN, err);
}

int bk_head_open(const struct bk_repo *repo, const struct bk_file_id *id,
		 const uint8_t head[BK_HEAD_LEN], uint8_t key[BK_KEY_LEN],
		 unsigned *log2_block, struct bk_err *err)
{
	uint8_t okm[OKM_LEN], ikm[SECRET_LEN + BK_KEY_LEN];
	size_t len = 0;

	if (check_version(head, err) < 0 ||
	    check_place(repo, id, head, err) < 0)
		return -1;
	int rc = get_ikm(repo, head, ikm, &len, err);
	if (rc == 0) {
		derive((struct bk_view){ikm, len}, head, okm);
		if (!bk_bytes_equal(okm + BK_KEY_LEN, head + AT_COMMITMENT,
				    BK_KEY_LEN))
			rc = bk_fail(err, BK_CORRUPT,
				     "header: wrong commitment");
	}
	if (rc == 0) {
		memcpy(key, okm, BK_KEY_LEN);
		*log2_block = head[AT_LOG2];
	}
	bk_wipe(okm, sizeof(okm));
	bk_wipe(ikm, sizeof(ikm));
	return rc;
}

void bk_trailer_encode(const struct bk_trailer *trailer,
		       uint8_t out[BK_TRAILER_LEN])
{
	memset(out, 0, BK_TRAILER_LEN);
	bk_put_u32(out, trailer->first_directory);
	bk_put_u32(out + 4, trailer->n_directory);
	bk_put_u32(out + 8, trailer->n_items);
	bk_put_u32(out + 12, trailer->n_data);
	bk_put_u64(out + 16, trailer->directory_offset);
	bk_put_u64(out + 24, trailer->plain_bytes);
	bk_put_u64(out + 32, trailer->rows_offset);
	bk_put_u32(out + 40, trailer->rows_extra);
}

int bk_trailer_decode(struct bk_view data, struct bk_trailer *out,
		      struct bk_err *err)
{
	const uint8_t *at = data.data;

	if (data.len != BK_TRAILER_LEN || !is_zero(at + 44, 72))
		return bk_fail(err, BK_CORRUPT, "malformed trailer");
	*out = (struct bk_trailer){
		.first_directory = bk_get_u32(at),
		.n_directory = bk_get_u32(at + 4),
		.n_items = bk_get_u32(at + 8),
		.n_data = bk_get_u32(at + 12),
		.directory_offset = bk_get_u64(at + 16),
		.plain_bytes = bk_get_u64(at + 24),
		.rows_offset = bk_get_u64(at + 32),
		.rows_extra = bk_get_u32(at + 40),
	};
	return 0;
}
