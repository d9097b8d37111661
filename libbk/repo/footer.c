/* What lies behind the body of an encrypted file: see container.h. */

#include <string.h>

#include "base/bytes.h"
#include "base/crc32.h"
#include "repo/container.h"
#include "repo/parity.h"

static const uint8_t magic[8] = {'B', 'K', 'F', '1', 'E', 'N', 'D', '\n'};

/* Offsets of bk-format(5), Footer. */
enum {
	AT_BODY_LEN = 8,
	AT_FILE_LEN = 16,
	AT_PARITY = 24,
	AT_GROUPS = 28,
	AT_TABLE_LEN = 32,
	AT_CRC = 60,
};

uint64_t bk_file_len(uint64_t body_len, bool parity)
{
	struct bk_parity_shape shape = {0};

	if (parity)
		bk_parity_shape_of(&shape, body_len);
	return body_len + shape.len + BK_FOOTER_LEN;
}

void bk_footer_encode(uint64_t body_len, bool parity,
		      const uint8_t sha256[BK_SHA256_LEN],
		      uint8_t out[BK_FOOTER_LEN])
{
	struct bk_parity_shape shape = {0};

	if (parity)
		bk_parity_shape_of(&shape, body_len);
	memset(out, 0, BK_FOOTER_LEN);
	memcpy(out, magic, sizeof(magic));
	bk_put_u64(out + AT_BODY_LEN, body_len);
	bk_put_u64(out + AT_FILE_LEN, body_len + shape.len + BK_FOOTER_LEN);
	if (shape.len) {
		out[AT_PARITY] = shape.k;
		out[AT_PARITY + 1] = BK_PARITY_OF_EACH;
		out[AT_PARITY + 2] = shape.log2;
		bk_put_u32(out + AT_GROUPS, shape.groups);
		bk_put_u32(out + AT_TABLE_LEN, shape.table_len);
	}
	memcpy(out + BK_FOOTER_SUM, sha256, AT_CRC - BK_FOOTER_SUM);
	bk_put_u32(out + AT_CRC, bk_crc32(0, out, AT_CRC));
}

int bk_footer_decode(const uint8_t footer[BK_FOOTER_LEN], uint64_t file_len,
		     uint64_t *body_len, struct bk_err *err)
{
	uint64_t body = bk_get_u64(footer + AT_BODY_LEN);
	uint8_t should[BK_FOOTER_LEN], sum[BK_SHA256_LEN] = {0};

	if (memcmp(footer, magic, sizeof(magic)) != 0)
		return bk_fail(err, BK_CORRUPT,
			       "there is no footer at its end: cut short?");
	if (bk_get_u32(footer + AT_CRC) != bk_crc32(0, footer, AT_CRC))
		return bk_fail(err, BK_CORRUPT, "footer: wrong CRC");
	memcpy(sum, footer + BK_FOOTER_SUM, AT_CRC - BK_FOOTER_SUM);
	bk_footer_encode(body, footer[AT_PARITY] != 0, sum, should);
	if (memcmp(footer, should, sizeof(should)) != 0 ||
	    bk_get_u64(footer + AT_FILE_LEN) != file_len ||
	    body < BK_BODY_LEAST)
		return bk_fail(err, BK_CORRUPT,
			       "footer: it does not fit the file");
	*body_len = body;
	return 0;
}

/* ---- writing it ---- */

/* The body, on its way back into the parity. */
struct reread {
	struct bk_sink sink;
	struct bk_parity *parity;
};

static int take(struct bk_sink *to, const void *data, size_t len,
		struct bk_err *err)
{
	(void)err;
	bk_parity_add(((struct reread *)to)->parity, data, len);
	return 0;
}

static int write_parity(struct bk_put *put, uint64_t body_len,
			struct bk_err *err)
{
	struct reread reread = {{take}, bk_parity_new(body_len)};
	struct bk_view bytes;
	uint64_t at = 0;

	int rc = bk_put_read(put, 0, body_len, &reread.sink, err);
	while (rc == 0 && (bytes = bk_parity_view(reread.parity, at)).len) {
		rc = bk_put_write(put, bytes.data, bytes.len, err);
		at += bytes.len;
	}
	bk_parity_free(reread.parity);
	return rc;
}

int bk_file_end(struct bk_put *put, uint64_t body_len, bool parity,
		const uint8_t sha256[BK_SHA256_LEN], struct bk_err *err)
{
	uint8_t footer[BK_FOOTER_LEN];

	if (bk_file_len(body_len, parity) > body_len + BK_FOOTER_LEN &&
	    write_parity(put, body_len, err) < 0)
		return -1;
	bk_footer_encode(body_len, parity, sha256, footer);
	return bk_put_write(put, footer, sizeof(footer), err);
}
