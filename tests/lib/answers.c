/* Planned answers: see answers.h. */

#include "lib/answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

struct answers answers;

static void serve(int fd, unsigned number)
{
	const char *text;

	(void)number;
	while (*(text = scripted_request(fd)) &&
	       answers.served < answers.planned) {
		unsigned at = answers.served++;
		const char *length = strstr(text, "Content-Length: ");
		(void)snprintf(answers.steps[at].asked,
			       sizeof(answers.steps[at].asked), "%s", text);
		if (length)
			(void)scripted_swallow(
				fd, (size_t)strtoul(length + 16, NULL, 10));
		if (!answers.steps[at].answer)
			return;
		scripted_say(fd, answers.steps[at].answer);
	}
}

void answers_start(void)
{
	answers = (struct answers){0};
	scripted_start(&answers.server, serve);
}

void answers_stop(void)
{
	scripted_stop(&answers.server);
	for (unsigned i = 0; i < ANSWERS_MAX; i++)
		free(answers.steps[i].answer);
	free(answers.forgotten);
}

void answers_forget(void)
{
	answers.forgotten = answers.steps[0].answer;
	answers.steps[0].answer = NULL;
	answers.planned = answers.served = 0;
}

void answers_say(int status, const char *headers, const char *body)
{
	answers.steps[answers.planned++].answer =
		bk_asprintf("HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n%s",
			    status, strlen(body), headers, body);
}
