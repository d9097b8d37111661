/* Two accounts in one place would mix what belongs to two people: see
 * restore_places.h. */

#include "job/restore_places.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "store/account_path.h"

struct place {
	const char *address, *path;
	char *is; /* the same for all paths to one folder; owned */
};

struct places {
	struct place *items;
	size_t n;
	struct bk_arena arena;
};

/* Two mounts of one folder have one number, and links are seen through; what
 * is not there yet goes by the path it will have. */
static char *identity(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0)
		return bk_asprintf("%ju:%ju", (uintmax_t)st.st_dev,
				   (uintmax_t)st.st_ino);
	return bk_path_real(path);
}

/* An address that cannot be part of the path is reported when its turn
 * comes. */
static void list_places(const struct bk_restore_plan *plan,
			const struct bk_account_path *pattern,
			struct places *out)
{
	struct bk_err ignored = {0};

	out->items = bk_alloc((plan->n + 1) * sizeof(*out->items));
	for (size_t i = 0; i < plan->n; i++) {
		const struct bk_restore_item *item = &plan->items[i];
		if (i && item->account == plan->items[i - 1].account)
			continue;
		const char *path = bk_account_path_expand(
			pattern, item->to_account, &out->arena, &ignored);
		if (!path)
			continue;
		out->items[out->n++] = (struct place){
			.address = item->to_account,
			.path = path,
			.is = identity(path),
		};
	}
}

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int order = strcmp(x->is, y->is);

	return order ? order : strcmp(x->address, y->address);
}

static int check_pattern(const struct bk_restore_plan *plan, const char *text,
			 struct bk_err *err)
{
	struct bk_account_path *pattern = NULL;
	struct places places = {0};
	int rc = bk_account_path_new(&pattern, text, err);

	if (rc < 0)
		return -1;
	list_places(plan, pattern, &places);
	if (places.n)
		qsort(places.items, places.n, sizeof(*places.items),
		      compare_places);
	for (size_t i = 1; i < places.n && rc == 0; i++)
		if (strcmp(places.items[i - 1].is, places.items[i].is) == 0)
			rc = bk_fail(err, BK_MISUSE,
				     "%s and %s would both be written to %s: "
				     "give a path with %%d and %%n in it, or "
				     "choose one by --account. Nothing "
				     "changed.",
				     places.items[i - 1].address,
				     places.items[i].address,
				     places.items[i].path);
	for (size_t i = 0; i < places.n; i++)
		free(places.items[i].is);
	free(places.items);
	bk_arena_clear(&places.arena);
	bk_account_path_free(pattern);
	return rc;
}

int bk_restore_places_check(const struct bk_restore_plan *plan,
			    const struct bk_store_config *to,
			    struct bk_err *err)
{
	const char *const patterns[] = {to->path, to->control, to->index};

	/* It gives each a folder of its own. */
	if (bk_store_ops_named(to->type)->holds_accounts)
		return 0;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++)
		if (patterns[i] && check_pattern(plan, patterns[i], err) < 0)
			return -1;
	return 0;
}

/* ---- one at a time ---- */

#define LOOK_AGAIN_NS 100000000L

/* The folder that all accounts lie below, or the one account's own; *out -1
 * where there is none to hold. */
static void open_top(const struct bk_store_config *to, int *out)
{
	char *path = bk_strndup(to->path, strcspn(to->path, "%"));
	struct bk_err ignored = {0};
	char *end = to->path[strlen(path)] ? strrchr(path, '/') : NULL;

	if (end)
		end[end == path] = 0;
	if (end)
		(void)bk_dir_make(AT_FDCWD, path, 0755, &ignored);
	*out = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(path);
}

int bk_restore_places_hold(const struct bk_store_config *to, int64_t wait_ms,
			   int *out, struct bk_err *err)
{
	int64_t start_ms = bk_clock_monotonic_ms();

	*out = -1;
	if (to->server)
		return 0;
	open_top(to, out);
	/* A file system that holds nothing for anybody is no reason not to
	 * restore. */
	while (*out >= 0 && flock(*out, LOCK_EX | LOCK_NB) < 0 &&
	       errno == EWOULDBLOCK) {
		if (bk_clock_monotonic_ms() - start_ms >= wait_ms)
			return bk_fail(err, BK_BUSY,
				       "another restore is writing to %s; %s",
				       to->path,
				       wait_ms ? "still so when --wait was over"
					       : "wait with --wait 10m");
		if (bk_cancelled(err) < 0)
			return -1;
		(void)nanosleep(&(struct timespec){0, LOOK_AGAIN_NS}, NULL);
	}
	return 0;
}
