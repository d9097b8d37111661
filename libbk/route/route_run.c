/* Running programs: see route_run.h. */

#include "route/route_run.h"

#include <stdlib.h>
#include <string.h>

#include "base/argv.h"
#include "base/escape.h"
#include "base/run.h"

#define PRINTED_MOST   65536
#define COMPLAINT_ROOM 512

static int run_words(const struct bk_route_program *program,
		     struct bk_argv *words, struct bk_buf *said,
		     struct bk_buf *complaint, int *status, struct bk_err *err)
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
	text[strcspn(text, "\n")] = 0;
	if (complaint)
		bk_buf_add(complaint, text, strlen(text));
	free(out);
	return rc;
}

int bk_route_try(const struct bk_route_program *program, struct bk_buf *said,
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

int bk_route_run(const struct bk_route_program *program, struct bk_buf *said,
		 struct bk_err *err)
{
	struct bk_buf complaint = {0};
	int status = 0;

	int rc = bk_route_try(program, said, &complaint, &status, err);
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
