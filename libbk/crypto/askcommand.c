/* Running a command for what it prints: see askcommand.h. */

#include "crypto/askcommand.h"

#include "base/argv.h"
#include "base/run.h"

static int ask(struct bk_secret *out, char *const *argv, int timeout_ms,
	       struct bk_err *err)
{
	struct bk_program run = {
		.argv = argv,
		.timeout_ms = timeout_ms,
		.out = out->data,
		.room = out->len,
	};
	size_t len = 0;
	int status = 0;

	if (bk_run(&run, &len, &status, err) < 0) {
		err->kind = BK_MISUSE;
		return -1;
	}
	if (status)
		return bk_fail(err, BK_MISUSE, "%s: it ended with status %d",
			       argv[0], status);
	bk_secret_cut(out, len);
	return 0;
}

int bk_ask_command(struct bk_secret *out, const char *line, int timeout_ms,
		   struct bk_err *err)
{
	struct bk_argv words = {0};

	int rc = bk_argv_split(&words, line, err);
	if (rc == 0)
		rc = ask(out, words.items, timeout_ms, err);
	bk_argv_clear(&words);
	return rc;
}
