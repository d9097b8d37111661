/* mbox files taken apart: where messages begin and end, and when they came. */

#include "lib/test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "store/mboxfile.h"
#include "store/mboxfrom.h"
#include "store/mboxname.h"

#define F "From a@b Sun Nov 22 20:37:03 2026\n"

static struct bk_mbox_file file;
static struct bk_folder folder;
static struct bk_err err;
static int fd = -1;

static int begin(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	return 0;
}

static int end(void **state)
{
	(void)state;
	bk_mbox_file_clear(&file);
	bk_folder_clear(&folder);
	if (fd >= 0)
		close(fd);
	fd = -1;
	memset(&err, 0, sizeof(err));
	return 0;
}

static int read_text(const char *text)
{
	size_t len = strlen(text);

	fd = memfd_create("mbox", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(bk_fd_write(fd, text, len, &err), 0);
	return bk_mbox_file_read(&file, fd, len, &folder, &err);
}

/* The message at that place of the file. */
static const struct bk_message *at(size_t place)
{
	assert_true(place < file.frame.n);
	return &file.list.items[file.frame.places[place].message];
}

static void check_text(size_t place, const char *wanted)
{
	struct bk_mbox_reader reader = {.fd = fd, .size = 1u << 20};
	struct bk_mbox_part part;
	struct bk_buf text = {0};
	struct bk_buf_sink sink;
	bool plain;

	bk_buf_sink_init(&sink, &text, SIZE_MAX);
	assert_true(bk_mbox_file_at(at(place)->file, &part, &plain));
	reader.size = part.end;
	assert_int_equal(bk_mbox_part_look(&reader, &part, &err), 0);
	assert_int_equal(
		bk_mbox_part_copy(&reader, &part, plain, &sink.sink, &err), 0);
	assert_string_equal(bk_buf_text(&text), wanted);
	assert_int_equal(at(place)->size, strlen(wanted));
	bk_buf_clear(&text);
	bk_mbox_reader_close(&reader);
}

static void from_lines_have_a_date(void **state)
{
	static const struct {
		const char *line;
		int64_t date;
	} good[] = {
		{"From a@b Sun Nov 22 20:37:03 2026",             1795379823},
		{"From a@b Sun Nov 22 20:37 2026",                1795379820},
		{"From a@b Sun Nov  2 20:37:03 2026",             1793651823},
		{"From a@b Sun Nov 22 22:37:03 +0200 2026",       1795379823},
		{"From a@b Sun Nov 22 22:37:03 2026 +0200",       1795379823},
		{"From a@b Sun Nov 22 20:37:03 EET 2026",         1795379823},
		{"From \"a b\" Sun Nov 22 20:37:03 2026",         1795379823},
		{"From a Sun Nov 22 20:37:03 2026 remote from x", 1795379823},
		{"From a b c  Sun Nov 22 20:37:03 2026",          1795379823},
	};
	static const char *const bad[] = {
		"From here on",
		"From a@b Sun Nov 22",
		"From a@b Son Nov 22 20:37:03 2026",
		"From a@b Sun Nov 32 20:37:03 2026",
		"From a@b Sun Nov 22 24:37:03 2026",
		"From a@b Sun Nov 22 20:37:03 26",
		">From a@b Sun Nov 22 20:37:03 2026",
		"from a@b Sun Nov 22 20:37:03 2026",
		"From",
		"",
	};
	struct bk_mbox_date date;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct bk_view line = {(const uint8_t *)good[i].line,
				       strlen(good[i].line)};
		if (!bk_mbox_from_parse(line, &date))
			fail_msg("%s", good[i].line);
		assert_int_equal(date.utc, good[i].date);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct bk_view line = {(const uint8_t *)bad[i], strlen(bad[i])};
		if (bk_mbox_from_parse(line, &date))
			fail_msg("%s", bad[i]);
	}
}

