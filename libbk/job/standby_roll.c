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
#define FEW      16 /* rolls: see bk_standby_rolls_settle */
#define IDLE     64 /* numbers of messages that are gone, which may stay */

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
	if (text.len < sizeof(magic) ||
	    memcmp(text.data, magic, sizeof(magic)) != 0)
		return;
	for (size_t at = sizeof(magic); at + 8 <= text.len; at += 8)
		add_number(out, bk_get_u64(text.data + at));
	sort(out);
	out->whole = text.len % 8 == 0;
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

static void add_bytes(struct bk_buf *to, uint64_t number)
{
	uint8_t bytes[8];

	bk_put_u64(bytes, number);
	bk_buf_add(to, bytes, sizeof(bytes));
}

/* What the one that was read does not have; both are sorted. */
static void list_fresh(const struct bk_standby_roll *roll,
		       const struct bk_standby_roll *read, struct bk_buf *to)
{
	size_t at = 0;

	for (size_t i = 0; i < roll->n; i++) {
		while (at < read->n && read->items[at] < roll->items[i])
			at++;
		if (at == read->n || read->items[at] != roll->items[i])
			add_bytes(to, roll->items[i]);
	}
}

/* What was is overwritten never, so that a roll that is cut off is the one that
 * was, or more. */
static int append(const char *path, struct bk_view bytes, struct bk_err *err)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return bk_fail_errno(err, "%s", path);
	int rc = bk_fd_write(fd, bytes.data, bytes.len, err);
	if (close(fd) < 0 && rc == 0)
		rc = bk_fail_errno(err, "close");
	return rc < 0 ? bk_context(err, "%s", path) : 0;
}

int bk_standby_roll_extend(struct bk_standby_roll *roll,
			   const struct bk_standby_roll *read,
			   const struct bk_standby_state *state,
			   const char *account, const char *name,
			   struct bk_err *err)
{
	struct bk_buf fresh = {0};
	int rc = 0;

	sort(roll);
	if (!roll->n && !read->n)
		return 0;
	list_fresh(roll, read, &fresh);
	size_t would_be = read->n + fresh.len / 8;
	if (!read->whole || would_be > roll->n + roll->n / 4 + IDLE) {
		bk_buf_clear(&fresh);
		return bk_standby_roll_write(roll, state, account, name, err);
	}
	char *path = path_of(state, account, name);
	if (fresh.len)
		rc = append(path, bk_buf_view(&fresh), err) < 0 ? -1 : 1;
	free(path);
	bk_buf_clear(&fresh);
	return rc;
}

int bk_standby_roll_write(struct bk_standby_roll *roll,
			  const struct bk_standby_state *state,
			  const char *account, const char *name,
			  struct bk_err *err)
{
	static const struct bk_file_owner owner = {0600, (uid_t)-1, (gid_t)-1};
	char *path = path_of(state, account, name);
	struct bk_buf text = {0};

	sort(roll);
	bk_buf_add(&text, magic, sizeof(magic));
	for (size_t i = 0; i < roll->n; i++)
		add_bytes(&text, roll->items[i]);
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

static int settle_one(const char *path, struct bk_err *err)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return bk_fail_errno(err, "%s", path);
	int rc = bk_fd_settle(fd, err);
	(void)close(fd);
	return rc < 0 ? bk_context(err, "%s", path) : 0;
}

static int settle_all(const char *folder, struct bk_err *err)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return bk_fail_errno(err, "%s", folder);
	int rc = syncfs(fd) < 0 ? bk_fail_errno(err, "sync %s", folder) : 0;
	(void)close(fd);
	return rc;
}

/* For a few of them their own way is shorter than to wait for all that others
 * have written to the file system. */
int bk_standby_rolls_settle(struct bk_standby_state *state, struct bk_err *err)
{
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; i < state->n; i++)
		n += state->items[i].loose;
	if (n > FEW && settle_all(state->folder, err) < 0)
		return -1;
	for (size_t i = 0; i < state->n && rc == 0; i++) {
		struct bk_standby_folder *folder = &state->items[i];
		if (!folder->loose)
			continue;
		folder->loose = false;
		if (n > FEW)
			continue;
		char *path = path_of(state, folder->account, folder->name);
		rc = settle_one(path, err);
		free(path);
	}
	return rc;
}
