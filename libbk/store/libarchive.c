/* libarchive, when it is needed: see libarchive.h. */

#include "store/libarchive.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

/* Of all versions 3. */
#define FILE_NAME "libarchive.so.13"

/* clang-format off */
static const struct {
	const char *name;
	size_t at;
} functions[] = {
	{"archive_error_string", offsetof(struct bk_libarchive, error_string)},
	{"archive_set_error", offsetof(struct bk_libarchive, set_error)},
	{"archive_write_new", offsetof(struct bk_libarchive, write_new)},
	{"archive_write_set_format_pax_restricted", offsetof(struct bk_libarchive, write_tar)},
	{"archive_write_set_format_zip", offsetof(struct bk_libarchive, write_zip)},
	{"archive_write_open", offsetof(struct bk_libarchive, write_open)},
	{"archive_write_header", offsetof(struct bk_libarchive, write_header)},
	{"archive_write_data", offsetof(struct bk_libarchive, write_data)},
	{"archive_write_finish_entry", offsetof(struct bk_libarchive, write_finish_entry)},
	{"archive_write_close", offsetof(struct bk_libarchive, write_close)},
	{"archive_write_fail", offsetof(struct bk_libarchive, write_fail)},
	{"archive_write_free", offsetof(struct bk_libarchive, write_free)},
	{"archive_entry_new", offsetof(struct bk_libarchive, entry_new)},
	{"archive_entry_copy_pathname", offsetof(struct bk_libarchive, entry_copy_pathname)},
	{"archive_entry_set_filetype", offsetof(struct bk_libarchive, entry_set_filetype)},
	{"archive_entry_set_perm", offsetof(struct bk_libarchive, entry_set_perm)},
	{"archive_entry_set_size", offsetof(struct bk_libarchive, entry_set_size)},
	{"archive_entry_set_mtime", offsetof(struct bk_libarchive, entry_set_mtime)},
	{"archive_entry_free", offsetof(struct bk_libarchive, entry_free)},
};
/* clang-format on */

#define FUNCTIONS (sizeof(functions) / sizeof(functions[0]))

/* Written once, by load(). */
static struct bk_libarchive loaded;
static struct bk_err unloaded;

static void load(void)
{
	void *library = dlopen(FILE_NAME, RTLD_NOW | RTLD_LOCAL);

	for (size_t i = 0; library && i < FUNCTIONS; i++) {
		void *function = dlsym(library, functions[i].name);
		if (!function)
			library = NULL;
		else
			memcpy((char *)&loaded + functions[i].at, &function,
			       sizeof(function));
	}
	if (!library)
		(void)bk_fail(&unloaded, BK_MISUSE,
			      "archives are written by libarchive, which "
			      "cannot be loaded; install it: %s",
			      dlerror());
}

const struct bk_libarchive *bk_libarchive(struct bk_err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, load);
	if (unloaded.kind == BK_OK)
		return &loaded;
	*err = unloaded;
	return NULL;
}
