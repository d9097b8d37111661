/* Options of a server: see setup_options.h. */

#include "job/setup_options.h"

#include <stdlib.h>
#include <string.h>

#include "job/schema.h"
#include "job/setup_answers.h"

struct option {
	const char *type;
	struct bk_buf *out;
};

/* Does the section have that key already? */
static bool is_there(const struct option *option, const char *key)
{
	char *line = bk_asprintf("\n%s = ", key);
	bool there = strstr(bk_buf_text(option->out), line);
	free(line);
	return there;
}

static int check_option(void *arg, const char *answer, struct bk_err *err)
{
	struct option *option = arg;
	const char *equals = strchr(answer, '=');

	if (!*answer)
		return 0;
	if (!equals || equals == answer || !equals[1])
		return bk_fail(err, BK_MISUSE,
			       "write KEY=VALUE, as in "
			       "password=file:/etc/bk/nas.pass");
	char *key = bk_strndup(answer, (size_t)(equals - answer));
	int rc = bk_setup_check_value(equals + 1, err);
	if (rc == 0)
		rc = bk_schema_check_key(option->type, key, equals + 1, err);
	if (rc == 0 && is_there(option, key))
		rc = bk_fail(err, BK_MISUSE, "that was said already");
	if (rc < 0)
		rc = bk_context(err, "%s", key);
	if (rc == 0)
		bk_buf_printf(option->out, "%s = %s\n", key, equals + 1);
	free(key);
	return rc;
}

int bk_setup_ask_options(const struct bk_ask *ask, const char *type,
			 const char *such, struct bk_buf *out,
			 struct bk_err *err)
{
	struct option option = {.type = type, .out = out};
	char *first = bk_asprintf(
		"How is it reached? KEY=VALUE, such as %s; empty: that is all",
		such);
	struct bk_question question = {first, "", check_option, &option};
	bool more = true;
	int rc = 0;

	while (rc == 0 && more) {
		char *answer = NULL;
		rc = bk_ask(ask, &question, &answer, err);
		more = answer && *answer;
		question.text = "More? KEY=VALUE; empty: that is all";
		free(answer);
	}
	free(first);
	return rc;
}