static void what_is_written_is_read(void **state)
{
	static const int64_t dates[] = {0, 1, 951782400, 1795379823,
					4102444800};
	struct bk_buf line = {0};
	struct bk_mbox_date date;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		line.len = 0;
		bk_mbox_from_write(&line, (struct bk_view){NULL, 0}, dates[i]);
		assert_true(bk_mbox_from_parse(bk_buf_view(&line), &date));
		assert_int_equal(date.utc, dates[i]);
	}
	bk_buf_clear(&line);
}

static int64_t date_of(const char *text)
{
	struct bk_view line = {(const uint8_t *)text, strlen(text)};
	struct bk_mbox_date date;

	assert_true(bk_mbox_from_parse(line, &date));
	return date.utc;
}

/* An hour that comes twice, or never, is read the same whatever was read
 * before. */
static void the_order_of_reading_makes_no_date(void **state)
{
	static const struct {
		const char *zone, *line;
		int64_t date;
	} some[] = {
  /* 25 October 2026, 03:00 CEST is 02:00 CET. */
		{"Europe/Berlin",       "From a Sun Oct 25 02:30:00 2026",
		 1792888200							  },
		{"Europe/Berlin",       "From a Sun Oct 25 01:59:59 2026",
		 1792886399							  },
		{"Europe/Berlin",       "From a Sun Oct 25 03:00:00 2026",
		 1792893600							  },
 /* 29 March 2026, 02:00 CET is 03:00 CEST. */
		{"Europe/Berlin",       "From a Sun Mar 29 01:59:59 2026",
		 1774745999							  },
		{"Europe/Berlin",       "From a Sun Mar 29 02:30:00 2026",
		 1774747800							  },
		{"Europe/Berlin",       "From a Sun Mar 29 03:00:00 2026",
		 1774746000							  },
 /* No summer time, but another zone; half an hour; a day. */
		{"Europe/Moscow",       "From a Sun Oct 26 01:30:00 2014",
		 1414272600							  },
		{"Australia/Lord_Howe", "From a Sun Apr  5 01:45:00 2026",
		 1775313900							  },
		{"Pacific/Apia",        "From a Fri Dec 30 12:00:00 2011", 1325282400},
	};
	static const char *const before[] = {
		"From a Thu Jan  1 12:00:00 2026",
		"From a Wed Jul  1 12:00:00 2026",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		setenv("TZ", some[i].zone, 1);
		tzset();
		for (size_t k = 0; k < 2; k++) {
			(void)date_of(before[k]);
			if (date_of(some[i].line) != some[i].date)
				fail_msg("%s: %s", some[i].zone, some[i].line);
		}
	}
	setenv("TZ", "UTC", 1);
	tzset();
}

/* A host elsewhere calls it the same. */
static void a_name_knows_no_time_zone(void **state)
{
	static const char *const zones[] = {"UTC", "Europe/Berlin",
					    "America/New_York"};
	char *names[3];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		setenv("TZ", zones[i], 1);
		tzset();
		assert_int_equal(read_text(F "A: b\n\none\n"), 0);
		names[i] = bk_strdup(at(0)->name);
		assert_int_equal(end(state), 0);
	}
	setenv("TZ", "UTC", 1);
	tzset();
	assert_string_equal(names[0], names[1]);
	assert_string_equal(names[0], names[2]);
	assert_int_equal(strncmp(names[0], "20261122T203703.", 16), 0);
	for (size_t i = 0; i < 3; i++)
		free(names[i]);
}

static void a_message_ends_where_the_next_one_begins(void **state)
{
	(void)state;
	assert_int_equal(read_text(F "A: b\n\none\n\n" F "\ntwo\n" F
				     "\nFrom here on\n>From me\n"),
			 0);
	assert_int_equal(file.frame.n, 3);
	check_text(0, "A: b\n\none\n");
	check_text(1, "\ntwo");
	check_text(2, "\nFrom here on\n>From me");
}

static void content_length_is_believed_where_a_message_could_end(void **state)
{
	(void)state;
	assert_int_equal(read_text(F "Content-Length: 39\n\none\n\n" F "\n" F
				     "Content-Length: 4\n\nlonger\n\n" F
				     "Content-Length: 999999999999\n\nx\n\n"),
			 0);
	assert_int_equal(file.frame.n, 3);
	check_text(0, "\none\n\n" F);
	check_text(1, "\nlonger\n");
	check_text(2, "\nx\n");
}

