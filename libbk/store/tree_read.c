/* Trees of files on disk, walked: see tree_read.h. */

#include "store/tree_read.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "base/pattern.h"
#include "store/dents.h"
#include "store/tree_entry.h"

struct level {
	int fd;
	struct bk_names names;
	size_t next;
	size_t path_len; /* of the folder itself */
};

struct walk {
	struct bk_tree_to *to;
	struct bk_tree_teller *teller;
	struct level levels[BK_TREE_DEPTH];
	size_t n_levels;
	struct bk_buf path; /* of what is looked at */
};

static const char *path_of(struct walk *walk)
{
	return bk_buf_text(&walk->path);
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_names(int fd, struct bk_names *names, struct bk_err *err)
{
	struct bk_dents dents;
	struct bk_dent dent;
	int rc;

	if (bk_dents_open(&dents, fd, err) < 0)
		return -1;
	while ((rc = bk_dents_next(&dents, &dent, err)) > 0)
		bk_names_add(names, dent.name);
	bk_dents_close(&dents);
	if (names->n)
		qsort(names->items, names->n, sizeof(char *), by_bytes);
	return rc;
}

/* Takes the descriptor. */
static void enter(struct walk *walk, int fd)
{
	struct bk_err why = {0};

	if (walk->n_levels == BK_TREE_DEPTH) {
		(void)bk_fail(&why, BK_REFUSED,
			      "what is more than %d folders deep is not backed "
			      "up",
			      BK_TREE_DEPTH);
		walk->to->lacks(walk->to, path_of(walk), &why);
		(void)close(fd);
		return;
	}
	struct level *level = &walk->levels[walk->n_levels++];
	*level = (struct level){.fd = fd, .path_len = walk->path.len};
	if (read_names(fd, &level->names, &why) < 0)
		walk->to->lacks(walk->to, path_of(walk), &why);
}

static void leave(struct walk *walk)
{
	struct level *level = &walk->levels[--walk->n_levels];

	(void)close(level->fd);
	bk_names_clear(&level->names);
}

static int do_name(struct walk *walk, int dir, struct bk_err *err)
{
	int folder = -1;

	if (walk->path.len >= PATH_MAX) {
		struct bk_err why = {0};
		(void)bk_fail(&why, BK_REFUSED, "its path is too long");
		walk->to->lacks(walk->to, path_of(walk), &why);
		return 0;
	}
	int rc = bk_tree_tell(walk->teller, dir, path_of(walk), &folder, err);
	if (folder >= 0)
		enter(walk, folder);
	return rc < 0 ? -1 : 0;
}

static int do_folders(struct walk *walk, struct bk_err *err)
{
	while (walk->n_levels) {
		struct level *level = &walk->levels[walk->n_levels - 1];
		if (level->next == level->names.n) {
			leave(walk);
			continue;
		}
		const char *name = level->names.items[level->next++];
		walk->path.len = level->path_len;
		bk_buf_printf(&walk->path, "/%s", name);
		if (do_name(walk, level->fd, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- all of it ---- */

static void stop(struct walk *walk)
{
	while (walk->n_levels)
		leave(walk);
	bk_buf_clear(&walk->path);
	bk_tree_teller_free(walk->teller);
	free(walk);
}

/* No link is followed on the way there. */
static int do_top(struct walk *walk, const char *path, struct bk_err *err)
{
	size_t len = (size_t)(strrchr(path, '/') - path);
	char *parent = len ? bk_strndup(path + 1, len - 1) : bk_strdup(".");
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int dir = -1, rc = -1;

	if (root < 0)
		(void)bk_fail_errno(err, "/");
	else
		dir = bk_path_open(root, parent, O_PATH | O_DIRECTORY, 0, err);
	if (dir >= 0)
		rc = do_name(walk, dir, err);
	bk_path_close(&dir);
	bk_path_close(&root);
	free(parent);
	return rc;
}

int bk_tree_read(const char *path, struct bk_tree_to *to, struct bk_err *err)
{
	struct walk *walk = bk_alloc(sizeof(*walk));

	walk->to = to;
	bk_buf_add(&walk->path, path, strlen(path));
	int rc = bk_tree_teller_new(&walk->teller, to, err);
	if (rc == 0)
		rc = do_top(walk, path, err);
	if (rc == 0)
		rc = do_folders(walk, err);
	stop(walk);
	return rc;
}
