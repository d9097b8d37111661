/* Programs around a job's set: see job_hooks.h. */

#include "job/job_hooks.h"

#include <stdlib.h>
#include <string.h>

#include "base/argv.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/run.h"

#define COMPLAINT_ROOM 300
#define OUTPUT_ROOM    300

static void add_env(struct bk_argv *env, const char *name, const char *value)
{
	char *entry = bk_asprintf("%s=%s", name, value);

	bk_argv_add(env, entry);
	free(entry);
}

/* Each line that a program printed first, for who asked to hear more. */
static void log_output(const char *hook, const uint8_t *said, size_t len)
{
	size_t line = 0;

	while (line < len && said[line] != '\n')
		line++;
	if (line)
		bk_log(BK_LOG_DEBUG, "%s: %.*s", hook, (int)line,
		       (const char *)said);
}

static int run_hook(const struct bk_argv *argv, const struct bk_argv *env,
		    const struct bk_program *how, struct bk_err *err)
{
	char complaint[COMPLAINT_ROOM];
	uint8_t said[OUTPUT_ROOM];
	struct bk_program run = *how;
	size_t len = 0;
	int status = 0;

	run.argv = argv->items;
	run.more_env = env->items;
	run.out = said;
	run.room = sizeof(said);
	run.complaint = complaint;
	run.complaint_room = sizeof(complaint);
	run.apart = true;
	run.chatty = true;
	if (bk_run(&run, &len, &status, err) < 0) {
		if (err->kind != BK_CANCELLED)
			err->kind = BK_FAILED;
		return -1;
	}
	log_output(argv->items[0], said, len);
	complaint[strcspn(complaint, "\n")] = 0;
	return status ? bk_fail(err, BK_FAILED, "%s ended with status %d%s%s",
				argv->items[0], status, *complaint ? ": " : "",
				complaint)
		      : 0;
}

static int limit_of(const struct bk_job_settings *job)
{
	return (int)job->hook_ms; /* a day at most: schema */
}

int bk_hook_before(const struct bk_job_settings *job, struct bk_err *err)
{
	const struct bk_program how = {
		.timeout_ms = limit_of(job),
		.heeds = true,
	};
	struct bk_argv env = {0};

	if (!job->before.n)
		return 0;
	add_env(&env, "BK_JOB", job->name);
	add_env(&env, "BK_HOOK", "before");
	int rc = run_hook(&job->before, &env, &how, err);
	bk_argv_clear(&env);
	return rc < 0 ? bk_context(err, "before") : 0;
}

static const char *result_of(enum bk_exit status)
{
	if (status == BK_EXIT_DONE)
		return "complete";
	return status == BK_EXIT_INCOMPLETE ? "incomplete" : "failed";
}

int bk_hook_after(const struct bk_job_settings *job,
		  const struct bk_hook_outcome *outcome, struct bk_err *err)
{
	const struct bk_program how = {.timeout_ms = limit_of(job)};
	struct bk_argv env = {0};

	if (!job->after.n)
		return 0;
	char *status = bk_asprintf("%d", (int)outcome->status);
	add_env(&env, "BK_JOB", job->name);
	add_env(&env, "BK_HOOK", "after");
	add_env(&env, "BK_STATUS", status);
	add_env(&env, "BK_RESULT", result_of(outcome->status));
	add_env(&env, "BK_SET", outcome->set);
	free(status);
	int rc = run_hook(&job->after, &env, &how, err);
	bk_argv_clear(&env);
	return rc < 0 ? bk_context(err, "after") : 0;
}
