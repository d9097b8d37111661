/* A store over a Maildir tree: see maildir_world.h. */

#include "lib/maildir_world.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

struct maildir_world w;

int maildir_world_begin(void **state)
{
	(void)state;
	memset(&w, 0, sizeof(w));
	w.body = BK_BODY(1000);
	scratch_make(&w.scratch);
	snprintf(w.path, sizeof(w.path), "%s/m", w.scratch.path);
	w.config.type = "maildir";
	w.config.path = w.path;
	return 0;
}

int maildir_world_end(void **state)
{
	(void)state;
	bk_body_clear(&w.body);
	bk_message_list_clear(&w.list);
	bk_folder_list_clear(&w.folders);
	bk_account_list_clear(&w.accounts);
	bk_store_close(w.store);
	scratch_drop(&w.scratch);
	return 0;
}

void read_accounts(void)
{
	bk_store_close(w.store);
	w.store = NULL;
	OK(bk_store_open(&w.store, &w.config, &w.err));
	OK(w.store->ops->accounts(w.store, &w.accounts, &w.err));
}

void read_folders(void)
{
	read_accounts();
	assert_int_equal(w.accounts.n, 1);
	bk_folder_list_clear(&w.folders);
	OK(w.store->ops->folders(w.store, &w.accounts.items[0], &w.folders,
				 &w.err));
}

struct bk_folder *folder(const char *name)
{
	for (size_t i = 0; i < w.folders.n; i++)
		if (strcmp(w.folders.items[i].name, name) == 0)
			return &w.folders.items[i];
	fail_msg("no folder '%s'", name);
	return NULL;
}

int try_scan(const char *name)
{
	return w.store->ops->scan(w.store, &w.accounts.items[0], folder(name),
				  &w.list, &w.err);
}

struct bk_folder *scan(const char *name)
{
	OK(try_scan(name));
	return folder(name);
}

int try_fetch(const char *name, size_t i)
{
	return w.store->ops->fetch(w.store, &w.accounts.items[0], folder(name),
				   &w.list.items[i], &w.body, &w.err);
}

const char *fetch(const char *name, size_t i)
{
	OK(try_fetch(name, i));
	return bk_buf_text(&w.body.bytes);
}

void rename_in_scratch(const char *from, const char *to)
{
	assert_int_equal(renameat(w.scratch.dir, from, w.scratch.dir, to), 0);
}
