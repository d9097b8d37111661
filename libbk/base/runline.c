/* Running programs: see runline.h. */

#include "base/runline.h"

#include <stdlib.h>
#include <string.h>

#include "base/argv.h"
#include "base/escape.h"
#include "base/run.h"

#define PRINTED_MOST   65536
#define COMPLAINT_ROOM 4096

static void add_line(const char *text, bool last, struct bk_buf *out)
{
	const char *line = text;

	for (const char *at = text; last && *at; at++)
		if (at > text && at[-1] == '\n')
			line = at;
	bk_buf_add(out, line, strcspn(line, "\n"));
}

static int run_words(const struct bk_runline *program, struct bk_argv *words,
		     struct bk_buf *said, struct bk_buf *complaint, int *status,
		     struct bk_err *err)
{
	char text[COMPLAINT_ROOM];
	size_t len = 0;
	size_t room = (program->most ? program->most : PRINTED_MOST) + 1;
	uint8_t *out = bk_alloc(room);
	struct bk_program run = {
		.argv = words->items,
		.timeout_ms = (int)program->timeout_ms,
		.out = out,
		.room = room,
		.complaint = text,
		.complaint_room = sizeof(text),
		.apart = true,
	};

	int rc = bk_run(&run, &len, status, err);
	bk_buf_add(said, out, len);
	if (complaint)
		add_line(text, program->last_line, complaint);
	free(out);
	return rc;
}

int bk_runline_try(const struct bk_runline *program, struct bk_buf *said,
		   struct bk_buf *complaint, int *status, struct bk_err *err)
{
	struct bk_argv words = {0};

	said->len = 0;
	if (complaint)
		complaint->len = 0;
	int rc = bk_argv_split(&words, program->line, err);
	for (const char *const *m = program->more; rc == 0 && m && *m; m++)
		bk_argv_add(&words, *m);
	if (rc == 0)
		rc = run_words(program, &words, said, complaint, status, err);
	bk_argv_clear(&words);
	return rc;
}

int bk_runline_run(const struct bk_runline *program, struct bk_buf *said,
		   struct bk_err *err)
{
	struct bk_buf complaint = {0};
	int status = 0;

	int rc = bk_runline_try(program, said, &complaint, &status, err);
	if (rc == 0 && status) {
		char *why = bk_escaped(bk_buf_text(&complaint));
		const char *name = program->line + strspn(program->line, " '");
		rc = bk_fail(err, BK_FAILED, "%.*s ended with status %d%s%s",
			     (int)strcspn(name, " '\t"), name, status,
			     *why ? ": " : "", why);
		free(why);
	}
	bk_buf_clear(&complaint);
	return rc;
}
