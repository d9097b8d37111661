/* Questions and answers: see ask.h. */

#include "report/ask.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "base/escape.h"
#include "base/utf8.h"

#define ANSWER_MAX 4096

void bk_ask_say(const struct bk_ask *ask, const char *fmt, ...)
{
	char text[ANSWER_MAX];
	struct bk_buf line = {0};
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	bk_escape(&line, text, strlen(text));
	(void)fprintf(ask->out, "%s\n", bk_buf_text(&line));
	bk_buf_clear(&line);
}

/* The next byte: 1, or -1 also where there is none. */
static int read_byte(const struct bk_ask *ask, uint8_t *byte,
		     struct bk_err *err)
{
	for (;;) {
		if (bk_cancelled(err) < 0)
			return -1;
		ssize_t n = read(ask->in, byte, 1);
		if (n > 0)
			return 1;
		if (n < 0 && errno == EINTR)
			continue;
		(void)fputc('\n', ask->out);
		if (n < 0)
			return bk_fail_errno(err, "cannot read the answer");
		return bk_fail(err, BK_MISUSE,
			       "the answers ended before the questions");
	}
}

int bk_ask_bytes(const struct bk_ask *ask, const char *text, uint8_t *into,
		 size_t room, size_t *len, struct bk_err *err)
{
	uint8_t byte = 0;

	(void)fprintf(ask->out, "%s ", text);
	(void)fflush(ask->out);
	*len = 0;
	while (byte != '\n') {
		if (read_byte(ask, &byte, err) < 0)
			return -1;
		if (byte != '\n' && *len < room)
			into[(*len)++] = byte;
	}
	/* A terminal has shown the line end itself. */
	if (!isatty(ask->in))
		(void)fputc('\n', ask->out);
	return 0;
}

static char *trimmed(const char *text, size_t len)
{
	static const char blanks[] = " \t\r";

	while (len && strchr(blanks, text[len - 1]))
		len--;
	size_t from = 0;
	while (from < len && strchr(blanks, text[from]))
		from++;
	return bk_strndup(text + from, len - from);
}

/* What no value of a configuration may hold. */
static int check_text(const char *text, size_t len, struct bk_err *err)
{
	if (len == ANSWER_MAX)
		return bk_fail(err, BK_MISUSE, "that is too long");
	for (size_t i = 0; i < len; i++)
		if ((uint8_t)text[i] < ' ' && text[i] != '\t' &&
		    text[i] != '\r')
			return bk_fail(err, BK_MISUSE,
				       "that has control characters in it");
	if (!bk_utf8_valid(text, len))
		return bk_fail(err, BK_MISUSE, "that is no UTF-8");
	return 0;
}

/* The answer that a line stands for. */
static int read_answer(const struct bk_question *question, const char *line,
		       size_t len, char **answer, struct bk_err *err)
{
	if (check_text(line, len, err) < 0)
		return -1;
	char *said = trimmed(line, len);
	if (!*said) {
		free(said);
		if (!question->usual)
			return bk_fail(err, BK_MISUSE,
				       "an answer is needed here");
		said = bk_strdup(question->usual);
	}
	if (question->check && question->check(question->arg, said, err) < 0) {
		free(said);
		return -1;
	}
	*answer = said;
	return 0;
}

/* One try: 1, 0 where the answer will not do, -1 when it is over. */
static int try(const struct bk_ask *ask, const struct bk_question *question,
	       char **answer, struct bk_err *err)
{
	char line[ANSWER_MAX];
	struct bk_err why = {0};
	size_t len;

	char *text = question->usual && *question->usual
			     ? bk_asprintf("%s [%s]", question->text,
					   question->usual)
			     : bk_strdup(question->text);
	int rc = bk_ask_bytes(ask, text, (uint8_t *)line, sizeof(line), &len,
			      err);
	free(text);
	if (rc < 0)
		return -1;
	if (read_answer(question, line, len, answer, &why) == 0)
		return 1;
	if (why.kind == BK_CANCELLED) {
		*err = why;
		return -1;
	}
	bk_ask_say(ask, "  %s", why.text);
	return 0;
}

int bk_ask(const struct bk_ask *ask, const struct bk_question *question,
	   char **answer, struct bk_err *err)
{
	int rc;

	do
		rc = try(ask, question, answer, err);
	while (rc == 0);
	return rc < 0 ? -1 : 0;
}

static int check_yes(void *arg, const char *answer, struct bk_err *err)
{
	static const char *const words[] = {"no", "n", "yes", "y"};
	bool *yes = arg;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strcmp(answer, words[i]) == 0) {
			*yes = i >= 2;
			return 0;
		}
	}
	return bk_fail(err, BK_MISUSE, "'%s' is neither yes nor no", answer);
}

int bk_ask_yes(const struct bk_ask *ask, const char *text, bool usual,
	       bool *answer, struct bk_err *err)
{
	const struct bk_question question = {text, usual ? "yes" : "no",
					     check_yes, answer};
	char *said = NULL;

	int rc = bk_ask(ask, &question, &said, err);
	free(said);
	return rc;
}