static void marks_are_no_part_of_the_message(void **state)
{
	(void)state;
	assert_int_equal(
		read_text(F "A: b\nX-IMAPbase: 1700000000 0000000009 Work\n"
			    "X-UID: 3\nStatus: RO\nX-Status: AF\n"
			    "X-Keywords: Work  \nContent-Length: 4\n\none\n\n" F
			    "x-uid: 5\nSTATUS: O\n\ntwo\n\n" F
			    "X-UID: 4\n\nthree\n\n" F "X-UID: 10\n\nfour\n\n"),
		0);
	check_text(0, "A: b\n\none\n");
	check_text(1, "\ntwo\n");
	assert_int_equal(folder.uid_validity, 1700000000);
	assert_int_equal(folder.uid_next, 10);
	assert_int_equal(at(0)->uid, 3);
	assert_int_equal(at(0)->flags,
			 BK_FLAG_SEEN | BK_FLAG_ANSWERED | BK_FLAG_FLAGGED);
	assert_int_equal(at(0)->n_keywords, 1);
	assert_string_equal(folder.keywords[at(0)->keywords[0]], "Work");
	assert_int_equal(at(1)->uid, 5);
	assert_int_equal(at(1)->flags, 0);
	/* As Dovecot has it: neither goes back, nor beyond the last. */
	assert_int_equal(at(2)->uid, 0);
	assert_int_equal(at(3)->uid, 0);
}

static void without_a_base_there_are_no_uids(void **state)
{
	(void)state;
	assert_int_equal(read_text(F "X-UID: 3\n\none\n\n"), 0);
	assert_int_equal(folder.uid_validity, 0);
	assert_int_equal(at(0)->uid, 0);
}

static void the_folders_own_data_are_no_message(void **state)
{
	(void)state;
	assert_int_equal(read_text(F "Subject: DON'T DELETE THIS MESSAGE\n"
				     "X-IMAP: 77 0000000009\n\nx\n\n" F
				     "X-UID: 9\n\none\n\n"),
			 0);
	assert_int_equal(file.frame.n, 1);
	assert_int_equal(folder.uid_validity, 77);
	assert_int_equal(at(0)->uid, 9);
	check_text(0, "\none\n");
}

static void names_tell_the_same_from_another(void **state)
{
	struct bk_mbox_name name;
	struct bk_buf from = {0};

	(void)state;
	assert_int_equal(read_text(F "\nsame\n\n" F "\nsame\n\n" F
				     "\nother\n\n" F "Status: RO\n\nsame\n\n"),
			 0);
	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(at(i)->name, at(k)->name);
	assert_true(bk_mbox_name_read(at(0)->name, &name, &from));
	assert_string_equal(bk_buf_text(&from),
			    "From a@b Sun Nov 22 20:37:03 2026");
	bk_buf_clear(&from);
}

static void what_is_no_mbox_file_is_refused(void **state)
{
	char *text = bk_alloc(200001);

	(void)state;
	memset(text, 'x', 200000);
	assert_int_equal(read_text(text), -1);
	assert_int_equal(err.kind, BK_REFUSED);
	free(text);
}

static void what_comes_first_is_kept(void **state)
{
	(void)state;
	assert_int_equal(read_text("\nwhat?\n" F "\none\n"), 0);
	assert_int_equal(file.frame.n, 1);
	assert_int_equal(file.frame.prologue.len, 7);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(from_lines_have_a_date),
		TEST(what_is_written_is_read),
		TEST(the_order_of_reading_makes_no_date),
		TEST(a_name_knows_no_time_zone),
		TEST(a_message_ends_where_the_next_one_begins),
		TEST(content_length_is_believed_where_a_message_could_end),
		TEST(marks_are_no_part_of_the_message),
		TEST(without_a_base_there_are_no_uids),
		TEST(the_folders_own_data_are_no_message),
		TEST(names_tell_the_same_from_another),
		TEST(what_is_no_mbox_file_is_refused),
		TEST(what_comes_first_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
