/* report/jsonlines: every line is an object that a program can rely on. */

#include "lib/test.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "report/jsonlines.h"

struct log {
	FILE *out;
	char *text;
	size_t len;
	struct bk_progress *progress;
};

static void open_log(struct log *log, unsigned interval_ms)
{
	*log = (struct log){0};
	log->out = open_memstream(&log->text, &log->len);
	assert_non_null(log->out);
	log->progress = bk_jsonlines_new(&(struct bk_jsonlines_options){
		.out = log->out, .run = "0123", .interval_ms = interval_ms});
}

static void close_log(struct log *log)
{
	struct bk_err err = {0};

	assert_int_equal(0, bk_jsonlines_exit(log->progress, 3, NULL, &err));
	bk_jsonlines_free(log->progress);
	assert_int_equal(fclose(log->out), 0);
}

/* The nth line of that type, from 0, as an object of the caller's; NULL when
 * there are fewer.  Every line on the way is checked for what all have. */
static json_t *line_of(const struct log *log, const char *type, unsigned nth)
{
	json_t *found = NULL;

	for (const char *at = log->text; *at; at = strchr(at, '\n') + 1) {
		json_t *line = json_loadb(at, strcspn(at, "\n"), 0, NULL);
		const char *t = json_string_value(json_object_get(line, "t"));

		assert_non_null(t);
		assert_int_equal(strlen(t), strlen("2026-11-19T12:30:05.123Z"));
		assert_int_equal(json_integer_value(json_object_get(line, "v")),
				 1);
		assert_string_equal(
			json_string_value(json_object_get(line, "run")),
			"0123");
		if (!found &&
		    !strcmp(json_string_value(json_object_get(line, "type")),
			    type) &&
		    nth-- == 0)
			found = line;
		else
			json_decref(line);
	}
	return found;
}

static const char *text_of(const json_t *line, const char *key)
{
	const char *text = json_string_value(json_object_get(line, key));

	return text ? text : "(none)";
}

static json_int_t number_of(const json_t *line, const char *key)
{
	return json_integer_value(json_object_get(line, key));
}

static void a_run_is_told_from_start_to_exit(void **state)
{
	struct log log;
	json_t *line;

	(void)state;
	open_log(&log, 0);
	bk_progress_start(log.progress, &(struct bk_run){
						.store = "mail",
						.repo = "/r",
						.kind = "full",
						.totals = {2, 10, 1000}
        });
	bk_progress_account(log.progress, "ann");
	bk_progress_note(log.progress, "a note");
	bk_progress_finish(log.progress,
			   &(struct bk_summary){
				   .result = BK_RESULT_INCOMPLETE,
				   .set = "S",
				   .base = "B",
				   .kind = "differential",
				   .accounts = 2,
				   .messages = {10, 7, 2, 1, 0, 4, 0},
				   .bytes = {1000, 300},
				   .errors = 1,
				   .seconds = 1.5,
				   .next = "bk ship"
        });
	close_log(&log);

	line = line_of(&log, "start", 0);
	assert_string_equal(text_of(line, "act"), "backup");
	assert_string_equal(text_of(line, "store"), "mail");
	assert_string_equal(text_of(line, "kind"), "full");
	assert_null(json_object_get(line, "set"));
	assert_int_equal(number_of(json_object_get(line, "totals"), "messages"),
			 10);
	json_decref(line);
	line = line_of(&log, "note", 0);
	assert_string_equal(text_of(line, "text"), "a note");
	json_decref(line);
	line = line_of(&log, "summary", 0);
	assert_string_equal(text_of(line, "result"), "incomplete");
	assert_string_equal(text_of(line, "base"), "B");
	assert_int_equal(number_of(json_object_get(line, "messages"), "new"),
			 7);
	assert_int_equal(number_of(json_object_get(line, "messages"), "gone"),
			 4);
	assert_int_equal(number_of(json_object_get(line, "bytes"), "stored"),
			 300);
	assert_int_equal(number_of(line, "errors"), 1);
	assert_string_equal(text_of(line, "next"), "bk ship");
	json_decref(line);
	line = line_of(&log, "exit", 0);
	assert_int_equal(number_of(line, "status"), 3);
	json_decref(line);
	free(log.text);
}

