/* report/terminal, on a pseudo-terminal and on plain streams: quiet when all
 * is well, loud when it is not, never garbled in between. */

#include "lib/test.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "report/terminal.h"

/* Both streams, and what was written to them. */
struct screen {
	FILE *results, *talk;
	char *result_text, *talk_text;
	size_t result_len, talk_len;
	struct bk_progress *progress;
};

static void open_screen(struct screen *screen,
			struct bk_terminal_options options)
{
	*screen = (struct screen){0};
	screen->results =
		open_memstream(&screen->result_text, &screen->result_len);
	screen->talk = open_memstream(&screen->talk_text, &screen->talk_len);
	assert_non_null(screen->results);
	assert_non_null(screen->talk);
	options.tool = "bk-backup";
	options.results = screen->results;
	options.talk = screen->talk;
	screen->progress = bk_terminal_new(&options);
}

static void end_run(struct screen *screen)
{
	bk_terminal_free(screen->progress);
	assert_int_equal(fclose(screen->results), 0);
	assert_int_equal(fclose(screen->talk), 0);
}

static void close_screen(struct screen *screen)
{
	free(screen->result_text);
	free(screen->talk_text);
}

static void pause_ms(long ms)
{
	(void)nanosleep(&(struct timespec){0, ms * 1000000}, NULL);
}

static const struct bk_run a_run = {
	.store = "mail", .repo = "/r", .kind = "full", .totals = {2, 10, 1000}
};
static const struct bk_item_error an_error = {.account = "u.braun",
					      .folder = "INBOX",
					      .uid = 8812,
					      .text = "read error (EIO)",
					      .outcome = "previous copy kept"};
static const struct bk_summary complete = {
	.set = "20261119T1230-f",
	.kind = "full",
	.messages = {.total = 10, .added = 10}
};

#define COMPLETE                                                               \
	"set 20261119T1230-f (full): complete\n"                               \
	"10 messages: 10 new, 0 kept, 0 flags, 0 gone\n"                       \
	"0 B -> 0 B in 0.0s\n"
#define NEEDS_YOU                                                              \
	"NEEDS YOU\n"                                                          \
	"  u.braun  INBOX uid 8812  read error (EIO)  previous copy kept\n"

static void a_good_run_gives_its_summary_as_the_result(void **state)
{
	struct screen s;

	(void)state;
	open_screen(&s, (struct bk_terminal_options){0});
	bk_progress_start(s.progress, &a_run);
	bk_progress_account(s.progress, "ann");
	bk_progress_message(s.progress, 10, 1000);
	bk_progress_note(s.progress, "no full set\x1b to stand on");
	bk_progress_finish(s.progress, &complete);
	end_run(&s);
	assert_string_equal(s.result_text, COMPLETE);
	assert_non_null(strstr(s.talk_text,
			       "bk-backup: no full set\\x1b to stand on\n"));
	close_screen(&s);
}

static void a_quiet_good_run_says_nothing(void **state)
{
	struct screen s;

	(void)state;
	open_screen(&s, (struct bk_terminal_options){.quiet = true,
						     .interval_ms = 1});
	bk_progress_start(s.progress, &a_run);
	bk_progress_note(s.progress, "a note");
	pause_ms(20);
	bk_progress_finish(s.progress, &complete);
	end_run(&s);
	assert_int_equal(s.result_len, 0);
	assert_int_equal(s.talk_len, 0);
	close_screen(&s);
}

static void a_warning_is_told_even_to_who_wants_no_talk(void **state)
{
	struct screen s;

	(void)state;
	open_screen(&s, (struct bk_terminal_options){.quiet = true});
	bk_progress_start(s.progress, &a_run);
	bk_progress_warning(s.progress, "making a full\x1b one");
	bk_progress_finish(s.progress, &complete);
	end_run(&s);
	assert_int_equal(s.result_len, 0);
	assert_string_equal(s.talk_text, "bk-backup: making a full\\x1b one\n");
	close_screen(&s);
}

