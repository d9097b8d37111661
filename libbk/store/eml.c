/* Messages as files of their own, which is only written: see eml.h. */

#include "store/eml.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "store/body.h"
#include "store/safe_name.h"

#define STEP ((size_t)64 << 10)

/* ---- the store ---- */

static void close_eml(struct bk_store *store)
{
	struct bk_eml *eml = bk_eml_of(store);

	if (eml->outlet)
		eml->outlet->close(eml->outlet);
	bk_safe_paths_clear(&eml->paths);
	bk_folder_list_clear(&eml->begun);
	(void)pthread_mutex_destroy(&eml->lock);
	free(eml->where);
	free(eml);
}

static int open_with(struct bk_store **out, const struct bk_store_ops *ops,
		     const struct bk_store_config *config,
		     int (*open)(struct bk_eml_outlet **out, const char *path,
				 struct bk_err *err),
		     struct bk_err *err)
{
	struct bk_eml *eml;

	if (!config->path)
		return bk_fail(err, BK_MISUSE, "%s: where to? it needs a path",
			       ops->type);
	if (!config->writable)
		return bk_fail(err, BK_MISUSE,
			       "%s:%s can be written by bk restore, not read "
			       "as a store",
			       ops->type, config->path);
	eml = bk_alloc(sizeof(*eml));
	eml->store.ops = ops;
	eml->where = bk_strdup(config->name ? config->name : config->path);
	eml->store.where = eml->where;
	(void)pthread_mutex_init(&eml->lock, NULL);
	if (open(&eml->outlet, config->path, err) < 0) {
		close_eml(&eml->store);
		return -1;
	}
	*out = &eml->store;
	return 0;
}

static int open_tree(struct bk_store **out,
		     const struct bk_store_config *config, struct bk_err *err)
{
	return open_with(out, &bk_eml_ops, config, bk_eml_tree_open, err);
}

static int open_tar(struct bk_store **out, const struct bk_store_config *config,
		    struct bk_err *err)
{
	return open_with(out, &bk_tar_ops, config, bk_eml_tar_open, err);
}

static int open_zip(struct bk_store **out, const struct bk_store_config *config,
		    struct bk_err *err)
{
	return open_with(out, &bk_zip_ops, config, bk_eml_zip_open, err);
}

static int sync_eml(struct bk_store *store, struct bk_err *err)
{
	struct bk_eml_outlet *outlet = bk_eml_of(store)->outlet;

	return outlet->sync(outlet, err);
}

static int end_archive(struct bk_store *store, struct bk_err *err)
{
	struct bk_eml_outlet *outlet = bk_eml_of(store)->outlet;

	return outlet->end(outlet, err);
}

/* ---- what is there ---- */

static int no_reading(const struct bk_store *store, struct bk_err *err)
{
	return bk_fail(err, BK_MISUSE, "%s cannot be read as a store",
		       store->where);
}

static int list_accounts(struct bk_store *store, struct bk_account_list *out,
			 struct bk_err *err)
{
	(void)out;
	return no_reading(store, err);
}

static int scan(struct bk_store *store, const struct bk_account *account,
		struct bk_folder *folder, struct bk_message_list *out,
		struct bk_err *err)
{
	(void)account;
	(void)folder;
	(void)out;
	return no_reading(store, err);
}

/* An address is one level, whatever is in it. */
static void add_level(struct bk_buf *to, const char *address)
{
	if (strchr(address, '/'))
		bk_safe_name_add(to, address);
	else
		bk_buf_printf(to, "%s", address);
}

static void expect(struct bk_store *store, const char *address,
		   const char *folder)
{
	struct bk_eml *eml = bk_eml_of(store);
	struct bk_buf name = {0};

	add_level(&name, address);
	bk_buf_printf(&name, "/%s", folder);
	(void)pthread_mutex_lock(&eml->lock);
	(void)bk_safe_path(&eml->paths, bk_buf_text(&name));
	(void)pthread_mutex_unlock(&eml->lock);
	bk_buf_clear(&name);
}

static int make_account(struct bk_store *store, const char *address,
			struct bk_arena *arena, struct bk_account *out,
			struct bk_err *err)
{
	struct bk_buf level = {0};

	(void)store;
	(void)err;
	add_level(&level, address);
	*out = (struct bk_account){
		.address = bk_arena_strdup(arena, address),
		.root = bk_arena_strdup(arena, bk_buf_text(&level)),
	};
	bk_buf_clear(&level);
	return 0;
}

/* Of another run nothing says which folder a path was made for: only those
 * that this one has begun. */
