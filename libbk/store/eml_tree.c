/* Messages as files in a tree of folders: see eml.h. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "base/stream.h"
#include "store/body.h"
#include "store/dents.h"
#include "store/eml.h"

#define END ".eml"

struct tree {
	struct bk_eml_outlet outlet; /* first */
	int root;
};

static int make_dir(struct bk_eml_outlet *to, const char *path,
		    struct bk_err *err)
{
	int fd = bk_path_make(((struct tree *)to)->root, path, 0700, (uid_t)-1,
			      (gid_t)-1, err);

	if (fd < 0)
		return -1;
	(void)close(fd);
	return 0;
}

static int enter(struct bk_eml_outlet *to, const char *path, struct bk_err *err)
{
	return bk_path_open(((struct tree *)to)->root, path,
			    O_PATH | O_DIRECTORY, 0, err);
}

static int list(struct bk_eml_outlet *to, const char *path,
		struct bk_message_list *out, struct bk_err *err)
{
	struct bk_dents dents;
	struct bk_dent entry;
	int dir = enter(to, path, err);

	if (dir < 0)
		return -1;
	int rc = bk_dents_open(&dents, dir, err);
	(void)close(dir);
	if (rc < 0)
		return -1;
	while ((rc = bk_dents_next(&dents, &entry, err)) > 0) {
		if (entry.len < sizeof(END) ||
		    strcasecmp(entry.name + entry.len - (sizeof(END) - 1),
			       END) != 0)
			continue;
		struct bk_message *msg = bk_message_list_add(out);
		msg->name = bk_arena_strdup(&out->arena, entry.name);
		msg->file = "";
	}
	bk_dents_close(&dents);
	return rc;
}

static int open_file(struct bk_eml_outlet *to, const char *path,
		     struct bk_err *err)
{
	return bk_path_open(((struct tree *)to)->root, path,
			    O_RDONLY | O_NONBLOCK, 0, err);
}

/* Whole, dated, and on disk before its name is. */
static int write_file(int fd, const struct bk_body *body, int64_t date,
		      struct bk_err *err)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_NOW},
					  {.tv_sec = date}};
	struct bk_fd_sink sink;

	bk_fd_sink_init(&sink, fd);
	if (bk_body_copy(body, &sink.sink, err) < 0)
		return -1;
	if (futimens(fd, times) < 0)
		return bk_fail_errno(err, "date");
	return bk_fd_settle(fd, err);
}

static int put_in(int dir, const char *name, const struct bk_body *body,
		  int64_t date, struct bk_err *err)
{
	char *part = bk_asprintf("%s.part", name);
	int rc = -1;

	/* Of a run that was cut off: there is one at a time. */
	(void)unlinkat(dir, part, 0);
	int fd = openat(dir, part,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0600);
	if (fd < 0) {
		bk_fail_errno(err, "%s", name);
		goto out;
	}
	rc = write_file(fd, body, date, err);
	if (close(fd) < 0 && rc == 0)
		rc = bk_fail_errno(err, "%s", name);
	if (rc == 0)
		rc = bk_file_move(dir, part, dir, name, err);
	if (rc < 0)
		(void)unlinkat(dir, part, 0);
out:
	free(part);
	return rc;
}

static int put(struct bk_eml_outlet *to, const char *path,
	       const struct bk_body *body, uint64_t size, int64_t date,
	       struct bk_err *err)
{
	const char *name = strrchr(path, '/');
	char *folder = bk_strndup(path, (size_t)(name - path));
	int dir = enter(to, folder, err);
	int rc = -1;

	(void)size;
	if (dir >= 0) {
		rc = put_in(dir, name + 1, body, date, err);
		(void)close(dir);
	}
	if (rc < 0)
		(void)bk_context(err, "%s", folder);
	free(folder);
	return rc;
}

static int sync_tree(struct bk_eml_outlet *to, struct bk_err *err)
{
	int fd = bk_path_open(((struct tree *)to)->root, ".",
			      O_RDONLY | O_DIRECTORY, 0, err);

	if (fd < 0)
		return -1;
	int rc = syncfs(fd);
	if (rc < 0)
		(void)bk_fail_errno(err, "sync");
	(void)close(fd);
	return rc;
}

static void close_tree(struct bk_eml_outlet *to)
{
	bk_path_close(&((struct tree *)to)->root);
	free(to);
}

int bk_eml_tree_open(struct bk_eml_outlet **out, const char *dir,
		     struct bk_err *err)
{
	struct tree *tree;

	if (bk_dir_make(AT_FDCWD, dir, 0700, err) < 0)
		return -1;
	tree = bk_alloc(sizeof(*tree));
	tree->outlet = (struct bk_eml_outlet){
		.dir = make_dir,
		.put = put,
		.list = list,
		.open = open_file,
		.sync = sync_tree,
		.close = close_tree,
	};
	tree->root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (tree->root < 0) {
		bk_fail_errno(err, "%s", dir);
		close_tree(&tree->outlet);
		return -1;
	}
	*out = &tree->outlet;
	return 0;
}
