/* Sieve scripts of a set as files: see script_files.h. */

#include "job/script_files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/file.h"
#include "base/path.h"
#include "base/pattern.h"
#include "store/kept_texts.h"
#include "store/safe_name.h"

#define FOLDER "sieve"

enum state { TO_WRITE, IS_THERE, CANNOT };

struct file {
	const char *folder; /* safe name of the account */
	const char *name;
	const char *path; /* with '/' before it */
	struct bk_view text;
	enum state state;
};

struct bk_script_files {
	struct bk_arena arena; /* of names and texts */
	struct bk_safe_paths paths;
	struct file *items;
	size_t n, cap;
};

/* ---- which there are ---- */

bool bk_file_is_chosen(const struct bk_opt_list *paths, const char *path)
{
	for (size_t i = 0; i < paths->n; i++)
		if (bk_pattern_match(paths->items[i], path, false))
			return true;
	return paths->n == 0;
}

static void add(struct bk_script_files *files, const struct bk_opt_list *paths,
		const char *safe, const char *end, struct bk_view text)
{
	const char *slash = strchr(safe, '/');
	char *path = bk_asprintf("/" FOLDER "/%s%s", safe, end);

	if (bk_file_is_chosen(paths, path)) {
		files->items = bk_array_room(files->items, files->n,
					     &files->cap, sizeof(struct file));
		struct file *file = &files->items[files->n++];
		file->folder = bk_arena_strndup(&files->arena, safe,
						(size_t)(slash - safe));
		file->path = bk_arena_strdup(&files->arena, path);
		file->name = strrchr(file->path, '/') + 1;
		file->text = text;
		file->state = TO_WRITE;
	}
	free(path);
}

/* Of the account, and of what it has where `name` is not NULL. */
static const char *safe_path(struct bk_script_files *files, const char *address,
			     const char *name)
{
	struct bk_buf path = {0};

	bk_safe_name_add(&path, address);
	bk_buf_add_u8(&path, '/');
	bk_safe_name_add(&path, name);
	const char *safe = bk_safe_path(&files->paths, bk_buf_text(&path));
	bk_buf_clear(&path);
	return safe;
}

static void add_account(struct bk_script_files *files,
			const struct bk_account *account,
			const struct bk_opt_list *paths)
{
	struct bk_script_list scripts = {0};

	if (bk_kept_texts(BK_TEXT_SCRIPTS, account, &scripts) > 0 && scripts.n)
		for (size_t i = 0; i < scripts.n; i++) {
			const struct bk_script *script = &scripts.items[i];
			add(files, paths,
			    safe_path(files, account->address, script->name),
			    ".sieve", script->text);
			if (!script->active)
				continue;
			struct bk_view name = {
				(const uint8_t *)script->name,
				strlen(script->name),
			};
			add(files, paths,
			    safe_path(files, account->address, "active"), "",
			    name);
		}
	bk_arena_join(&files->arena, &scripts.arena);
	bk_script_list_clear(&scripts);
}

struct bk_script_files *bk_script_files_new(const struct bk_set *set,
					    const struct bk_opt_list *paths)
{
	struct bk_script_files *files = bk_alloc(sizeof(*files));

	for (size_t i = 0; i < set->n_accounts; i++)
		add_account(files, &set->by_address[i]->account, paths);
	return files;
}

void bk_script_files_free(struct bk_script_files *files)
{
	if (!files)
		return;
	bk_safe_paths_clear(&files->paths);
	bk_arena_clear(&files->arena);
	free(files->items);
	free(files);
}

size_t bk_script_files_n(const struct bk_script_files *files)
{
	return files ? files->n : 0;
}

/* ---- what is there ---- */

