/* AWS Signature Version 4: see s3_sign.h. */

#include "target/s3_sign.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/digest.h"
#include "crypto/secret.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
#define DAY_LEN   8 /* "20261119" */

void bk_s3_fields_add(struct bk_s3_fields *fields, const char *name,
		      const char *value)
{
	if (fields->n == BK_S3_FIELDS)
		abort();
	fields->items[fields->n++] = (struct bk_s3_field){name, value};
}

const char *bk_s3_date(char out[BK_S3_DATE_LEN], int64_t now)
{
	char text[BK_CLOCK_TEXT];
	size_t n = 0;

	bk_clock_format(text, now);
	for (const char *at = text; *at && n + 1 < BK_S3_DATE_LEN; at++)
		if (*at != '-' && *at != ':')
			out[n++] = *at;
	out[n] = 0;
	return out;
}

void bk_s3_escape(struct bk_buf *out, const char *text)
{
	static const char unreserved[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz"
		"0123456789-._~";

	for (; *text; text++) {
		if (strchr(unreserved, *text))
			bk_buf_add(out, text, 1);
		else
			bk_buf_printf(out, "%%%02X", (unsigned char)*text);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct bk_s3_field *)a)->name,
		      ((const struct bk_s3_field *)b)->name);
}

static struct bk_s3_fields sorted(const struct bk_s3_fields *fields)
{
	struct bk_s3_fields out = *fields;

	qsort(out.items, out.n, sizeof(out.items[0]), by_name);
	return out;
}

void bk_s3_query(struct bk_buf *out, const struct bk_s3_fields *query)
{
	struct bk_s3_fields fields = sorted(query);

	for (size_t i = 0; i < fields.n; i++) {
		bk_buf_printf(out, "%s", i ? "&" : "");
		bk_s3_escape(out, fields.items[i].name);
		bk_buf_printf(out, "=");
		bk_s3_escape(out, fields.items[i].value);
	}
}

static void add_hex(struct bk_buf *out, const uint8_t sum[BK_SHA256_LEN])
{
	for (size_t i = 0; i < BK_SHA256_LEN; i++)
		bk_buf_printf(out, "%02x", sum[i]);
}

static void add_names(struct bk_buf *out, const struct bk_s3_fields *headers)
{
	for (size_t i = 0; i < headers->n; i++)
		bk_buf_printf(out, "%s%s", i ? ";" : "",
			      headers->items[i].name);
}

/* Task 1 of the specification: the request in one way of writing it. */
static void hash_request(const struct bk_s3_request *request,
			 const struct bk_s3_fields *headers,
			 uint8_t out[BK_SHA256_LEN])
{
	struct bk_buf text = {0};
	struct bk_sha256 sha;

	bk_buf_printf(&text, "%s\n%s\n", request->method, request->path);
	bk_s3_query(&text, &request->query);
	bk_buf_printf(&text, "\n");
	for (size_t i = 0; i < headers->n; i++)
		bk_buf_printf(&text, "%s:%s\n", headers->items[i].name,
			      headers->items[i].value);
	bk_buf_printf(&text, "\n");
	add_names(&text, headers);
	bk_buf_printf(&text, "\n%s", request->payload);
	bk_sha256_init(&sha);
	bk_sha256_update(&sha, text.data, text.len);
	bk_sha256_final(&sha, out);
	bk_buf_clear(&text);
}

static void mac(struct bk_view secret, const void *text, size_t len,
		uint8_t out[BK_SHA256_LEN])
{
	struct bk_mac_key key;
	struct bk_mac state;

	bk_mac_key_init_any(&key, secret);
	bk_mac_init(&state, &key);
	bk_mac_update(&state, text, len);
	bk_mac_final(&state, out);
	bk_mac_key_clear(&key);
}

/* Task 3: a key that is good for a day and a region. */
static void derive(const struct bk_s3_keys *keys, const char *date,
		   uint8_t out[BK_SHA256_LEN])
{
	const char *const steps[] = {keys->region, "s3", "aws4_request"};
	struct bk_secret first = {0};
	size_t len = strlen(keys->secret);

	bk_secret_alloc(&first, len + 4);
	memcpy(first.data, "AWS4", 4);
	memcpy(first.data + 4, keys->secret, len);
	mac(bk_secret_view(&first), date, DAY_LEN, out);
	for (size_t i = 0; i < 3; i++)
		mac((struct bk_view){out, BK_SHA256_LEN}, steps[i],
		    strlen(steps[i]), out);
	bk_secret_clear(&first);
}

void bk_s3_sign(struct bk_buf *out, const struct bk_s3_request *request,
		const struct bk_s3_keys *keys)
{
	struct bk_s3_fields headers = sorted(&request->headers);
	uint8_t sum[BK_SHA256_LEN], key[BK_SHA256_LEN];
	char date[BK_S3_DATE_LEN];
	struct bk_buf text = {0};

	bk_s3_date(date, request->now);
	char *scope = bk_asprintf("%.*s/%s/s3/aws4_request", DAY_LEN, date,
				  keys->region);
	hash_request(request, &headers, sum);
	bk_buf_printf(&text, ALGORITHM "\n%s\n%s\n", date, scope);
	add_hex(&text, sum);
	derive(keys, date, key);
	mac((struct bk_view){key, sizeof(key)}, text.data, text.len, sum);
	bk_wipe(key, sizeof(key));
	bk_buf_printf(out,
		      ALGORITHM " Credential=%s/%s,SignedHeaders=", keys->id,
		      scope);
	add_names(out, &headers);
	bk_buf_printf(out, ",Signature=");
	add_hex(out, sum);
	free(scope);
	bk_buf_clear(&text);
}
