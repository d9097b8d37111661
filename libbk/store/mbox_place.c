/* Where the files of an mbox store are: see mbox.h. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "store/mbox.h"

void bk_mbox_spot_clear(struct bk_mbox_spot *spot)
{
	bk_path_close(&spot->dir);
	free(spot->name);
	spot->name = NULL;
}

int bk_mbox_spot(const struct bk_account_path *pattern, const char *path,
		 struct bk_mbox_spot *out, struct bk_err *err)
{
	const char *slash = strrchr(path, '/');
	char *parent = !slash ? bk_strdup(".")
		       : slash == path
			       ? bk_strdup("/")
			       : bk_strndup(path, (size_t)(slash - path));

	*out = BK_MBOX_SPOT;
	/* A path without variables is the administrator's own. */
	if (bk_account_path_is_many(pattern)) {
		out->dir = bk_account_path_enter(pattern, parent, err);
	} else {
		out->dir = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (out->dir < 0)
			bk_fail_errno(err, "%s", parent);
	}
	free(parent);
	if (out->dir < 0)
		return -1;
	out->name = bk_strdup(slash ? slash + 1 : path);
	return 0;
}

int bk_mbox_spot_stat(const struct bk_mbox_spot *spot, struct stat *st,
		      struct bk_err *err)
{
	if (fstatat(spot->dir, spot->name, st, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	if (errno == ENOENT || errno == ENOTDIR)
		return 0;
	return bk_fail_errno(err, "%s", spot->name);
}

int bk_mbox_form(struct bk_mbox *mbox, const char *path,
		 enum bk_mbox_form *form, int *root, struct bk_err *err)
{
	struct bk_mbox_spot spot;
	struct bk_err why = {0};
	struct stat st;
	int rc = 0;

	*root = -1;
	*form = BK_MBOX_NOWHERE;
	if (bk_mbox_spot(mbox->mail, path, &spot, &why) < 0) {
		if (why.kind == BK_GONE)
			return 0;
		*err = why;
		return -1;
	}
	int there = *spot.name ? bk_mbox_spot_stat(&spot, &st, err) : 1;
	if (there < 0) {
		rc = -1;
	} else if (there && *spot.name && !S_ISDIR(st.st_mode) &&
		   !S_ISLNK(st.st_mode)) {
		*form = BK_MBOX_FILE;
	} else if (there) {
		*root = bk_path_enter(spot.dir, *spot.name ? spot.name : ".",
				      err);
		*form = BK_MBOX_TREE;
		rc = *root < 0 ? -1 : 0;
	}
	bk_mbox_spot_clear(&spot);
	return rc;
}

const char *bk_mbox_inbox_name(int root)
{
	static const char *const names[] = {"inbox", "INBOX", "Inbox"};

	struct stat st;

	/* A folder of that name is a level of others: "INBOX/inside". */
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (fstatat(root, names[i], &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    !S_ISDIR(st.st_mode))
			return names[i];
	return names[0];
}

static int find_elsewhere(struct bk_mbox *mbox,
			  const struct bk_account *account,
			  struct bk_mbox_spot *out, struct bk_err *err)
{
	struct bk_arena arena = {0};
	const char *path = bk_account_path_expand(mbox->inbox, account->address,
						  &arena, err);
	int rc = path ? bk_mbox_spot(mbox->inbox, path, out, err) : -1;

	bk_arena_clear(&arena);
	return rc;
}

int bk_mbox_find(struct bk_mbox *mbox, const struct bk_account *account,
		 struct bk_view raw, struct bk_mbox_spot *out,
		 struct bk_err *err)
{
	bool inbox = raw.len == 1 && raw.data[0] == '.';
	enum bk_mbox_form form;
	int root;

	*out = BK_MBOX_SPOT;
	if (inbox && mbox->inbox)
		return find_elsewhere(mbox, account, out, err);
	if (bk_mbox_form(mbox, account->root, &form, &root, err) < 0)
		return -1;
	switch (form) {
	case BK_MBOX_NOWHERE:
		return bk_fail(err, BK_GONE, "%s is not there", account->root);
	case BK_MBOX_FILE:
		return inbox ? bk_mbox_spot(mbox->mail, account->root, out, err)
			     : bk_fail(err, BK_REFUSED,
				       "%s is one file, and holds one folder",
				       account->root);
	case BK_MBOX_TREE:
		break;
	}
	out->dir = root;
	out->name = inbox ? bk_strdup(bk_mbox_inbox_name(root))
			  : bk_strndup((const char *)raw.data, raw.len);
	return 0;
}

int bk_mbox_spot_open(const struct bk_mbox_spot *spot, int flags,
		      struct stat *st, struct bk_err *err)
{
	/* A FIFO is not waited for. */
	int fd =
		bk_path_open(spot->dir, spot->name, flags | O_NONBLOCK, 0, err);

	if (fd < 0)
		return -1;
	if (fstat(fd, st) < 0)
		bk_fail_errno(err, "%s", spot->name);
	else if (!S_ISREG(st->st_mode))
		(void)bk_fail(err, BK_REFUSED, "%s is no regular file",
			      spot->name);
	else
		return fd;
	(void)close(fd);
	return -1;
}