static int open_to(const char *to, int *fd, struct bk_err *err)
{
	*fd = open(to, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return *fd < 0 ? bk_fail_errno(err, "%s", to) : 0;
}

/* A folder, made where it is not there, and nothing that a link names. */
static int step_into(int *dir, const char *name, bool make, struct bk_err *err)
{
	if (make && bk_dir_make_one(*dir, name, 0700, err) < 0)
		return -1;
	int fd = bk_path_open(*dir, name, O_PATH | O_DIRECTORY, 0, err);
	if (fd < 0)
		return bk_context(err, "%s", name);
	bk_path_close(dir);
	*dir = fd;
	return 0;
}

static int enter(const struct file *file, const char *to, bool make, int *dir,
		 struct bk_err *err)
{
	if (open_to(to, dir, err) == 0 &&
	    step_into(dir, FOLDER, make, err) == 0 &&
	    step_into(dir, file->folder, make, err) == 0)
		return 0;
	bk_path_close(dir);
	return -1;
}

/* 1: it is there as it is in the set; 0: something else; -1, BK_GONE. */
static int compare(const struct file *file, const char *to, struct bk_err *err)
{
	struct bk_buf text = {0};
	int dir = -1;

	if (enter(file, to, false, &dir, err) < 0)
		return -1;
	int rc = bk_path_read(dir, file->name, BK_KEPT_TEXTS_MOST, &text, err);
	if (rc < 0 && err->kind == BK_CORRUPT) {
		rc = 0; /* longer than any script */
		*err = (struct bk_err){0};
	} else if (rc == 0) {
		rc = text.len == file->text.len &&
		     (!text.len ||
		      memcmp(text.data, file->text.data, text.len) == 0);
	}
	bk_buf_clear(&text);
	bk_path_close(&dir);
	return rc;
}

static int list(const struct file *file, struct bk_listing *listing,
		const char *does, struct bk_err *err)
{
	const struct bk_cell cells[] = {
		bk_cell_text(file->path),
		bk_cell_n(file->text.len),
		bk_cell_none(),
		bk_cell_text(does),
	};

	return bk_listing_row(listing, cells, err);
}

static int compare_one(struct file *file, const char *to,
		       struct bk_listing *listing,
		       const struct bk_script_files_tell *tell,
		       struct bk_err *err)
{
	struct bk_err why = {0};
	int rc = compare(file, to, &why);

	if (rc > 0) {
		file->state = IS_THERE;
		++*tell->there;
		return 0;
	}
	if (rc < 0 && why.kind != BK_GONE) {
		file->state = CANNOT;
		tell->failed(tell->arg, file->path, &why);
		return 0;
	}
	++*(rc == 0 ? tell->replaced : tell->made);
	return list(file, listing, rc == 0 ? "overwrites" : "new", err);
}

int bk_script_files_compare(struct bk_script_files *files, const char *to,
			    struct bk_listing *listing,
			    const struct bk_script_files_tell *tell,
			    struct bk_err *err)
{
	for (size_t i = 0; i < files->n; i++)
		if (bk_cancelled(err) < 0 ||
		    compare_one(&files->items[i], to, listing, tell, err) < 0)
			return -1;
	return 0;
}

/* ---- writing ---- */

static int write_one(const struct file *file, const char *to,
		     struct bk_err *err)
{
	int dir = -1;

	if (enter(file, to, true, &dir, err) < 0)
		return -1;
	int rc = bk_file_replace(dir, file->name, file->text, 0600, err);
	bk_path_close(&dir);
	return rc;
}

int bk_script_files_write(struct bk_script_files *files, const char *to,
			  const struct bk_script_files_tell *tell,
			  struct bk_err *err)
{
	for (size_t i = 0; i < files->n; i++) {
		const struct file *file = &files->items[i];
		struct bk_err why = {0};

		if (bk_cancelled(err) < 0)
			return -1;
		if (file->state != TO_WRITE)
			continue;
		if (write_one(file, to, &why) == 0) {
			++*tell->written;
			*tell->bytes += file->text.len;
		} else if (why.kind == BK_FULL) {
			*err = why;
			return bk_context(err, "%s", file->path);
		} else {
			tell->failed(tell->arg, file->path, &why);
		}
	}
	return 0;
}
