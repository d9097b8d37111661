/* Writing into a Maildir tree: see maildir_writing.h. */

#include "lib/maildir_writing.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct bk_folder_writer *writer;
struct bk_folder_result result;
struct bk_account account;
struct bk_arena arena;

int maildir_writing_begin(void **state)
{
	maildir_world_begin(state);
	w.config.writable = true;
	return 0;
}

int maildir_writing_end(void **state)
{
	bk_arena_clear(&arena);
	return maildir_world_end(state);
}

void open_store(void)
{
	bk_store_close(w.store);
	w.store = NULL;
	OK(bk_store_open(&w.store, &w.config, &w.err));
	OK(w.store->ops->create_account(w.store, "ann@a.test", &arena, &account,
					&w.err));
}

void begin_folder(const struct bk_folder *to)
{
	OK(w.store->ops->begin(w.store, &account, to, 100, &writer, &w.err));
}

void put(const struct bk_message *msg, const char *text)
{
	struct bk_sink *sink = NULL;

	OK(w.store->ops->append(writer, msg, &sink, &w.err));
	OK(sink->write(sink, text, strlen(text), &w.err));
	OK(w.store->ops->keep(writer, sink, msg, &w.err));
}

void finish(void)
{
	OK(w.store->ops->finish(writer, &result, &w.err));
}

size_t count_files(const char *dir)
{
	int fd = openat(w.scratch.dir, dir, O_RDONLY | O_DIRECTORY);
	DIR *d = fdopendir(fd);
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

void assert_text(const char *name, const char *want)
{
	char *text = scratch_text(&w.scratch, name);

	if (!text)
		fail_msg("%s is not there", name);
	assert_string_equal(text, want);
	free(text);
}