static void a_quiet_run_with_an_error_says_all_of_it(void **state)
{
	struct bk_summary summary = complete;
	struct screen s;

	(void)state;
	summary.result = BK_RESULT_INCOMPLETE;
	summary.errors = 1;
	summary.next = "bk backup nightly --account u.braun";
	open_screen(&s, (struct bk_terminal_options){.quiet = true});
	bk_progress_start(s.progress, &a_run);
	bk_progress_item_error(s.progress, &an_error);
	bk_progress_finish(s.progress, &summary);
	end_run(&s);
	assert_int_equal(s.result_len, 0);
	assert_string_equal(s.talk_text, NEEDS_YOU
			    "set 20261119T1230-f (full): INCOMPLETE, 1 error\n"
			    "10 messages: 10 new, 0 kept, 0 flags, 0 gone\n"
			    "0 B -> 0 B in 0.0s\n"
			    "NEXT  bk backup nightly --account u.braun\n");
	close_screen(&s);
}

static void an_error_is_shown_even_if_the_summary_forgot_it(void **state)
{
	struct screen s;

	(void)state;
	open_screen(&s, (struct bk_terminal_options){.quiet = true});
	bk_progress_item_error(s.progress, &an_error);
	bk_progress_finish(s.progress, &complete);
	end_run(&s);
	assert_string_equal(s.talk_text, NEEDS_YOU COMPLETE);
	close_screen(&s);
}

static void errors_of_a_run_that_broke_off_are_not_lost(void **state)
{
	struct screen s;

	(void)state;
	open_screen(&s, (struct bk_terminal_options){.quiet = true});
	bk_progress_start(s.progress, &a_run);
	bk_progress_item_error(s.progress, &an_error);
	end_run(&s);
	assert_string_equal(s.talk_text, NEEDS_YOU);
	close_screen(&s);
}

static void plain_progress_is_whole_lines(void **state)
{
	struct screen s;

	(void)state;
	open_screen(&s, (struct bk_terminal_options){.style = BK_TERMINAL_PLAIN,
						     .interval_ms = 20});
	bk_progress_message(s.progress, 3, 300);
	bk_progress_start(s.progress, &a_run);
	pause_ms(100);
	bk_progress_finish(s.progress, &complete);
	end_run(&s);
	assert_non_null(strstr(s.talk_text,
			       "bk-backup: 0/2 accounts  3/10 messages  "
			       "300 B/1000 B"));
	assert_null(strchr(s.talk_text, '\r'));
	assert_null(strchr(s.talk_text, '\x1b'));
	assert_int_equal(s.talk_text[s.talk_len - 1], '\n');
	close_screen(&s);
}

/* A pseudo-terminal of so many columns; *slave is where the tool writes. */
static int open_pty(unsigned short columns, FILE **slave)
{
	const struct winsize size = {.ws_row = 24, .ws_col = columns};
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	assert_true(master >= 0);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	int fd = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, TIOCSWINSZ, &size), 0);
	*slave = fdopen(fd, "w");
	assert_non_null(*slave);
	return master;
}

/* What arrives at the terminal until its other side is closed. */
static void read_pty(int master, struct bk_buf *into)
{
	char block[512];
	ssize_t n;

	while ((n = read(master, block, sizeof(block))) > 0)
		bk_buf_add(into, block, (size_t)n);
	(void)close(master);
}

