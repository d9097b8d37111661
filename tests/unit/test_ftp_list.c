/* Listings of FTP servers, line by line: understood, or an error. */

#include "lib/test.h"

#include <stdio.h>
#include <string.h>

#include "target/ftp_list.h"
#include "target/ls_line.h"

static struct bk_err err;

static struct bk_view view_of(const char *text)
{
	return (struct bk_view){(const uint8_t *)text, strlen(text)};
}

static void assert_entry(const struct bk_entry *entry, const char *name,
			 enum bk_entry_kind kind, uint64_t size, int64_t mtime)
{
	assert_int_equal(entry->len, strlen(name));
	assert_memory_equal(entry->name, name, entry->len);
	assert_int_equal(entry->kind, kind);
	assert_int_equal(entry->size, size);
	assert_int_equal(entry->mtime, mtime);
}

static void entry_is(int (*read)(struct bk_view, struct bk_entry *,
				 struct bk_err *),
		     const char *line, const char *name,
		     enum bk_entry_kind kind, uint64_t size, int64_t mtime)
{
	struct bk_entry entry = {0};

	err = (struct bk_err){0};
	if (read(view_of(line), &entry, &err) != 1)
		fail_msg("%s: %s", line, err.text);
	assert_entry(&entry, name, kind, size, mtime);
}

/* ---- MLSD ---- */

static void mlsd_has_names_sizes_and_times(void **state)
{
	(void)state;
	entry_is(bk_ftp_mlsd_line,
		 "modify=20261122031814;perm=adfrw;size=10;type=file;"
		 "unique=FE00UA88183;UNIX.mode=0644; a.bkp",
		 "a.bkp", BK_ENTRY_FILE, 10, 1795317494);
	entry_is(bk_ftp_mlsd_line,
		 "Type=FILE;Size=0;Modify=19700102000000.5; x", "x",
		 BK_ENTRY_FILE, 0, 86400);
	entry_is(bk_ftp_mlsd_line, "type=dir;sizd=4096;modify=x; data", "data",
		 BK_ENTRY_FOLDER, 0, 0);
	entry_is(bk_ftp_mlsd_line, "type=OS.unix=slink:/etc; l", "l",
		 BK_ENTRY_OTHER, 0, 0);
	entry_is(bk_ftp_mlsd_line, "type=file;size=9223372036854775807;  two  ",
		 " two  ", BK_ENTRY_FILE, INT64_MAX, 0);
}

static void mlsd_shows_the_folder_itself_too(void **state)
{
	static const char *const lines[] = {"type=cdir; .", "type=pdir; ..",
					    "Type=cdir; /repo/data"};
	struct bk_entry entry;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
			bk_ftp_mlsd_line(view_of(lines[i]), &entry, &err), 0);
}

static void nothing_is_overlooked(void **state)
{
	static const char *const mlsd[] = {
		"",
		" ",
		" name",
		"name",
		"type=file;size=1;",
		"type=file;size=1; ",
		"type=file;size=1;name",
		"type=file;size=1 name",
		"type=file; name",
		"type=file;size=; name",
		"type=file;size=-1; name",
		"type=file;size=1x; name",
		"type=file;size=9223372036854775808; name",
		"type=file;size=99999999999999999999; name",
		"size=1; name",
		"type=;size=1; name",
		"junk;type=file;size=1; name",
		"-rw-r--r--   1 bk   8   10 Nov 22 03:18 a",
		"500 Unknown command.",
	};
	static const char *const list[] = {
		"",
		"name",
		"-rw-r--r--   1 bk   8   10 Nov 22 03:18",
		"-rw-r--r--   1 bk   8   10 Nov 22 03:18 ",
		"-rw-r--r--   1 bk   8   1x Nov 22 03:18 a",
		"-rw-r--r--   1 bk   8   -1 Nov 22 03:18 a",
		"-rw-r--r--   1 bk   8   9223372036854775808 Nov 22 03:18 a",
		"-rw-r--r--   1 bk   8   10 Nox 22 03:18 a",
		"-rw-r--r--   1 bk   8   10 Nov 32 03:18 a",
		"-rw-r--r--   1 bk   8   10 Nov 22 24:18 a",
		"-rw-r--r--   1 bk   8   10 Nov 22 03:60 a",
		"-rw-r--r--   1 bk   8   10 Nov 22 03: a",
		"-rw-r--r--   1 bk   8   10 Nov 22 226 a",
		"-rw-r--r--   1 bk   10 Nov 22 03:18 a",
		"?rw-r--r--   1 bk   8   10 Nov 22 03:18 a",
		"-rw-r--r-    1 bk   8   10 Nov 22 03:18 a",
		"-rw-r--r--   x bk   8   10 Nov 22 03:18 a",
		"total",
		"total x",
		"total 3 4",
		"ls: cannot open directory: Input/output error",
		"type=file;size=1; name",
		"11-22-26  03:10AM                   10 a",
	};
	struct bk_entry entry;

	(void)state;
	for (size_t i = 0; i < sizeof(mlsd) / sizeof(mlsd[0]); i++) {
		err = (struct bk_err){0};
		if (bk_ftp_mlsd_line(view_of(mlsd[i]), &entry, &err) != -1)
			fail_msg("%s", mlsd[i]);
		assert_int_equal(err.kind, BK_FAILED);
	}
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		err = (struct bk_err){0};
		if (bk_ls_line(view_of(list[i]), &entry, &err) != -1)
			fail_msg("%s", list[i]);
		assert_int_equal(err.kind, BK_FAILED);
	}
}

