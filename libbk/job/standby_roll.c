/* Which messages of a folder bk brought: see standby_state.h. */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/file.h"
#include "crypto/digest.h"
#include "job/standby_state.h"

#define ROLL_MAX ((size_t)1 << 30)

static const uint8_t magic[8] = "bkroll1";

static uint64_t number_of(const char *message)
{
	uint8_t digest[BK_SHA256_LEN];
	struct bk_sha256 sha;

	bk_sha256_init(&sha);
	bk_sha256_update(&sha, message, strlen(message));
	bk_sha256_final(&sha, digest);
	return bk_get_u64(digest);
}

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void sort(struct bk_standby_roll *roll)
{
	size_t n = 0;

	if (roll->n)
		qsort(roll->items, roll->n, sizeof(*roll->items), by_number);
	for (size_t i = 0; i < roll->n; i++)
		if (!n || roll->items[n - 1] != roll->items[i])
			roll->items[n++] = roll->items[i];
	roll->n = n;
}

/* The caller's to free. */
static char *path_of(const struct bk_standby_state *state, const char *account,
		     const char *name)
{
	uint8_t digest[BK_SHA256_LEN];
	struct bk_sha256 sha;
	char hex[BK_ID_TEXT];

	bk_sha256_init(&sha);
	bk_sha256_update(&sha, account, strlen(account) + 1);
	bk_sha256_update(&sha, name, strlen(name));
	bk_sha256_final(&sha, digest);
	return bk_asprintf("%s/rolls/%s", state->folder,
			   bk_id_hex(hex, digest));
}

static void add_number(struct bk_standby_roll *roll, uint64_t number)
{
	roll->items = bk_array_room(roll->items, roll->n, &roll->cap,
				    sizeof(*roll->items));
	roll->items[roll->n++] = number;
}

static void read_numbers(struct bk_standby_roll *out, struct bk_view text)
{
	if (text.len < sizeof(magic) || text.len % 8 != 0 ||
	    memcmp(text.data, magic, sizeof(magic)) != 0)
		return;
	for (size_t at = sizeof(magic); at < text.len; at += 8)
		add_number(out, bk_get_u64(text.data + at));
	sort(out);
}

int bk_standby_roll_read(struct bk_standby_roll *out,
			 const struct bk_standby_state *state,
			 const char *account, const char *name,
			 struct bk_err *err)
{
	char *path = path_of(state, account, name);
	struct bk_buf text = {0};
	struct bk_err why = {0};

	*out = (struct bk_standby_roll){0};
	int rc = bk_file_read(AT_FDCWD, path, ROLL_MAX, &text, &why);
	if (rc == 0)
		read_numbers(out, bk_buf_view(&text));
	bk_buf_clear(&text);
	free(path);
	if (rc == 0 || why.kind == BK_GONE)
		return 0;
	*err = why;
	return -1;
}

void bk_standby_roll_add(struct bk_standby_roll *roll, const char *message)
{
	add_number(roll, number_of(message));
}

bool bk_standby_roll_has(const struct bk_standby_roll *roll,
			 const char *message)
{
	uint64_t number = number_of(message);

	return roll->n && bsearch(&number, roll->items, roll->n, sizeof(number),
				  by_number);
}

bool bk_standby_roll_same(struct bk_standby_roll *roll,
			  const struct bk_standby_roll *read)
{
	sort(roll);
	return roll->n == read->n &&
	       (!roll->n || memcmp(roll->items, read->items,
				   roll->n * sizeof(*roll->items)) == 0);
}

int bk_standby_roll_write(struct bk_standby_roll *roll,
			  const struct bk_standby_state *state,
			  const char *account, const char *name,
			  struct bk_err *err)
{
	static const struct bk_file_owner owner = {0600, (uid_t)-1, (gid_t)-1};
	char *path = path_of(state, account, name);
	struct bk_buf text = {0};
	uint8_t bytes[8];

	sort(roll);
	bk_buf_add(&text, magic, sizeof(magic));
	for (size_t i = 0; i < roll->n; i++) {
		bk_put_u64(bytes, roll->items[i]);
		bk_buf_add(&text, bytes, sizeof(bytes));
	}
	int rc =
		bk_file_put_as(AT_FDCWD, path, bk_buf_view(&text), &owner, err);
	bk_buf_clear(&text);
	free(path);
	return rc;
}

void bk_standby_roll_remove(const struct bk_standby_state *state,
			    const char *account, const char *name)
{
	char *path = path_of(state, account, name);

	(void)unlink(path);
	free(path);
}

void bk_standby_roll_clear(struct bk_standby_roll *roll)
{
	free(roll->items);
	*roll = (struct bk_standby_roll){0};
}
