/* How fast a core works on mail: see rates.h. */

#include "limits/rates.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zstd.h>

#include "base/buf.h"
#include "limits/tree.h"

#define MEGABYTE  ((size_t)1 << 20)
#define MEGABYTES 64
#define PART      2048 /* bytes of a short message's part */
#define LONG_S    .3

struct sample {
	struct bk_view mail; /* whole megabytes */
	struct bk_buf packed;
	size_t packed_len[MEGABYTES];
	uint8_t *room; /* of ZSTD_compressBound(MEGABYTE) */
};

static void compress_all(struct sample *sample, int level)
{
	ZSTD_CCtx *zstd = ZSTD_createCCtx();

	sample->packed.len = 0;
	for (size_t i = 0; i < sample->mail.len / MEGABYTE; i++) {
		size_t room = ZSTD_compressBound(MEGABYTE);
		uint8_t *to = bk_buf_room(&sample->packed, room);
		sample->packed_len[i] = ZSTD_compressCCtx(
			zstd, to, room, sample->mail.data + i * MEGABYTE,
			MEGABYTE, level);
		sample->packed.len += sample->packed_len[i];
	}
	(void)ZSTD_freeCCtx(zstd);
}

static void compress_1(struct sample *sample)
{
	compress_all(sample, 1);
}

static void compress_3(struct sample *sample)
{
	compress_all(sample, 3);
}

/* What compress_3 has made. */
static void decompress(struct sample *sample)
{
	const uint8_t *from = sample->packed.data;

	for (size_t i = 0; i < sample->mail.len / MEGABYTE; i++) {
		(void)ZSTD_decompress(sample->room, MEGABYTE, from,
				      sample->packed_len[i]);
		from += sample->packed_len[i];
	}
}

static void seal(struct sample *sample)
{
	static const uint8_t key[32], nonce[12];
	EVP_CIPHER_CTX *gcm = EVP_CIPHER_CTX_new();
	int len;

	(void)EVP_EncryptInit_ex(gcm, EVP_aes_256_gcm(), NULL, key, nonce);
	for (size_t i = 0; i < sample->mail.len / MEGABYTE; i++) {
		(void)EVP_EncryptInit_ex(gcm, NULL, NULL, NULL, nonce);
		(void)EVP_EncryptUpdate(gcm, sample->room, &len,
					sample->mail.data + i * MEGABYTE,
					(int)MEGABYTE);
	}
	EVP_CIPHER_CTX_free(gcm);
}

static void digest(struct sample *sample)
{
	uint8_t sum[EVP_MAX_MD_SIZE];

	(void)EVP_Digest(sample->mail.data, sample->mail.len, sum, NULL,
			 EVP_sha256(), NULL);
}

static void digest_md5(struct sample *sample)
{
	uint8_t sum[EVP_MAX_MD_SIZE];

	(void)EVP_Digest(sample->mail.data, sample->mail.len, sum, NULL,
			 EVP_md5(), NULL);
}

static void copy(struct sample *sample)
{
	for (size_t i = 0; i < sample->mail.len / MEGABYTE; i++)
		memcpy(sample->room, sample->mail.data + i * MEGABYTE,
		       MEGABYTE);
}

static void authenticate_parts(struct sample *sample)
{
	static const uint8_t key[32];
	uint8_t sum[EVP_MAX_MD_SIZE];

	for (size_t i = 0; i < sample->mail.len / PART; i++)
		(void)HMAC(EVP_sha256(), key, sizeof(key),
			   sample->mail.data + i * PART, PART, sum, NULL);
}

static double cpu_seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Again and again, until it has taken long enough to be measured. */
static double rate_of(void (*work)(struct sample *sample),
		      struct sample *sample)
{
	double begin = cpu_seconds(), taken = 0, megabytes = 0;

	while (taken < LONG_S) {
		work(sample);
		megabytes += (double)sample->mail.len / 1e6;
		taken = cpu_seconds() - begin;
	}
	return megabytes / taken;
}

static void print_all(struct sample *sample)
{
	/* clang-format off */
	static const struct {
		const char *name;
		void (*work)(struct sample *sample);
	} rates[] = {
		{"zstd -1 in 1 MiB", compress_1},
		{"zstd -3 in 1 MiB", compress_3},
		{"zstd -d", decompress},
		{"AES-256-GCM in 1 MiB", seal},
		{"SHA-256", digest},
		{"MD5", digest_md5},
		{"HMAC-SHA-256 of 2 KiB", authenticate_parts},
		{"copying 1 MiB", copy},
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		printf("%s\t%.0f\n", rates[i].name,
		       rate_of(rates[i].work, sample));
}

int rates_print(const char *tree, struct bk_err *err)
{
	struct bk_buf mail = {0};
	size_t before;
	int rc;

	do { /* a small tree more than once */
		before = mail.len;
		rc = tree_sample(tree, MEGABYTES * MEGABYTE, &mail, err);
	} while (rc == 0 && mail.len < MEGABYTE && mail.len > before);
	struct sample *sample = bk_alloc(sizeof(*sample));

	sample->mail = bk_buf_view(&mail);
	if (sample->mail.len > MEGABYTES * MEGABYTE)
		sample->mail.len = MEGABYTES * MEGABYTE;
	sample->mail.len -= sample->mail.len % MEGABYTE;
	sample->room = bk_alloc(MEGABYTE + EVP_MAX_BLOCK_LENGTH);
	if (rc == 0 && !sample->mail.len)
		rc = bk_fail(err, BK_MISUSE, "%s: no mail", tree);
	if (rc == 0)
		print_all(sample);
	bk_buf_clear(&sample->packed);
	free(sample->room);
	free(sample);
	bk_buf_clear(&mail);
	return rc;
}