static int list_folders(struct bk_store *store,
			const struct bk_account *account,
			struct bk_folder_list *out, struct bk_err *err)
{
	struct bk_eml *eml = bk_eml_of(store);

	(void)err;
	(void)pthread_mutex_lock(&eml->lock);
	const char *root = bk_safe_path(&eml->paths, account->root);
	size_t len = strlen(root);
	for (size_t i = 0; i < eml->begun.n; i++) {
		const struct bk_folder *from = &eml->begun.items[i];
		const char *path = (const char *)from->raw.data;
		if (strncmp(path, root, len) != 0 || path[len] != '/')
			continue;
		struct bk_folder *to = bk_folder_list_add(out);
		to->name = bk_arena_strdup(&to->arena, from->name);
		to->raw.data =
			bk_arena_memdup(&to->arena, path, from->raw.len + 1);
		to->raw.len = from->raw.len;
	}
	(void)pthread_mutex_unlock(&eml->lock);
	return 0;
}

static int open_message(struct bk_eml *eml, const struct bk_folder *folder,
			struct bk_message *msg, struct stat *st,
			struct bk_err *err)
{
	char *path =
		bk_asprintf("%s/%s", (const char *)folder->raw.data, msg->name);
	int fd = eml->outlet->open(eml->outlet, path, err);

	free(path);
	if (fd < 0)
		return -1;
	if (fstat(fd, st) < 0) {
		bk_fail_errno(err, "%s", msg->name);
		(void)close(fd);
		return -1;
	}
	msg->size = (uint64_t)st->st_size;
	msg->date = st->st_mtim.tv_sec;
	return fd;
}

static int stat_message(struct bk_store *store,
			const struct bk_account *account,
			const struct bk_folder *folder, struct bk_message *msg,
			struct bk_err *err)
{
	struct stat st;
	int fd = open_message(bk_eml_of(store), folder, msg, &st, err);

	(void)account;
	if (fd < 0)
		return -1;
	(void)close(fd);
	return 0;
}

static int read_all(int fd, struct bk_body *body, struct bk_err *err)
{
	struct bk_body_sink sink;
	struct bk_buf step = {0};
	int rc = 0;

	bk_body_sink_init(&sink, body);
	(void)bk_buf_room(&step, STEP);
	while (rc == 0) {
		ssize_t n = read(fd, step.data, STEP);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			break;
		rc = n < 0 ? bk_fail_errno(err, "read")
			   : sink.sink.write(&sink.sink, step.data, (size_t)n,
					     err);
	}
	bk_buf_clear(&step);
	return rc < 0 ? -1 : bk_body_sink_end(&sink, err);
}

static int fetch(struct bk_store *store, const struct bk_account *account,
		 const struct bk_folder *folder, struct bk_message *msg,
		 struct bk_body *body, struct bk_err *err)
{
	struct stat st;
	int fd = open_message(bk_eml_of(store), folder, msg, &st, err);

	(void)account;
	if (fd < 0)
		return -1;
	int rc = read_all(fd, body, err);
	(void)close(fd);
	return rc;
}

static int finish_account(struct bk_store *store,
			  const struct bk_account *account,
			  const struct bk_property *settings, size_t n_settings,
			  struct bk_err *err)
{
	(void)store;
	(void)account;
	(void)settings;
	(void)n_settings;
	(void)err;
	return 0;
}

/* clang-format off */
#define OPS(name, opens, ends) { \
	.type = (name), \
	.holds_accounts = true, \
	.open = (opens), \
	.close = close_eml, \
	.accounts = list_accounts, \
	.folders = list_folders, \
	.scan = scan, \
	.fetch = fetch, \
	.stat = stat_message, \
	.find_account = make_account, \
	.expect = expect, \
	.create_account = make_account, \
	.begin = bk_eml_begin, \
	.present = bk_eml_present, \
	.append = bk_eml_append, \
	.keep = bk_eml_keep, \
	.drop = bk_eml_drop, \
	.set_flags = bk_eml_set_flags, \
	.finish = bk_eml_finish, \
	.abort = bk_eml_abort, \
	.finish_account = finish_account, \
	.sync = sync_eml, \
	.end = (ends), \
}
/* clang-format on */

const struct bk_store_ops bk_eml_ops = OPS("eml", open_tree, NULL);
const struct bk_store_ops bk_tar_ops = OPS("tar", open_tar, end_archive);
const struct bk_store_ops bk_zip_ops = OPS("zip", open_zip, end_archive);