static void a_live_line_fits_the_terminal_and_leaves_it_clean(void **state)
{
	struct bk_terminal_options options = {.tool = "bk-backup",
					      .style = BK_TERMINAL_LIVE,
					      .interval_ms = 10};
	struct bk_buf seen = {0};
	char *results = NULL;
	size_t len;
	int master = open_pty(40, &options.talk);

	(void)state;
	options.results = open_memstream(&results, &len);
	struct bk_progress *progress = bk_terminal_new(&options);
	bk_progress_start(progress, &a_run);
	bk_progress_account(progress, "ann@a-rather-long-name.example.org");
	bk_progress_message(progress, 4, 400);
	pause_ms(60);
	bk_progress_note(progress, "a word in between");
	pause_ms(30);
	bk_progress_finish(progress, &complete);
	bk_terminal_free(progress);
	(void)fclose(options.talk);
	(void)fclose(options.results);
	read_pty(master, &seen);

	const char *text = bk_buf_text(&seen);
	assert_non_null(strstr(text, "\r4/10 messages  400 B/1000 B"));
	assert_non_null(
		strstr(text, "\r\x1b[Kbk-backup: a word in between\r\n"));
	/* The last that is drawn is taken away again. */
	assert_string_equal(text + seen.len - 4, "\r\x1b[K");
	for (const char *at = text; (at = strchr(at, '\r')); at++)
		assert_true(strcspn(at + 1, "\r\n\x1b") < 40);
	assert_string_equal(results, COMPLETE);
	free(results);
	bk_buf_clear(&seen);
}

/* ---- several threads ---- */

#define THREADS 4
#define EACH    300

static void *work(void *arg)
{
	struct bk_progress *progress = arg;
	const struct bk_totals totals = {THREADS, (uint64_t)THREADS * EACH, 0};

	bk_progress_account(progress, "ann");
	for (int i = 0; i < EACH; i++) {
		bk_progress_message(progress, 1, 10);
		if (i % 50 == 0)
			bk_progress_note(progress, "note");
		if (i % 100 == 0)
			bk_progress_item_error(progress, &an_error);
		if (i % 70 == 0)
			bk_progress_totals(progress, &totals);
		if (i % 90 == 0) {
			bk_terminal_around(progress, 0);
			bk_terminal_around(progress, 1);
		}
	}
	return NULL;
}

static void threads_do_not_garble_each_other(void **state)
{
	pthread_t threads[THREADS];
	struct screen s;
	unsigned notes = 0, errors = 0;

	(void)state;
	open_screen(&s, (struct bk_terminal_options){.style = BK_TERMINAL_PLAIN,
						     .interval_ms = 1});
	bk_progress_start(s.progress, &a_run);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, work, s.progress), 0);
	for (int i = 0; i < THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	assert_int_equal(s.progress->messages, THREADS * EACH);
	assert_int_equal(s.progress->bytes, (uint64_t)THREADS * EACH * 10);
	assert_int_equal(s.progress->accounts, THREADS);
	assert_int_equal(s.progress->errors, THREADS * 3);
	bk_progress_finish(s.progress, &complete);
	end_run(&s);
	for (char *at = s.talk_text; *at; at = strchr(at, '\n') + 1) {
		notes += !strncmp(at, "bk-backup: note\n", 16);
		errors += !strncmp(at, "  u.braun", 9);
	}
	assert_int_equal(notes, THREADS * 6);
	assert_int_equal(errors, THREADS * 3);
	close_screen(&s);
}

static void a_silent_job_may_report_to_nobody(void **state)
{
	(void)state;
	bk_progress_start(NULL, &a_run);
	bk_progress_totals(NULL, &a_run.totals);
	bk_progress_account(NULL, "ann");
	bk_progress_message(NULL, 1, 1);
	bk_progress_item_error(NULL, &an_error);
	bk_progress_note(NULL, "note");
	bk_progress_finish(NULL, &complete);
	bk_terminal_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_run_gives_its_summary_as_the_result),
		cmocka_unit_test(a_quiet_good_run_says_nothing),
		cmocka_unit_test(a_warning_is_told_even_to_who_wants_no_talk),
		cmocka_unit_test(a_quiet_run_with_an_error_says_all_of_it),
		cmocka_unit_test(
			an_error_is_shown_even_if_the_summary_forgot_it),
		cmocka_unit_test(errors_of_a_run_that_broke_off_are_not_lost),
		cmocka_unit_test(plain_progress_is_whole_lines),
		cmocka_unit_test(
			a_live_line_fits_the_terminal_and_leaves_it_clean),
		cmocka_unit_test(threads_do_not_garble_each_other),
		cmocka_unit_test(a_silent_job_may_report_to_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
