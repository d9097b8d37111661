/* Two Maildir accounts and a journal: see sync_world.h. */

#include "lib/sync_world.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

struct sync_world s;

int sync_world_begin(void **state)
{
	(void)state;
	memset(&s, 0, sizeof(s));
	scratch_make(&s.scratch);
	snprintf(s.from_path, sizeof(s.from_path), "%s/from", s.scratch.path);
	snprintf(s.to_path, sizeof(s.to_path), "%s/to", s.scratch.path);
	snprintf(s.journal_path, sizeof(s.journal_path), "%s/journal",
		 s.scratch.path);
	s.from_config = (struct bk_store_config){
		.name = "from", .type = "maildir", .path = s.from_path};
	s.to_config = (struct bk_store_config){.name = "to",
					       .type = "maildir",
					       .path = s.to_path,
					       .writable = true};
	scratch_maildir(&s.scratch, "from");
	s.request.name = "ann@a.test";
	return 0;
}

void sync_close(void)
{
	bk_store_close(s.from);
	bk_store_close(s.to);
	bk_journal_close(s.journal);
	s.from = s.to = NULL;
	s.journal = NULL;
	bk_arena_clear(&s.arena);
}

int sync_world_end(void **state)
{
	(void)state;
	sync_close();
	scratch_drop(&s.scratch);
	return 0;
}

void sync_put(const char *path, const char *text)
{
	scratch_file(&s.scratch, path, text);
	scratch_age(&s.scratch, path, 1000000000);
}

static int open_all(void)
{
	if (bk_store_open(&s.from, &s.from_config, &s.err) < 0 ||
	    bk_store_open(&s.to, &s.to_config, &s.err) < 0 ||
	    bk_journal_open(&s.journal, s.journal_path, &s.err) < 0)
		return -1;
	if (s.from->ops->find_account(s.from, "ann@a.test", &s.arena,
				      &s.from_account, &s.err) < 0 ||
	    s.to->ops->create_account(s.to, "ann@a.test", &s.arena,
				      &s.to_account, &s.err) < 0)
		return -1;
	s.request.from = (struct bk_sync_end){s.from, &s.from_account};
	s.request.to = (struct bk_sync_end){s.to, &s.to_account};
	s.request.journal = s.journal;
	return 0;
}

void sync_open(void)
{
	if (open_all() < 0)
		fail_msg("%s", s.err.text);
}

int sync_try(void)
{
	int rc;

	s.err = (struct bk_err){0};
	rc = open_all();
	if (rc == 0)
		rc = bk_sync_account(&s.request, &s.counts, &s.err);
	sync_close();
	return rc;
}

void sync_pass(void)
{
	if (sync_try() < 0)
		fail_msg("%s", s.err.text);
}

/* ---- what is there ---- */

struct lines {
	char **items;
	size_t n, cap;
};

static void add_message(struct lines *lines, const char *folder, int dir,
			const char *part, const char *name)
{
	char *path = bk_asprintf("%s/%s", part, name);
	int fd = openat(dir, path, O_RDONLY);
	const char *info = strstr(name, ":2,");
	char text[4096];
	struct stat st;

	assert_true(fd >= 0);
	ssize_t len = read(fd, text, sizeof(text) - 1);
	assert_true(len >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	close(fd);
	text[len] = 0;
	for (char *p = text; *p; p++)
		if (*p == '\n' || *p == '\r')
			*p = *p == '\n' ? '|' : '^';
	lines->items = bk_array_room(lines->items, lines->n, &lines->cap,
				     sizeof(char *));
	lines->items[lines->n++] =
		bk_asprintf("%s %s %lld %s\n", folder, info ? info + 3 : "",
			    (long long)st.st_mtim.tv_sec, text);
	free(path);
}

static void add_part(struct lines *lines, const char *folder, int dir,
		     const char *part)
{
	int fd = openat(dir, part, O_RDONLY | O_DIRECTORY);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		if (entry->d_name[0] != '.')
			add_message(lines, folder, dir, part, entry->d_name);
	if (d)
		closedir(d);
}

static void add_folder(struct lines *lines, const char *tree, const char *name)
{
	char *path = bk_asprintf("%s/%s", tree, name);
	int dir = openat(s.scratch.dir, path, O_RDONLY | O_DIRECTORY);

	if (dir >= 0) {
		add_part(lines, name, dir, "cur");
		add_part(lines, name, dir, "new");
		close(dir);
	}
	free(path);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char *sync_contents(const char *tree)
{
	int fd = openat(s.scratch.dir, tree, O_RDONLY | O_DIRECTORY);
	DIR *d = fdopendir(fd);
	struct lines lines = {0};
	struct bk_buf all = {0};
	struct dirent *entry;

	assert_non_null(d);
	while ((entry = readdir(d)))
		if (entry->d_name[0] == '.' && strcmp(entry->d_name, ".."))
			add_folder(&lines, tree, entry->d_name);
	closedir(d);
	if (lines.n)
		qsort(lines.items, lines.n, sizeof(char *), by_text);
	for (size_t i = 0; i < lines.n; i++) {
		bk_buf_add(&all, lines.items[i], strlen(lines.items[i]));
		free(lines.items[i]);
	}
	free(lines.items);
	char *text = bk_strdup(bk_buf_text(&all));
	bk_buf_clear(&all);
	return text;
}

void sync_assert_same(void)
{
	char *from = sync_contents("from"), *to = sync_contents("to");

	assert_string_equal(from, to);
	free(from);
	free(to);
}