static void what_is_not_understood_is_shown_safely(void **state)
{
	struct bk_entry entry;

	(void)state;
	err = (struct bk_err){0};
	assert_int_equal(bk_ftp_mlsd_line(view_of("\x1b[2Jcls"), &entry, &err),
			 -1);
	assert_string_equal(err.text,
			    "the server's listing has a line that is not "
			    "understood: ?[2Jcls");
}

/* ---- LIST ---- */

static void list_has_names_and_sizes(void **state)
{
	(void)state;
	entry_is(bk_ls_line,
		 "-rw-r--r--    1 995      993            10 Nov 22 03:20 a",
		 "a", BK_ENTRY_FILE, 10, 0);
	entry_is(bk_ls_line,
		 "-rw-r--r--+   1 bk       users  68719476736 Feb  1  2019 b c",
		 "b c", BK_ENTRY_FILE, 68719476736, 0);
	entry_is(bk_ls_line,
		 "drwxrwsr-T    2 995      993          4096 Nov 22 03:20  d ",
		 " d ", BK_ENTRY_FOLDER, 4096, 0);
	entry_is(bk_ls_line, "lrwxrwxrwx    1 0 0 4 Jan 01 00:00 x -> /etc",
		 "x -> /etc", BK_ENTRY_OTHER, 4, 0);
}

static void list_has_lines_that_are_no_entries(void **state)
{
	static const char *const lines[] = {
		"total 12",
		"drwxr-xr-x    2 995      993          4096 Nov 22 03:20 .",
		"drwxr-xr-x    3 995      0            4096 Nov 22 03:20 ..",
	};
	struct bk_entry entry;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(bk_ls_line(view_of(lines[i]), &entry, &err),
				 0);
}

/* ---- times ---- */

static void times_are_utc_or_none(void **state)
{
	static const char *const none[] = {
		"",
		"2026112203181",
		"202611220318144",
		"20261122031814x",
		"2026112203181x",
		"19691231235959",
		"20261322031814",
		"20261100031814",
		"20261132031814",
		"20261122241814",
		"20261122036014",
		"20261122031861",
		"-0261122031814",
	};

	(void)state;
	assert_int_equal(bk_ftp_time(view_of("20261122031814")), 1795317494);
	assert_int_equal(bk_ftp_time(view_of("20261122031814.250")),
			 1795317494);
	assert_int_equal(bk_ftp_time(view_of("20381231235960")), 2177452800);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (bk_ftp_time(view_of(none[i])) != 0)
			fail_msg("%s", none[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mlsd_has_names_sizes_and_times),
		cmocka_unit_test(mlsd_shows_the_folder_itself_too),
		cmocka_unit_test(nothing_is_overlooked),
		cmocka_unit_test(what_is_not_understood_is_shown_safely),
		cmocka_unit_test(list_has_names_and_sizes),
		cmocka_unit_test(list_has_lines_that_are_no_entries),
		cmocka_unit_test(times_are_utc_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