static void an_item_error_names_what_it_has(void **state)
{
	struct log log;
	json_t *line;

	(void)state;
	open_log(&log, 0);
	bk_progress_item_error(log.progress,
			       &(struct bk_item_error){.kind = BK_REFUSED,
						       .account = "ann",
						       .folder = "a\n\xff\"b",
						       .uid = 8812,
						       .text = "no"});
	bk_progress_item_error(log.progress,
			       &(struct bk_item_error){.kind = BK_CORRUPT,
						       .name = "17.M1",
						       .outcome = "left out"});
	close_log(&log);
	line = line_of(&log, "item_error", 0);
	assert_string_equal(text_of(line, "class"), "refused");
	assert_string_equal(text_of(line, "account"), "ann");
	assert_string_equal(text_of(line, "folder"), "a\n\ufffd\"b");
	assert_int_equal(number_of(line, "uid"), 8812);
	assert_null(json_object_get(line, "name"));
	json_decref(line);
	line = line_of(&log, "item_error", 1);
	assert_string_equal(text_of(line, "class"), "corrupt");
	assert_string_equal(text_of(line, "name"), "17.M1");
	assert_string_equal(text_of(line, "outcome"), "left out");
	assert_null(json_object_get(line, "uid"));
	json_decref(line);
	free(log.text);
}

static void status_lines_come_by_themselves_and_stop(void **state)
{
	struct log log;
	json_t *line;

	(void)state;
	open_log(&log, 5);
	bk_progress_message(log.progress, 3, 300);
	bk_progress_start(log.progress, &(struct bk_run){
						.totals = {0, 9, 0}
        });
	(void)nanosleep(&(struct timespec){0, 50000000}, NULL);
	close_log(&log);
	line = line_of(&log, "status", 0);
	assert_non_null(line);
	assert_int_equal(number_of(json_object_get(line, "done"), "messages"),
			 3);
	assert_int_equal(number_of(json_object_get(line, "done"), "bytes"),
			 300);
	assert_int_equal(number_of(json_object_get(line, "totals"), "messages"),
			 9);
	json_decref(line);
	/* The exit is the last line of all. */
	char *last = memrchr(log.text, '\n', log.len - 1);
	assert_non_null(strstr(last, "\"exit\""));
	free(log.text);
}

static void the_error_that_ended_a_run_stands_in_its_exit(void **state)
{
	struct bk_err why = {0}, err = {0};
	struct log log;
	json_t *line;

	(void)state;
	open_log(&log, 0);
	bk_fail(&why, BK_BUSY, "locked by bk-backup");
	assert_int_equal(0, bk_jsonlines_exit(log.progress, 11, &why, &err));
	bk_jsonlines_free(log.progress);
	assert_int_equal(fclose(log.out), 0);
	line = line_of(&log, "exit", 0);
	assert_int_equal(number_of(line, "status"), 11);
	assert_string_equal(text_of(line, "class"), "busy");
	assert_string_equal(text_of(line, "text"), "locked by bk-backup");
	json_decref(line);
	free(log.text);
}

static void lines_that_were_lost_are_not_hidden_by_a_good_exit(void **state)
{
	struct bk_err err = {0};
	FILE *out = fopen("/dev/full", "we");

	(void)state;
	assert_non_null(out);
	struct bk_progress *progress =
		bk_jsonlines_new(&(struct bk_jsonlines_options){.out = out});
	bk_progress_note(progress, "lost");
	assert_int_equal(-1, bk_jsonlines_exit(progress, 0, NULL, &err));
	assert_int_equal(err.kind, BK_FULL);
	bk_jsonlines_free(progress);
	bk_jsonlines_free(NULL);
	(void)fclose(out);
}

static void a_quiet_run_tells_results_alone(void **state)
{
	struct log log = {0};

	(void)state;
	log.out = open_memstream(&log.text, &log.len);
	assert_non_null(log.out);
	log.progress = bk_jsonlines_new(
		&(struct bk_jsonlines_options){.out = log.out,
					       .run = "0123",
					       .interval_ms = 1,
					       .no_status = true,
					       .no_notes = true});
	bk_progress_start(log.progress, &(struct bk_run){0});
	bk_progress_note(log.progress, "by the way");
	(void)usleep(20000);
	bk_progress_finish(log.progress, &(struct bk_summary){0});
	close_log(&log);
	assert_null(line_of(&log, "status", 0));
	assert_null(line_of(&log, "note", 0));
	json_t *end = line_of(&log, "summary", 0);
	assert_non_null(end);
	json_decref(end);
	free(log.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quiet_run_tells_results_alone),
		cmocka_unit_test(a_run_is_told_from_start_to_exit),
		cmocka_unit_test(an_item_error_names_what_it_has),
		cmocka_unit_test(status_lines_come_by_themselves_and_stop),
		cmocka_unit_test(the_error_that_ended_a_run_stands_in_its_exit),
		cmocka_unit_test(
			lines_that_were_lost_are_not_hidden_by_a_good_exit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
