/*
 * What writes an archive: the functions of libarchive, which is loaded for the
 * first one.  It comes with ten libraries more, ICU and libstdc++ among them,
 * 2 MiB of memory in each tool that could write an archive and does not.
 */

#ifndef BK_STORE_LIBARCHIVE_H
#define BK_STORE_LIBARCHIVE_H

#include <archive.h>
#include <archive_entry.h>

#include "base/err.h"

/* Each without its "archive_": see archive_write(3), archive_entry(3). */
struct bk_libarchive {
	__typeof__(archive_error_string) *error_string;
	__typeof__(archive_set_error) *set_error;
	__typeof__(archive_write_new) *write_new;
	__typeof__(archive_write_set_format_pax_restricted) *write_tar;
	__typeof__(archive_write_set_format_zip) *write_zip;
	__typeof__(archive_write_open) *write_open;
	__typeof__(archive_write_header) *write_header;
	__typeof__(archive_write_data) *write_data;
	__typeof__(archive_write_finish_entry) *write_finish_entry;
	__typeof__(archive_write_close) *write_close;
	__typeof__(archive_write_fail) *write_fail;
	__typeof__(archive_write_free) *write_free;
	__typeof__(archive_entry_new) *entry_new;
	__typeof__(archive_entry_copy_pathname) *entry_copy_pathname;
	__typeof__(archive_entry_set_filetype) *entry_set_filetype;
	__typeof__(archive_entry_set_perm) *entry_set_perm;
	__typeof__(archive_entry_set_size) *entry_set_size;
	__typeof__(archive_entry_set_mtime) *entry_set_mtime;
	__typeof__(archive_entry_free) *entry_free;
};

/* It stays loaded; any thread may ask.  NULL: it is not there. */
const struct bk_libarchive *bk_libarchive(struct bk_err *err);

#endif
